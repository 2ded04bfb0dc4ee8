//! The AWS of the local run: an embedded DynamoDB, an emulator for SQS, KMS and EventBridge Scheduler, both
//! provisioned from the deployable template, and event source mappings as in AWS.
//!
//! With `AWS_ENDPOINT_URL`, or its per-service forms, those endpoints are used instead.

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

/// The region of everything local.
pub const REGION: &str = "us-east-1";

/// The account of everything local.
pub const ACCOUNT: &str = "000000000000";

/// The stack's name, with which the names of its resources begin.
pub const STACK: &str = "catena";
