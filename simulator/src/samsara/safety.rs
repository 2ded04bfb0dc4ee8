//! Safety events.

use serde::Serialize;

use super::changes::{self, LONGEST_MS};
use super::refusal::Refusal;
use super::wire::{Page, time};
use super::{Answer, Request};
use crate::http::Reply;
use crate::world::{Incident, Signal, whole};

const PAGE: usize = 100;

/// Labels, and those that only say what was around.
const LABELS: &[(&str, Option<&str>)] = &[
    ("Braking", None),
    ("HarshTurn", Some("Rain")),
    ("Acceleration", None),
    ("MobileUsage", None),
    ("SevereSpeeding", Some("Light Traffic")),
    ("FollowingDistanceSevere", Some("Moderate Traffic")),
    // Not of safety itself.
    ("Passenger", None),
];
const SPEED_KPH: i64 = 126;
const LIMIT_KPH: i64 = 105;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: String,
    asset: Named,
    driver: Named,
    behavior_labels: [Label; 1],
    context_labels: Vec<Context>,
    event_state: &'static str,
    start_ms: String,
    end_ms: String,
    created_at_time: String,
    updated_at_time: String,
    location: Location,
    max_acceleration_g_force: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    speeding_metadata: Option<Speeding>,
    /// New in each answer.
    inbox_event_url: String,
    incident_report_url: String,
}

/// A reference that has its name only on request.
#[derive(Debug, Serialize)]
struct Named {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    author_id: &'static str,
    created_at_time: String,
    name: &'static str,
}

#[derive(Debug, Serialize)]
struct Label {
    label: &'static str,
    source: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    latitude: f64,
    longitude: f64,
    heading_degrees: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Speeding {
    max_speed_kilometers_per_hour: i64,
    posted_speed_limit_kilometers_per_hour: i64,
}

/// `GET /safety-events/stream`; here by `updatedAtTime` alone.
pub(super) fn stream(request: &Request<'_>) -> Answer {
    if request.query.one("queryByTimeField").is_some_and(|field| field != "updatedAtTime") {
        return Err(Refusal::Value("queryByTimeField"));
    }
    let found = |from, to| {
        let all = request.account.incidents(from - LONGEST_MS, to).into_iter();
        let changed = all.map(|incident| (incident.changed_ms(request.now), incident));
        changed.filter(|(changed, _)| (from..=to).contains(changed)).collect()
    };
    let (page, pagination) = changes::page(request, PAGE, found)?;
    let data: Vec<_> = page.iter().filter_map(|incident| event(request, incident)).collect();
    Ok(Reply::json(200, &Page { data, pagination }))
}

fn event(request: &Request<'_>, incident: &Incident<'_>) -> Option<Event> {
    let vehicle = request.account.vehicles.get(incident.vehicle)?;
    let index = usize::try_from(incident.kind % u64::try_from(LABELS.len()).ok()?).ok()?;
    let (label, around) = *LABELS.get(index)?;
    let named = |id: u64, name: &str, option: &str| {
        let is_wanted = request.query.one(option) == Some("true");
        Named { id: id.to_string(), name: is_wanted.then(|| name.to_owned()) }
    };
    let at = vehicle.latest(incident.start_ms, Signal::Position)?;
    let context = |name| Context { author_id: "1", created_at_time: time(incident.end_ms), name };
    let speeding = Speeding { max_speed_kilometers_per_hour: SPEED_KPH, posted_speed_limit_kilometers_per_hour: LIMIT_KPH };
    let page = |path: &str| format!("https://cloud.samsara.com/o/{}/{path}?t={}", request.account.org_id, request.now);
    Some(Event {
        id: format!("{:08x}-30ad-49ec-9d2d-{:012x}", incident.id >> 32, incident.id & 0xffff_ffff_ffff),
        asset: named(vehicle.id, &vehicle.name, "includeAsset"),
        driver: named(incident.driver.id, &incident.driver.name, "includeDriver"),
        behavior_labels: [Label { label, source: "automated" }],
        context_labels: around.map(context).into_iter().collect(),
        event_state: if incident.reviewed_ms <= request.now { "reviewed" } else { "needsReview" },
        start_ms: time(incident.start_ms),
        end_ms: time(incident.end_ms),
        created_at_time: time(incident.end_ms),
        updated_at_time: time(incident.changed_ms(request.now)),
        location: Location { latitude: at.latitude, longitude: at.longitude, heading_degrees: whole(at.heading_deg) },
        max_acceleration_g_force: 0.45,
        speeding_metadata: label.ends_with("Speeding").then_some(speeding),
        inbox_event_url: page("safety"),
        incident_report_url: page("report"),
    })
}
