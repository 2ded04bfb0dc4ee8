//! OpenAPI 3.1 documents, generated from the endpoint tables.
//!
//! A schema with a title is a component of that name: what derives `JsonSchema` has one, and so have request bodies, pages,
//! errors and webhook messages. Generated clients name their types after them.

#[cfg(feature = "openapi")]
mod components;
#[cfg(feature = "openapi")]
mod document;
#[cfg(feature = "openapi")]
mod errors;
#[cfg(feature = "openapi")]
mod members;
#[cfg(feature = "openapi")]
mod operation;
#[cfg(feature = "openapi")]
mod tidy;
#[cfg(feature = "openapi")]
mod webhook;
#[cfg(feature = "openapi")]
mod words;

use schemars::{Schema, SchemaGenerator};

#[cfg(feature = "openapi")]
pub use components::Clash;
#[cfg(feature = "openapi")]
pub use document::document;

/// A webhook event: its name and the schema of its records.
pub struct Event {
    /// `vehicle.added`.
    pub name: &'static str,
    /// The schema of one record.
    pub record: RecordSchema,
    /// Whether it is ever sent.
    pub sent: Sent,
}

/// Whether an event is ever sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// When it happens.
    Always,
    /// Never: it is listed because published clients know it.
    Never,
}

/// Generates the schema of an event's records.
pub type RecordSchema = Box<dyn Fn(&mut SchemaGenerator) -> Schema>;
