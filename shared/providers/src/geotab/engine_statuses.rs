//! Whether engines run: the ignition in the feed of `StatusData`, which brings the readings of all diagnostics. Where the engine was, and
//! who drove, is asked for beside each page.
//!
//! That an engine idles is told by exceptions to a rule and by trips, both after the fact; the ignition says on and off alone.

use model::Timestamp;
use model::telematics::code::{Code, EngineState};
use model::telematics::series::ReadingsOf;
use model::telematics::{EngineReading, EngineStatus};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::beside::{Beside, WITH_PLACES};
use super::feed::Versions;
use super::values::Reference;
use super::{Geotab, members};
use crate::wire::Lenient;
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Readings of a page. Few of them are of the ignition: a search for a diagnostic is documented for lists, not for feeds that go on from
/// a version.
pub(super) const PAGE_SIZE: u32 = 10_000;

const IGNITION: &str = "DiagnosticIgnitionId";

pub(super) struct EngineStatuses;

impl Source for EngineStatuses {
    type Provider = Geotab;
    type Rows = ReadingsOf<EngineStatus<'static>>;
    type Cursor = Versions<1>;

    const KNOWN: Known = Known { members: members::ENGINE_STATUS, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["longitude", "latitude", "driver"], |stored| {
        let mut rows = ReadingsOf::default();
        push(&mut rows, &Change::of(stored.json)?, &Beside::default());
        Some(rows)
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<1>) -> Result<Page<Self::Rows, Versions<1>>, ProviderError> {
        let fed = api.feed("StatusData", &at, PAGE_SIZE).await?;
        let changes: Vec<Change<'_>> = fed.records.parse::<Vec<&RawValue>>()?.into_iter().filter_map(Change::of).collect();
        let times: Vec<(&str, Timestamp)> = changes.iter().map(|change| (change.device.as_str(), change.time)).collect();
        let beside = Beside::ask(api, WITH_PLACES, &times).await?;
        let mut rows = ReadingsOf::default();
        changes.iter().for_each(|change| push(&mut rows, change, &beside));
        Ok(fed.page(at, rows))
    }
}

fn push(rows: &mut ReadingsOf<EngineStatus<'static>>, change: &Change<'_>, beside: &Beside) {
    let Change { device, time, status, source } = change;
    let (longitude, latitude) = beside.place(device, *time).map(|place| place.coordinates.into()).unzip();
    let (status, driver) = (status.map(|code| code.as_str()), beside.driver(device, *time));
    rows.push(device, *time, &EngineReading { status, longitude, latitude, driver, ..EngineReading::default() }, source);
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    device: Lenient<Reference>,
    diagnostic: Lenient<Reference>,
    date_time: Lenient<Timestamp>,
    data: Lenient<f64>,
}

/// What an ignition was switched to.
struct Change<'a> {
    device: String,
    time: Timestamp,
    status: Option<Code<EngineState>>,
    source: &'a str,
}

impl<'a> Change<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let wire: Wire = serde_json::from_str(raw.get()).ok()?;
        if wire.diagnostic.0.is_none_or(|Reference(diagnostic)| diagnostic != IGNITION) {
            return None;
        }
        let status = wire.data.0.and_then(|data| match data {
            1.0 => Some(Code::of("ON")),
            0.0 => Some(Code::of("OFF")),
            _ => None,
        });
        let (Some(Reference(device)), Some(time)) = (wire.device.0, wire.date_time.0) else {
            tracing::warn!(provider = "geotab", "skipped a reading of an ignition without device or time");
            return None;
        };
        Some(Self { device, time, status, source: raw.get() })
    }
}
