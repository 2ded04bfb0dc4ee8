//! The control table: what the platform decides. One item per thing, its key says what it is; see [`keys`].

mod idempotency;
mod items;
pub mod keys;
mod operations;
mod query;
mod terms;
mod write;

pub use idempotency::{KeyedRequest, REMEMBERED_SECONDS};
pub use items::{
    AccountClaim, ConnectSession, DeadLetter, InvitationClaim, Keyed, PlatformSecrets, Revocation, ScheduleClaim,
    SealedCredentials, WebhookClaim, WebhookSecret,
};
pub use keys::Key;
pub use query::Range;
pub use terms::{Enforced, Subject, Term};
pub use write::Write;
