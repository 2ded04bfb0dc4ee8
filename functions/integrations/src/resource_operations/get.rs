//! `GET /v2/integrations/connections/{connection_id}/resource-operations/{resource_operation_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::resource_operation::ResourceOperation;
use model::{ConnectionId, OperationId};
use store::control::Key;

use super::{ResourceOperationRead, is_seen, sight};
use crate::visible::FleetFilter;

/// A write that the caller asked for.
pub struct Get;

/// Connection and operation.
pub struct Ids {
    connection_id: ConnectionId,
    id: OperationId,
}

impl Input for Ids {
    fn read(reader: &mut Reader) -> Self {
        Self { connection_id: reader.path("connection_id"), id: reader.path("resource_operation_id") }
    }
}

impl Operation for Get {
    type Input = Ids;
    type Output = Json<ResourceOperationRead>;

    async fn run(context: &Context, call: Call, ids: Ids) -> Result<Self::Output, ApiError> {
        let (partner, seen) = sight(context, &call, &FleetFilter::default()).await?;
        let found = context.store().get::<ResourceOperation>(Key::operation(ids.connection_id, ids.id)).await?;
        let found = found.filter(|found| found.partner_id == partner && is_seen(found, &seen, call.now));
        let found = found.ok_or_else(|| ApiError::not_found("resource operation"))?;
        Ok(Json(ResourceOperationRead::of(found, &seen)))
    }
}
