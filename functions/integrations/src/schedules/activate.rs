//! `POST .../schedules/{schedule_id}/activate` and `POST .../schedules/activate-schedules`, of a connection

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::ConnectionId;
use model::connection::{Connection, ConnectionStatus};
use model::schedule::{Schedule, ScheduleStatus};
use store::control::Key;

use super::get::Ids;
use super::restart::Restart;
use super::{ScheduleRead, find, managed, missing};

/// Activates a schedule that is suspended: its errors are forgotten, and it runs at once.
pub struct Activate;
/// Activates every schedule of a connection that is suspended.
pub struct ActivateAll;

/// The connection's id.
pub struct Id(ConnectionId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("connection_id"))
    }
}

impl Operation for Activate {
    type Input = Ids;
    type Output = Json<ScheduleRead>;

    async fn run(context: &Context, call: Call, Ids(connection, id): Ids) -> Result<Self::Output, ApiError> {
        let connection = managed(context, &call, connection).await?;
        let schedule = find(context, connection.id, id).await?;
        Ok(Json(activated(context, &call, &connection, &schedule).await?.into()))
    }
}

impl Operation for ActivateAll {
    type Input = Id;
    type Output = Json<Vec<ScheduleRead>>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let connection = managed(context, &call, id).await?;
        if connection.status != ConnectionStatus::Active {
            return Err(ApiError::conflict("connection_not_active", "the connection is not active"));
        }
        let mut rows = Vec::new();
        for schedule in context.store().schedules_of(id).await? {
            if !matches!(schedule.status, ScheduleStatus::Paused | ScheduleStatus::Inactive) {
                continue;
            }
            match activated(context, &call, &connection, &schedule).await {
                Ok(next) => rows.push(next.into()),
                // Not shared any more, not the caller's to resume, or changed meanwhile: it stays.
                Err(error) if matches!(error.status().as_u16(), 403 | 404 | 409) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Json(rows))
    }
}

async fn activated(context: &Context, call: &Call, connection: &Connection, seen: &Schedule) -> Result<Schedule, ApiError> {
    let restart = Restart::of(context, call, connection, seen).await?;
    let key = Key::schedule(connection.id, seen.id);
    let after = context.store().try_update(key, |seen| restart.apply(seen, call.now).map(Some)).await?;
    after.ok_or_else(missing)
}
