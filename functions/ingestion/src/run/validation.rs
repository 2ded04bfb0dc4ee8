//! Rows that are not believed: what a TSP sends with an impossible time, or larger than the database takes, is set aside and
//! costs the rest of its page nothing.

use model::telematics::readings::Readings;
use model::telematics::{Batch, Fields, Observation, RecordType, Storage};
use model::{Timestamp, telematics};
use serde::Deserialize;
use store::control::SetAsideReason;

/// How far ahead of ours a TSP's clock may be.
const AHEAD_SECONDS: i64 = 300;
/// Nothing was measured earlier.
const FIRST_YEAR: &str = "2000-01-01T00:00:00Z";
/// Bytes of a row beside its source; DynamoDB takes 400 KB.
const ROW_LIMIT: usize = 350_000;
/// Bytes of the source of a reading, which shares an item with others.
const READING_LIMIT: usize = 290_000;

/// A row that is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) source_id: String,
    pub(crate) reason: SetAsideReason,
    /// The TSP's text.
    pub(crate) source: String,
}

/// A batch without the rows that are not believed, and those.
pub(crate) fn validated(record: &RecordType, batch: Batch, now: Timestamp) -> (Batch, Vec<Rejected>) {
    let times = Plausible::at(now);
    match batch {
        Batch::Records(rows) => {
            let (rows, rejected) = records(record, rows, times);
            (Batch::Records(rows), rejected)
        }
        Batch::Readings(readings) => {
            let (readings, rejected) = self::readings(readings, times);
            (Batch::Readings(readings), rejected)
        }
    }
}

/// Whether a time is believed.
pub(super) fn is_plausible(time: Timestamp, now: Timestamp) -> bool {
    Plausible::at(now).objection(time).is_none()
}

/// The span of times that are believed.
#[derive(Clone, Copy)]
struct Plausible {
    first: Timestamp,
    last: Timestamp,
}

impl Plausible {
    fn at(now: Timestamp) -> Self {
        let first = Timestamp::parse(FIRST_YEAR).unwrap_or(Timestamp::from_micros(0));
        Self { first, last: now.plus_seconds(AHEAD_SECONDS) }
    }

    fn objection(self, time: Timestamp) -> Option<SetAsideReason> {
        match time {
            time if time > self.last => Some(SetAsideReason::TimeAhead),
            time if time < self.first => Some(SetAsideReason::TimeTooOld),
            _ => None,
        }
    }
}

fn records(record: &RecordType, rows: Vec<Observation<Fields>>, times: Plausible) -> (Vec<Observation<Fields>>, Vec<Rejected>) {
    let (mut kept, mut rejected) = (Vec::with_capacity(rows.len()), Vec::new());
    for mut row in rows {
        // The time of an entity says when the TSP last saved it: a wrong one is no reason to lose the vehicle.
        if matches!(record.storage, Storage::Entity { .. }) {
            row.occurred_at = row.occurred_at.filter(|time| times.objection(*time).is_none());
        }
        match objection(record, &row, times) {
            None => kept.push(row),
            Some(reason) => {
                rejected.push(Rejected { source_id: row.source_id, reason, source: row.source.to_string() });
            }
        }
    }
    (kept, rejected)
}

fn objection(record: &RecordType, row: &Observation<Fields>, times: Plausible) -> Option<SetAsideReason> {
    if row.fields.get().len() + row.extras.as_ref().map_or(0, |extras| extras.to_string().len()) > ROW_LIMIT {
        return Some(SetAsideReason::TooLarge);
    }
    if matches!(record.storage, Storage::Entity { .. }) {
        return None;
    }
    let ends_early = || ends_before_start(row.fields.get()).then_some(SetAsideReason::EndsBeforeStart);
    row.occurred_at.and_then(|time| times.objection(time)).or_else(ends_early)
}

/// The span of a row, under the two pairs of names that rows with a span have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Span {
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
}

fn ends_before_start(fields: &str) -> bool {
    let span: Span = serde_json::from_str(fields).unwrap_or_default();
    [(span.started_at, span.ended_at), (span.start_time, span.end_time)]
        .into_iter()
        .any(|(start, end)| start.zip(end).is_some_and(|(start, end)| end < start))
}

fn readings(readings: Readings, times: Plausible) -> (Readings, Vec<Rejected>) {
    let large = |row| readings.sources().get(row).len() > READING_LIMIT;
    let objection = |row| times.objection(readings.time(row)).or(large(row).then_some(SetAsideReason::TooLarge));
    let objections: Vec<Option<SetAsideReason>> = (0..readings.len()).map(objection).collect();
    if objections.iter().all(Option::is_none) {
        return (readings, Vec::new());
    }
    let Some(mut kept) = telematics::readings::Readings::empty(readings.record()) else { return (readings, Vec::new()) };
    let mut rejected = Vec::new();
    for (row, objection) in objections.into_iter().enumerate() {
        match objection {
            None => kept.push_from(&readings, row),
            Some(reason) => {
                let source = readings.sources().get(row).to_owned();
                rejected.push(Rejected { source_id: readings.source_id(row), reason, source });
            }
        }
    }
    (kept, rejected)
}

#[cfg(test)]
#[path = "validation_tests.rs"]
mod tests;
