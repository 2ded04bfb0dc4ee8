//! `GET /v2/integrations/connections/{connection_id}/schedules/{schedule_id}/executions`

use std::cmp::Ordering;
use std::collections::BTreeMap;

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::execution::{Execution, RETENTION_DAYS};
use model::schedule::Schedule;
use model::{ConnectionId, ExecutionId, ScheduleId};
use store::control::keys::EXECUTION;
use store::control::{Key, Range, keys};
use store::page::by_text;
use store::{Bookmark, Page, Slice, Store, StoreError};

use super::ExecutionRead;
use crate::schedules;

/// The executions of a schedule, newest first.
pub struct List;

/// Schedule and paging.
pub struct Filters {
    connection_id: ConnectionId,
    schedule_id: ScheduleId,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let (connection_id, schedule_id) = (reader.path("connection_id"), reader.path("schedule_id"));
        Self { connection_id, schedule_id, paging: Paging::read(reader, 1_000) }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ExecutionRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let (seen, schedule) = schedules::one(context, &call, filters.connection_id, filters.schedule_id).await?;
        let cursor = filters.paging.open(context, &call).await?;
        let range = Range::table(keys::executions(schedule.id), EXECUTION).newest_first();
        // DynamoDB deletes expired rows late, so they are filtered out here.
        let oldest = call.now.plus_seconds(-RETENTION_DAYS * 86_400);
        let page = cursor.page();
        let ended = context.store().page(&range, &page, |execution: &Execution| execution.created_at > oldest).await?;
        let slice = merged(ended, leased(context.store(), &schedule).await?, &page);
        Listing::of(&cursor, &slice.map(|execution| ExecutionRead::of(execution, seen.fleet_id)), None)
    }
}

/// The executions that hold a lease. One may have ended, and not have given it back yet.
async fn leased(store: &Store, schedule: &Schedule) -> Result<Vec<Execution>, StoreError> {
    let keys: Vec<Key> = schedule.leases.keys().map(|id| Key::execution(schedule.id, id)).collect();
    let ended: Vec<Execution> = store.get_many(&keys).await?;
    let has_ended = |id: &ExecutionId| ended.iter().any(|execution| execution.id == *id);
    let pending: Vec<Execution> =
        schedule.leases.keys().filter(|id| !has_ended(id)).map(|id| Execution::in_progress(schedule, *id)).collect();
    Ok(ended.into_iter().chain(pending).collect())
}

/// A page of stored executions with others at their places among them.
fn merged(stored: Slice<Execution>, others: Vec<Execution>, page: &Page) -> Slice<Execution> {
    let newest_first = |left: &Bookmark, right: &Bookmark| by_text(right, left);
    let mark = |execution: &Execution| Bookmark::from(format!("{EXECUTION}{}", execution.id));
    let (is_ahead, end) = if page.backwards { (stored.before, stored.rows.first()) } else { (stored.after, stored.rows.last()) };
    // Beyond the last stored one is the next page, if there is one.
    let end = end.filter(|_| is_ahead).map(|(_, mark)| mark.clone());
    let beyond = if page.backwards { Ordering::Less } else { Ordering::Greater };
    let is_within = |execution: &Execution| end.as_ref().is_none_or(|end| newest_first(&mark(execution), end) != beyond);
    let rows = stored.rows.into_iter().map(|(row, _)| row).chain(others.into_iter().filter(is_within));
    let rows: BTreeMap<ExecutionId, Execution> = rows.map(|row| (row.id, row)).collect();
    let slice = Slice::from_unsorted(rows.into_values().collect(), page, mark, newest_first);
    if page.backwards {
        Slice { before: slice.before || is_ahead, ..slice }
    } else {
        Slice { after: slice.after || is_ahead, ..slice }
    }
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};

    use super::*;

    fn executions(numbers: &[i64], schedule: &Schedule) -> Vec<Execution> {
        let id = |number: i64| ExecutionId::at(Timestamp::from_millis(number * 1_000));
        numbers.iter().map(|number| Execution::in_progress(schedule, id(*number))).collect()
    }

    /// All pages of a size, read forwards from the first one and back from the last one, with some stored and some not.
    #[test]
    fn executions_in_progress_stand_at_their_places_on_pages_of_any_size() {
        let schedule =
            Schedule::new(ConnectionId::at(Timestamp::from_millis(0)), Resource::Vehicle, "samsara", Timestamp::from_millis(0));
        for (stored, others) in
            [(vec![1, 2, 4, 5], vec![3, 6]), (vec![], vec![1, 2, 3]), (vec![2, 3], vec![1, 3]), (vec![5], vec![])]
        {
            let (stored, others) = (executions(&stored, &schedule), executions(&others, &schedule));
            // The ids of one instant differ, so one that ended meanwhile is put in by itself.
            let others: Vec<Execution> = others
                .into_iter()
                .map(|other| stored.iter().find(|one| one.created_at == other.created_at).cloned().unwrap_or(other))
                .collect();
            let mut expected: Vec<ExecutionId> = stored.iter().chain(&others).map(|execution| execution.id).collect();
            expected.sort_unstable();
            expected.dedup();
            expected.reverse();
            let key = |execution: &Execution| Bookmark::from(format!("{EXECUTION}{}", execution.id));
            let read = |page: &Page| {
                let ended = Slice::from_unsorted(stored.clone(), page, key, |left, right| by_text(right, left));
                merged(ended, others.clone(), page)
            };
            for size in 1..=7 {
                let (mut forwards, mut page) = (Vec::new(), Page::first(size));
                loop {
                    let slice = read(&page);
                    assert!(slice.rows.len() <= size);
                    forwards.extend(slice.rows.iter().map(|(row, _)| row.id));
                    let Some((_, last)) = slice.rows.last().filter(|_| slice.after) else { break };
                    page.bookmark = Some(last.clone());
                }
                assert_eq!(forwards, expected, "size {size}");
                let last = Bookmark::from(format!("{EXECUTION}{}", expected.last().unwrap()));
                let (mut backwards, mut page) =
                    (Vec::new(), Page { bookmark: Some(last), inclusive: true, backwards: true, size });
                loop {
                    let slice = read(&page);
                    backwards.extend(slice.rows.iter().rev().map(|(row, _)| row.id));
                    let Some((_, first)) = slice.rows.first().filter(|_| slice.before) else { break };
                    page = Page { bookmark: Some(first.clone()), inclusive: false, ..page };
                }
                backwards.reverse();
                assert_eq!(backwards, expected, "size {size}, backwards");
            }
        }
    }
}
