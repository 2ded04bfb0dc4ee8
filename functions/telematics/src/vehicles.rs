//! `GET /v2/telematics/vehicles` and `GET /v2/telematics/vehicles/{vehicle_id}`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Reader, Serialized};
use model::RecordId;
use model::telematics::{Record as _, Row, Vehicle};

use crate::entities::{self, Entities};

/// The vehicles the caller may see.
pub struct List;
/// One of them.
pub struct Get;

/// Filters, order and paging.
pub struct Filters(Entities);
/// The vehicle's id.
pub struct Id(RecordId, Option<bool>);

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self(Entities::read(reader, Vehicle::TYPE, "vehicle_ids", Vec::new()))
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

    async fn run(context: &Context, call: Call, Filters(entities): Filters) -> Result<Self::Output, ApiError> {
        entities.list(context, &call).await
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Serialized<Row<Vehicle>>;

    async fn run(context: &Context, call: Call, Id(id, source_data): Id) -> Result<Self::Output, ApiError> {
        entities::get(context, &call, Vehicle::TYPE, id, source_data).await
    }
}
