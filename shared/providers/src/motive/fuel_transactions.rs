//! Purchases of fuel, as drivers and the office enter them: `GET /v1/fuel_purchases` by days. They are entered late, so each run reads again
//! the last 7 days, and once a day the last 30.

use model::telematics::code::{Code, FuelType};
use model::telematics::{FuelTransaction, Observation};
use serde_json::value::RawValue;

use super::client::List;
use super::days::Days;
use super::{Motive, members};
use crate::cursor::DAY;
use crate::units::{CUBIC_METERS_IN_GALLON, LITERS_IN_CUBIC_METER, METERS_IN_KM, METERS_IN_MILE};
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The provider names no limit.
const LONGEST_DAYS: i64 = 90;
pub(super) const LIST: List = List { path: "/v1/fuel_purchases", rows: "fuel_purchases", row: "fuel_purchase" };

/// Of vehicle and driver the content is the id; addresses of receipts are new in each answer.
const RULES: SourceRules = SourceRules {
    volatile: &["updated_at", "receipt_upload_url", "receipt_urls"],
    extras: &["jurisdiction", "ref_no", "offline_id", "odometer_unit", "fuel_unit"],
    references: &["vehicle", "driver"],
};

#[rustfmt::skip]
const FUELS: &[(&str, Code<FuelType>)] = &[
    ("diesel", Code::of("DIESEL")), ("gasoline", Code::of("GASOLINE")), ("propane", Code::of("PROPANE")), ("lng", Code::of("LNG")),
    ("cng", Code::of("CNG")), ("ethanol", Code::of("ETHANOL")), ("e85", Code::of("ETHANOL")), ("methanol", Code::of("METHANOL")),
    ("electricity", Code::of("ELECTRICITY")),
];
const DISTANCES: &[(&str, f64)] = &[("mi", METERS_IN_MILE), ("km", METERS_IN_KM)];
const VOLUMES: &[(&str, f64)] = &[("gal", CUBIC_METERS_IN_GALLON), ("ltr", 1.0 / LITERS_IN_CUBIC_METER)];

pub(super) struct FuelTransactions;

impl Source for FuelTransactions {
    type Provider = Motive;
    type Rows = Vec<Observation<FuelTransaction>>;
    type Cursor = Days<{ 7 * DAY }, { 30 * DAY }>;

    const KNOWN: Known = Known { members: members::FUEL_TRANSACTION, words: &[("fuel_type", &["fuel_type"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Motive>, days: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        days.page(api, (LIST, LONGEST_DAYS), observation, |_| None).await
    }
}

/// A purchase; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<FuelTransaction>> {
    let wire = Members::of(raw);
    let source_id = wire.id("fuel purchase", "motive")?;
    let kind: Option<String> = wire.get("fuel_type");
    let fields = FuelTransaction {
        source_vehicle_id: wire.object("vehicle").get("id").or_else(|| wire.get("vehicle_id")),
        source_driver_id: wire.object("driver").get("id").or_else(|| wire.get("driver_id")),
        odometer: amount(&wire, "odometer", "odometer_unit", DISTANCES),
        fuel_type: kind.and_then(|kind| FUELS.iter().find(|(word, _)| kind.eq_ignore_ascii_case(word))).map(|(_, code)| *code),
        fuel_volume: amount(&wire, "fuel", "fuel_unit", VOLUMES),
        fuel_vendor: wire.get("vendor"),
        total_cost: wire.get::<String>("total_cost").filter(|cost| is_decimal(cost)),
        currency: wire.get("currency"),
        ..FuelTransaction::default()
    };
    Some(RULES.observation(source_id, wire.get("purchased_at"), source_of(raw), fields))
}

/// What Motive calls a fuel, by its code.
pub(super) fn word_of(code: &str) -> Option<&'static str> {
    FUELS.iter().find(|(_, known)| known.as_str() == code).map(|(word, _)| *word)
}

/// A number in the unit beside it; none where the unit is not known.
fn amount(wire: &Members<'_>, member: &str, unit: &str, units: &[(&str, f64)]) -> Option<f64> {
    let unit: String = wire.get(unit)?;
    let (_, factor) = units.iter().find(|(word, _)| unit.eq_ignore_ascii_case(word))?;
    wire.get(member).map(|Amount(number)| number * factor).filter(|amount| *amount > 0.0)
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};
    use serde_json::{Value, json};

    use super::super::tests::asker;
    use crate::testing::{Canned, fields, records, response};

    fn purchase(id: u64, more: &Value) -> Value {
        let mut one = json!({
            "id": id, "purchased_at": "2026-11-20T18:30:00Z", "jurisdiction": "CA", "fuel_type": "diesel", "ref_no": "R-1", "vendor": "Pilot",
            "total_cost": 480.5, "currency": "USD", "odometer": 1000, "odometer_unit": "mi", "fuel": "100.0", "fuel_unit": "gal",
            "vehicle": { "id": 7, "number": "T-7" }, "driver": { "id": 9, "first_name": "A" },
        });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "fuel_purchase": one })
    }

    fn page(number: u64, total: u64, rows: &[Value]) -> String {
        json!({ "fuel_purchases": rows, "pagination": { "per_page": 100, "page_no": number, "total": total } }).to_string()
    }

    #[test]
    fn check_purchases() {
        let odd = json!({ "fuel_unit": "pints", "fuel_type": "water", "total_cost": "about 5", "driver": null, "odometer": 0 });
        let pages = [page(1, 2, &[purchase(1, &json!({}))]), page(2, 2, &[purchase(2, &odd)])];
        let http = Canned::new(pages.iter().map(|body| response(200, body)).collect());
        let found = asker().walk(&http, Resource::FuelTransaction);
        let days = "fuel_purchases?start_date=2026-10-21&end_date=2026-11-21&per_page=100&page_no=";
        let asked: Vec<String> = http.asked().iter().map(|url| url.rsplit_once('/').unwrap().1.to_owned()).collect();
        assert_eq!(asked, [format!("{days}1"), format!("{days}2")]);
        let row = &records(&found[0])[0];
        assert_eq!((row.source_id.as_str(), row.occurred_at), ("1", Timestamp::parse("2026-11-20T18:30:00Z")));
        let one = fields(row);
        let expected = json!({
            "source_vehicle_id": "7", "source_driver_id": "9", "odometer": 1_609_344.0, "odometer_unit": "m", "fuel_type": "DIESEL",
            "fuel_volume": 0.378_541_178_4, "fuel_vendor": "Pilot", "total_cost": "480.5", "currency": "USD",
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&one[name], value, "{name}");
        }
        assert!(one["vehicle_id"].is_string() && one["driver_id"].is_string());
        assert_eq!(row.extras.as_ref().unwrap()["jurisdiction"], "CA");
        let other = fields(&records(&found[1])[0]);
        for name in ["fuel_volume", "fuel_type", "total_cost", "source_driver_id", "odometer"] {
            assert!(other.get(name).is_none(), "{name}: {other}");
        }
        assert!(!found[1].more && found[1].cursor.is_some());
    }
}
