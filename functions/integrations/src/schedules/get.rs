//! `GET /v2/integrations/connections/{connection_id}/schedules/{schedule_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::{ConnectionId, ScheduleId};

use super::{ScheduleRead, find, missing};
use crate::visible;

/// One schedule.
pub struct Get;

/// The connection's id and the schedule's.
pub struct Ids(pub(super) ConnectionId, pub(super) ScheduleId);

impl Input for Ids {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("connection_id"), reader.path("schedule_id"))
    }
}

impl Operation for Get {
    type Input = Ids;
    type Output = Json<ScheduleRead>;

    async fn run(context: &Context, call: Call, Ids(connection, id): Ids) -> Result<Self::Output, ApiError> {
        let sight = visible::sight(context, &call, connection).await?;
        let schedule = find(context, connection, id).await?;
        if sight.includes(schedule.resource) { Ok(Json(schedule.into())) } else { Err(missing()) }
    }
}
