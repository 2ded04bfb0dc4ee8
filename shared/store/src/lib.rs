//! DynamoDB, and nothing else knows it: keys, items, transactions, cursors, grants and the time-series blocks.
//!
//! Two tables: [`control`] holds everything the platform decides (partners, invitations, agreements, connections, schedules,
//! subscriptions), [`telematics`] what the TSPs report. No Scan anywhere; every query names its partition.

mod attempts;
pub mod control;
pub mod cursor;
mod error;
pub mod grants;
pub mod page;
pub mod telematics;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use model::TraceId;

pub use attempts::Attempts;
pub use error::StoreError;
pub use grants::{Grant, GrantedConnection};
pub use page::{Bookmark, Page, Slice};

/// The two tables and the client that reaches them. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    control: Arc<str>,
    telematics: Arc<str>,
    trace: Option<TraceId>,
}

/// The attribute that names the trace behind an item's last change. Readers of the streams continue it; the
/// entities do not have it as a member.
pub const TRACE: &str = "trace";

impl Store {
    /// A store over existing tables.
    #[must_use]
    pub fn new(client: Client, control: &str, telematics: &str) -> Self {
        Self { client, control: control.into(), telematics: telematics.into(), trace: None }
    }

    /// The same store; what it writes names the trace.
    #[must_use]
    pub fn traced(&self, trace: TraceId) -> Self {
        Self { trace: Some(trace), ..self.clone() }
    }

    /// A store with the client that the environment describes (`AWS_ENDPOINT_URL_DYNAMODB`, region, credentials).
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig, control: &str, telematics: &str) -> Self {
        Self::new(Client::new(config), control, telematics)
    }
}
