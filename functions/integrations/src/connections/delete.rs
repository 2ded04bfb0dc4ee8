//! `DELETE /v2/integrations/connections/{connection_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::agreement::Agreement;
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, FleetId, Timestamp};
use store::control::{Key, Write};
use store::{Attempts, StoreError};

use super::get::Id;
use crate::visible;

/// Removes the calling fleet from the connection; the connection is deleted with its last fleet. History stays readable.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<NoContent, ApiError> {
        let fleet = call.caller.fleet()?;
        // An execution in progress writes its schedule with every page.
        let mut attempts = Attempts::default();
        loop {
            let writes = plan(context, fleet, id, call.now).await?;
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                result => return result.map(|()| NoContent).map_err(ApiError::from),
            }
        }
    }
}

async fn plan(context: &Context, fleet: FleetId, id: ConnectionId, now: Timestamp) -> Result<Vec<Write>, ApiError> {
    let store = context.store();
    let key = Key::fleet_connection(fleet, id);
    store.get::<FleetConnection>(key.clone()).await?.ok_or_else(visible::missing)?;
    let connection = store.get::<Connection>(Key::connection(id)).await?.ok_or_else(visible::missing)?;
    let mut writes = vec![Write::delete(key)];
    for agreement in store.agreements_of_fleet(fleet).await? {
        if let Some(next) = without_link(&agreement, id, now) {
            writes.push(Write::replace(&agreement, &next)?);
        }
    }
    let status = if is_last(context, fleet, id).await? { ConnectionStatus::Deleted } else { connection.status };
    let changed_at = if status == connection.status { connection.changed_at } else { Some(now) };
    let next = Connection { status, changed_at, updated_at: now, ..connection.clone() };
    writes.push(Write::replace(&connection, &next)?);
    if status == ConnectionStatus::Deleted {
        writes.push(Write::delete(Key::credentials(id)));
        writes.push(Write::delete(Key::account(connection.tsp_id, &connection.account)));
        for schedule in store.schedules_of(id).await? {
            writes.push(Write::replace(&schedule, &cancelled(&schedule, now))?);
        }
    }
    Ok(writes)
}

/// Whether no other fleet uses the connection. The index may still list removed fleet connections, so each one is read.
async fn is_last(context: &Context, fleet: FleetId, id: ConnectionId) -> Result<bool, StoreError> {
    let listed = context.store().fleets_of(id).await?;
    let others = listed.iter().filter(|fleet_connection| fleet_connection.fleet_id != fleet);
    let keys: Vec<Key> = others.map(|fleet_connection| Key::fleet_connection(fleet_connection.fleet_id, id)).collect();
    let current: Vec<FleetConnection> = context.store().get_many(&keys).await?;
    Ok(current.is_empty())
}

/// The agreement with the link to the connection ended; `None` if it has none.
fn without_link(agreement: &Agreement, id: ConnectionId, now: Timestamp) -> Option<Agreement> {
    let mut next = agreement.clone();
    let link = next.connections.iter_mut().find(|link| link.connection_id == id && link.is_open())?;
    link.ended_at = Some(now);
    next.updated_at = now;
    Some(next)
}

fn cancelled(schedule: &Schedule, now: Timestamp) -> Schedule {
    let status = if schedule.status == ScheduleStatus::Deleted { ScheduleStatus::Deleted } else { ScheduleStatus::Cancelled };
    Schedule { status, next_execution_at: None, revision: schedule.revision + 1, updated_at: now, ..schedule.clone() }
}
