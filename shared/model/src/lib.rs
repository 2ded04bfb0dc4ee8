//! The domain: ids, time, resources, the entities of the clearing house, and the rules about them.
//!
//! Pure values and functions: no I/O, no AWS, no async. Clock, randomness and ids come in as parameters.

pub mod agreement;
pub mod budget;
pub mod codes;
pub mod connection;
pub mod credentials;
pub mod embed;
pub mod events;
pub mod execution;
pub mod fleet;
pub mod health;
mod hex;
pub mod ids;
pub mod integration_request;
pub mod invitation;
pub mod partner;
pub mod property;
pub mod resource;
pub mod resource_operation;
pub mod schedule;
pub mod schema;
pub mod telematics;
pub mod time;
pub mod trace;
pub mod tsp;
pub mod visibility;
pub mod webhook;

pub use hex::hex;
pub use ids::{
    AgreementId, ConnectionId, ExecutionId, FleetId, InvitationId, MessageId, OperationId, PartnerId, PropertyId, RecordId,
    RecordIds, ScheduleId, TspId, WebhookId,
};
pub use resource::{Resource, Scopes, ShareLevel};
pub use time::Timestamp;
pub use trace::TraceId;
