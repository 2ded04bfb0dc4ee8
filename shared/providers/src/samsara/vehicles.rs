//! Vehicles: `GET /fleet/vehicles`, a list of every vehicle of the organisation.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::{Batch, Observation, Vehicle, source_hash};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Client, PAGE_DEADLINE};
use super::cursor::Cursor;
use super::lenient::{Lenient, Reference, extras, from_json, groups};
use crate::{Fetch, Fetched, ProviderError};

/// Changes with every save, whether or not anything is different.
const VOLATILE: &[&str] = &["updatedAtTime"];
const EXTRAS: &[&str] = &[
    "createdAtTime",
    "vehicleRegulationMode",
    "vehicleType",
    "vehicleWeightInKilograms",
    "cameraSerial",
    "staticAssignedDriver",
    "externalIds",
];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    id: Lenient<String>,
    name: Lenient<String>,
    make: Lenient<String>,
    model: Lenient<String>,
    year: Lenient<i64>,
    vin: Lenient<String>,
    esn: Lenient<String>,
    license_plate: Lenient<String>,
    notes: Lenient<String>,
    serial: Lenient<String>,
    gateway: Lenient<Gateway>,
    external_ids: Lenient<BTreeMap<String, String>>,
    tags: Lenient<Vec<Reference>>,
    updated_at_time: Lenient<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Gateway {
    serial: Lenient<String>,
    model: Lenient<String>,
}

from_json!(Gateway);

pub(super) async fn fetch(client: &Client<'_>, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
    let after = match Cursor::decode(fetch.cursor) {
        Some(Cursor::Vehicles { after }) => Some(after),
        _ => None,
    };
    let mut query = vec![("limit", "512")];
    query.extend(after.as_deref().map(|after| ("after", after)));
    let response = client.get("/fleet/vehicles", &query, PAGE_DEADLINE).await?;
    let (data, next) = response.page(after.as_deref())?;
    let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw)).collect();
    let cursor = if next.more { next.after.and_then(|after| Cursor::Vehicles { after }.encode()) } else { None };
    let last_data_at = rows.iter().filter_map(|row| row.occurred_at).max().map(|time| time.min(fetch.now));
    Ok(Fetched { batch: Batch::Vehicles(rows), cursor, last_data_at, more: next.more, complete_scan: !next.more })
}

/// A vehicle; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<Vehicle>> {
    let wire: Wire = serde_json::from_str(raw.get()).unwrap_or_default();
    let Some(source_id) = wire.id.0.clone() else {
        tracing::warn!(provider = "samsara", "skipped a vehicle without an id");
        return None;
    };
    let source = serde_json::from_str(raw.get()).unwrap_or_default();
    Some(Observation {
        source_id,
        occurred_at: wire.updated_at_time.0,
        source_hash: source_hash(&source, VOLATILE),
        extras: extras(&source, EXTRAS),
        source,
        fields: fields(wire),
    })
}

/// The list holds only vehicles in use, so they are active. Samsara writes its own serial and VIN among the external ids;
/// the first id that a customer gave is the external id.
fn fields(wire: Wire) -> Vehicle {
    let external = wire.external_ids.0.unwrap_or_default();
    let gateway = wire.gateway.0.unwrap_or_default();
    let customers = external.iter().find(|(name, _)| !name.starts_with("samsara."));
    Vehicle {
        vehicle_name: wire.name.0,
        oem: wire.make.0,
        model_type: wire.model.0,
        model_year: wire.year.0.filter(|year| (1900..=2100).contains(year)),
        vin: wire.vin.0.or_else(|| external.get("samsara.vin").cloned()),
        engine_vin: wire.esn.0,
        license_plate_number: wire.license_plate.0,
        is_active: Some(true),
        notes: wire.notes.0,
        eld_id: wire.serial.0.clone().or_else(|| gateway.serial.0.clone()),
        eld_serial_number: gateway.serial.0.or(wire.serial.0),
        eld_device_type: gateway.model.0,
        vehicle_groups: groups(wire.tags),
        external_id: customers.map(|(_, id)| id.clone()),
        speed_unit: Some("mph".into()),
        odometer_unit: Some("m".into()),
        ..Vehicle::default()
    }
}
