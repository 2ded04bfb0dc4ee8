//! Reports by the month. The present month grows, so each run reads the present month and the one before, and after a pause all since the last
//! one that was read.

use chrono::{Datelike as _, Months, NaiveDate};
use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;

/// Months are the organization's, and no zone is further behind UTC: a report for a month that has not begun there is not asked for.
const BEHIND: i64 = 12 * 3_600;
/// Months before the present one that are read after a long pause.
const MOST_BEFORE: u32 = 12;

/// Through the reports of some months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reports {
    /// The first day of the month whose report is read.
    pub(crate) month: NaiveDate,
    /// How many follow.
    left: u32,
    /// The provider's cursor in the report; none at its beginning.
    pub(crate) after: Option<String>,
    /// Whether all were read. The next run begins with this month at the latest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_done: bool,
}

impl Cursor for Reports {
    const KIND: &'static str = "window";

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        if let Some(reports) = kept.clone().filter(|kept| !kept.is_done) {
            return reports;
        }
        let present = now.plus_seconds(-BEHIND).date();
        let present = present.with_day(1).unwrap_or(present);
        let before = |months| present.checked_sub_months(Months::new(months)).unwrap_or(present);
        let month = kept.map_or(before(1), |kept| kept.month.min(before(1)).max(before(MOST_BEFORE)));
        let left = (1..MOST_BEFORE).find(|months| before(*months) <= month).unwrap_or(MOST_BEFORE);
        Self { month, left, after: None, is_done: false }
    }
}

impl Reports {
    /// Where to go on behind a page that ends at `after`.
    pub(crate) fn next(self, after: Option<String>) -> Self {
        if after.is_some() {
            return Self { after, ..self };
        }
        match self.left.checked_sub(1).zip(self.month.checked_add_months(Months::new(1))) {
            Some((left, month)) => Self { month, left, after: None, is_done: false },
            None => Self { after: None, is_done: true, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hours_of_a_month_belong_to_the_one_before() {
        let at = |text: &str| Reports::begin(None, Timestamp::parse(text).unwrap()).month.to_string();
        assert_eq!(at("2026-12-01T06:00:00Z"), "2026-10-01", "west of UTC it is still November");
        assert_eq!(at("2026-12-01T13:00:00Z"), "2026-11-01");
        assert_eq!(at("2027-01-15T00:00:00Z"), "2026-12-01");
    }

    #[test]
    fn months_of_a_pause_are_read_after_it() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let read = |kept: Option<Reports>, now: &str| {
            let mut reports = Reports::begin(kept, at(now));
            let mut months = vec![reports.month.to_string()];
            loop {
                reports = reports.next(None);
                if reports.is_done {
                    return (months.join(" "), reports);
                }
                months.push(reports.month.to_string());
            }
        };
        let (months, kept) = read(None, "2026-08-15T00:00:00Z");
        assert_eq!(months, "2026-07-01 2026-08-01");
        assert_eq!(read(Some(kept.clone()), "2026-08-16T00:00:00Z").0, months);
        assert_eq!(read(Some(kept.clone()), "2026-11-20T00:00:00Z").0, "2026-08-01 2026-09-01 2026-10-01 2026-11-01");
        let (long, _) = read(Some(kept), "2028-11-20T00:00:00Z");
        assert!(long.starts_with("2027-11-01") && long.ends_with("2028-11-01"), "{long}");
        let half = Reports { after: Some("x".into()), ..Reports::begin(None, at("2026-08-15T00:00:00Z")) };
        assert_eq!(Reports::begin(Some(half.clone()), at("2026-09-15T00:00:00Z")), half, "what was begun is read to its end");
    }
}
