//! Responses of endpoints.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use store::control::Shown;
use store::telematics::Row;

/// A response.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Whose records it shows.
    pub(crate) shown: BTreeSet<Shown>,
}

impl Response {
    /// A JSON response.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::serialized(status, serde_json::to_vec(body).unwrap_or_default())
    }

    /// A response whose body is serialized JSON.
    #[must_use]
    pub fn serialized(status: StatusCode, json: Vec<u8>) -> Self {
        let mut response = Self::empty(status);
        response.set("content-type", "application/json");
        response.body = json.into();
        response
    }

    /// A record.
    #[must_use]
    pub fn of_row(row: Row) -> Self {
        let shown = row.shown();
        Self::serialized(StatusCode::OK, row.into_bytes()).showing(shown)
    }

    /// The same; it shows these records of fleets, which is noted before it is sent to a partner.
    #[must_use]
    pub fn showing(mut self, shown: impl IntoIterator<Item = Shown>) -> Self {
        self.shown.extend(shown);
        self
    }

    /// An HTML page.
    #[must_use]
    pub fn html(status: StatusCode, page: String) -> Self {
        let mut response = Self::empty(status);
        response.set("content-type", "text/html; charset=utf-8");
        response.body = page.into();
        response
    }

    /// A redirect (303) after a form post or to another page.
    #[must_use]
    pub fn see_other(target: &str) -> Self {
        let mut response = Self::empty(StatusCode::SEE_OTHER);
        response.set("location", target);
        response
    }

    /// A response without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), shown: BTreeSet::new() }
    }

    /// Leaves the body out and says how long it was (RFC 9110, section 9.3.2).
    pub(crate) fn leave_out_body(&mut self) {
        let length = self.body.len();
        self.set("content-length", &length.to_string());
        self.body = Bytes::new();
    }

    /// Sets a header; a value that headers do not allow is left out.
    pub fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}
