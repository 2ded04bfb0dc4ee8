//! `GET /v2/integrations/connections/{connection_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::ConnectionId;
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use store::control::Key;

use super::ConnectionRead;
use crate::visible;

/// One connection.
pub struct Get;

/// The connection's id.
pub struct Id(pub(super) ConnectionId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("connection_id"))
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<ConnectionRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let seen = visible::one(context, &call, id).await?;
        let connection = context.store().get::<Connection>(Key::connection(id)).await?;
        let connection = connection.filter(|found| found.status != ConnectionStatus::Deleted).ok_or_else(visible::missing)?;
        let link = context.store().get::<FleetConnection>(Key::fleet_connection(seen.fleet_id, id)).await?;
        Ok(Json(ConnectionRead::of(connection, link.ok_or_else(visible::missing)?, seen.fleet_ref)))
    }
}
