//! Sources that are stored, mapped again: what a mapper misread is read anew once it is mended, and nobody is asked for anything.
//!
//! A source says how (`Source::REMAP`) with the mapper of its pages. What the mapping reads beside a record is in the stored source where
//! it is part of the record's content; of the rest, [`Remapped::beside`] names the members. Operators do that with `catena`, so functions are
//! built without it (feature `remap`).

use model::Timestamp;
use model::telematics::Batch;
use serde_json::value::RawValue;

use crate::Drift;

/// Characters of a time in a composite source id.
const TIME: usize = 27;

/// A source that is stored, with what is known of its record beside it.
#[derive(Clone, Copy, Debug)]
pub struct StoredSource<'a> {
    /// The record's source id.
    pub source_id: &'a str,
    /// When it was stored.
    pub at: Timestamp,
    /// The provider's JSON, with what the mapping added to it.
    pub json: &'a RawValue,
}

impl<'a> StoredSource<'a> {
    /// Of a composite source id, `<kind>:<subject>:<rest>`, what stands between the kind and the last part, which has `length` characters.
    fn between(&self, length: usize) -> Option<&'a str> {
        let (_, named) = self.source_id.split_once(':')?;
        named.get(..named.len().checked_sub(length)?)?.strip_suffix(':')
    }

    /// The subject in a composite source id that ends in a time: `<kind>:<subject>:<time>`.
    pub(crate) fn subject(&self) -> Option<&'a str> {
        self.between(TIME)
    }

    /// The subject in a composite source id that ends in a day: `<kind>:<subject>:<day>`; and the day.
    pub(crate) fn subject_and_day(&self) -> Option<(&'a str, chrono::NaiveDate)> {
        let (_, day) = self.source_id.rsplit_once(':')?;
        Some((self.between(day.len())?, day.parse().ok()?))
    }

    /// The second part of a composite source id.
    pub(crate) fn second(&self) -> Option<&'a str> {
        self.source_id.split(':').nth(1)
    }
}

/// How stored sources of a resource are mapped again.
pub(crate) struct Remap<R> {
    /// The row of a source; `None` where it makes none.
    pub(crate) map: fn(&StoredSource<'_>) -> Option<R>,
    /// Members that only other answers tell.
    pub(crate) beside: &'static [&'static str],
}

impl<R> Remap<R> {
    /// By a mapper that reads nothing but the stored source.
    pub(crate) const fn alone(map: fn(&StoredSource<'_>) -> Option<R>) -> Self {
        Self { map, beside: &[] }
    }

    /// By a mapper that leaves members out which answers tell that are not stored.
    pub(crate) const fn without(beside: &'static [&'static str], map: fn(&StoredSource<'_>) -> Option<R>) -> Self {
        Self { map, beside }
    }
}

/// A source that was mapped again.
#[derive(Clone, Debug)]
pub struct Remapped {
    /// Its one row.
    pub batch: Batch,
    /// Members of a record, or columns of a reading, that other answers of the provider tell, or tell, too. Where the row lacks one, what
    /// is stored of it holds.
    pub beside: &'static [&'static str],
    /// What its source has that the adapter does not know.
    pub drift: Drift,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_of_composite_ids() {
        let json: &RawValue = serde_json::from_str("{}").unwrap();
        let of = |source_id| StoredSource { source_id, at: Timestamp::from_micros(0), json };
        assert_eq!(of("vehicle_location:112:2026-11-21T10:00:00.500000Z").subject(), Some("112"));
        assert_eq!(of("vehicle_sensor:112:auxInput1:2026-11-21T10:00:00.000000Z").subject(), Some("112:auxInput1"));
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 1);
        assert_eq!(of("ifta_summary:112:2026-11-01").subject_and_day(), Some("112").zip(day));
        for odd in ["", "112", "a:b", "vehicle_location:2026-11-21T10:00:00.500000Z", "é:é:é:aaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(of(odd).subject().is_none_or(|subject| !subject.is_empty()), "{odd}");
            assert_eq!(of(odd).subject_and_day(), None, "{odd}");
        }
    }
}
