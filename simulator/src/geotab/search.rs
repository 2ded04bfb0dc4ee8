//! What a call asks for: its search, and how many records.

use serde_json::Value;

use super::Request;
use super::wire::millis;
use crate::world::Millis;

/// How many records a call asks for.
pub(super) fn limit(request: &Request<'_>, most: usize) -> usize {
    let asked = request.params.get("resultsLimit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    asked.unwrap_or(most).min(most)
}

/// The `search` of a call.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) request: &'a Request<'a>,
}

impl<'a> Search<'a> {
    /// A member of it.
    pub(super) fn member(self, name: &str) -> Option<&'a Value> {
        self.request.params.get("search")?.get(name)
    }

    fn text(self, name: &str) -> Option<&'a str> {
        self.member(name)?.as_str()
    }

    /// A time of it.
    pub(super) fn time(self, name: &str) -> Option<Millis> {
        millis(self.text(name)?)
    }

    /// Whether a record is of the device, diagnostic and user that are asked for.
    pub(super) fn fits(self, body: &Value) -> bool {
        let of = |search: &str, member: &str| {
            let wanted = self.member(search).and_then(|search| search.get("id")?.as_str());
            wanted.is_none_or(|wanted| body.get(member).and_then(|member| member.get("id")?.as_str()) == Some(wanted))
        };
        of("deviceSearch", "device")
            && of("diagnosticSearch", "diagnostic")
            && of("trailerSearch", "trailer")
            && of("userSearch", "driver")
    }

    /// Whether readings of a diagnostic are asked for.
    pub(super) fn wants(self, diagnostic: &str) -> bool {
        self.wants_one("diagnosticSearch", diagnostic)
    }

    /// Whether something of a device is asked for.
    pub(super) fn wants_device(self, id: &str) -> bool {
        self.wants_one("deviceSearch", id)
    }

    /// Whether something of a user is asked for.
    pub(super) fn wants_user(self, id: &str) -> bool {
        self.wants_one("userSearch", id)
    }

    fn wants_one(self, search: &str, id: &str) -> bool {
        self.member(search).and_then(|search| search.get("id")?.as_str()).is_none_or(|wanted| wanted == id)
    }

    /// Whether a switch of the search is on.
    pub(super) fn is_set(self, name: &str) -> bool {
        self.member(name).and_then(Value::as_bool) == Some(true)
    }
}
