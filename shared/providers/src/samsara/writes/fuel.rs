//! Purchases of fuel: `POST /fuel-purchase`, which answers an id and is not listed anywhere. So the row is what was sent.

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::code::{Code, FuelType};
use model::telematics::{FuelTransaction, Observation, Point, source_hash};
use serde_json::{Map, Value, json};

use super::super::Samsara;
use super::data;
use crate::units::{CUBIC_METERS_IN_GALLON, LITERS_IN_CUBIC_METER, LITERS_IN_IMPERIAL_GALLON};
use crate::wire::{Members, SourceRules};
use crate::write::{Writer, impossible};
use crate::{Api, Change, ProviderError};

/// A purchase of fuel.
pub(crate) struct FilePurchase;

const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &[] };
/// m³ of the units that are sent.
const VOLUMES: &[(&str, f64)] = &[
    ("LITER", 1.0 / LITERS_IN_CUBIC_METER),
    ("US_GALLON", CUBIC_METERS_IN_GALLON),
    ("IMPERIAL_GALLON", LITERS_IN_IMPERIAL_GALLON / LITERS_IN_CUBIC_METER),
    ("CUBIC_METER", 1.0),
];
/// What Samsara calls fuels; it knows others by no name.
const FUELS: &[(&str, &str)] = &[
    ("DIESEL", "Diesel"),
    ("GASOLINE", "Gasoline"),
    ("ETHANOL", "Ethanol"),
    ("METHANOL", "Methanol"),
    ("PROPANE", "Propane"),
    ("CNG", "CompressedNaturalGas"),
    ("LNG", "LiquifiedNaturalGas"),
    ("HYDROGEN", "Hydrogen"),
    ("ELECTRICITY", "Electricity"),
];
const OTHER_FUEL: &str = "Other";
/// Digits of the hash that stands for the number of a receipt.
const REFERENCE_LENGTH: usize = 16;

impl Writer for FilePurchase {
    type Provider = Samsara;
    type Row = FuelTransaction;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &[
        "driver_id",
        "vehicle_id",
        "latitude",
        "longitude",
        "location_string",
        "transaction_time",
        "fuel_type",
        "fuel_volume",
        "fuel_volume_unit",
        "fuel_vendor",
        "total_cost",
        "currency",
    ];

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<FuelTransaction>>, ProviderError> {
        let purchase = Purchase::of(change)?;
        let body = purchase.body(change);
        let response = api.send(Method::POST, "/fuel-purchase", &body, "").await?;
        let id: Option<String> = data(&response).and_then(|raw| Members::of(raw).get("uuid"));
        Ok(id.map(|id| RULES.observation(id, Some(purchase.at), body.into(), purchase.fields)))
    }
}

/// A purchase as it is sent: where, when and for how much, all of which Samsara wants.
struct Purchase {
    fields: FuelTransaction,
    at: Timestamp,
    place: String,
}

impl Purchase {
    fn of(change: &Change<'_>) -> Result<Self, ProviderError> {
        let text = |name: &str| change.text(name).filter(|text| !text.trim().is_empty());
        let number = |name: &str| change.payload.get(name).and_then(Value::as_f64);
        let unit = text("fuel_volume_unit").unwrap_or_default();
        let factor = VOLUMES.iter().find(|(known, _)| *known == unit).map(|(_, factor)| factor);
        let volume = number("fuel_volume").zip(factor).map(|(volume, factor)| volume * factor);
        let location =
            number("longitude").zip(number("latitude")).and_then(|(longitude, latitude)| Point::new(longitude, latitude));
        let coordinates = location.as_ref().map(|point| {
            let [longitude, latitude] = point.coordinates;
            format!("{latitude}, {longitude}")
        });
        let cost = change.payload.get("total_cost").filter(|cost| !cost.is_null());
        let cost = cost.map(|cost| cost.as_str().map_or_else(|| cost.to_string(), str::to_owned));
        let wanted = |name: &str| impossible(format!("a purchase without `{name}`"));
        let fields = FuelTransaction {
            source_vehicle_id: text("source_vehicle_id"),
            source_driver_id: text("source_driver_id"),
            h3_index_11: location.as_ref().and_then(Point::h3_index_11),
            location,
            fuel_type: text("fuel_type").and_then(|fuel| Code::<FuelType>::parse(&fuel)),
            fuel_volume: Some(volume.ok_or_else(|| wanted("fuel_volume"))?),
            fuel_vendor: text("fuel_vendor"),
            total_cost: Some(cost.ok_or_else(|| wanted("total_cost"))?),
            currency: Some(text("currency").ok_or_else(|| wanted("currency"))?),
            ..FuelTransaction::default()
        };
        let place = text("location_string").or(coordinates).ok_or_else(|| wanted("location_string"))?;
        let at = text("transaction_time").and_then(|time| Timestamp::parse(&time)).unwrap_or(change.now);
        Ok(Self { fields, at, place })
    }

    /// The body. A request that is repeated has the same reference, so that a purchase is not counted twice.
    fn body(&self, change: &Change<'_>) -> Map<String, Value> {
        let fields = &self.fields;
        let liters = (fields.fuel_volume.unwrap_or_default() * LITERS_IN_CUBIC_METER * 1_000.0).round() / 1_000.0;
        let digest = source_hash(&json!(change.payload), &[]);
        let fuel = fields
            .fuel_type
            .map(|fuel| FUELS.iter().find(|(code, _)| *code == fuel.as_str()).map_or(OTHER_FUEL, |(_, word)| word));
        let price = json!({
            "amount": fields.total_cost, "currency": fields.currency.as_ref().map(|currency| currency.to_ascii_lowercase()),
        });
        let sent = [
            ("fuelQuantityLiters", Some(json!(liters.to_string()))),
            ("transactionLocation", Some(json!(self.place))),
            ("transactionPrice", Some(price)),
            ("transactionReference", Some(json!(digest.get(..REFERENCE_LENGTH)))),
            ("transactionTime", Some(json!(self.at))),
            ("iftaFuelType", fuel.map(Value::from)),
            ("merchantName", fields.fuel_vendor.clone().map(Value::from)),
            ("driverId", fields.source_driver_id.clone().map(Value::from)),
            ("vehicleId", fields.source_vehicle_id.clone().map(Value::from)),
        ];
        sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
