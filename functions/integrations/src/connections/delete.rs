//! `DELETE /v2/integrations/connections/{connection_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::agreement::Agreement;
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, FleetId, Timestamp};
use store::StoreError;
use store::control::{Key, Write};

use super::get::Id;
use crate::visible;

/// How often the end of a tie is tried again; a run under way changes its schedule with every page.
const TRIES: usize = 8;

/// Removes the calling fleet's tie; the connection ends with its last one. History stays readable.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<NoContent, ApiError> {
        let fleet = call.caller.fleet()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let writes = planned(context, fleet, id, call.now).await?;
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if tries < TRIES => {}
                done => return done.map(|()| NoContent).map_err(ApiError::from),
            }
        }
    }
}

async fn planned(context: &Context, fleet: FleetId, id: ConnectionId, now: Timestamp) -> Result<Vec<Write>, ApiError> {
    let store = context.store();
    let tie = Key::fleet_connection(fleet, id);
    store.get::<FleetConnection>(tie.clone()).await?.ok_or_else(visible::missing)?;
    let connection = store.get::<Connection>(Key::connection(id)).await?.ok_or_else(visible::missing)?;
    let mut writes = vec![Write::delete(tie)];
    for agreement in store.agreements_of_fleet(fleet).await? {
        if let Some(next) = without_link(&agreement, id, now) {
            writes.push(Write::replace(&agreement, &next)?);
        }
    }
    let status = if is_last(context, fleet, id).await? { ConnectionStatus::Deleted } else { connection.status };
    let next = Connection { status, updated_at: now, ..connection.clone() };
    writes.push(Write::replace(&connection, &next)?);
    if status == ConnectionStatus::Deleted {
        writes.push(Write::delete(Key::credentials(id)));
        writes.push(Write::delete(Key::account(connection.tsp_id, &connection.account)));
        for schedule in store.schedules_of(id).await? {
            writes.push(Write::replace(&schedule, &ended(&schedule, now))?);
        }
    }
    Ok(writes)
}

/// Whether no other fleet is tied to the connection. The index may still list ties that ended, so each is looked at.
async fn is_last(context: &Context, fleet: FleetId, id: ConnectionId) -> Result<bool, StoreError> {
    let listed = context.store().fleets_of(id).await?;
    let others = listed.iter().filter(|tie| tie.fleet_id != fleet);
    let keys: Vec<Key> = others.map(|tie| Key::fleet_connection(tie.fleet_id, id)).collect();
    let living: Vec<FleetConnection> = context.store().get_many(&keys).await?;
    Ok(living.is_empty())
}

/// The agreement with the connection out of its lists; `None` where it is not in them.
fn without_link(agreement: &Agreement, id: ConnectionId, now: Timestamp) -> Option<Agreement> {
    let mut next = agreement.clone();
    let link = next.connections.iter_mut().find(|link| link.connection_id == id && !link.deleted)?;
    link.deleted = true;
    next.updated_at = now;
    Some(next)
}

fn ended(schedule: &Schedule, now: Timestamp) -> Schedule {
    let status = if schedule.status == ScheduleStatus::Deleted { ScheduleStatus::Deleted } else { ScheduleStatus::Cancelled };
    Schedule { status, next_execution_at: None, revision: schedule.revision + 1, updated_at: now, ..schedule.clone() }
}
