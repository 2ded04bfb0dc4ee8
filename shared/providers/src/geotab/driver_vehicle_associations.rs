//! Who drives which vehicle: the feed of `DriverChange`. A driver is in a vehicle from a change on until the next one of that vehicle, also
//! where that says that nobody is known to be there. So the changes around those that are new are asked for, too.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::telematics::{DriverVehicleAssociation, Observation};
use serde_json::json;
use serde_json::value::RawValue;

use super::feed::Versions;
use super::rpc::with;
use super::{Geotab, members};
use crate::client::OkResponse;
use crate::cursor::DAY;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Changes of a page.
pub(super) const PAGE_SIZE: u32 = 2_000;

const RULES: SourceRules =
    SourceRules { volatile: &["version"], extras: &["type", "endDateTime"], references: &["driver", "device"] };

pub(super) struct DriverVehicleAssociations;

impl Source for DriverVehicleAssociations {
    type Provider = Geotab;
    type Rows = Vec<Observation<DriverVehicleAssociation>>;
    type Cursor = Versions<7>;

    const KNOWN: Known = Known { members: members::DRIVER_VEHICLE_ASSOCIATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let (id, change) = Change::of(stored.json)?;
        let ended_at = change.wire.get("endDateTime");
        Some(vec![change.observation(id, ended_at)?])
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed("DriverChange", &at, PAGE_SIZE).await?;
        let told: Vec<&RawValue> = fed.records.parse()?;
        let mut changes: BTreeMap<String, Change<'_>> = told.iter().filter_map(|raw| Change::of(raw)).collect();
        if changes.len() < told.len() {
            let skipped = told.len() - changes.len();
            tracing::warn!(skipped, provider = "geotab", "skipped changes of drivers without id, time or device, or told twice");
        }
        // One without a driver may have been somebody's before it was edited.
        let nobodys = changes.iter().filter(|(_, change)| change.driver.is_none());
        let withdrawn = nobodys.map(|(id, _)| id.clone()).collect();
        let devices: BTreeSet<String> = changes.values().map(|change| change.device.clone()).collect();
        let first = changes.values().map(|change| change.at).min();
        let around = match first {
            Some(first) => Some(around(api, &devices, first.plus_seconds(-BEFORE)).await?),
            None => None,
        };
        let lists: Vec<Vec<&RawValue>> = around.as_ref().map(OkResponse::parse).transpose()?.unwrap_or_default();
        let others = lists.iter().flatten().filter_map(|raw| Change::of(raw));
        changes.extend(others.filter(|(_, change)| devices.contains(&change.device)));
        let rows = rows(changes);
        Ok(Page { withdrawn, ..fed.page(at, rows) })
    }
}

/// How far before a change the one before is looked for.
const BEFORE: i64 = 7 * DAY;
/// The most vehicles that are asked for one by one.
const FEW: usize = 25;
/// The most changes that are asked for at once.
const MOST: u32 = 10_000;

/// The changes of vehicles from a time on: a list of lists.
async fn around(api: &Api<'_, Geotab>, devices: &BTreeSet<String>, from: Timestamp) -> Result<OkResponse, ProviderError> {
    let since = json!({ "fromDate": from.to_string() });
    let call = |search| ("Get", "DriverChange", json!({ "search": search, "resultsLimit": MOST }));
    let calls = if devices.len() > FEW {
        vec![call(since)]
    } else {
        devices.iter().map(|device| call(with(since.clone(), "deviceSearch", json!({ "id": device })))).collect()
    };
    api.calls(calls).await
}

/// A change that can be read.
struct Change<'a> {
    at: Timestamp,
    device: String,
    /// Who is there from then on; nobody who is known where this is absent.
    driver: Option<String>,
    wire: Members<'a>,
    raw: &'a RawValue,
}

impl<'a> Change<'a> {
    /// The change, by its id.
    fn of(raw: &'a RawValue) -> Option<(String, Self)> {
        let wire = Members::of(raw);
        let (at, device, driver) = (wire.moment("dateTime")?, wire.reference("device")?, wire.reference("driver"));
        Some((wire.get("id")?, Self { at, device, driver, wire, raw }))
    }

    /// The association that it begins; `None` where nobody is known to be there.
    fn observation(self, id: String, ended_at: Option<Timestamp>) -> Option<Observation<DriverVehicleAssociation>> {
        let fields = DriverVehicleAssociation {
            source_driver_id: Some(self.driver?),
            source_vehicle_id: Some(self.device),
            is_primary_driver: self.wire.get::<String>("type").map(|kind| kind == "Driver"),
            ended_at,
            ..DriverVehicleAssociation::default()
        };
        let source = with(source_of(self.raw), "endDateTime", json!(ended_at));
        Some(RULES.observation(id, Some(self.at), source, fields))
    }
}

/// The associations that changes begin.
fn rows(changes: BTreeMap<String, Change<'_>>) -> Vec<Observation<DriverVehicleAssociation>> {
    let mut times: BTreeMap<String, BTreeSet<Timestamp>> = BTreeMap::new();
    for change in changes.values() {
        times.entry(change.device.clone()).or_default().insert(change.at);
    }
    let next = |change: &Change<'_>| times.get(&change.device)?.iter().find(|time| **time > change.at).copied();
    let row = |(id, change): (String, Change<'_>)| {
        let ended_at = next(&change);
        change.observation(id, ended_at)
    };
    changes.into_iter().filter_map(row).collect()
}
