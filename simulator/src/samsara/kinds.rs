//! The kinds of records that clients write, as `Written` keeps them.

pub(super) const DRIVERS: &str = "samsara/drivers";
pub(super) const VEHICLES: &str = "samsara/vehicles";
pub(super) const STAFF: &str = "samsara/users";
pub(super) const MESSAGES: &str = "samsara/messages";
