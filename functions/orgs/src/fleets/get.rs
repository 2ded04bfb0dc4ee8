//! `GET /v2/orgs/fleets/{fleet_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::FleetId;
use store::control::Key;

use super::FleetRead;

/// One fleet.
pub struct Get;

/// The fleet's id.
pub struct Id(FleetId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("fleet_id"))
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<FleetRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let agreements = context.store().agreements(partner).await?;
        let agreement = agreements.iter().find(|agreement| agreement.fleet_id == id && agreement.opens_at(call.now));
        let agreement = agreement.ok_or_else(|| ApiError::not_found("fleet"))?;
        let fleet = context.store().get(Key::fleet(id)).await?.ok_or_else(|| ApiError::not_found("fleet"))?;
        Ok(Json(FleetRead::of(fleet, agreement)))
    }
}
