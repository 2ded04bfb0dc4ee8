//! Notes of what subjects have, for sources that tell states: what a state adds or ends is known from the one before it.
//!
//! A note is written after the rows that follow from its state, and only over an older one. So a page that is read again finds the note
//! from before it, and the same rows follow; or it finds its own, and nothing follows.

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;
use model::{RecordId, Timestamp};

use super::stored::{FORM, deflate, inflate};
use super::table::{Item, bytes, is_committed, key, number, read_bytes, read_number, read_text, text, unreadable};
use super::{Origin, keys};
use crate::{Store, StoreError};

/// Writes in flight at once.
const PARALLEL: usize = 16;

/// What is noted of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateNote {
    /// The TSP's id of the subject.
    pub subject: String,
    /// The time of the state that it follows from.
    pub at: Timestamp,
    /// What the subject has, in words of the writer's own.
    pub text: String,
}

impl Store {
    /// The notes of those of some subjects that have one, by the TSP's ids of the subjects.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or a note is not readable.
    pub async fn state_notes(
        &self,
        origin: &Origin,
        subjects: &BTreeSet<&str>,
    ) -> Result<HashMap<String, StateNote>, StoreError> {
        let pk = keys::standing(origin.connection, origin.record.resource);
        let wanted = subjects.iter().map(|subject| key(&pk, &sort_key(origin, subject))).collect();
        let found = self.telematics_table().get_many(wanted, None).await?;
        let notes = found.iter().map(|item| note(item).map(|note| (note.subject.clone(), note)));
        notes.collect()
    }

    /// Notes what subjects have. Where a newer state of one is noted, that stays.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails; some may be noted then.
    pub async fn note_states(&self, origin: &Origin, notes: &[StateNote]) -> Result<(), StoreError> {
        for chunk in notes.chunks(PARALLEL) {
            try_join_all(chunk.iter().map(|note| self.note_state(origin, note))).await?;
        }
        Ok(())
    }

    async fn note_state(&self, origin: &Origin, note: &StateNote) -> Result<bool, StoreError> {
        let table = self.telematics_table();
        let at = number(note.at.micros());
        let mut item = key(&keys::standing(origin.connection, origin.record.resource), &sort_key(origin, &note.subject));
        item.insert("v".into(), number(FORM));
        item.insert("subject".into(), text(&note.subject));
        item.insert("noted_at".into(), at.clone());
        item.insert("note".into(), bytes(deflate(note.text.as_bytes())?));
        let is_newer = ("attribute_not_exists(pk) OR noted_at < :at", HashMap::from([(":at".to_owned(), at)]));
        let put = table.put(item, Some(is_newer))?;
        is_committed(table.put_item(put).await)
    }
}

/// Ids of TSPs may be longer than keys.
fn sort_key(origin: &Origin, subject: &str) -> String {
    RecordId::of(subject, origin.connection).to_string()
}

fn note(item: &Item) -> Result<StateNote, StoreError> {
    let missing = |what: &str| unreadable(item, format!("its {what} is missing"));
    let at = read_number(item, "noted_at").map(Timestamp::from_micros).ok_or_else(|| missing("time"))?;
    let packed = read_bytes(item, "note").ok_or_else(|| missing("text"))?;
    let plain = inflate(packed).map_err(|error| unreadable(item, error))?;
    let text = String::from_utf8(plain).map_err(|error| unreadable(item, error))?;
    Ok(StateNote { subject: read_text(item, "subject").to_owned(), at, text })
}
