//! Time windows of event and position lists: half-open, at most 45 days, fixed by the first page.

use gateway::{ApiError, Problem, Reader};
use model::Timestamp;
use serde::{Deserialize, Serialize};

const DAY: i64 = 86_400;
const LONGEST: i64 = 45 * DAY;

/// `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub from: Timestamp,
    /// First instant outside.
    pub to: Timestamp,
}

/// The two members of a request that bound a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Lower bound.
    pub from: Option<Timestamp>,
    /// Upper bound.
    pub to: Option<Timestamp>,
}

const FROM: &str = "Only records of this time or later; one day before the end unless given.";
const TO: &str = "Only records before this time; now unless given. At most 45 days after the start.";
const ACTIVE_FROM: &str = "Only records that end at this time or later, or have not ended; one day before the end unless given.";
const ACTIVE_TO: &str = "Only records that start before this time; now unless given.";

impl Bounds {
    /// Reads `from_datetime` and `to_datetime`.
    pub fn occurred(reader: &mut Reader) -> Self {
        let from = reader.query("from_datetime").about(FROM).instant();
        Self { from, to: reader.query("to_datetime").about(TO).instant() }
    }

    /// Reads `active_from_datetime` and `active_to_datetime`.
    pub fn active(reader: &mut Reader) -> Self {
        let from = reader.query("active_from_datetime").about(ACTIVE_FROM).instant();
        Self { from, to: reader.query("active_to_datetime").about(ACTIVE_TO).instant() }
    }

    /// Whether the request bounds anything.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// The window at `now`: a missing end is now, a missing start one day before the end. `names` are the members to
    /// blame.
    ///
    /// # Errors
    /// 422 for an empty window or one of more than 45 days.
    pub fn window(self, now: Timestamp, names: [&'static str; 2]) -> Result<Window, ApiError> {
        let to = self.to.unwrap_or(now);
        let from = self.from.unwrap_or_else(|| to.plus_seconds(-DAY));
        let [first, last] = names;
        let blamed = if self.from.is_some() { first } else { last };
        let problem = |kind, message: &str| {
            let input = if blamed == first { from } else { to };
            Err(ApiError::invalid(vec![Problem::new(&format!("query.{blamed}"), &input.to_string(), kind, message)]))
        };
        if from >= to {
            return problem("time_range_empty", "the time range is empty");
        }
        if from.plus_seconds(LONGEST) < to {
            return problem("time_span_too_long", "the time range may span 45 days at most");
        }
        Ok(Window { from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_limits_of_a_window() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        fn at(text: &str) -> Option<Timestamp> {
            Timestamp::parse(text)
        }
        let check = |from, to, expected: Result<(&str, &str), &str>| {
            let got = Bounds { from, to }.window(now, ["from_datetime", "to_datetime"]);
            match (got, expected) {
                (Ok(window), Ok((from, to))) => assert_eq!((Some(window.from), Some(window.to)), (at(from), at(to))),
                (Err(error), Err(kind)) => assert!(error.body().to_string().contains(kind), "{error:?}"),
                (got, expected) => panic!("{got:?} instead of {expected:?}"),
            }
        };
        check(None, None, Ok(("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z")));
        check(None, at("2026-11-01T00:00:00Z"), Ok(("2026-10-31T00:00:00Z", "2026-11-01T00:00:00Z")));
        check(at("2026-11-21T00:00:00Z"), None, Ok(("2026-11-21T00:00:00Z", "2026-11-21T12:00:00Z")));
        check(at("2026-11-21T12:00:00Z"), None, Err("time_range_empty"));
        check(at("2026-10-01T00:00:00Z"), None, Err("time_span_too_long"));
    }
}
