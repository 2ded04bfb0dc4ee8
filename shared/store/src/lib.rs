//! DynamoDB, and nothing else knows it: keys, items, transactions, cursors, grants and the time-series blocks.
//!
//! Two tables: [`control`] holds everything the platform decides (partners, invitations, agreements, connections, schedules,
//! subscriptions), [`telematics`] what the TSPs report. No Scan anywhere; every query names its partition.

mod attempts;
mod batch;
pub mod control;
pub mod cursor;
mod error;
pub mod grants;
pub mod page;
pub mod telematics;
mod throttling;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use model::TraceId;

pub use attempts::Attempts;
pub use error::StoreError;
pub use grants::{Agreements, Grant, GrantedConnection, View};
pub use page::{Bookmark, Page, Slice};
pub use telematics::Retention;
pub use throttling::THROTTLED;

/// The two tables and the client that reaches them. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    control: Arc<str>,
    telematics: Arc<str>,
    trace: Option<TraceId>,
    retention: Arc<Retention>,
    agreement_cache: Arc<control::AgreementCache>,
    freshness_cache: Arc<control::FreshnessCache>,
    noted_accesses: Arc<control::NotedAccesses>,
}

/// The attribute that names the trace behind an item's last change. Readers of the streams continue it; the
/// entities do not have it as a member.
pub const TRACE: &str = "trace";

impl Store {
    /// A store over existing tables.
    #[must_use]
    pub fn new(client: Client, control: &str, telematics: &str) -> Self {
        Self {
            client,
            control: control.into(),
            telematics: telematics.into(),
            trace: None,
            retention: Arc::default(),
            agreement_cache: Arc::default(),
            freshness_cache: Arc::default(),
            noted_accesses: Arc::default(),
        }
    }

    /// The same store, which keeps records for so long.
    #[must_use]
    pub fn retaining(self, retention: Retention) -> Self {
        Self { retention: Arc::new(retention), ..self }
    }

    /// How long records are kept.
    #[must_use]
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// The same store; what it writes names the trace.
    #[must_use]
    pub fn traced(&self, trace: TraceId) -> Self {
        Self { trace: Some(trace), ..self.clone() }
    }

    /// A store with the client that the environment describes (`AWS_ENDPOINT_URL_DYNAMODB`, region, credentials). It repeats what
    /// DynamoDB turns away for a while.
    #[must_use]
    pub fn from_config(config: &aws_config::SdkConfig, control: &str, telematics: &str) -> Self {
        let config = throttling::repeating(aws_sdk_dynamodb::config::Builder::from(config)).build();
        Self::new(Client::from_conf(config), control, telematics)
    }
}
