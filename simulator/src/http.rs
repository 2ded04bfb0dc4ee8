//! Requests and replies as plain values, so that request handling consists of functions.

use std::time::Duration;

use serde::Serialize;

/// The parts of a request that the simulated APIs use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    /// The path below the provider's prefix, with its leading slash.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The token of an `Authorization: Bearer` header.
    pub(crate) bearer: Option<&'a str>,
    /// The key of an `X-Api-Key` header.
    pub(crate) api_key: Option<&'a str>,
    /// The text of an `Authorization: Basic` header, as sent.
    pub(crate) basic: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    /// The parts of the path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }
}

/// What kind of body a reply has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Json,
    Text,
    Html,
}

/// A reply.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// The `Location` header.
    pub(crate) location: Option<String>,
    /// The `Retry-After` header.
    pub(crate) retry_after: Option<String>,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How long to wait before responding.
    pub(crate) delay: Duration,
    /// The matched route, for the statistics.
    pub(crate) route: &'static str,
}

impl Reply {
    /// A JSON reply; a value that cannot be serialized becomes a 500, as it would at a provider.
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self { content: Content::Json, ..Self::text(status, body) },
            Err(error) => Self::text(500, error.to_string()),
        }
    }

    /// A page.
    pub(crate) fn html(status: u16, body: String) -> Self {
        Self { content: Content::Html, ..Self::text(status, body) }
    }

    /// Sends the browser elsewhere.
    pub(crate) fn redirect(location: String) -> Self {
        Self { location: Some(location), ..Self::text(303, "") }
    }

    /// A plain text reply.
    pub(crate) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content: Content::Text,
            location: None,
            retry_after: None,
            headers: Vec::new(),
            body: body.into(),
            delay: Duration::ZERO,
            route: "unmatched",
        }
    }
}
