//! The control table: what the platform decides. One item per entity, its key says what it is; see [`keys`].

mod deadlines;
mod idempotency;
mod items;
pub mod keys;
mod operations;
mod query;
mod set_aside;
mod write;

pub use deadlines::{Deadline, Enforced, Subject};
pub use idempotency::{KeyedRequest, REMEMBERED_SECONDS};
pub use items::{
    AccountClaim, ConnectSession, DeadLetter, InvitationClaim, Keyed, PlatformSecrets, Revocation, ScheduleClaim,
    SealedCredentials, WebhookClaim, WebhookSecret,
};
pub use keys::Key;
pub use query::Range;
pub use set_aside::{SET_ASIDE_DAYS, SetAside, SetAsideReason};
pub use write::Write;
