//! The AWS that the local run stands on: an embedded DynamoDB, an emulator for SQS, KMS and EventBridge Scheduler, both
//! provisioned from the deployable template, and the event-source mappings driven as AWS drives them.
//!
//! With `AWS_ENDPOINT_URL`, or its per-service forms, the named endpoints are used and nothing is started for them.

mod cloud;
pub mod database;
pub mod emulator;
mod endpoints;
mod files;
pub mod mappings;
mod physical;
pub mod provision;
pub mod template;

pub use cloud::{Cloud, CloudOptions};
pub use endpoints::{Clients, Endpoints, Foreign, Named};
pub use physical::Physical;

/// The region that everything local claims to be in.
pub const REGION: &str = "us-east-1";

/// The account that everything local claims to belong to.
pub const ACCOUNT: &str = "000000000000";

/// The stack's name, which starts the names of its resources.
pub const STACK: &str = "catena";
