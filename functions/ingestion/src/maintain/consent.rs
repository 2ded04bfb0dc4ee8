//! Schedules follow consent: a resource that no active agreement covers is not fetched.

use model::agreement::Agreement;
use model::connection::{Connection, ConnectionStatus};
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, Resource, Timestamp};
use store::control::{Key, ScheduleClaim, Write};
use store::{Store, StoreError};

/// What one resource of a connection needs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A schedule of its own.
    Create(Resource),
    /// No more runs.
    Cancel(Key),
    /// Runs again.
    Reactivate(Key),
}

/// Brings the schedules of a connection in step with the agreements of its fleets. `changed` is the agreement as the stream
/// showed it: the index that lists the others may not know it yet.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn reconcile(store: &Store, id: ConnectionId, changed: &Agreement, now: Timestamp) -> Result<(), StoreError> {
    let connection = store.get::<Connection>(Key::connection(id)).await?;
    let Some(connection) = connection.filter(|connection| connection.status == ConnectionStatus::Active) else {
        return Ok(());
    };
    let Some(accounts) = providers::accounts(&connection.source_name) else {
        return Ok(());
    };
    let agreements = agreements_on(store, id, changed).await?;
    let covers = |resource| agreements.iter().any(|agreement| agreement.needs_of(id, resource, now));
    for step in steps(&store.schedules_of(id).await?, &accounts.resources(), covers) {
        apply(store, &connection, step, now).await?;
    }
    Ok(())
}

/// The agreements of all fleets tied to the connection, each in its newest known form.
async fn agreements_on(store: &Store, id: ConnectionId, changed: &Agreement) -> Result<Vec<Agreement>, StoreError> {
    let mut found = store.agreements_on(id).await?;
    match found.iter_mut().find(|agreement| agreement.id == changed.id) {
        Some(listed) if listed.updated_at < changed.updated_at => *listed = changed.clone(),
        Some(_) => {}
        None => found.push(changed.clone()),
    }
    Ok(found)
}

fn steps(schedules: &[Schedule], supported: &[Resource], covers: impl Fn(Resource) -> bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for schedule in schedules {
        let key = Key::schedule(schedule.connection_id, schedule.id);
        match (schedule.status, covers(schedule.resource)) {
            (ScheduleStatus::Active | ScheduleStatus::Inactive, false) => steps.push(Step::Cancel(key)),
            (ScheduleStatus::CancelledInsufficientScope, true) => steps.push(Step::Reactivate(key)),
            _ => {}
        }
    }
    let missing = supported.iter().filter(|resource| !schedules.iter().any(|schedule| schedule.resource == **resource));
    steps.extend(missing.copied().filter(|resource| covers(*resource)).map(Step::Create));
    steps
}

async fn apply(store: &Store, connection: &Connection, step: Step, now: Timestamp) -> Result<(), StoreError> {
    match step {
        Step::Create(resource) => create(store, connection, resource, now).await,
        Step::Cancel(key) => store.update(key, |seen| cancelled(seen, now)).await.map(drop),
        Step::Reactivate(key) => store.update(key, |seen| reactivated(seen, now)).await.map(drop),
    }
}

async fn create(store: &Store, connection: &Connection, resource: Resource, now: Timestamp) -> Result<(), StoreError> {
    let schedule = Schedule::new(connection.id, resource, &connection.source_name, now);
    let claim = ScheduleClaim { connection_id: connection.id, resource, schedule_id: schedule.id };
    match store.commit(vec![Write::create(&schedule)?, Write::create(&claim)?]).await {
        // A concurrent writer created it.
        Err(StoreError::Conflict) => Ok(()),
        done => done,
    }
}

fn cancelled(seen: &Schedule, now: Timestamp) -> Option<Schedule> {
    let status = ScheduleStatus::CancelledInsufficientScope;
    seen.runs().then(|| Schedule { status, revision: seen.revision + 1, updated_at: now, ..seen.clone() })
}

fn reactivated(seen: &Schedule, now: Timestamp) -> Option<Schedule> {
    let waits = seen.status == ScheduleStatus::CancelledInsufficientScope;
    waits.then(|| Schedule {
        status: ScheduleStatus::Active,
        next_execution_at: Some(now),
        revision: seen.revision + 1,
        updated_at: now,
        ..seen.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_follow_what_is_covered() {
        use ScheduleStatus::{Active, CancelledInsufficientScope, Paused};
        let now = Timestamp::from_millis(1_790_000_000_000);
        let connection = ConnectionId::at(now);
        let with = |resource, status| Schedule { status, ..Schedule::new(connection, resource, "samsara", now) };
        let schedules =
            [with(Resource::Vehicle, Active), with(Resource::User, CancelledInsufficientScope), with(Resource::HosEvent, Paused)];
        let key = |index: usize| Key::schedule(connection, schedules[index].id);
        let supported = [Resource::Vehicle, Resource::User, Resource::HosEvent, Resource::VehicleLocation];
        let all = steps(&schedules, &supported, |_| true);
        assert_eq!(all, [Step::Reactivate(key(1)), Step::Create(Resource::VehicleLocation)]);
        assert_eq!(steps(&schedules, &supported, |_| false), [Step::Cancel(key(0))]);
        assert_eq!(cancelled(&schedules[2], now), None);
        let inactive = [with(Resource::User, ScheduleStatus::Inactive)];
        assert!(matches!(steps(&inactive, &[], |_| false).as_slice(), [Step::Cancel(_)]), "it would be tried on");
        assert_eq!(reactivated(&schedules[1], now).map(|next| next.status), Some(Active));
    }
}
