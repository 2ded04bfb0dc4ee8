//! The items of a page as JSON text: as many as an answer may hold.

use std::ops::Range;

use store::{Bookmark, Slice};

use crate::ApiError;

/// Bytes of items in an answer. Lambda's limit is 6 MB for the whole event, in which the answer is a string: quotes and
/// backslashes are escaped there, and count twice.
const MAX_ITEMS: usize = 5_500_000;

/// The items that an answer holds, in list order.
pub(crate) struct Items {
    /// Their texts, with commas between them.
    pub(crate) json: Vec<u8>,
    /// Which rows of the slice they are.
    pub(crate) places: Range<usize>,
    /// The bookmark of the first one.
    pub(crate) first: Option<Bookmark>,
    /// The bookmark of the last one.
    pub(crate) last: Option<Bookmark>,
    /// Whether items lie before the first one.
    pub(crate) before: bool,
    /// Whether items lie after the last one.
    pub(crate) after: bool,
    /// The place that was read up to, where that is not the last item in reading direction.
    pub(crate) reached: Option<Bookmark>,
}

impl Items {
    /// Serializes the rows of a slice in reading direction until the answer is full. What is left belongs to the next page in
    /// that direction. The first row read is always on the page, however large it is.
    pub(crate) fn of<S>(
        slice: &Slice<S>,
        backwards: bool,
        write: impl Fn(&S, &mut Vec<u8>) -> Result<(), serde_json::Error>,
    ) -> Result<Self, ApiError> {
        Self::within(MAX_ITEMS, slice, backwards, write)
    }

    fn within<S>(
        limit: usize,
        slice: &Slice<S>,
        backwards: bool,
        write: impl Fn(&S, &mut Vec<u8>) -> Result<(), serde_json::Error>,
    ) -> Result<Self, ApiError> {
        let mut rows = slice.rows.iter();
        let mut texts = Texts::default();
        while let Some((row, mark)) = if backwards { rows.next_back() } else { rows.next() } {
            let start = texts.bytes.len();
            write(row, &mut texts.bytes).map_err(ApiError::internal)?;
            if !texts.fit(limit) && !texts.ends.is_empty() {
                texts.bytes.truncate(start);
                break;
            }
            texts.ends.push((texts.bytes.len(), mark));
        }
        let (held, all) = (texts.ends.len(), slice.rows.len());
        let is_cut = held < all;
        let places = if backwards { all - held..all } else { 0..held };
        let mark = |end: Option<&(usize, &Bookmark)>| end.map(|(_, mark)| (*mark).clone());
        let (near, far) = (mark(texts.ends.first()), mark(texts.ends.last()));
        let (first, last) = if backwards { (far, near) } else { (near, far) };
        let (before, after) = (slice.before || is_cut && backwards, slice.after || is_cut && !backwards);
        let reached = slice.reached.clone().filter(|_| !is_cut);
        Ok(Self { json: texts.joined(backwards), places, first, last, before, after, reached })
    }
}

/// Texts one behind the other, in reading direction.
#[derive(Default)]
struct Texts<'a> {
    bytes: Vec<u8>,
    /// Where each ends, and whose it is.
    ends: Vec<(usize, &'a Bookmark)>,
    /// How many bytes are weighed, and what they weigh.
    weighed: (usize, usize),
}

impl Texts<'_> {
    /// Whether the texts fit into an answer with such a limit. They are weighed only when they could be too heavy.
    fn fit(&mut self, limit: usize) -> bool {
        if self.bytes.len() <= limit / 2 {
            return true;
        }
        let (counted, weight) = self.weighed;
        let rest = self.bytes.get(counted..).unwrap_or_default();
        let escaped = rest.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        self.weighed = (self.bytes.len(), weight + rest.len() + escaped);
        self.weighed.1 <= limit
    }

    /// The texts in list order, with commas between them.
    fn joined(&self, backwards: bool) -> Vec<u8> {
        let mut joined = Vec::with_capacity(self.bytes.len() + self.ends.len());
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        let mut places: Vec<(usize, usize)> = starts.zip(self.ends.iter().map(|(end, _)| *end)).collect();
        if backwards {
            places.reverse();
        }
        for (number, (start, end)) in places.into_iter().enumerate() {
            if number > 0 {
                joined.push(b',');
            }
            joined.extend_from_slice(self.bytes.get(start..end).unwrap_or_default());
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Rows of ten bytes, two of which are quotes: twelve each in an answer.
    fn slice(rows: &[&str]) -> Slice<String> {
        let row = |name: &&str| (format!("{name:08}"), Value::from(*name));
        Slice { rows: rows.iter().map(row).collect(), before: false, after: false, reached: None }
    }

    fn check(limit: usize, backwards: bool, expected: &str, ends: (&str, &str), (before, after): (bool, bool)) {
        let write = |row: &String, json: &mut Vec<u8>| serde_json::to_writer(json, row);
        let items = Items::within(limit, &slice(&["a", "b", "c", "d"]), backwards, write).unwrap();
        let names = String::from_utf8(items.json).unwrap().replace(['"', '0', ' '], "");
        assert_eq!(names, expected, "{limit} {backwards}");
        assert_eq!((items.first.unwrap(), items.last.unwrap()), (ends.0.into(), ends.1.into()));
        assert_eq!((items.before, items.after), (before, after));
        let held = slice(&["a", "b", "c", "d"]).rows[items.places]
            .iter()
            .map(|(row, _)| row.replace(['0', ' '], ""))
            .collect::<Vec<_>>();
        assert_eq!(held.join(","), expected, "{limit} {backwards}");
    }

    #[test]
    fn a_page_that_would_not_fit_ends_early_in_its_direction() {
        check(48, false, "a,b,c,d", ("a", "d"), (false, false));
        check(47, false, "a,b,c", ("a", "c"), (false, true));
        check(47, true, "b,c,d", ("b", "d"), (true, false));
        check(24, true, "c,d", ("c", "d"), (true, false));
        check(23, false, "a", ("a", "a"), (false, true));
    }

    /// A place that was read up to counts only behind the last item that is shown.
    #[test]
    fn an_answer_that_is_full_ends_before_the_place_that_was_reached() {
        let write = |row: &String, json: &mut Vec<u8>| serde_json::to_writer(json, row);
        let slice = Slice { after: true, reached: Some("z".into()), ..slice(&["a", "b"]) };
        for (limit, last, reached) in [(48, "b", Some(Value::from("z"))), (23, "a", None)] {
            let items = Items::within(limit, &slice, false, write).unwrap();
            assert_eq!((items.last, items.reached, items.after), (Some(last.into()), reached, true));
        }
    }

    #[test]
    fn the_first_row_is_on_the_page_however_large_it_is() {
        check(1, false, "a", ("a", "a"), (false, true));
        check(1, true, "d", ("d", "d"), (true, false));
    }
}
