//! Violations of duty logs: `Get DutyStatusViolation`, driver by driver, by windows of time. There is no feed of them.
//!
//! A violation ends, or vanishes when a log is edited: so the last day is read again with every run, and eight days once a day. Whether its
//! id is always there, and the same each time, is not documented; it is known by driver, type and start instead.

use model::Timestamp;
use model::telematics::code::{Code, HosViolationCategory, HosViolationCode};
use model::telematics::{HosViolation, Observation};
use serde_json::json;
use serde_json::value::RawValue;

use super::rpc::with;
use super::{Geotab, members, rulesets};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects};

/// Drivers who are asked for at once.
const DRIVERS: usize = 25;
/// The most violations of a driver that are asked for at once.
const MOST: usize = 1_000;

const RULES: SourceRules = SourceRules {
    volatile: &["id", "version"],
    extras: &["type", "daysLimit", "drivingDuration", "dutyDuration"],
    references: &["driver"],
};

type Violation = (&'static str, Option<Code<HosViolationCode>>, Code<HosViolationCategory>);

const DRIVING: Code<HosViolationCategory> = Code::of("DrivingHours");
const OFF_DUTY: Code<HosViolationCategory> = Code::of("OffDuty");

/// The types that leave no doubt; the code of driving hours depends on the driver's rules. Hours of duty, and of rest between cycles, could
/// each mean several rules.
const TYPES: &[Violation] = &[
    ("Driving", None, DRIVING),
    ("DailyDriving", None, DRIVING),
    ("Workday", Some(Code::of("WD_WINDOW_OVER")), Code::of("Workday")),
    ("Cycle", Some(Code::of("CY_LIMIT_OVER")), Code::of("Cycle")),
    ("Rest", Some(Code::of("BR_MISSING")), Code::of("Rest")),
    ("DailyRest", Some(Code::of("OD_DAILY_SHORT")), OFF_DUTY),
    ("DailyOff", Some(Code::of("OD_DAILY_SHORT")), OFF_DUTY),
];

pub(super) struct HosViolations;

impl Source for HosViolations {
    type Provider = Geotab;
    type Rows = Vec<Observation<HosViolation>>;
    type Cursor = Window<DAY, { 8 * DAY }>;

    const KNOWN: Known = Known { members: members::HOS_VIOLATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let carries_passengers = Members::of(stored.json).get("carriesPassengers");
        Some(vec![observation(stored.second()?, carries_passengers, stored.json)?])
    }));

    async fn page(api: &Api<'_, Geotab>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let next = api.drivers(window.after.as_deref(), DRIVERS).await?;
        let drivers = next.drivers_since(window.from)?;
        let (mut rows, mut subjects) = (Vec::new(), Subjects::default());
        if !drivers.is_empty() {
            let calls = drivers.iter().flat_map(|(driver, _)| questions(driver, &window));
            let response = api.calls(calls.collect()).await?;
            let lists: Vec<Vec<&RawValue>> = response.parse()?;
            if lists.len() != drivers.len() * 2 {
                return Err(response.malformed("other than one result for each call"));
            }
            for ((driver, user), lists) in drivers.iter().zip(lists.chunks(2)) {
                let [listed, logs] = lists else { continue };
                let rules = user.get::<String>("hosRuleSet").as_deref().and_then(rulesets::of);
                let carries_passengers = rules.map(|rules| rules.as_str().contains("_PAX_"));
                let found = listed.iter().filter_map(|raw| observation(driver, carries_passengers, raw));
                let before = rows.len();
                rows.extend(found);
                // A user of ours who may not see a driver's hours gets empty lists: without a log nothing is said.
                match rows.len() - before == listed.len() && listed.len() < MOST {
                    _ if listed.is_empty() && logs.is_empty() => {}
                    true => subjects.answered.push(driver.clone()),
                    false => subjects.unclear.push(driver.clone()),
                }
            }
        }
        Ok(window.page(rows, next.last, Some(subjects)))
    }
}

/// What is asked about a driver: violations, and whether there is a log at all.
fn questions(driver: &str, window: &Window<DAY, { 8 * DAY }>) -> [(&'static str, &'static str, serde_json::Value); 2] {
    let span = json!({
        "userSearch": { "id": driver }, "fromDate": window.from.to_string(), "toDate": window.to.to_string(),
    });
    let logs = with(span.clone(), "includeBoundaryLogs", true.into());
    [
        ("Get", "DutyStatusViolation", json!({ "search": span, "resultsLimit": MOST })),
        ("Get", "DutyStatusLog", json!({ "search": logs, "resultsLimit": 1 })),
    ]
}

/// A violation of a driver's; `None` (and a warning) where its type or start is missing, or it is somebody else's.
fn observation(driver: &str, carries_passengers: Option<bool>, raw: &RawValue) -> Option<Observation<HosViolation>> {
    let wire = Members::of(raw);
    let named = wire.get::<String>("type").zip(wire.moment("fromDate"));
    let is_own = wire.reference("driver").is_none_or(|other| other == driver);
    let Some((kind, start)) = named.filter(|_| is_own) else {
        tracing::warn!(provider = "geotab", "skipped a violation without type or start, or of another driver");
        return None;
    };
    let known = TYPES.iter().find(|(word, ..)| *word == kind);
    let is_driving = known.is_some_and(|(_, _, category)| *category == DRIVING);
    let carries_passengers = carries_passengers.filter(|_| is_driving);
    let end: Option<Timestamp> = wire.moment("toDate").filter(|end| *end >= start);
    let fields = HosViolation {
        violation_code: match carries_passengers {
            Some(true) => Some(const { Code::of("DH_PASSENGER_DAILY_OVER") }),
            Some(false) => Some(const { Code::of("DH_DAILY_OVER") }),
            None => known.and_then(|(_, code, _)| *code),
        },
        violation_category: known.map(|(_, _, category)| *category),
        violation_description: Some(wire.get("reason").unwrap_or_else(|| kind.clone())),
        start_time: Some(start),
        end_time: end,
        duration: end.map(|end| end.seconds() - start.seconds()),
        hours_limit: wire.get("hoursLimit").filter(|hours| *hours >= 0.0),
        source_driver_id: Some(driver.to_owned()),
        source_hos_event_id: wire.reference("logId"),
        ..HosViolation::default()
    };
    let source = source_of(raw);
    let source = match carries_passengers {
        Some(carries) => with(source, "carriesPassengers", carries.into()),
        None => source,
    };
    Some(RULES.observation(format!("hos_violation:{driver}:{kind}:{start}"), Some(start), source, fields))
}
