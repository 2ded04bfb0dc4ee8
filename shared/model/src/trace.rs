//! Trace ids: everything that a request or a fired schedule causes has the same id, from the log line of the request to the
//! delivery of its changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The id of a trace, as AWS X-Ray writes it: `1-<start in seconds, 8 hex digits>-<24 hex digits>`. The 32 digits without the
/// dashes are the trace id of W3C Trace Context.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(u128);

/// The digits of the random part, in bits.
const RANDOM_BITS: u32 = 96;

impl TraceId {
    /// The id of a trace that begins at `now`; `random` makes it unique.
    #[must_use]
    pub fn at(now: Timestamp, random: u128) -> Self {
        let seconds = u32::try_from(now.seconds()).unwrap_or(0);
        let rest = random & ((1 << RANDOM_BITS) - 1);
        Self((u128::from(seconds) << RANDOM_BITS) | rest)
    }

    /// The id in a tracing header (`Root=1-...;Parent=...;Sampled=1`); `None` if it has none.
    #[must_use]
    pub fn from_header(header: &str) -> Option<Self> {
        header.split(';').find_map(|part| part.trim().strip_prefix("Root=")?.parse().ok())
    }

    /// A tracing header with the trace id only.
    #[must_use]
    pub fn header(self) -> String {
        format!("Root={self}")
    }
}

/// The text is not a trace id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a trace id")]
pub struct NotATraceId;

impl FromStr for TraceId {
    type Err = NotATraceId;

    fn from_str(text: &str) -> Result<Self, NotATraceId> {
        let (start, rest) = text.strip_prefix("1-").and_then(|text| text.split_once('-')).ok_or(NotATraceId)?;
        let is_hex = |part: &str| part.bytes().all(|digit| digit.is_ascii_hexdigit());
        if start.len() != 8 || rest.len() != 24 || !is_hex(start) || !is_hex(rest) {
            return Err(NotATraceId);
        }
        u128::from_str_radix(&format!("{start}{rest}"), 16).map(Self).map_err(|_| NotATraceId)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0 & ((1 << RANDOM_BITS) - 1);
        write!(f, "1-{:08x}-{rest:024x}", self.0 >> RANDOM_BITS)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for TraceId {
    type Error = NotATraceId;

    fn try_from(text: String) -> Result<Self, NotATraceId> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_x_ray_writes_them_and_read_back() {
        let id = TraceId::at(Timestamp::parse("2026-11-21T05:00:00Z").unwrap(), u128::MAX);
        assert_eq!(id.to_string(), "1-6b012550-ffffffffffffffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(TraceId::from_header(&format!("{};Parent=53995c3f42cd8ad8;Sampled=1", id.header())), Some(id));
        assert_eq!(TraceId::from_header(&format!("Self=1-00000000-000000000000000000000000;{}", id.header())), Some(id));
    }

    #[test]
    fn invalid_ids_are_rejected() {
        for text in [
            "",
            "1-",
            "1-6a207550",
            "1-6a207550-xyz",
            "1-+a207550-ffffffffffffffffffffffff",
            "2-6a207550-ffffffffffffffffffffffff",
        ] {
            assert_eq!(text.parse::<TraceId>(), Err(NotATraceId), "{text}");
        }
        assert_eq!(TraceId::from_header("Parent=53995c3f42cd8ad8"), None);
    }
}
