//! Rows that are there until a later state of their subject does not list them.
//!
//! A provider that tells states says what a subject has, and neither since when nor what is over. So what each subject has is noted: a
//! row that the note lacks begins with its state, one that the state lacks ends with it, and one that both have is written again where
//! its content differs. A row is known by its id among those of its subject, and by when it began: one that comes again later is another
//! record.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::telematics::{Batch, Fields, Observation, source_hash};
use providers::{StandingRow, SubjectState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::telematics::{Origin, StateNote};
use store::{Store, StoreError};

use super::validation::is_plausible;

/// Bytes of all that is noted of a subject, before it is packed. DynamoDB takes 400 KB.
const NOTE_LIMIT: usize = 350_000;
/// The member of a row's extras that says when it began.
const SINCE: &str = "first_observed_at";

/// What follows from states: rows to store, and notes to write after them.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) rows: Vec<Observation<Fields>>,
    pub(super) notes: Vec<StateNote>,
}

/// What is noted of a row: how it reads once it is over.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    since: Timestamp,
    /// That of the content that was stored last.
    hash: String,
    source: Value,
    extras: Option<Value>,
    ended: Fields,
}

/// The rows that a subject has, by their ids among those of the subject.
type Rows = BTreeMap<String, Known>;

/// The rows of a page with those that follow from its states.
pub(super) fn join(batch: Batch, standing: Vec<Observation<Fields>>) -> Batch {
    match batch {
        Batch::Records(mut rows) => {
            rows.extend(standing);
            Batch::Records(rows)
        }
        readings @ Batch::Readings(_) => readings,
    }
}

/// What follows from states. Those older than what is noted change nothing.
pub(super) async fn apply(store: &Store, origin: &Origin, mut states: Vec<SubjectState>) -> Result<Standing, StoreError> {
    let mut standing = Standing::default();
    if states.is_empty() {
        return Ok(standing);
    }
    states.sort_by(|one, other| (&one.subject, one.at).cmp(&(&other.subject, other.at)));
    let subjects: BTreeSet<&str> = states.iter().map(|state| state.subject.as_str()).collect();
    let mut noted = store.state_notes(origin, &subjects).await?;
    let mut states = states.into_iter().peekable();
    while let Some(first) = states.next() {
        let subject = first.subject.clone();
        let mut history = History::of(noted.remove(&subject));
        history.add(first, origin.now, &mut standing.rows);
        while let Some(state) = states.next_if(|state| state.subject == subject) {
            history.add(state, origin.now, &mut standing.rows);
        }
        standing.notes.extend(history.note(subject)?);
    }
    Ok(standing)
}

/// What a subject had, state by state.
struct History {
    at: Option<Timestamp>,
    rows: Rows,
    is_changed: bool,
}

impl History {
    fn of(note: Option<StateNote>) -> Self {
        let at = note.as_ref().map(|note| note.at);
        let rows = note.map(|note| serde_json::from_str(&note.text).unwrap_or_else(|cause| unknown(&cause))).unwrap_or_default();
        Self { at, rows, is_changed: false }
    }

    fn add(&mut self, state: SubjectState, now: Timestamp, rows: &mut Vec<Observation<Fields>>) {
        let at = state.at;
        if !is_plausible(at, now) {
            // Validation sets them aside.
            rows.extend(state.rows.into_iter().map(|standing| Observation { occurred_at: Some(at), ..standing.row }));
            return;
        }
        if self.at.is_some_and(|noted| at <= noted) {
            return;
        }
        let changed_before = rows.len();
        let listed: BTreeSet<String> = state.rows.iter().map(|standing| standing.row.source_id.clone()).collect();
        let over: Vec<String> = self.rows.keys().filter(|id| !listed.contains(*id)).cloned().collect();
        rows.extend(over.into_iter().filter_map(|id| Some(self.rows.remove(&id)?.end(&id, at))));
        for standing in state.rows {
            rows.extend(self.keep(standing, at));
        }
        if rows.len() > changed_before {
            (self.at, self.is_changed) = (Some(at), true);
        }
    }

    /// A row that a state lists; what it says, if that is new.
    fn keep(&mut self, standing: StandingRow, at: Timestamp) -> Option<Observation<Fields>> {
        let StandingRow { row, ended } = standing;
        let known = self.rows.get(&row.source_id);
        if known.is_some_and(|known| known.hash == row.source_hash) {
            return None;
        }
        let since = known.map_or(at, |known| known.since);
        let Observation { source_hash: hash, source, extras, .. } = row.clone();
        let kept = Known { since, hash, source, extras, ended };
        let others = self.rows.iter().filter(|(id, _)| **id != row.source_id);
        if others.map(|(id, known)| known.weight(id)).sum::<usize>() + kept.weight(&row.source_id) > NOTE_LIMIT {
            tracing::warn!("a subject has more than can be noted of it, leaving rows out");
            return None;
        }
        let (source_id, extras) = (kept.record_id(&row.source_id), kept.extras_since());
        self.rows.insert(row.source_id.clone(), kept);
        Some(Observation { source_id, occurred_at: Some(at), extras, ..row })
    }

    fn note(self, subject: String) -> Result<Option<StateNote>, StoreError> {
        let Some(at) = self.at.filter(|_| self.is_changed) else { return Ok(None) };
        let text = serde_json::to_string(&self.rows).map_err(|error| StoreError::Unstorable(error.to_string()))?;
        Ok(Some(StateNote { subject, at, text }))
    }
}

/// A note that a later build wrote is of no use; what it knew begins anew.
fn unknown(cause: &serde_json::Error) -> Rows {
    tracing::error!(%cause, "cannot read what is noted of a subject, its rows begin anew");
    Rows::new()
}

impl Known {
    /// The row as it is over.
    fn end(self, id: &str, at: Timestamp) -> Observation<Fields> {
        Observation {
            source_id: self.record_id(id),
            occurred_at: Some(at),
            source_hash: source_hash(&json!([self.hash, "ended"]), &[]),
            extras: self.extras_since(),
            is_partial: false,
            source: self.source,
            fields: self.ended,
        }
    }

    fn record_id(&self, id: &str) -> String {
        format!("{id}:{}", self.since)
    }

    fn extras_since(&self) -> Option<Value> {
        let mut extras = match &self.extras {
            Some(Value::Object(extras)) => extras.clone(),
            _ => Map::new(),
        };
        extras.insert(SINCE.to_owned(), self.since.to_string().into());
        Some(extras.into())
    }

    fn weight(&self, id: &str) -> usize {
        let extras = self.extras.as_ref().map_or(0, |extras| extras.to_string().len());
        id.len() + self.source.to_string().len() + extras + self.ended.get().len() + 200
    }
}
