//! `GET /v2/telematics/vehicle-locations`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::telematics::{Row, VehicleLocation};
use model::{RecordId, Resource};
use store::telematics::{PositionFilter, Subject};

use crate::scope::Scope;
use crate::window::{Bounds, fixed};

/// The newest position of each vehicle, or the history of one vehicle or driver.
pub struct List;

/// Filters and paging.
pub struct Filters {
    history: Option<Subject>,
    filter: PositionFilter,
    bounds: Bounds,
    scope: Scope,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let latest = reader.query("only_latest").flag().unwrap_or(true);
        let vehicle_ids: Option<Vec<RecordId>> = reader.query("vehicle_ids").ids(100);
        let driver_ids: Option<Vec<RecordId>> = reader.query("driver_ids").ids(100);
        let history = (!latest).then(|| Subject { vehicle: only(vehicle_ids.as_deref()), driver: only(driver_ids.as_deref()) });
        if history.is_some() && !names_one(vehicle_ids.as_deref(), driver_ids.as_deref()) {
            let message = "only_latest=false needs exactly one value of vehicle_ids or driver_ids";
            reader.problem("query.only_latest", "false", "single_subject_required", message);
        }
        Self {
            history,
            filter: PositionFilter { vehicle_ids, driver_ids },
            bounds: Bounds::read(reader),
            scope: Scope::read(reader),
            paging: Paging::read(reader, 1_000),
        }
    }
}

fn only(ids: Option<&[RecordId]>) -> Option<RecordId> {
    ids.and_then(<[RecordId]>::first).copied()
}

/// At least one subject, and none of them twice.
fn names_one(vehicles: Option<&[RecordId]>, drivers: Option<&[RecordId]>) -> bool {
    let (vehicles, drivers) = (vehicles.map_or(0, <[_]>::len), drivers.map_or(0, <[_]>::len));
    vehicles <= 1 && drivers <= 1 && vehicles + drivers >= 1
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<Row<VehicleLocation>>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        match filters.history {
            Some(subject) => history(context, &call, filters, subject).await,
            None => latest(context, &call, filters).await,
        }
    }
}

async fn latest(context: &Context, call: &Call, filters: Filters) -> Result<Listing<Row<VehicleLocation>>, ApiError> {
    let start = filters.paging.start(context, call).await?;
    let grant = filters.scope.grant(context, call, Resource::VehicleLocation).await?;
    let store = context.store();
    let total = match start.total() {
        Some(total) => total,
        None => store.count_latest(&grant, &filters.filter).await?,
    };
    let slice = store.latest_positions(&grant, &filters.filter, &start.page(), filters.scope.source_data).await?;
    Listing::of(&start, slice, Some(total))
}

async fn history(
    context: &Context,
    call: &Call,
    filters: Filters,
    subject: Subject,
) -> Result<Listing<Row<VehicleLocation>>, ApiError> {
    let mut start = filters.paging.start(context, call).await?;
    let bounds = filters.bounds;
    let window = fixed(&mut start, || bounds.window(call.now, ["from_datetime", "to_datetime"]))?;
    let grant = filters.scope.grant(context, call, Resource::VehicleLocation).await?;
    let store = context.store();
    let total = match start.total() {
        Some(total) => total,
        None => store.count_history(&grant, subject, window.from, window.to).await?,
    };
    let slice = store.position_history(&grant, subject, window.from, window.to, &start.page(), filters.scope.source_data).await?;
    Listing::of(&start, slice, Some(total))
}
