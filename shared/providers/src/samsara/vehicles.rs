//! Vehicles: `GET /fleet/vehicles`, a list of every vehicle of the organization.

use std::collections::BTreeMap;

use model::telematics::{Observation, Vehicle};
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::cursor::Walk;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The time changes with every save, whether or not anything is different.
const RULES: SourceRules = SourceRules {
    volatile: &["updatedAtTime"],
    extras: &[
        "createdAtTime",
        "vehicleRegulationMode",
        "vehicleType",
        "vehicleWeightInKilograms",
        "cameraSerial",
        "staticAssignedDriver",
        "externalIds",
    ],
    references: &["staticAssignedDriver"],
};

pub(super) struct Vehicles;

impl Source for Vehicles {
    type Provider = Samsara;
    type Rows = Vec<Observation<Vehicle>>;
    type Cursor = Walk;

    const KNOWN: Known = Known { members: members::VEHICLE, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, walk: Walk) -> Result<Page<Self::Rows, Walk>, ProviderError> {
        let response = api.page("/fleet/vehicles", &[("limit", "512")], walk.after.as_deref()).await?;
        let (data, next) = response.page(walk.after.as_deref())?;
        let rows = data.iter().filter_map(|raw| observation(raw)).collect();
        Ok(walk.page(1, rows, next.listed(data.len()), next.after_more()))
    }
}

/// A vehicle; `None` (and a warning) where it has no id.
///
/// The list holds only vehicles in use, so they are active.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<Vehicle>> {
    let wire = Members::of(raw);
    let source_id: String = wire.id("vehicle", "samsara")?;
    let external: BTreeMap<String, String> = wire.get("externalIds").unwrap_or_default();
    let gateway = wire.object("gateway");
    let (serial, gateway_serial): (Option<String>, Option<String>) = (wire.get("serial"), gateway.get("serial"));
    let fields = Vehicle {
        vehicle_name: wire.get("name"),
        oem: wire.get("make"),
        model_type: wire.get("model"),
        model_year: wire.get("year").filter(|year| (1900..=2100).contains(year)),
        vin: wire.get("vin").or_else(|| external.get("samsara.vin").cloned()),
        engine_vin: wire.get("esn"),
        license_plate_number: wire.get("licensePlate"),
        is_active: Some(true),
        notes: wire.get("notes"),
        eld_id: serial.clone().or_else(|| gateway_serial.clone()),
        eld_serial_number: gateway_serial.or(serial),
        eld_device_type: gateway.get("model"),
        vehicle_groups: wire.groups("tags"),
        external_id: super::customers_id(&external),
        speed_unit: Some("mph".into()),
        odometer_unit: Some("m".into()),
        ..Vehicle::default()
    };
    let source = source_of(raw);
    Some(RULES.observation(source_id, wire.get("updatedAtTime"), source, fields))
}
