//! `GetFeed`: records in the order of their versions, which is that of their arrival.

use serde_json::{Value, json};

use super::kinds::{Kind, Source};
use super::record::{TIE_BITS, Window, version, version_text};
use super::rpc::Fault;
use super::search::{Search, limit};
use super::{Answer, Request};
use crate::world::Millis;

/// The most records of a page.
const MOST: usize = 50_000;

/// A page: what is newer than a version, or what happened since a date. Without either, nothing, and where the feed is now.
pub(super) fn page(kind: &Kind, request: &Request<'_>) -> Answer {
    let (Source::Events(step, events) | Source::Spans(step, events)) = kind.source else {
        return Err(Fault::Argument("typeName"));
    };
    let end = request.now + 1;
    let since = match request.params.get("fromVersion").filter(|version| !version.is_null()) {
        Some(sent) => {
            Some(sent.as_str().and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or(Fault::Argument("fromVersion"))?)
        }
        None => Search { request }.time(kind.source.bounds()[0]).map(|from| version(from, 0).saturating_sub(1)),
    };
    let now = version(end, 0).saturating_sub(1);
    let (since, most) = (since.unwrap_or(now), limit(request, MOST));
    let mut found: Vec<(u64, Value)> = Vec::new();
    let mut from = Millis::try_from(since >> TIE_BITS).unwrap_or(end);
    while from < end && found.len() < most {
        let to = (from + step).min(end);
        let records = events(request, Window { from, to, by_arrival: true }).into_iter();
        let mut step: Vec<(u64, Value)> = records.map(|record| (record.version(), record.body)).collect();
        step.retain(|(version, _)| *version > since);
        step.sort_by_key(|(version, _)| *version);
        found.append(&mut step);
        from = to;
    }
    let is_full = found.len() >= most;
    found.truncate(most);
    let last = found.last().map(|(version, _)| *version).filter(|_| is_full);
    let data: Vec<Value> = found.into_iter().map(|(_, body)| body).collect();
    Ok(json!({ "data": data, "toVersion": version_text(last.unwrap_or(now.max(since))) }))
}
