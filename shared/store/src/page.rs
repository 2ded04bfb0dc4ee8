//! Pages: which part of an ordered list is wanted, and what was found.

use serde_json::Value;

/// A place in an ordered list: the sort values of one row, as JSON. Opaque to callers; it travels in a signed cursor.
pub type Bookmark = Value;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Start here; `None` = at the list's beginning (or end, when reading backwards).
    pub bookmark: Option<Bookmark>,
    /// Whether the row at the bookmark belongs to the page.
    pub inclusive: bool,
    /// Read towards the beginning. Rows come out in list order all the same.
    pub backwards: bool,
    /// At most this many rows.
    pub size: usize,
}

impl Page {
    /// The first `size` rows.
    #[must_use]
    pub fn first(size: usize) -> Self {
        Self { bookmark: None, inclusive: false, backwards: false, size }
    }
}

/// Rows of one page in list order, each with its bookmark.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice<T> {
    /// The rows.
    pub rows: Vec<(T, Bookmark)>,
    /// Whether rows lie before the first one.
    pub before: bool,
    /// Whether rows lie after the last one.
    pub after: bool,
    /// The place that was read up to, where reading ended before the page was full: the page ahead begins behind it.
    pub reached: Option<Bookmark>,
}

impl<T> Slice<T> {
    /// The slice of rows read in reading direction, with up to one row more than asked for.
    ///
    /// What lies behind the reader is known from the page itself: a page that starts at a bookmark has rows behind it,
    /// save that an inclusive one cannot tell, and says so by asking again.
    #[must_use]
    pub fn from_sorted(mut rows: Vec<(T, Bookmark)>, page: &Page) -> Self {
        let ahead = rows.len() > page.size;
        rows.truncate(page.size);
        let behind = page.bookmark.is_some();
        if page.backwards {
            rows.reverse();
            return Self { rows, before: ahead, after: behind, reached: None };
        }
        Self { rows, before: behind, after: ahead, reached: None }
    }

    /// The slice of rows that were read up to a place, where more may lie ahead.
    #[must_use]
    pub fn up_to(reached: Bookmark, rows: Vec<(T, Bookmark)>, page: &Page) -> Self {
        let slice = Self::from_sorted(rows, page);
        let (before, after) = if page.backwards { (true, slice.after) } else { (slice.before, true) };
        Self { before, after, reached: Some(reached), ..slice }
    }

    /// The page of a whole list in memory; `key` gives each row's bookmark, `order` compares two bookmarks.
    pub fn from_unsorted(
        rows: Vec<T>,
        page: &Page,
        key: impl Fn(&T) -> Bookmark,
        order: impl Fn(&Bookmark, &Bookmark) -> std::cmp::Ordering,
    ) -> Self {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let ahead = if page.backwards { Less } else { Greater };
        let is_on_page = |candidate: &Bookmark| match &page.bookmark {
            None => true,
            Some(start) => match order(candidate, start) {
                Equal => page.inclusive,
                side => side == ahead,
            },
        };
        let mut found: Vec<(T, Bookmark)> = rows
            .into_iter()
            .map(|row| {
                let mark = key(&row);
                (row, mark)
            })
            .filter(|(_, mark)| is_on_page(mark))
            .collect();
        found.sort_by(|(_, left), (_, right)| order(left, right));
        if page.backwards {
            found.reverse();
        }
        found.truncate(page.size.saturating_add(1));
        Self::from_sorted(found, page)
    }

    /// The same places with other rows.
    pub fn map<U>(self, change: impl Fn(T) -> U) -> Slice<U> {
        Slice {
            rows: self.rows.into_iter().map(|(row, mark)| (change(row), mark)).collect(),
            before: self.before,
            after: self.after,
            reached: self.reached,
        }
    }
}

/// The order of bookmarks that are single strings.
#[must_use]
pub fn by_text(left: &Bookmark, right: &Bookmark) -> std::cmp::Ordering {
    left.as_str().cmp(&right.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &Page, expected: &[&str], before: bool, after: bool) {
        let rows: Vec<String> = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
        let slice = Slice::from_unsorted(rows, page, |row| Value::from(row.as_str()), by_text);
        let got: Vec<&str> = slice.rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!((got.as_slice(), slice.before, slice.after), (expected, before, after));
    }

    #[test]
    fn pages_read_both_ways() {
        let at = |mark: &str, inclusive, backwards| Page { bookmark: Some(mark.into()), inclusive, backwards, size: 2 };
        check(&Page::first(2), &["a", "b"], false, true);
        check(&at("b", false, false), &["c", "d"], true, true);
        check(&at("d", false, false), &["e"], true, false);
        check(&at("c", false, true), &["a", "b"], false, true);
        check(&at("b", true, false), &["b", "c"], true, true);
        check(&at("b", true, true), &["a", "b"], false, true);
    }
}
