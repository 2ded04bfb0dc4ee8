//! Schema drift: what a provider sends that its adapter does not know, found while pages are mapped.
//!
//! A source declares the members that its records are known to have, mapped or not, and the members with words that a code table
//! translates (`Source::KNOWN`). Of each page the first record stands for the others' members; where a row has no code, its word is told.
//! So a page of readings that have all their codes costs the look at one of them.

use std::collections::BTreeMap;

use model::telematics::readings::Readings;
use model::telematics::{Batch, Fields, Observation};
use serde_json::{Map, Value};

/// How many different members, and as many words, are told of a page.
const MOST: usize = 16;
/// What is longer, or has other characters than words of a code, is no word: it may be what somebody wrote.
const LONGEST: usize = 40;
/// What is told in its place.
const NO_WORD: &str = "(text)";

/// What an adapter did not know, and how often it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Drift {
    /// Members of records.
    pub members: BTreeMap<String, u64>,
    /// Words that a code table lacks: `member=word`.
    pub words: BTreeMap<String, u64>,
}

impl Drift {
    /// Whether everything was known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.words.is_empty()
    }

    /// How often something was not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.members.values().chain(self.words.values()).sum()
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        other.members.into_iter().for_each(|(member, seen)| note(&mut self.members, member, seen));
        other.words.into_iter().for_each(|(word, seen)| note(&mut self.words, word, seen));
    }
}

fn note(seen: &mut BTreeMap<String, u64>, what: String, times: u64) {
    if seen.len() < MOST || seen.contains_key(&what) {
        *seen.entry(what).or_default() += times;
    }
}

/// What is known of the records of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The members of a stored source, with spaces between; of none, nothing is said about members.
    pub(crate) members: &'static str,
    /// Members whose words have a code, each with the members (or columns) of a row of which one has it.
    pub(crate) words: &'static [(&'static str, &'static [&'static str])],
}

impl Known {
    /// Nothing is declared.
    pub(crate) const NOTHING: Self = Self { members: "", words: &[] };

    /// What a page has beside it.
    pub(crate) fn drift(&self, batch: &Batch) -> Drift {
        let mut drift = Drift::default();
        match batch {
            Batch::Records(rows) => {
                if let Some(Value::Object(source)) = rows.first().map(|row| &row.source) {
                    self.members(source, &mut drift);
                }
                self.words(rows, &mut drift);
            }
            Batch::Readings(readings) => {
                if let (false, Some(source)) = (self.members.is_empty() || readings.is_empty(), object(readings, 0)) {
                    self.members(&source, &mut drift);
                }
                self.words_of_readings(readings, &mut drift);
            }
        }
        drift
    }

    fn members(&self, source: &Map<String, Value>, drift: &mut Drift) {
        let is_known = |name: &String| self.members.is_empty() || self.members.split(' ').any(|known| known == name);
        let unknown = source.keys().filter(|name| !is_known(name));
        unknown.for_each(|name| note(&mut drift.members, word(name).to_owned(), 1));
    }

    fn words(&self, rows: &[Observation<Fields>], drift: &mut Drift) {
        for (member, codes) in self.words {
            let codes: Vec<String> = codes.iter().map(|code| format!("\"{code}\":")).collect();
            let has_code = |row: &Observation<Fields>| codes.iter().any(|code| row.fields.get().contains(code.as_str()));
            for row in rows.iter().filter(|row| !has_code(row)) {
                tell(member, row.source.get(member), drift);
            }
        }
    }

    fn words_of_readings(&self, readings: &Readings, drift: &mut Drift) {
        for (member, columns) in self.words {
            let columns: Vec<_> = columns.iter().filter_map(|column| readings.texts(column)).collect();
            let has_code = |row: &usize| columns.iter().any(|texts| texts.number(*row).is_some());
            for source in (0..readings.len()).filter(|row| !has_code(row)).filter_map(|row| object(readings, row)) {
                tell(member, source.get(*member), drift);
            }
        }
    }
}

fn tell(member: &str, value: Option<&Value>, drift: &mut Drift) {
    if let Some(text) = value.and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
        note(&mut drift.words, format!("{member}={}", word(text)), 1);
    }
}

/// A text, if it is a word.
fn word(text: &str) -> &str {
    let is_of_words = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ' ');
    if text.len() <= LONGEST && text.chars().all(is_of_words) { text } else { NO_WORD }
}

/// The source of a reading.
fn object(readings: &Readings, row: usize) -> Option<Map<String, Value>> {
    serde_json::from_str(readings.sources().get(row)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn row(source: Value, fields: &Value) -> Observation<Fields> {
        let fields = to_raw_value(fields).unwrap();
        let (source_id, source_hash) = (String::new(), String::new());
        Observation { source_id, occurred_at: None, source, source_hash, extras: None, is_partial: false, fields }
    }

    const KNOWN: Known = Known { members: "id status note", words: &[("status", &["code", "other_code"])] };

    #[test]
    fn members_of_the_first_record_and_words_of_all_are_told() {
        let rows = vec![
            row(json!({ "id": 1, "status": "on", "colour": "red" }), &json!({ "code": 1 })),
            row(json!({ "id": 2, "status": "floating", "colour": "red", "size": 1 }), &json!({})),
            row(json!({ "id": 3, "status": "floating" }), &json!({ "name": "x" })),
            row(json!({ "id": 4, "status": "floating" }), &json!({ "other_code": 2 })),
            row(json!({ "id": 5, "status": " " }), &json!({})),
            row(json!({ "id": 6, "status": 7 }), &json!({})),
        ];
        let drift = KNOWN.drift(&Batch::Records(rows));
        assert_eq!(drift.members, [("colour".to_owned(), 1)].into());
        assert_eq!(drift.words, [("status=floating".to_owned(), 2)].into());
        assert_eq!((drift.total(), drift.is_empty()), (3, false));
    }

    #[test]
    fn nothing_that_somebody_wrote_is_told_and_nothing_without_end() {
        let wrote = "I left the truck at 12 Main Street; call +1 555 0100";
        let rows: Vec<_> = (0..40).map(|number| row(json!({ "status": format!("s{number}") }), &json!({}))).collect();
        let mut drift = KNOWN.drift(&Batch::Records(rows));
        assert_eq!(drift.words.len(), MOST);
        drift.add(KNOWN.drift(&Batch::Records(vec![row(json!({ "status": "s1" }), &json!({}))])));
        assert_eq!((drift.words.len(), drift.words["status=s1"]), (MOST, 2));
        let drift = KNOWN.drift(&Batch::Records(vec![row(json!({ "status": wrote, wrote: 1 }), &json!({}))]));
        assert_eq!(drift.words, [("status=(text)".to_owned(), 1)].into());
        assert_eq!(drift.members, [("(text)".to_owned(), 1)].into());
        assert!(Known::NOTHING.drift(&Batch::Records(vec![row(json!({ "a": 1 }), &json!({}))])).is_empty());
    }
}
