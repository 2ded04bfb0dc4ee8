//! The kinds of records: lists of what there is, and what happened.

use serde_json::Value;

use super::record::{Record, Window};
use super::rpc::Fault;
use super::search::{Search, limit};
use super::wire::number;
use super::{Request, attachments, devices, drives, dvirs, fault_data, fuel_tax, hos, messages, telemetry, users, writes};
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
    /// What lasted, found in the same way: it is searched for by other names, and begins a feed with all there was.
    Spans(Millis, fn(&Request<'_>, Window) -> Vec<Record>),
}

const MINUTE_MS: Millis = 60_000;
const DAY_MS: Millis = 1_440 * MINUTE_MS;

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "Device", source: Source::List(devices::list) },
    Kind { name: "User", source: Source::List(users::list) },
    Kind { name: "Group", source: Source::List(devices::groups) },
    Kind { name: "LogRecord", source: Source::Events(10 * MINUTE_MS, telemetry::positions) },
    Kind { name: "StatusData", source: Source::Events(10 * MINUTE_MS, telemetry::readings) },
    Kind { name: "DutyStatusLog", source: Source::Events(DAY_MS, hos::logs) },
    Kind { name: "DutyStatusViolation", source: Source::List(hos::violations) },
    Kind { name: "AnnotationLog", source: Source::Events(DAY_MS, hos::remarks) },
    Kind { name: "DutyStatusAvailability", source: Source::List(hos::clocks) },
    Kind { name: "ExceptionEvent", source: Source::Events(DAY_MS, drives::exceptions) },
    Kind { name: "FuelTransaction", source: Source::Events(DAY_MS, drives::purchases) },
    Kind { name: "DVIRLog", source: Source::Events(DAY_MS, dvirs::reports) },
    Kind { name: "DVIRDefect", source: Source::List(dvirs::found) },
    Kind { name: "Defect", source: Source::List(dvirs::defects) },
    Kind { name: "FaultData", source: Source::Events(DAY_MS, fault_data::observations) },
    Kind { name: "Diagnostic", source: Source::List(fault_data::diagnostics) },
    Kind { name: "FailureMode", source: Source::List(fault_data::failure_modes) },
    Kind { name: "Controller", source: Source::List(fault_data::controllers) },
    Kind { name: "TrailerAttachment", source: Source::Spans(DAY_MS, attachments::list) },
    Kind { name: "TextMessage", source: Source::Events(DAY_MS, messages::list) },
    Kind { name: "FuelTaxDetail", source: Source::Events(DAY_MS, fuel_tax::list) },
    Kind { name: "DriverChange", source: Source::Events(DAY_MS, telemetry::driver_changes) },
];

impl Source {
    /// What the bounds of a search in time are called.
    pub(super) const fn bounds(&self) -> [&'static str; 2] {
        match self {
            Self::Spans(..) => ["activeFrom", "activeTo"],
            Self::List(_) | Self::Events(..) => ["fromDate", "toDate"],
        }
    }
}

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
                let mut all = writes::current(request, self.name, list(request));
                let is = |body: &Value, member: &str| search.member(member).is_none_or(|wanted| body.get(member) == Some(wanted));
                all.retain(|body| is(body, "id") && is(body, "isDriver"));
                all
            }
            Source::Events(_, events) | Source::Spans(_, events) => {
                let [from, to] = self.source.bounds();
                let day_ago = request.now - DAY_MS;
                let (from, to) = (search.time(from).unwrap_or(day_ago), search.time(to).unwrap_or(request.now));
                let window = Window { from, to: to.min(request.now) + 1, by_arrival: false };
                let mut found = events(request, window);
                let wanted = search.member("id");
                found.retain(|record| search.fits(&record.body) && wanted.is_none_or(|id| record.body.get("id") == Some(id)));
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
