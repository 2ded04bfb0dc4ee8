//! `GET /v2/telematics/vehicles` and `GET /v2/telematics/vehicles/{vehicle_id}`

use gateway::{ApiError, Call, Context, Input, Json, Listing, Operation, Reader};
use model::telematics::{Row, Vehicle};
use model::{RecordId, Resource};

use crate::entities::{self, Query, Shown};

/// The vehicles the caller may see.
pub struct List;
/// One of them.
pub struct Get;

/// Filters, order and paging.
pub struct Filters(Query);
/// The vehicle's id.
pub struct Id(RecordId, Option<bool>);

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self(Query::read::<Vehicle>(reader, "vehicle_ids", None))
    }
}

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("vehicle_id"), reader.query("include_source_data").flag())
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<Row<Vehicle>>;

    async fn run(context: &Context, call: Call, Filters(query): Filters) -> Result<Self::Output, ApiError> {
        query.list(context, &call, Resource::Vehicle).await
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<Shown<Vehicle>>;

    async fn run(context: &Context, call: Call, Id(id, source_data): Id) -> Result<Self::Output, ApiError> {
        entities::get(context, &call, (Resource::Vehicle, "vehicle"), id, source_data).await
    }
}
