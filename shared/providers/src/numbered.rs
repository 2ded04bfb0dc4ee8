//! Lists whose pages have numbers.

use std::collections::BTreeSet;

use model::Timestamp;
use model::telematics::Observation;
use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;
use crate::{Page, ProviderError};

/// Through a list from its first page on, each time.
///
/// Such a list is counted anew for each page, so records that are added or removed meanwhile move others from page to page. A walk
/// proves only then that a record is gone if it listed as many as the list was said to have, and was said so on each page. That also
/// holds where one was removed and one added meanwhile, so whoever has all the ids counts how many are different ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Numbered {
    /// The page to ask for; the first is 1.
    pub(crate) page: u32,
    /// How many records the pages before listed.
    #[serde(default)]
    listed: u64,
    /// How many the list was said to have.
    #[serde(default)]
    total: Option<u64>,
    /// Whether nothing follows from what the walk lacks.
    #[serde(default)]
    is_incomplete: bool,
}

impl Cursor for Numbered {
    const KIND: &'static str = "walk";

    fn begin(kept: Option<Self>, _: Timestamp) -> Self {
        kept.unwrap_or_else(Self::first)
    }
}

/// What a page says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its number.
    pub(crate) page: Option<u64>,
    /// How many records the list has.
    pub(crate) total: Option<u64>,
    /// How many records it lists, read or not.
    pub(crate) listed: usize,
}

impl Default for Numbered {
    fn default() -> Self {
        Self::first()
    }
}

impl Numbered {
    /// The beginning of a list.
    pub(crate) fn first() -> Self {
        Self { page: 1, listed: 0, total: None, is_incomplete: false }
    }

    /// Where the list goes on behind a page that was asked for with room for `size` records; `None` behind its end. Where the
    /// list does not say how long it is, a page that is not full is its last.
    ///
    /// # Errors
    /// Says what is wrong where going on would bring the same page for ever.
    pub(crate) fn after(self, said: Said, size: usize) -> Result<(Option<Self>, Self), &'static str> {
        if said.page.is_some_and(|page| page != u64::from(self.page)) {
            return Err("the page does not move");
        }
        let listed = self.listed + u64::try_from(said.listed).unwrap_or(u64::MAX);
        let has_changed = said.total.is_none() || self.page > 1 && said.total != self.total;
        let read = Self { listed, total: said.total, is_incomplete: self.is_incomplete || has_changed, ..self };
        let ends = said.listed == 0 || said.total.map_or(said.listed < size, |total| listed >= total);
        let next = Self { page: read.page.saturating_add(1), ..read };
        Ok(((!ends).then_some(next), read))
    }

    /// Whether a walk that ends here listed everything.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_incomplete && self.total == Some(self.listed)
    }

    /// How many records the list was last said to have.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// The page of a walk over records; of one that is listed twice the first stays.
    pub(crate) fn walk<T>(
        self,
        said: Said,
        size: usize,
        mut rows: Vec<Observation<T>>,
        wrong: impl Fn(&str) -> ProviderError,
    ) -> Result<Page<Vec<Observation<T>>, Self>, ProviderError> {
        let mut seen = BTreeSet::new();
        rows.retain(|row| seen.insert(row.source_id.clone()));
        let (next, read) = self.after(said, size).map_err(wrong)?;
        // A record that could not be read, or one that is listed twice while another moved to a page before.
        let is_incomplete = rows.len() < said.listed;
        let next = next.map(|next| Self { is_incomplete: next.is_incomplete || is_incomplete, ..next });
        let complete_scan = next.is_none() && !is_incomplete && read.is_whole();
        Ok(Page {
            rows,
            more: next.is_some(),
            next,
            complete_scan,
            scan_total: read.total,
            withdrawn: Vec::new(),
            window: None,
            states: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads pages of (total, listed); how many were read, and whether they prove that they are all.
    fn read(pages: &[(Option<u64>, usize)]) -> (usize, bool) {
        let mut at = Numbered::first();
        for (number, (total, listed)) in pages.iter().enumerate() {
            let said = Said { page: None, total: *total, listed: *listed };
            let (next, read) = at.after(said, 2).unwrap();
            match next {
                Some(next) => at = next,
                None => return (number + 1, read.is_whole()),
            }
        }
        panic!("the list goes on");
    }

    #[test]
    fn a_list_ends_with_its_total_an_empty_page_or_one_that_is_not_full() {
        type Pages = &'static [(Option<u64>, usize)];
        let cases: [(Pages, (usize, bool)); 9] = [
            (&[(Some(3), 2), (Some(3), 1)], (2, true)),
            (&[(Some(2), 2)], (1, true)),
            (&[(Some(0), 0)], (1, true)),
            // The provider gives fewer than were asked for: its pages are shorter, and nothing is lost.
            (&[(Some(2), 1), (Some(2), 1)], (2, true)),
            (&[(Some(3), 2), (Some(4), 2)], (2, false)),
            (&[(Some(5), 2), (Some(5), 2), (Some(5), 0)], (3, false)),
            (&[(None, 2), (None, 1)], (2, false)),
            (&[(None, 2), (None, 0)], (2, false)),
            (&[(Some(1), 2)], (1, false)),
        ];
        for (pages, expected) in cases {
            assert_eq!(read(pages), expected, "{pages:?}");
        }
        let said = Said { page: Some(1), total: Some(9), listed: 2 };
        let second = Numbered { page: 2, ..Numbered::first() };
        assert_eq!(second.after(said, 2), Err("the page does not move"));
    }
}
