//! The layer between Lambda and the services: the endpoint table, reading requests, callers, errors, pages, the access log.
//!
//! An endpoint is a module with an input, an output and a `run`, and one row in its service's table ([`Endpoint`]). The
//! Lambda entry, the local gateway, the OpenAPI documents and the template are all generated from those rows.

mod caller;
mod compression;
mod config;
mod context;
mod credentials;
mod dispatch;
mod endpoint;
mod error;
mod guesses;
mod idempotency;
mod incoming;
mod limits;
mod listing;
pub mod metrics;
pub mod openapi;
mod output;
mod page;
mod problem;
mod published;
mod queue;
mod reader;
mod response;
mod serve;
mod spelling;
pub mod telemetry;
mod worker;

pub use caller::{Access, Caller};
pub use config::Config;
pub use context::{Aws, Context};
pub use dispatch::{dispatch, dispatch_within};
pub use endpoint::{DEFAULT_ROUTE, Endpoint, ErrorPage, Operation, Permission, Route, Secrets, Service, Tag};
pub use error::ApiError;
pub use guesses::Guessable;
pub use incoming::Incoming;
pub use listing::{Counted, Counting, Listing, OpenCursor, PageRow, Paging, Uncounted, page_of_rows, page_schema};
pub use output::{Created, Html, Json, NoContent, Output, Plain, Showing, Upserted};
pub use problem::{MOST_PROBLEMS, Problem};
pub use queue::{FailedRecord, Outgoing, Queue};
pub use reader::{Body, Input, LIST_BODY, Location, Member, MemberDetails, MemberSpec, Patch, Reader, SMALL_BODY, schema_of};
pub use response::Response;
pub use serve::{Describe, ResponseSchemas, Serve};
pub use worker::{Repeated, Stream, Trigger, Wanted, Worker, WorkerError};

use std::net::IpAddr;

use model::Timestamp;

/// The request's data apart from the input.
#[derive(Clone, Debug)]
pub struct Call {
    /// The caller.
    pub caller: Caller,
    /// The response's `X-Request-Id`.
    pub request_id: String,
    /// Whether only the head of the response was asked for: such a request has no effect.
    pub is_head: bool,
    /// The address that it came from, if it is known.
    pub address: Option<IpAddr>,
    /// When it arrived; the only clock a handler sees.
    pub now: Timestamp,
    /// Caller, path and filters as one text, to which page cursors are bound.
    pub binding: String,
}

/// A boxed future, so that one type of handler serves all endpoints.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
