//! Histories of positions: a request for each subject, several at once.

use futures::future::join_all;
use model::Timestamp;
use model::telematics::series::ReadingsOf;

use super::Motive;
use super::client::{PAGE_SIZE, unwrapped};
use super::pass::{AT_ONCE, History, Span, Subject, Tracked, is_not_offered};
use crate::client::OkResponse;
use crate::numbered::Numbered;
use crate::{Api, PAGE_DEADLINE, ProviderError};

/// The most pages of one history.
const PAGES: usize = 40;
/// Whose day it is at an instant may be told by a clock so far behind.
const CLOCKS: i64 = 14 * 3_600;
/// How much older than the newest position the end of a history may be, to be taken for one that will have it soon.
const SOON_SECONDS: f64 = 120.0;

/// Reads the histories of those subjects that are asked for from an instant on, and tells of each what became of it.
///
/// # Errors
/// Where the provider asks to wait before any of them was read, or does not take the credentials: that is true of all of them.
pub(super) async fn read<T: Tracked>(
    api: &Api<'_, Motive>,
    subjects: &[Subject<'_>],
    span: &Span,
    starts: &[Option<Timestamp>],
    rows: &mut ReadingsOf<T::Record>,
) -> Result<Vec<History>, ProviderError> {
    let mut found: Vec<History> = starts.iter().map(|start| start.map_or(History::NotAsked, |_| History::Postponed)).collect();
    let asked = subjects.iter().zip(starts).zip(&mut found);
    let mut asked: Vec<_> = asked.filter_map(|((subject, start), history)| Some((subject, (*start)?, history))).collect();
    let (mut is_any_read, last) = (false, span.to.date().to_string());
    for group in asked.chunks_mut(AT_ONCE) {
        let answers = join_all(group.iter().map(|(subject, from, _)| ask::<T>(api, subject, *from, &last))).await;
        let mut wait = None;
        for ((subject, from, history), answer) in group.iter_mut().zip(answers) {
            match answer {
                Ok(pages) => **history = add::<T>(&pages, subject, *from, rows),
                Err(error @ ProviderError::RateLimited { .. }) => {
                    wait = wait.or(Some(error));
                    continue;
                }
                Err(error) => **history = passed_over(error, *from)?,
            }
            is_any_read = true;
        }
        match wait {
            Some(error) if !is_any_read => return Err(error),
            Some(error) => {
                tracing::info!(provider = "motive", cause = %error, "provider asks to wait with histories, keeping those that were read");
                break;
            }
            None => {}
        }
    }
    Ok(found)
}

/// The pages of a history.
async fn ask<T: Tracked>(
    api: &Api<'_, Motive>,
    subject: &Subject<'_>,
    from: Timestamp,
    last: &str,
) -> Result<Vec<OkResponse>, ProviderError> {
    let path = format!("{}/{}", T::HISTORY.path, subject.id);
    let first = from.plus_seconds(-CLOCKS).date().to_string();
    let [from, to] = T::DAYS;
    let days = [(from, first.as_str()), (to, last)];
    if !T::IS_PAGED {
        return Ok(vec![api.get(&path, &days, PAGE_DEADLINE).await?]);
    }
    let (mut pages, mut at, size) = (Vec::new(), Numbered::first(), PAGE_SIZE.to_string());
    while pages.len() < PAGES {
        let page = at.page.to_string();
        let paging = [("per_page", size.as_str()), ("page_no", page.as_str())];
        let response = api.get(&path, &[days, paging].concat(), PAGE_DEADLINE).await?;
        let said = response.listed(T::HISTORY)?.said;
        let (next, _) = at.after(said, PAGE_SIZE).map_err(|what| response.malformed(what))?;
        pages.push(response);
        // One that does not say how long it is is told in one page.
        match next.filter(|_| said.total.is_some()) {
            Some(next) => at = next,
            None => return Ok(pages),
        }
    }
    Err(ProviderError::Malformed { what: format!("{path} does not end"), response: None })
}

/// Adds the positions of a history.
fn add<T: Tracked>(pages: &[OkResponse], subject: &Subject<'_>, from: Timestamp, rows: &mut ReadingsOf<T::Record>) -> History {
    let (mut skipped, mut newest) = (0_usize, None);
    for response in pages {
        let listed = match response.listed(T::HISTORY) {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(provider = "motive", cause = %error, "failed to read a history of positions, will ask again");
                return History::Unread(from);
            }
        };
        for raw in listed.rows {
            match T::push_history(rows, subject, unwrapped(raw, T::HISTORY.row), from) {
                Some(at) => newest = newest.max(Some(at)),
                None => skipped += 1,
            }
        }
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "motive", "skipped positions without time or place");
    }
    let is_near = |(located, newest): (Timestamp, Timestamp)| located.seconds_since(newest) <= SOON_SECONDS;
    if subject.located_at.zip(newest).is_some_and(is_near) { History::Read } else { History::Behind }
}

/// What a history that was not read is: one that the account does not have, or one to be asked for again.
///
/// # Errors
/// Where the provider does not take the credentials: that is true of all of them.
fn passed_over(error: ProviderError, from: Timestamp) -> Result<History, ProviderError> {
    match error {
        error if is_not_offered(&error) => {
            tracing::info!(provider = "motive", reason = %error, "positions are read without a history");
            Ok(History::NotOffered)
        }
        error @ (ProviderError::Refused { .. } | ProviderError::Unsupported { .. }) => Err(error),
        error => {
            tracing::warn!(provider = "motive", cause = %error, "failed to read a history of positions, will ask again");
            Ok(History::Unread(from))
        }
    }
}
