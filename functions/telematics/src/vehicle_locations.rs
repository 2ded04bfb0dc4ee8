//! `GET /v2/telematics/vehicle-locations`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::RecordId;
use model::telematics::{Record as _, Row, VehicleLocation};
use store::telematics::{MemberFilter, Query, Values};

use crate::scope::Scope;
use crate::window::{Bounds, remembered};

/// The newest position of each vehicle, or the history of one vehicle or driver.
pub struct List;

/// Filters and paging.
pub struct Filters {
    query: Query,
    bounds: Bounds,
    scope: Scope,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let latest = reader.query("only_latest").flag().unwrap_or(true);
        let vehicle_ids: Option<Vec<RecordId>> = reader.query("vehicle_ids").ids(100);
        let driver_ids: Option<Vec<RecordId>> = reader.query("driver_ids").ids(100);
        if !latest && !names_one(vehicle_ids.as_deref(), driver_ids.as_deref()) {
            let message = "only_latest=false needs exactly one value of vehicle_ids or driver_ids";
            reader.problem("query.only_latest", "false", "single_subject_required", message);
        }
        let filter = |member, ids: Option<Vec<RecordId>>| ids.map(|ids| MemberFilter { member, any_of: Values::Ids(ids) });
        let members = [filter("vehicle_id", vehicle_ids), filter("driver_id", driver_ids)].into_iter().flatten().collect();
        Self {
            query: Query { members, latest, ..Query::default() },
            bounds: Bounds::read(reader),
            scope: Scope::read(reader),
            paging: Paging::read(reader, 1_000),
        }
    }
}

/// At least one subject, and none of them twice.
fn names_one(vehicles: Option<&[RecordId]>, drivers: Option<&[RecordId]>) -> bool {
    let (vehicles, drivers) = (vehicles.map_or(0, <[_]>::len), drivers.map_or(0, <[_]>::len));
    vehicles <= 1 && drivers <= 1 && vehicles + drivers >= 1
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<Row<VehicleLocation<'static>>>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let Filters { mut query, bounds, scope, paging } = filters;
        let mut cursor = paging.open(context, &call).await?;
        if !query.latest {
            let window = remembered(&mut cursor, || bounds.window(call.now, ["from_datetime", "to_datetime"]))?;
            (query.from, query.to) = (Some(window.from), Some(window.to));
        }
        let grant = scope.grant(context, &call, VehicleLocation::TYPE).await?;
        let store = context.store();
        let total = match cursor.total() {
            Some(total) => total,
            None => store.count_rows(&grant, &query).await?,
        };
        let slice = store.list_rows(&grant, &query, &cursor.page(), scope.source_data).await?;
        Listing::of_rows(&cursor, &slice, Some(total))
    }
}
