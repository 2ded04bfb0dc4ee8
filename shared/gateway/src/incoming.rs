//! Requests as endpoints see them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::spelling::documented;

/// A request as an endpoint sees it, whether from Lambda or from the local gateway.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// HTTP method.
    pub method: Method,
    /// Path as sent.
    pub raw_path: String,
    /// Query as sent, without the question mark.
    pub raw_query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Path parameters, decoded.
    pub path: BTreeMap<String, String>,
    /// Body.
    pub body: Bytes,
    /// The address that it came from, if it is known.
    pub address: Option<IpAddr>,
}

impl Incoming {
    /// Query parameters, decoded; repeated keys keep all values.
    #[must_use]
    pub fn query(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(self.raw_query.as_bytes()) {
            found.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        found
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn has_content_type(&self, expected: &str) -> bool {
        let sent = self.header("content-type").unwrap_or_default();
        sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
    }

    /// Path and filters in a fixed order, without paging parameters.
    pub(crate) fn filters(&self) -> String {
        let mut pairs: Vec<(String, Vec<String>)> =
            self.query().into_iter().filter(|(name, _)| name != "cursor" && name != "size").collect();
        for (_, values) in &mut pairs {
            values.retain(|value| !value.is_empty());
            values.sort();
        }
        pairs.retain(|(_, values)| !values.is_empty());
        format!("{} {pairs:?}", documented(&self.raw_path))
    }
}
