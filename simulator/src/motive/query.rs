//! Query parameters, and pages by number.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::http::Reply;

const DEFAULT_PAGE: usize = 25;
const MAX_PAGE: usize = 100;

/// The parsed query string.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        serde_urlencoded::from_str(text).map(Self).map_err(|_| Refusal::Value("query"))
    }

    /// The last value of a parameter; an empty one counts as absent.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rfind(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a list, which is written with commas or as `name[]`; none if it is absent.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(key, _)| key.strip_suffix("[]").unwrap_or(key) == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    pub(super) fn date(&self, name: &'static str) -> Result<Option<NaiveDate>, Refusal> {
        self.one(name).map(|text| text.parse().map_err(|_| Refusal::Value(name))).transpose()
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.one(name)?.parse().ok().filter(|number| *number > 0)
    }

    /// The page of a list that `page_no` and `per_page` ask for. A wish for more than 100 is cut silently, and a page behind the end is
    /// empty.
    pub(super) fn page<T>(&self, rows: &str, row: &str, all: &[T], body: impl Fn(&T) -> Value) -> Reply {
        let (listed, pagination) = self.part(all);
        let listed: Vec<Value> = listed.iter().map(|one| json!({ row: body(one) })).collect();
        Reply::json(200, &json!({ rows: listed, "pagination": pagination }))
    }

    /// What the page has of some rows, and what it says of itself.
    pub(super) fn part<'t, T>(&self, all: &'t [T]) -> (&'t [T], Value) {
        let per_page = self.number("per_page").unwrap_or(DEFAULT_PAGE).min(MAX_PAGE);
        let page_no = self.number("page_no").unwrap_or(1);
        let behind = all.get((page_no - 1).saturating_mul(per_page)..).unwrap_or_default();
        let listed = behind.get(..per_page).unwrap_or(behind);
        (listed, json!({ "per_page": per_page, "page_no": page_no, "total": all.len() }))
    }
}
