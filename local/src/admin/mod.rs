//! `catena admin`: what operators do to a control table, deployed or local. No API does it: who may write the table may.

mod command;
mod partners;

pub use command::AdminArgs;
pub use partners::{Made, NewPartner, client, create_client, create_partner, partner_id, revoke_client, rotate_client, slug};
