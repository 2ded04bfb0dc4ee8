//! Inspection reports: the feed of `DVIRLog`. A report that is repaired or certified comes again.

use model::telematics::{DvirLog, Observation, Point};
use serde_json::value::RawValue;

use super::feed::Versions;
use super::rpc::with;
use super::values::{TimeSpan, somewhere};
use super::{Geotab, members};
use crate::units::{METERS_IN_KM, SECONDS_IN_HOUR};
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Reports of a page.
pub(super) const PAGE_SIZE: u32 = 1_000;
pub(super) const KIND: &str = "DVIRLog";

const RULES: SourceRules = SourceRules {
    volatile: &[],
    extras: &[
        "isInspectedByDriver",
        "isRejected",
        "certifiedBy",
        "certifyDate",
        "repairedBy",
        "repairDate",
        "repairRemark",
        "defectList",
        "loadHeight",
        "loadWidth",
    ],
    references: &["driver", "device", "trailer", "certifiedBy", "repairedBy", "defectList"],
};

/// Reports that are made on the way have no word in the contract.
const TYPES: &[(&str, &str)] =
    &[("PreTrip", "pre_trip"), ("PostTrip", "post_trip"), ("InTrip", "unknown"), ("Unknown", "unknown")];

pub(super) struct DvirLogs;

impl Source for DvirLogs {
    type Provider = Geotab;
    type Rows = Vec<Observation<DvirLog>>;
    type Cursor = Versions<7>;

    const KNOWN: Known = Known { members: members::DVIR_LOG, words: &[("logType", &["log_type"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let wire = Members::of(stored.json);
        Some(vec![observation(stored.json, &wire, wire.get("trailerDevice"))?])
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed(KIND, &at, PAGE_SIZE).await?;
        let logs: Vec<(&RawValue, Members<'_>)> =
            fed.records.parse::<Vec<&RawValue>>()?.into_iter().map(|raw| (raw, Members::of(raw))).collect();
        let trailers: Vec<String> = logs.iter().filter_map(|(_, log)| log.reference("trailer")).collect();
        let named: Vec<&str> = trailers.iter().map(String::as_str).collect();
        let devices = if named.is_empty() { None } else { api.trailer_devices_beside(&named).await? };
        let row = |(raw, log): &(&RawValue, Members<'_>)| {
            let trailer = log.reference("trailer");
            let is_partial = trailer.is_some() && devices.is_none();
            let listed = trailer.map(|id| devices.as_deref().map_or(id.as_str(), |devices| devices.device(&id)).to_owned());
            Some(Observation { is_partial, ..observation(raw, log, listed)? })
        };
        let rows = logs.iter().filter_map(row).collect();
        Ok(fed.page(at, rows))
    }
}

/// A report; `None` (and a warning) where it has no id. It is documented to be of a vehicle or of a trailer; one that was recorded named
/// both, so both are taken. The trailer is `listed` under the id of its device.
fn observation(raw: &RawValue, wire: &Members<'_>, listed: Option<String>) -> Option<Observation<DvirLog>> {
    let source_id = wire.id("inspection report", "geotab")?;
    let source = source_of(raw);
    let source = match &listed {
        Some(device) => with(source, "trailerDevice", device.as_str().into()),
        None => source,
    };
    Some(RULES.observation(source_id, wire.moment("dateTime"), source, fields(wire, listed)))
}

fn fields(wire: &Members<'_>, trailer: Option<String>) -> DvirLog {
    let kind: Option<String> = wire.get("logType");
    let place = wire.object("location").object("location");
    let location = somewhere(place.get("x"), place.get("y"));
    let odometer = wire.get("odometer").map(|Amount(meters)| meters).filter(|meters| *meters > 0.0);
    let seconds = |TimeSpan(seconds)| u32::try_from(seconds).ok().map(f64::from);
    // Reports of before there were defects of their own list groups.
    let defects = wire.list("dvirDefects").len().max(wire.list("defects").len());
    DvirLog {
        source_vehicle_id: wire.reference("device"),
        source_trailer_id: trailer,
        source_driver_id: wire.reference("driver"),
        log_type: TYPES.iter().find(|(word, _)| kind.as_deref() == Some(*word)).map(|(_, word)| (*word).to_owned()),
        authority_name: wire.get("authorityName"),
        authority_address: wire.get("authorityAddress"),
        duration_seconds: wire.get("duration").and_then(seconds),
        odometer_km: odometer.map(|meters| meters / METERS_IN_KM),
        odometer,
        engine_hours: wire.get("engineHours").map(|Amount(seconds)| seconds / SECONDS_IN_HOUR),
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        location,
        certify_comment: wire.get("certifyRemark"),
        driver_comment: wire.get("driverRemark"),
        defect_count: i64::try_from(defects).ok(),
        version: wire.get("version"),
        is_safety_critical: wire.get("isSafeToOperate").map(|is_safe: bool| !is_safe),
        ..DvirLog::default()
    }
}
