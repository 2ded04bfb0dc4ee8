//! Vehicles: `GET /v1/vehicles`, a list of every vehicle of the company, retired ones too.

use model::telematics::{Observation, Vehicle};
use serde_json::value::RawValue;

use super::client::List;
use super::{Motive, members, names};
use crate::numbered::Numbered;
use crate::place::alpha3;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

pub(super) const LIST: List = List { path: "/v1/vehicles", rows: "vehicles", row: "vehicle" };

/// Who drives it now is no part of a vehicle, and its time changes with every save.
pub(super) const RULES: SourceRules = SourceRules {
    volatile: &["updated_at", "current_driver"],
    extras: &["company_id", "created_at", "ifta", "permanent_driver", "registration_expiry_date", "external_ids"],
    references: &["permanent_driver"],
};

pub(super) struct Vehicles;

impl Source for Vehicles {
    type Provider = Motive;
    type Rows = Vec<Observation<Vehicle>>;
    type Cursor = Numbered;

    const KNOWN: Known = Known { members: members::VEHICLE, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let row = names::of_source(observation(stored.json)?, |row, groups| row.vehicle_groups = Some(groups));
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Motive>, at: Numbered) -> Result<Page<Self::Rows, Numbered>, ProviderError> {
        let page = api.walk(LIST, at, observation).await?;
        let rows = names::with_groups(api, page.rows, RULES, |vehicle, groups| vehicle.vehicle_groups = Some(groups)).await?;
        Ok(Page { rows, ..page })
    }
}

/// The units in which the numbers of a vehicle are told: of speed, distance and fuel.
const METRIC: [&str; 3] = ["km/h", "km", "l"];
const IMPERIAL: [&str; 3] = ["mph", "mi", "gal"];

/// A vehicle; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<Vehicle>> {
    let wire = Members::of(raw);
    let source_id = wire.id("vehicle", "motive")?;
    let status: Option<String> = wire.get("status");
    let device = wire.object("eld_device");
    let units = wire.get("metric_units").map(|is_metric: bool| if is_metric { METRIC } else { IMPERIAL });
    let [speed_unit, odometer_unit, fuel_unit] = units.map_or([None; 3], |units| units.map(Some));
    let text = |unit: Option<&str>| unit.map(str::to_owned);
    let fields = Vehicle {
        vehicle_name: wire.get("number"),
        oem: wire.get("make"),
        model_type: wire.get("model"),
        model_year: wire.get("year").filter(|year| (1900..=2100).contains(year)),
        vin: wire.get("vin"),
        license_plate_region: wire.get("license_plate_state"),
        license_plate_country: text(wire.get::<String>("license_plate_country_code").as_deref().and_then(alpha3)),
        license_plate_number: wire.get("license_plate_number"),
        is_active: status.as_deref().map(|status| status == "active"),
        status: wire.object("availability_details").get("availability_status").or(status),
        notes: wire.get("notes"),
        eld_id: device.get("id"),
        eld_serial_number: device.get("identifier"),
        eld_device_type: device.get("model"),
        external_id: external_id(&wire),
        speed_unit: text(speed_unit),
        odometer_unit: text(odometer_unit),
        fuel_unit: text(fuel_unit),
        engine_type: wire.get("fuel_type"),
        ..Vehicle::default()
    };
    let source = source_of(raw);
    Some(RULES.observation(source_id, wire.get("updated_at"), source, fields))
}

/// The first id that another system gave a record.
pub(super) fn external_id(wire: &Members<'_>) -> Option<String> {
    wire.list("external_ids").into_iter().find_map(|raw| Members::of(raw).get("external_id"))
}
