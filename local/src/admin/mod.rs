//! `catena admin`: administration of a control table, deployed or local. It needs write access to the table; there is no API for it.

mod aside;
mod catalogue;
mod command;
mod embed_keys;
mod erase;
mod partners;
mod renormalise;
mod replay;
mod report;
mod sign_in;
mod timers;

mod tsps;

pub use aside::{replay_all, set_aside};
pub use bootstrap::replay::Mode;
pub(crate) use catalogue::stable;
pub use catalogue::{add_catalogue, catalogue};
pub use command::AdminArgs;
pub use erase::erase;
pub use partners::{
    CreatedClient, NewPartner, client, create_admin, create_client, create_partner, partner_id, revoke_client, rotate_client,
    slug,
};
pub use renormalise::renormalise_one;
pub use replay::{AwsCli, Replayed, replay_stream};
pub(crate) use tsps::refresh;
pub use tsps::{reset_base_url, set_base_url};
