//! Delivery of webhook messages, and the guarded client that every outbound call of the platform goes through.
//!
//! Signing, headers, the retry schedule, the classification of responses and the address rules are plain functions on values;
//! [`GuardedClient`] is the only part with I/O.

pub mod guarded;
pub mod outcome;
mod paced;
pub mod request;
mod resolver;
pub mod retry;
pub mod signature;
pub mod target;

pub use guarded::{GuardedClient, HttpResponse, Limits, OverLimit, Request, SendError};
pub use outcome::Verdict;
pub use request::Delivery;
pub use signature::SigningSecrets;
pub use target::{AddressPolicy, PolicyError, UrlProblem, check_url};
