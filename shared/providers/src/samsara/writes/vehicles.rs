//! Vehicles: `PATCH /fleet/vehicles/{id}`.

use http::Method;
use model::resource_operation::OperationType;
use model::telematics::{Observation, Vehicle};

use super::super::{Samsara, vehicles};
use super::data;
use crate::write::Writer;
use crate::{Api, Change, ProviderError};

/// Changes a vehicle. What the gateway tells of it, such as its make, cannot be changed.
pub(crate) struct ChangeVehicle;

impl Writer for ChangeVehicle {
    type Provider = Samsara;
    type Row = Vehicle;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = &["vehicle_name", "vin", "license_plate_number", "notes"];

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<Vehicle>>, ProviderError> {
        let path = format!("/fleet/vehicles/{}", change.target()?);
        let names = [("name", "vehicle_name"), ("vin", "vin"), ("licensePlate", "license_plate_number"), ("notes", "notes")];
        let response = api.send(Method::PATCH, &path, &change.renamed(&names), "").await?;
        Ok(data(&response).and_then(vehicles::observation))
    }
}
