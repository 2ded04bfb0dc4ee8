//! Months of vehicles for fuel tax: sums of `Get FuelTaxDetail`, vehicle by vehicle, in months of UTC. A detail is the way of a vehicle through a
//! jurisdiction. Asked for a span of time, the provider cuts details at its bounds, unless it is told not to; one that is not cut counts
//! where it begins.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Months, NaiveDate};
use model::Timestamp;
use model::telematics::{IftaSummary, Observation};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::vehicles::is_trailer;
use super::{Geotab, members};
use crate::months::Reports;
use crate::units::METERS_IN_KM;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Vehicles that are asked for at once.
const VEHICLES: usize = 25;
/// The most details of a vehicle's month.
const MOST: usize = 5_000;
const KIND: &str = "FuelTaxDetail";

const RULES: SourceRules = SourceRules { volatile: &[], extras: &["jurisdictions"], references: &[] };

pub(super) struct IftaSummaries;

impl Source for IftaSummaries {
    type Provider = Geotab;
    type Rows = Vec<Observation<IftaSummary>>;
    type Cursor = Reports;

    const KNOWN: Known = Known { members: members::IFTA_SUMMARY, words: &[] };

    /// The source is the sum.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let (vehicle, first) = stored.subject_and_day()?;
        Some(vec![Month::of(first).observation(vehicle, source_of(stored.json).get("jurisdictions")?.clone())])
    }));

    async fn page(api: &Api<'_, Geotab>, reports: Reports) -> Result<Page<Self::Rows, Reports>, ProviderError> {
        let month = Month::of(reports.month);
        let next = api.batch("Device", json!({ "resultsLimit": VEHICLES }), reports.after.as_deref()).await?;
        let devices = next.records.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of);
        let vehicles: Vec<String> =
            devices.filter(|device| month.is_wanted(device)).filter_map(|device| device.get("id")).collect();
        let mut rows = Vec::new();
        if !vehicles.is_empty() {
            let response = api.calls(vehicles.iter().map(|vehicle| month.question(vehicle)).collect()).await?;
            let lists: Vec<Vec<&RawValue>> = response.parse()?;
            if lists.len() != vehicles.len() {
                return Err(response.malformed("other than one result for each call"));
            }
            rows.extend(vehicles.iter().zip(&lists).filter_map(|(vehicle, details)| month.sum(vehicle, details)));
        }
        let reports = reports.next(next.last);
        let more = !reports.is_done;
        Ok(Page::of(rows, Some(reports), more))
    }
}

/// A month of UTC.
struct Month {
    first: NaiveDate,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Month {
    fn of(first: NaiveDate) -> Self {
        let midnight = |day: NaiveDate| Timestamp::parse(&format!("{day}T00:00:00Z"));
        Self { first, from: midnight(first), to: first.checked_add_months(Months::new(1)).and_then(midnight) }
    }

    /// Whether a device is a vehicle that was in use in it. One without hardware tells nothing.
    fn is_wanted(&self, device: &Members<'_>) -> bool {
        let has_hardware = device.get::<String>("deviceType").is_some_and(|kind| kind != "None");
        has_hardware && !is_trailer(device) && device.moment("activeTo").is_none_or(|left| Some(left) > self.from)
    }

    fn question(&self, vehicle: &str) -> (&'static str, &'static str, Value) {
        let search = json!({
            "deviceSearch": { "id": vehicle }, "fromDate": self.from.map(|from| from.to_string()),
            "toDate": self.to.map(|to| to.to_string()), "includeBoundaries": false,
        });
        ("Get", KIND, json!({ "search": search, "resultsLimit": MOST }))
    }

    /// The month of a vehicle, which has no id: `ifta_summary:<vehicle>:<first day>`. `None` where there is nothing to sum, or not all of it.
    fn sum(&self, vehicle: &str, details: &[&RawValue]) -> Option<Observation<IftaSummary>> {
        if details.len() >= MOST {
            tracing::warn!(provider = "geotab", most = MOST, "left out a month for fuel tax whose details were cut");
            return None;
        }
        let mut meters: BTreeMap<String, f64> = BTreeMap::new();
        for detail in details.iter().map(|raw| Members::of(raw)).filter(|detail| self.holds(detail)) {
            if let Some((jurisdiction, distance)) = detail.get("jurisdiction").zip(distance(&detail)) {
                *meters.entry(jurisdiction).or_default() += distance;
            }
        }
        if meters.is_empty() {
            return None;
        }
        // In decimeters: the order in which details come makes no other sum.
        let sums = meters
            .into_iter()
            .map(|(jurisdiction, meters)| json!({ "jurisdiction": jurisdiction, "distance": (meters * 10.0).round() / 10.0 }));
        Some(self.observation(vehicle, sums.collect()))
    }

    fn observation(&self, vehicle: &str, jurisdictions: Value) -> Observation<IftaSummary> {
        let (year, month): (i64, i64) = (self.first.year().into(), self.first.month().into());
        let source = json!({ "device": { "id": vehicle }, "year": year, "month": month, "jurisdictions": jurisdictions });
        let fields = IftaSummary {
            source_vehicle_id: Some(vehicle.to_owned()),
            month: Some(month),
            year: Some(year),
            ..IftaSummary::default()
        };
        RULES.observation(format!("ifta_summary:{vehicle}:{}", self.first), self.from, source, fields)
    }

    /// Whether a detail begins in it, and is worth telling.
    fn holds(&self, detail: &Members<'_>) -> bool {
        let entered = detail.moment("enterTime");
        entered.is_some() && entered >= self.from && entered < self.to && detail.get("isNegligible") != Some(true)
    }
}

/// How far a vehicle went, in m: by its odometer, and by positions where that was but interpolated at an end.
fn distance(detail: &Members<'_>) -> Option<f64> {
    let between = |enter: &str, exit: &str| {
        let km = detail.get::<f64>(exit)? - detail.get::<f64>(enter)?;
        (km >= 0.0).then_some(km * METERS_IN_KM)
    };
    let by_odometer = || between("enterOdometer", "exitOdometer");
    let by_positions = || between("enterGpsOdometer", "exitGpsOdometer");
    let is_set = |name: &str| detail.get(name) == Some(true);
    if is_set("isEnterOdometerInterpolated") || is_set("isExitOdometerInterpolated") {
        by_positions().or_else(by_odometer)
    } else {
        by_odometer().or_else(by_positions)
    }
}
