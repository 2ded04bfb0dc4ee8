//! `GET /v2/orgs/external-tsps/integration-requests`

use gateway::{ApiError, Call, Caller, Context, Input, Json, Operation, Reader};
use model::FleetId;

use super::{ExtTspIntegrationRequestRead, catalogue};

/// The requests of the fleets that the caller invited, oldest first; not paged. A fleet sees its own.
pub struct List;

/// Filters.
pub struct Filters {
    fleet_id: Option<FleetId>,
    fleet_ref: Option<String>,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let fleet_ref = reader.query("fleet_ref").about("Only requests of this fleet, by your own id.").example("FLEET-12345");
        Self { fleet_ref: fleet_ref.text(1, 200), fleet_id: reader.query("fleet_id").about("Only requests of this fleet.").id() }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Json<Vec<ExtTspIntegrationRequestRead>>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let (partner, own) = match call.caller {
            Caller::Fleet { id, partner, .. } => (partner, Some(id)),
            _ => (call.caller.partner()?, None),
        };
        let mut found = context.store().integration_requests(partner).await?;
        found.retain(|request| {
            own.is_none_or(|id| id == request.fleet_id)
                && filters.fleet_id.is_none_or(|id| id == request.fleet_id)
                && filters.fleet_ref.as_ref().is_none_or(|name| *name == request.fleet_ref)
        });
        let tsps = catalogue(context).await?;
        Ok(Json(found.into_iter().map(|request| ExtTspIntegrationRequestRead::of(request, &tsps)).collect()))
    }
}
