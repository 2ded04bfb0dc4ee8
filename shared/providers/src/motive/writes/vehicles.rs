//! Vehicles: `POST /v1/vehicles` and `PUT /v1/vehicles/{id}`.

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::{Observation, Vehicle};
use serde_json::{Map, Value, json};

use super::super::fuel_transactions::word_of;
use super::super::{Motive, vehicles};
use super::{find, grouped, record};
use crate::client::OkResponse;
use crate::write::{Writer, impossible};
use crate::{Api, Change, ProviderError};

/// A new vehicle.
pub(crate) struct MakeVehicle;

/// Changes a vehicle.
pub(crate) struct ChangeVehicle;

const MEMBERS: &[&str] = &[
    "vehicle_name",
    "oem",
    "model_type",
    "model_year",
    "vin",
    "license_plate_region",
    "license_plate_number",
    "is_active",
    "notes",
    "engine_type",
];

/// Motive's names of members that are sent as they are.
const NAMES: &[(&str, &str)] = &[
    ("number", "vehicle_name"),
    ("make", "oem"),
    ("model", "model_type"),
    ("vin", "vin"),
    ("license_plate_state", "license_plate_region"),
    ("license_plate_number", "license_plate_number"),
    ("notes", "notes"),
];

impl Writer for MakeVehicle {
    type Provider = Motive;
    type Row = Vehicle;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = MEMBERS;

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<Vehicle>>, ProviderError> {
        let mut body = body(change)?;
        // Motive wants one.
        body.entry("status").or_insert_with(|| "active".into());
        let response = api.send(Method::POST, vehicles::LIST.path, &body, "").await?;
        Ok(row(api, &response).await)
    }

    async fn made(
        api: &Api<'_, Motive>,
        change: &Change<'_>,
        since: Timestamp,
    ) -> Result<Option<Observation<Vehicle>>, ProviderError> {
        let Some(name) = change.text("vehicle_name") else { return Ok(None) };
        find(api, vehicles::LIST, vehicles::observation, since, |vehicle| vehicle.vehicle_name.as_ref(), &name).await
    }
}

impl Writer for ChangeVehicle {
    type Provider = Motive;
    type Row = Vehicle;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = MEMBERS;

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<Vehicle>>, ProviderError> {
        let path = format!("{}/{}", vehicles::LIST.path, change.target()?);
        let response = api.send(Method::PUT, &path, &body(change)?, "").await?;
        Ok(row(api, &response).await)
    }
}

fn body(change: &Change<'_>) -> Result<Map<String, Value>, ProviderError> {
    let mut body = change.renamed(NAMES);
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if let Some(year) = change.payload.get("model_year") {
        // Years are texts.
        set("year", year.as_i64().map_or_else(|| json!(""), |year| json!(year.to_string())));
    }
    if let Some(is_active) = change.flag("is_active") {
        set("status", json!(if is_active { "active" } else { "inactive" }));
    }
    if let Some(fuel) = change.text("engine_type") {
        set("fuel_type", json!(word_of(&fuel).ok_or_else(|| impossible(format!("a vehicle that burns {fuel}")))?));
    }
    Ok(body)
}

async fn row(api: &Api<'_, Motive>, response: &OkResponse) -> Option<Observation<Vehicle>> {
    let row = record(response, vehicles::LIST.row).and_then(vehicles::observation);
    grouped(api, row, vehicles::RULES, |vehicle, groups| vehicle.vehicle_groups = Some(groups)).await
}
