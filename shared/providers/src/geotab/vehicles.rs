//! Vehicles: `Get Device`, which lists trailers too. Devices that are out of use stay listed.

use model::Timestamp;
use model::telematics::{Observation, Vehicle};
use serde_json::json;
use serde_json::value::RawValue;

use super::names::Groups;
use super::seek::{List, Listed, Seek};
use super::values::Reference;
use super::{Geotab, members};
use crate::wire::{FromRaw as _, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// What a device is set to, and what its firmware is at, is no part of the vehicle.
pub(super) const RULES: SourceRules = SourceRules {
    volatile: &["version", "parameterVersion", "parameterVersionOnDevice", "major", "minor", "deviceFlags", "mediaFiles"],
    extras: &["hardwareId", "timeZoneId", "vinInfoVehicleType", "workTime", "devicePlanBillingInfo", "customProperties"],
    references: &[],
};

pub(super) struct Vehicles;

impl Source for Vehicles {
    type Provider = Geotab;
    type Rows = Vec<Observation<Vehicle>>;
    type Cursor = Seek;

    const KNOWN: Known = Known { members: members::VEHICLE, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["vehicle_groups"], |stored| {
        let mut row = listed(stored.json, &Groups::default(), stored.at).row()?;
        row.fields.vehicle_groups = None;
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Geotab>, seek: Seek) -> Result<Page<Self::Rows, Seek>, ProviderError> {
        let began = seek.began;
        let sought = api.seek(List::of("Device"), seek).await?;
        let groups = api.groups().await?;
        sought.page(|raw| listed(raw, &groups, began))
    }
}

/// Whether a device is a trailer. One without hardware is a vehicle where the provider's own groups say so.
pub(super) fn is_trailer(wire: &Members<'_>) -> bool {
    let groups: Vec<Reference> = wire.list("groups").into_iter().filter_map(|raw| Reference::from_raw(raw.get())).collect();
    let is_in = |group: &str| groups.iter().any(|Reference(id)| id == group);
    let is_bare = wire.get::<String>("deviceType").as_deref() == Some("None");
    wire.reference("tmpTrailerId").is_some() || is_in("GroupTrailerId") || is_bare && !is_in("GroupVehicleId")
}

/// Whether something is in use at a time.
pub(super) fn is_active(wire: &Members<'_>, now: Timestamp) -> Option<bool> {
    let (from, to): (Option<Timestamp>, Option<Timestamp>) = (wire.get("activeFrom"), wire.get("activeTo"));
    (from.is_some() || to.is_some()).then(|| from.is_none_or(|from| from <= now) && to.is_none_or(|to| now < to))
}

pub(super) fn listed(raw: &RawValue, groups: &Groups, now: Timestamp) -> Listed<Vehicle> {
    let wire = Members::of(raw);
    let Some(source_id) = wire.id("device", "geotab") else { return Listed::Unreadable };
    if is_trailer(&wire) {
        return Listed::Other;
    }
    let (is_active, vehicle_groups) = (is_active(&wire, now), groups.of(&wire, "groups"));
    let beside = json!([is_active, vehicle_groups]);
    let text = |unit: &str| Some(unit.to_owned());
    let fields = Vehicle {
        vehicle_name: wire.get("name"),
        oem: wire.get("vinInfoMake"),
        model_type: wire.get("vinInfoModel"),
        model_year: wire.get("vinInfoYear").filter(|year| (1900..=2100).contains(year)),
        vin: wire.told("vehicleIdentificationNumber"),
        engine_vin: wire.told("engineVehicleIdentificationNumber"),
        license_plate_region: wire.told("licenseState"),
        license_plate_number: wire.told("licensePlate"),
        started_at: wire.moment("activeFrom"),
        ended_at: wire.moment("activeTo"),
        is_active,
        notes: wire.get("comment"),
        eld_id: Some(source_id.clone()),
        eld_serial_number: wire.told("serialNumber"),
        eld_device_type: wire.get("deviceType").filter(|kind: &String| kind != "None"),
        eld_product_id: wire.get("productId"),
        vehicle_groups,
        speed_unit: text("km/h"),
        odometer_unit: text("m"),
        fuel_unit: text("l"),
        fuel_capacity: wire.get("fuelTankCapacity").filter(|liters| *liters > 0.0).map(|liters: f64| format!("{liters} l")),
        engine_type: wire.get("engineType").filter(|kind: &String| kind != "EngineTypeGenericId"),
        ..Vehicle::default()
    };
    Listed::Row(groups.observation(RULES, source_id, source_of(raw), fields, beside))
}
