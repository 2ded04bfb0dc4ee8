//! `catena admin`: what operators do to a control table, deployed or local. No API does it: who may write the table may.

mod catalogue;
mod command;
mod partners;
mod tsps;

pub(crate) use catalogue::stable;
pub use catalogue::{add_catalogue, catalogue};
pub use command::AdminArgs;
pub use partners::{Made, NewPartner, client, create_client, create_partner, partner_id, revoke_client, rotate_client, slug};
pub(crate) use tsps::refresh;
pub use tsps::{reset_base_url, set_base_url};
