//! Purchases of fuel, as fuel cards tell them: the feed of `FuelTransaction`. What a vehicle's tank tells (`FillUp`) is no purchase.

use model::telematics::code::{Code, FuelType};
use model::telematics::{FuelTransaction, Observation, Point};
use serde_json::value::RawValue;

use super::feed::Versions;
use super::{Geotab, members};
use crate::units::{LITERS_IN_CUBIC_METER, METERS_IN_KM};
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Purchases of a page.
pub(super) const PAGE_SIZE: u32 = 2_000;

const RULES: SourceRules = SourceRules {
    volatile: &["version"],
    extras: &["productType", "externalReference", "provider", "description"],
    references: &["driver", "device"],
};

#[rustfmt::skip]
const FUELS: &[(&str, Code<FuelType>)] = &[
    ("Regular", Code::of("GASOLINE")), ("Midgrade", Code::of("GASOLINE")), ("Premium", Code::of("GASOLINE")),
    ("Super", Code::of("GASOLINE")), ("Diesel", Code::of("DIESEL")), ("E85", Code::of("ETHANOL")), ("CNG", Code::of("CNG")),
    ("LPG", Code::of("LPG")), ("Hydrogen", Code::of("HYDROGEN")), ("Electric", Code::of("ELECTRICITY")),
];

pub(super) struct FuelTransactions;

impl Source for FuelTransactions {
    type Provider = Geotab;
    type Rows = Vec<Observation<FuelTransaction>>;
    type Cursor = Versions<30>;

    const KNOWN: Known = Known { members: members::FUEL_TRANSACTION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Geotab>, at: Versions<30>) -> Result<Page<Self::Rows, Versions<30>>, ProviderError> {
        let fed = api.feed("FuelTransaction", &at, PAGE_SIZE).await?;
        let rows = fed.records.parse::<Vec<&RawValue>>()?.into_iter().filter_map(observation).collect();
        Ok(fed.page(at, rows))
    }
}

/// A purchase; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue) -> Option<Observation<FuelTransaction>> {
    let wire = Members::of(raw);
    let source_id = wire.id("fuel transaction", "geotab")?;
    let amount = |name: &str| wire.get(name).map(|Amount(amount)| amount).filter(|amount| *amount > 0.0);
    let kind: Option<String> = wire.get("productType");
    let place = wire.object("location");
    let location = place.get("x").zip(place.get("y")).and_then(|(longitude, latitude)| Point::new(longitude, latitude));
    let location = location.filter(|point| point.coordinates != [0.0, 0.0]);
    let fields = FuelTransaction {
        source_vehicle_id: wire.reference("device"),
        source_driver_id: wire.reference("driver"),
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        location,
        odometer: amount("odometer").map(|km| km * METERS_IN_KM),
        fuel_type: FUELS.iter().find(|(word, _)| kind.as_deref() == Some(*word)).map(|(_, code)| *code),
        fuel_volume: amount("volume").map(|liters| liters / LITERS_IN_CUBIC_METER),
        fuel_vendor: wire.get("siteName").or_else(|| wire.get("provider")),
        total_cost: wire.get::<f64>("cost").and_then(|_| wire.get("cost")),
        currency: wire.get("currencyCode"),
        ..FuelTransaction::default()
    };
    Some(RULES.observation(source_id, wire.moment("dateTime"), source_of(raw), fields))
}
