//! Orders other than that of the keys: all rows are in memory, so the price grows with what the query admits, not with the page.

use std::cmp::Ordering;

use serde_json::Value;

use super::Row;
use crate::{Bookmark, Page, Slice, StoreError};

/// The page of rows in the order of a member; ties are in the order of ids, then of fleets, backwards where times go down.
pub(super) fn by_member(rows: Vec<Row>, page: &Page, field: &str, descending: bool) -> Result<Slice<Row>, StoreError> {
    let marked = |row: Row| {
        let mark = Value::Array(vec![row.member(field)?, row.member("id")?, row.member("fleet_id")?]);
        Ok((row, mark))
    };
    let rows = rows.into_iter().map(marked).collect::<Result<Vec<_>, StoreError>>()?;
    // Times that go down are the keys' order read backwards, ties too: a list that names its rows is in the order of one that does not.
    let is_backwards = descending && field == "occurred_at";
    let order = |left: &Bookmark, right: &Bookmark| match is_backwards {
        true => compare(right, left, false),
        false => compare(left, right, descending),
    };
    Ok(Slice::from_unsorted(rows, page, |(_, mark)| mark.clone(), order).map(|(row, _)| row))
}

/// Order of `[value, id, fleet]`: values up or down, nulls last either way, ties by id and fleet.
#[must_use]
pub fn compare(left: &Bookmark, right: &Bookmark, descending: bool) -> Ordering {
    let part = |mark: &Bookmark, index: usize| mark.get(index).cloned().unwrap_or(Value::Null);
    let (one, two) = (part(left, 0), part(right, 0));
    let values = match (one.is_null(), two.is_null()) {
        (false, false) if descending => scalar(&two, &one),
        (false, false) => scalar(&one, &two),
        (one, two) => one.cmp(&two),
    };
    values.then_with(|| scalar(&part(left, 1), &part(right, 1))).then_with(|| scalar(&part(left, 2), &part(right, 2)))
}

fn scalar(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.as_f64().unwrap_or(0.0).total_cmp(&right.as_f64().unwrap_or(0.0)),
        },
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => left.to_string().cmp(&right.to_string()),
    }
}
