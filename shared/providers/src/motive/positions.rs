//! Where something was: lists of newest positions, and a history of each subject by days.
//!
//! There is no feed. Each pass goes through the lists, which tell of whom there is news; of those the history is asked, which is
//! richer and lacks nothing. Small fleets are asked so with every pass, large ones every few minutes, since the history is a request
//! for each vehicle; between, the newest positions are what there is. A newest position tells little and a stored one never changes, so
//! it is left to the history where that has it, or is about to.
//!
//! Histories are told by days, and it is not documented whose: a day more is asked for, and readings before the span are left out.

use model::telematics::series::ReadingsOf;

use super::Motive;
use super::client::PAGE_SIZE;
use super::histories;
use super::pass::{History, Pass, Subject, Tracked, is_not_offered};
use super::units::CompanyUnits;
use crate::client::OkResponse;
use crate::numbered::Said;
use crate::{Api, Page, ProviderError};

/// A page of a pass: subjects with their newest positions, and where histories are read, their history before.
pub(super) async fn page<T: Tracked>(
    api: &Api<'_, Motive>,
    mut pass: Pass,
) -> Result<Page<ReadingsOf<T::Record>, Pass>, ProviderError> {
    let Some(latest) = T::LATEST.get(pass.list) else { return Ok(ended(pass.next_list(T::LATEST), ReadingsOf::default())) };
    let span = pass.history.filter(|_| latest.has_history);
    let size = span.map_or(PAGE_SIZE, |span| span.at_once());
    if T::HAS_UNITS && span.is_some() && pass.is_at_start() {
        pass.units = CompanyUnits::ask(api, pass.units).await?;
    }
    let response = match api.page(latest.list, &[], pass.at.page, size).await {
        // A scope or a product that the account does not have. One of the lists is enough.
        Err(error) if is_not_offered(&error) && (pass.is_answered || pass.list + 1 < T::LATEST.len()) => {
            tracing::info!(provider = "motive", path = latest.list.path, reason = %error, "positions are read without a list");
            return Ok(ended(pass.next_list(T::LATEST), ReadingsOf::default()));
        }
        answer => answer?,
    };
    let listed = response.listed(latest.list)?;
    let subjects = listed.rows.iter().filter_map(|raw| Subject::of(raw, pass.units.as_ref()));
    let subjects: Vec<Subject<'_>> = subjects.filter(|subject| !pass.read.contains(&subject.id)).collect();
    let mut rows = ReadingsOf::default();
    let starts: Vec<_> = subjects.iter().map(|subject| pass.start(span.as_ref()?, subject)).collect();
    let histories = match &span {
        Some(span) => histories::read::<T>(api, &subjects, span, &starts, &mut rows).await?,
        None => vec![History::NotAsked; subjects.len()],
    };
    let mut skipped = 0_usize;
    for (subject, history) in subjects.iter().zip(&histories) {
        pass.note(&subject.id, *history);
        let is_wanted = !matches!(history, History::Read | History::Postponed);
        skipped += usize::from(is_wanted && T::push_latest(&mut rows, subject).is_none());
    }
    if skipped > 0 {
        tracing::debug!(skipped, provider = "motive", path = latest.list.path, "skipped subjects without a position");
    }
    if histories.contains(&History::Postponed) {
        let read = subjects.into_iter().zip(histories).filter(|(_, history)| *history != History::Postponed);
        pass.read.extend(read.map(|(subject, _)| subject.id));
        pass.is_answered = true;
        return Ok(ended(pass, rows));
    }
    Ok(ended(pass.behind::<T>(&response, listed.said, size)?, rows))
}

impl Pass {
    /// Where the pass goes on behind a page.
    fn behind<T: Tracked>(mut self, response: &OkResponse, said: Said, size: usize) -> Result<Self, ProviderError> {
        let (next, read) = self.at.after(said, size).map_err(|what| response.malformed(what))?;
        self.subjects = read.total().filter(|_| self.list == 0).unwrap_or(self.subjects);
        self.is_answered = true;
        self.read.clear();
        Ok(match next {
            Some(at) => {
                self.at = at;
                self
            }
            None => self.next_list(T::LATEST),
        })
    }
}

fn ended<R>(pass: Pass, rows: R) -> Page<R, Pass> {
    let more = !pass.is_at_start();
    Page::of(rows, Some(pass), more)
}
