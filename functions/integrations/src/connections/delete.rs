//! `DELETE /v2/integrations/connections/{connection_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};

use super::get::Id;
use crate::visible;

/// Removes the calling fleet from the connection; the connection is deleted with its last fleet. History stays readable.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<NoContent, ApiError> {
        let fleet = call.caller.fleet()?;
        let was_linked = context.store().unlink(fleet, id, call.now).await?;
        if was_linked { Ok(NoContent) } else { Err(visible::missing()) }
    }
}
