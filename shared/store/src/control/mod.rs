//! The control table: what the platform decides. One item per entity, its key says what it is; see [`keys`].

mod accesses;
mod agreement_cache;
mod budgets;
mod connect;
mod deadlines;
mod embed_keys;
mod erasure;
mod freshness;
mod guesses;
mod health;
mod idempotency;
mod items;
pub mod keys;
mod links;
mod operations;
mod packed;
mod parked;
mod pending_writes;
mod pre_auths;
mod query;
mod rate_limits;
mod secrets;
mod sequence;
mod set_aside;
mod sign_ins;
mod snapshot;
#[cfg(test)]
mod testing;
mod trials;
mod waiting_callers;
mod walk;
mod write;

pub(crate) use accesses::NotedAccesses;
pub use accesses::{ACCESS_DAYS, Access, Shown, Way};
pub(crate) use agreement_cache::AgreementCache;
pub use connect::{ConnectBrowser, ConnectSession, Consent};
pub use deadlines::{Deadline, Enforced, Subject};
pub use erasure::{Erased, Erasure};
pub(crate) use freshness::FreshnessCache;
pub use guesses::{Guess, Guessed, Guesses};
pub use idempotency::{KeyedRequest, REMEMBERED_SECONDS};
pub use items::{
    AccountClaim, Claim, DeadLetter, InvitationClaim, Keyed, Revocation, ScheduleClaim, SealedCredentials, WebhookClaim,
    WebhookSecret,
};
pub use keys::Key;
pub use packed::{Packed, Unpackable};
pub use parked::{Parked, SHARDS, Woken, minute_of};
pub use pending_writes::{PendingWrite, PendingWrites};
pub use pre_auths::{PRE_AUTH_SECONDS, PreAuth, SignInVisit};
pub use query::Range;
pub use rate_limits::{RateLimit, Shares, Taken};
pub use secrets::{PlatformSecrets, RootKey};
pub use sequence::{Numbered, Sequence};
pub use set_aside::{SET_ASIDE_DAYS, SetAside, SetAsideReason};
pub use sign_ins::{AccountSession, Refreshing, SignInClient};
pub use snapshot::Snapshot;
pub use trials::{TrialLimit, Trials};
pub use waiting_callers::{WaitingCaller, WaitingPlace};
pub use walk::{Place, Walk};
pub use write::Write;
