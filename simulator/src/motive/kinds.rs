//! The kinds of records that clients write, as `Written` keeps them.

pub(super) const USERS: &str = "motive/users";
pub(super) const VEHICLES: &str = "motive/vehicles";
pub(super) const PURCHASES: &str = "motive/fuel_purchases";
pub(super) const MESSAGES: &str = "motive/messages";
