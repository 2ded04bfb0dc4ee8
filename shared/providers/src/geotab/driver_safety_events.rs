//! Safety events: the feed of `ExceptionEvent`. Most rules of an account are not about safety, and customers make rules of their own; those
//! that the provider has for safety are known by their ids. An event that still lasts, or that somebody dismissed, comes again.

use model::Timestamp;
use model::telematics::code::{Code, SafetyEvent};
use model::telematics::{DriverSafetyEvent, Observation};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::feed::Versions;
use super::values::TimeSpan;
use super::{Geotab, members};
use crate::units::METERS_IN_KM;
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Events of a page.
pub(super) const PAGE_SIZE: u32 = 2_000;

const RULES: SourceRules =
    SourceRules { volatile: &["version", "lastModifiedDateTime"], extras: &[], references: &["driver", "device"] };

/// The provider's own rules that have a code.
#[rustfmt::skip]
const SAFETY: &[(&str, Code<SafetyEvent>)] = &[
    ("RuleAccidentId", Code::of("collision")), ("RuleJackrabbitStartsId", Code::of("hard_acceleration")),
    ("RuleHarshBrakingId", Code::of("hard_braking")), ("RuleHarshCorneringId", Code::of("harsh_turn")),
    ("RulePostedSpeedingId", Code::of("speeding")), ("RuleSeatbeltId", Code::of("no_seatbelt")),
    ("RuleIdlingId", Code::of("idling")), ("RuleFleetIdlingId", Code::of("idling")), ("RuleIdlingNoPtoId", Code::of("idling")),
];

pub(super) struct DriverSafetyEvents;

impl Source for DriverSafetyEvents {
    type Provider = Geotab;
    type Rows = Vec<Observation<DriverSafetyEvent>>;
    type Cursor = Versions<7>;

    const KNOWN: Known = Known { members: members::DRIVER_SAFETY_EVENT, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed("ExceptionEvent", &at, PAGE_SIZE).await?;
        let data: Vec<&RawValue> = fed.records.parse()?;
        let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw)).collect();
        if rows.len() < data.len() {
            let skipped = data.len() - rows.len();
            tracing::debug!(skipped, provider = "geotab", "skipped events of rules that have no code, or without id or time");
        }
        Ok(fed.page(at, rows))
    }
}

/// An event. `None` where it has no id or time, or its rule no code: rows say what happened, and nothing else would be true.
fn observation(raw: &RawValue) -> Option<Observation<DriverSafetyEvent>> {
    let wire = Members::of(raw);
    let (source_id, start) = (wire.get("id")?, wire.moment("activeFrom")?);
    let rule = wire.reference("rule")?;
    let event = SAFETY.iter().find(|(known, _)| *known == rule).map(|(_, code)| *code)?;
    let end: Option<Timestamp> = wire.moment("activeTo");
    let lasted = || end.map(|end| end.seconds() - start.seconds());
    let fields = DriverSafetyEvent {
        driver_id: None,
        vehicle_id: None,
        source_driver_id: wire.reference("driver"),
        source_vehicle_id: wire.reference("device"),
        event,
        // The event does not say where it was.
        location: None,
        inferred_address: None,
        h3_index_11: None,
        duration_seconds: wire.get("duration").map(|TimeSpan(seconds)| seconds).or_else(lasted).filter(|seconds| *seconds >= 0),
        event_metadata: metadata(&wire, rule),
    };
    Some(RULES.observation(source_id, Some(start), source_of(raw), fields))
}

/// What else is told, with the distance in m.
fn metadata(wire: &Members<'_>, rule: String) -> Option<Value> {
    let distance = wire.get("distance").map(|Amount(km)| Value::from(km * METERS_IN_KM));
    let (state, diagnostic) = (wire.get::<String>("state").map(Value::from), wire.reference("diagnostic").map(Value::from));
    let told = [("rule", Some(rule.into())), ("state", state), ("distance", distance), ("diagnostic", diagnostic)];
    let told: Map<String, Value> = told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Some(Value::Object(told))
}
