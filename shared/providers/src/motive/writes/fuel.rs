//! Purchases of fuel: `POST /v1/fuel_purchases`.

use http::Method;
use model::resource_operation::OperationType;
use model::telematics::{FuelTransaction, Observation};
use serde_json::{Map, Value, json};

use super::super::{Motive, fuel_transactions};
use super::{number, record};
use crate::units::{LITERS_IN_CUBIC_METER, LITERS_IN_IMPERIAL_GALLON, METERS_IN_KM};
use crate::write::{Writer, impossible};
use crate::{Api, Change, ProviderError};

/// A purchase of fuel, as a driver would enter it.
pub(crate) struct FilePurchase;

const NAMES: &[(&str, &str)] =
    &[("jurisdiction", "transaction_jurisdiction"), ("vendor", "fuel_vendor"), ("currency", "currency")];
/// What Motive calls the units, and how many of its are one of ours.
const VOLUMES: &[(&str, &str, f64)] = &[
    ("US_GALLON", "gal", 1.0),
    ("LITER", "ltr", 1.0),
    ("IMPERIAL_GALLON", "ltr", LITERS_IN_IMPERIAL_GALLON),
    ("CUBIC_METER", "ltr", LITERS_IN_CUBIC_METER),
];
const DISTANCES: &[(&str, &str, f64)] = &[("miles", "mi", 1.0), ("kilo_meters", "km", 1.0), ("meters", "km", 1.0 / METERS_IN_KM)];

impl Writer for FilePurchase {
    type Provider = Motive;
    type Row = FuelTransaction;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &[
        "driver_id",
        "vehicle_id",
        "odometer",
        "odometer_unit",
        "transaction_time",
        "transaction_jurisdiction",
        "fuel_type",
        "fuel_volume",
        "fuel_volume_unit",
        "fuel_vendor",
        "total_cost",
        "currency",
    ];

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<FuelTransaction>>, ProviderError> {
        let response = api.send(Method::POST, fuel_transactions::LIST.path, &body(change)?, "").await?;
        Ok(record(&response, fuel_transactions::LIST.row).and_then(fuel_transactions::observation))
    }
}

fn body(change: &Change<'_>) -> Result<Map<String, Value>, ProviderError> {
    let mut body = change.renamed(NAMES);
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    let id = |name: &str| change.text(name).unwrap_or_default();
    set("driver_id", number(&id("source_driver_id"), "driver")?);
    set("vehicle_id", number(&id("source_vehicle_id"), "vehicle")?);
    let bought_at = change.text("transaction_time").filter(|time| !time.is_empty());
    set("purchased_at", bought_at.unwrap_or_else(|| change.now.to_string()).into());
    if let Some((volume, unit)) = amount(change, ("fuel_volume", "fuel_volume_unit"), VOLUMES)? {
        set("fuel", json!(volume));
        set("fuel_unit", unit.into());
    }
    if let Some((distance, unit)) = amount(change, ("odometer", "odometer_unit"), DISTANCES)? {
        set("odometer", json!(distance));
        set("odometer_unit", unit.into());
    }
    if let Some(fuel) = change.text("fuel_type") {
        let word = fuel_transactions::word_of(&fuel).ok_or_else(|| impossible(format!("a purchase of {fuel}")))?;
        set("fuel_type", word.into());
    }
    if let Some(cost) = change.payload.get("total_cost").filter(|cost| !cost.is_null()) {
        let number = cost.as_f64().or_else(|| cost.as_str()?.parse().ok());
        set("total_cost", json!(number.ok_or_else(|| impossible("a cost that is no number"))?));
    }
    Ok(body)
}

/// A number in a unit of Motive's; none where none is sent.
fn amount(
    change: &Change<'_>,
    (name, unit): (&str, &str),
    units: &[(&str, &'static str, f64)],
) -> Result<Option<(f64, &'static str)>, ProviderError> {
    let Some(number) = change.payload.get(name).and_then(Value::as_f64) else { return Ok(None) };
    let sent = change.text(unit).unwrap_or_default();
    let (_, word, factor) =
        units.iter().find(|(ours, ..)| *ours == sent).ok_or_else(|| impossible(format!("`{name}` without `{unit}`")))?;
    Ok(Some((number * factor, word)))
}
