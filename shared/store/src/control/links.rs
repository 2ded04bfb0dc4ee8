//! The end of a link between a fleet and a connection, and of the connection with its last link.

use model::agreement::Agreement;
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, FleetId, Timestamp};

use super::keys::Key;
use super::write::Write;
use crate::{Attempts, Store, StoreError};

impl Store {
    /// Ends a fleet's link to a connection. With the last link the connection ends, and in the same transaction its credentials are
    /// destroyed and its schedules end; what was fetched stays. False if the fleet has no such link.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others keep writing the same items.
    pub async fn unlink(&self, fleet: FleetId, id: ConnectionId, now: Timestamp) -> Result<bool, StoreError> {
        // An execution in progress writes its schedule with every page.
        let mut attempts = Attempts::default();
        loop {
            let Some(writes) = self.unlink_writes(fleet, id, now).await? else { return Ok(false) };
            match self.commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return done.map(|()| true),
            }
        }
    }

    /// Whether no other fleet uses a connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_last_link(&self, fleet: FleetId, id: ConnectionId) -> Result<bool, StoreError> {
        match self.get::<Connection>(Key::connection(id)).await? {
            Some(connection) => self.is_last_of(fleet, &connection).await,
            None => Ok(true),
        }
    }

    async fn is_last_of(&self, fleet: FleetId, connection: &Connection) -> Result<bool, StoreError> {
        match &connection.fleets {
            Some(fleets) => Ok(fleets.iter().all(|linked| *linked == fleet)),
            None => self.is_last_listed(fleet, connection.id).await,
        }
    }

    /// The same for connections that do not say it. The index may still list links that ended, so each one is read.
    async fn is_last_listed(&self, fleet: FleetId, id: ConnectionId) -> Result<bool, StoreError> {
        let listed = self.fleets_of(id).await?;
        let others = listed.iter().filter(|link| link.fleet_id != fleet);
        let keys: Vec<Key> = others.map(|link| Key::fleet_connection(link.fleet_id, id)).collect();
        let current: Vec<FleetConnection> = self.get_many(&keys).await?;
        Ok(current.is_empty())
    }

    async fn unlink_writes(&self, fleet: FleetId, id: ConnectionId, now: Timestamp) -> Result<Option<Vec<Write>>, StoreError> {
        let key = Key::fleet_connection(fleet, id);
        let link = self.get::<FleetConnection>(key.clone()).await?;
        let connection = self.get::<Connection>(Key::connection(id)).await?;
        let (Some(_), Some(connection)) = (link, connection) else { return Ok(None) };
        let mut writes = vec![Write::delete(key)];
        for agreement in self.agreements_of_fleet(fleet).await? {
            if let Some(next) = without_link(&agreement, id, now) {
                writes.push(Write::replace(&agreement, &next)?);
            }
        }
        let status = if self.is_last_of(fleet, &connection).await? { ConnectionStatus::Deleted } else { connection.status };
        let changed_at = if status == connection.status { connection.changed_at } else { Some(now) };
        let mut next = Connection { status, changed_at, updated_at: now, ..connection.clone() };
        _ = next.fleets.as_mut().is_some_and(|fleets| fleets.remove(&fleet));
        writes.push(Write::replace(&connection, &next)?);
        if status == ConnectionStatus::Deleted {
            writes.push(Write::delete(Key::credentials(id)));
            writes.push(Write::delete(Key::account_session(id)));
            writes.push(Write::delete(Key::account(connection.tsp_id, &connection.account)));
            for schedule in self.schedules_of(id).await? {
                writes.push(Write::replace(&schedule, &cancelled(&schedule, now))?);
            }
        }
        Ok(Some(writes))
    }
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
