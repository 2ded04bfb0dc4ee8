//! `GET /v2/orgs/fleets/{fleet_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::FleetId;

use super::{FleetRead, find};

/// One fleet.
pub struct Get;

/// The fleet's id.
pub struct Id(pub(super) FleetId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("fleet_id"))
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<FleetRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let (fleet, fleet_ref) = find(context, &call, id).await?;
        Ok(Json(FleetRead::of(fleet, fleet_ref)))
    }
}
