//! `DELETE /v2/integrations/connections/{connection_id}/schedules/{schedule_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::schedule::Schedule;
use store::control::Key;

use super::get::Ids;
use super::{find, managed};

/// Deletes a schedule: nothing makes one of its resource again but an administrator.
pub struct Delete;

impl Operation for Delete {
    type Input = Ids;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Ids(connection, id): Ids) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let connection = managed(context, &call, connection).await?;
        let schedule = find(context, connection.id, id).await?;
        let key = Key::schedule(connection.id, schedule.id);
        context.store().update(key, |seen: &Schedule| seen.deleted(call.now)).await?;
        Ok(NoContent)
    }
}
