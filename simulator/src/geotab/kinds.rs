//! The kinds of records: lists of what there is, and what happened.

use serde_json::Value;

use super::records::{self, Record, Window};
use super::rpc::Fault;
use super::wire::{millis, number};
use super::{Request, devices, drives, hos, users};
use crate::world::Millis;

/// What a list is cut at, silently.
const MOST_LISTED: usize = 5_000;
/// What everything else is cut at.
const MOST: usize = 50_000;

/// A kind of records.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) source: Source,
}

/// Where the records of a kind come from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// Everything there is.
    List(fn(&Request<'_>) -> Vec<Value>),
    /// What happened; found in steps of so many milliseconds.
    Events(Millis, fn(&Request<'_>, Window) -> Vec<Record>),
}

const MINUTE_MS: Millis = 60_000;
const DAY_MS: Millis = 1_440 * MINUTE_MS;

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "Device", source: Source::List(devices::list) },
    Kind { name: "User", source: Source::List(users::list) },
    Kind { name: "Group", source: Source::List(devices::groups) },
    Kind { name: "LogRecord", source: Source::Events(10 * MINUTE_MS, records::positions) },
    Kind { name: "StatusData", source: Source::Events(10 * MINUTE_MS, records::readings) },
    Kind { name: "DutyStatusLog", source: Source::Events(DAY_MS, hos::logs) },
    Kind { name: "AnnotationLog", source: Source::Events(DAY_MS, hos::remarks) },
    Kind { name: "DutyStatusAvailability", source: Source::List(hos::clocks) },
    Kind { name: "ExceptionEvent", source: Source::Events(DAY_MS, drives::exceptions) },
    Kind { name: "FuelTransaction", source: Source::Events(DAY_MS, drives::purchases) },
    Kind { name: "DriverChange", source: Source::Events(DAY_MS, records::driver_changes) },
];

impl Kind {
    /// The kind that a call names. Of one that there is not, the error is that of a method.
    pub(super) fn of(request: &Request<'_>) -> Result<&'static Self, Fault> {
        let name = request.params.get("typeName").and_then(Value::as_str).ok_or(Fault::Argument("typeName"))?;
        KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| Fault::Method(name.to_owned()))
    }

    /// All records that a search leaves; one that fits nothing is no error.
    fn found(&self, request: &Request<'_>) -> Vec<Value> {
        let search = Search { request };
        match self.source {
            Source::List(list) => {
                let mut all = list(request);
                let is = |body: &Value, member: &str| search.member(member).is_none_or(|wanted| body.get(member) == Some(wanted));
                all.retain(|body| is(body, "id") && is(body, "isDriver"));
                all
            }
            Source::Events(_, events) => {
                let day_ago = request.now - DAY_MS;
                let (from, to) = (search.time("fromDate").unwrap_or(day_ago), search.time("toDate").unwrap_or(request.now));
                let window = Window { from, to: to.min(request.now) + 1, by_arrival: false };
                let mut found = events(request, window);
                found.retain(|record| search.fits(&record.body));
                found.into_iter().map(|record| record.body).collect()
            }
        }
    }

    /// `Get`: by id from an id on, where it is sorted so.
    pub(super) fn get(&self, request: &Request<'_>) -> Value {
        let mut found = self.found(request);
        if let Some(sort) = request.params.get("sort") {
            let id = |body: &Value| body.get("id").and_then(Value::as_str).map(number).unwrap_or_default();
            found.sort_by_key(id);
            let offset = sort.get("offset").and_then(Value::as_str).map(number);
            found.retain(|body| offset.is_none_or(|offset| id(body) > offset));
        }
        let most = if matches!(self.source, Source::List(_)) { MOST_LISTED } else { MOST };
        found.truncate(limit(request, most));
        Value::Array(found)
    }

    /// `GetCountOf`.
    pub(super) fn count(&self, request: &Request<'_>) -> usize {
        self.found(request).len()
    }
}

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
    fn member(self, name: &str) -> Option<&'a Value> {
        self.request.params.get("search")?.get(name)
    }

    fn text(self, name: &str) -> Option<&'a str> {
        self.member(name)?.as_str()
    }

    pub(super) fn time(self, name: &str) -> Option<Millis> {
        millis(self.text(name)?)
    }

    /// Whether a record is of the device, diagnostic and user that are asked for.
    fn fits(self, body: &Value) -> bool {
        let of = |search: &str, member: &str| {
            let wanted = self.member(search).and_then(|search| search.get("id")?.as_str());
            wanted.is_none_or(|wanted| body.get(member).and_then(|member| member.get("id")?.as_str()) == Some(wanted))
        };
        of("deviceSearch", "device") && of("diagnosticSearch", "diagnostic") && of("userSearch", "driver")
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
