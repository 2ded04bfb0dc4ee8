//! Safety events: `GET /safety-events/stream`, by the time of their last change. One that is coached, dismissed or given another label
//! comes again.

use model::Timestamp;
use model::telematics::code::{Code, SafetyEvent};
use model::telematics::{DriverSafetyEvent, InferredAddress, Observation, Point};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Samsara, members};
use crate::cursor::Stream;
use crate::place::place;
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// m/s in a kilometer per hour.
const KPH: f64 = 1.0 / 3.6;

/// Addresses of videos and of pages are new in each answer.
const RULES: SourceRules = SourceRules {
    volatile: &["media", "detectedStreams", "inboxEventUrl", "incidentReportUrl"],
    extras: &[],
    references: &["asset", "driver"],
};

/// Samsara's labels with a code, in lower case: the stream writes them with capitals, other lists without.
#[rustfmt::skip]
const LABELS: &[(&str, Code<SafetyEvent>)] = &[
    ("crash", Code::of("collision")),
    ("forwardcollisionwarning", Code::of("forward_collision_warning")),
    ("vulnerableroadusercollisionwarning", Code::of("forward_collision_warning")),
    // The first spelling is the provider's.
    ("nearcollison", Code::of("near_collision")),
    ("nearcollision", Code::of("near_collision")),
    ("nearpedestriancollision", Code::of("near_collision")),
    ("acceleration", Code::of("hard_acceleration")),
    ("braking", Code::of("hard_braking")),
    ("harshturn", Code::of("harsh_turn")),
    ("speeding", Code::of("speeding")),
    ("maxspeed", Code::of("speeding")),
    ("lightspeeding", Code::of("speeding")),
    ("moderatespeeding", Code::of("speeding")),
    ("heavyspeeding", Code::of("speeding")),
    ("severespeeding", Code::of("speeding")),
    ("rollingstop", Code::of("rolling_stop")),
    ("ranredlight", Code::of("ran_red_light")),
    ("didnotyield", Code::of("did_not_yield")),
    ("defensivedriving", Code::of("defensive_driving")),
    ("unsafeparking", Code::of("unsafe_parking")),
    ("edgerailroadcrossingviolation", Code::of("railroad_crossing_violation")),
    ("noseatbelt", Code::of("no_seatbelt")),
    ("mobileusage", Code::of("mobile_usage")),
    ("genericdistraction", Code::of("distraction")),
    ("edgedistracteddriving", Code::of("distraction")),
    ("drowsy", Code::of("drowsy")),
    ("eating", Code::of("eating_drinking")),
    ("drinking", Code::of("eating_drinking")),
    ("eatingdrinking", Code::of("eating_drinking")),
    ("smoking", Code::of("smoking")),
    ("lateresponse", Code::of("late_response")),
    ("followingdistance", Code::of("following_distance")),
    ("followingdistancemoderate", Code::of("following_distance")),
    ("followingdistancesevere", Code::of("following_distance")),
    ("generictailgating", Code::of("tailgating")),
    ("lanedeparture", Code::of("lane_departure")),
    ("yawcontrol", Code::of("yaw_control")),
    ("rolloverprotection", Code::of("yaw_control")),
    ("obstructedcamera", Code::of("camera_obstructed")),
    ("idling", Code::of("idling")),
];

pub(super) struct DriverSafetyEvents;

impl Source for DriverSafetyEvents {
    type Provider = Samsara;
    type Rows = Vec<Observation<DriverSafetyEvent>>;
    type Cursor = Stream;

    const KNOWN: Known = Known { members: members::DRIVER_SAFETY_EVENT, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, stream: Stream) -> Result<Page<Self::Rows, Stream>, ProviderError> {
        let since = stream.since.to_string();
        let query = [
            ("startTime", since.as_str()),
            ("queryByTimeField", "updatedAtTime"),
            ("includeAsset", "true"),
            ("includeDriver", "true"),
        ];
        let response = api.page("/safety-events/stream", &query, stream.after.as_deref()).await?;
        let (data, next) = response.page(stream.after.as_deref())?;
        let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw)).collect();
        let skipped = data.len() - rows.len();
        if skipped > 0 {
            tracing::info!(
                skipped,
                provider = "samsara",
                "skipped safety events without an id or without a label that has a code"
            );
        }
        let withdrawn = data.iter().filter_map(|raw| relabelled(raw)).collect();
        Ok(Page { withdrawn, ..stream.page(rows, next.after, next.more) })
    }
}

/// The id of an event whose labels have no code. It may have had one that did, before somebody looked at it.
fn relabelled(raw: &RawValue) -> Option<String> {
    let wire = Members::of(raw);
    let is_list = wire.raw("behaviorLabels").is_some_and(|raw| raw.get().starts_with('['));
    let has_code = labels(&wire).iter().any(|label| code(label).is_some());
    wire.get("id").filter(|_| is_list && !has_code)
}

/// An event. `None` where it has no id, or none of its labels a code: rows say what happened, and nothing else would be true.
fn observation(raw: &RawValue) -> Option<Observation<DriverSafetyEvent>> {
    let wire = Members::of(raw);
    let source_id: String = wire.get("id")?;
    let labels = labels(&wire);
    let event = labels.iter().find_map(|label| code(label))?;
    // Texts, in spite of their names.
    let (start, end): (Option<Timestamp>, Option<Timestamp>) = (wire.get("startMs"), wire.get("endMs"));
    let whereabouts = wire.object("location");
    let point = whereabouts.get("longitude").zip(whereabouts.get("latitude"));
    let location = point.and_then(|(longitude, latitude)| Point::new(longitude, latitude));
    let fields = DriverSafetyEvent {
        driver_id: None,
        vehicle_id: None,
        source_driver_id: wire.object("driver").get("id"),
        source_vehicle_id: wire.object("asset").get("id"),
        event,
        h3_index_11: location.as_ref().and_then(Point::h3_index_11),
        inferred_address: address(&whereabouts.object("address"), location.as_ref()),
        location,
        duration_seconds: start.zip(end).map(|(start, end)| end.seconds() - start.seconds()).filter(|seconds| *seconds >= 0),
        event_metadata: metadata(&wire, &labels),
    };
    let occurred_at = start.or_else(|| wire.get("createdAtTime"));
    Some(RULES.observation(source_id, occurred_at, source_of(raw), fields))
}

fn labels(wire: &Members<'_>) -> Vec<String> {
    wire.list("behaviorLabels").into_iter().filter_map(|raw| Members::of(raw).get("label")).collect()
}

fn code(label: &str) -> Option<Code<SafetyEvent>> {
    let word: String = label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    LABELS.iter().find(|(known, _)| *known == word).map(|(_, code)| *code)
}

/// The place, where it is clear which state is meant.
fn address(wire: &Members<'_>, location: Option<&Point>) -> Option<InferredAddress> {
    let (city, state): (String, String) = (wire.get("city")?, wire.get("state")?);
    let [longitude, latitude] = location?.coordinates;
    let formatted = format!("{city}, {}", state.to_ascii_uppercase());
    let InferredAddress { city, province, country_code } = place(&formatted, longitude, latitude)?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some(InferredAddress { city: owned(city), province: owned(province), country_code: owned(country_code) })
}

/// What else is told, with speeds in m/s.
fn metadata(wire: &Members<'_>, labels: &[String]) -> Option<Value> {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Option<Value>| told.extend(value.map(|value| (name.to_owned(), value)));
    let speeds = wire.object("speedingMetadata");
    let speed = |name| speeds.get(name).map(|Amount(kph)| Value::from(kph * KPH));
    tell("state", wire.get::<String>("eventState").map(Value::from));
    tell("labels", Some(Value::from(labels)));
    tell("context", contexts(wire));
    tell("max_acceleration_g", wire.get("maxAccelerationGForce").map(|Amount(force)| Value::from(force)));
    tell("max_speed", speed("maxSpeedKilometersPerHour"));
    tell("speed_limit", speed("postedSpeedLimitKilometersPerHour"));
    tell("coach_id", wire.get::<String>("assignedCoach").map(Value::from));
    tell("dismissal_reason", wire.raw("dismissalReason").map(source_of).filter(|reason| !reason.is_null()));
    Some(Value::Object(told))
}

fn contexts(wire: &Members<'_>) -> Option<Value> {
    let named: Vec<String> = wire.list("contextLabels").into_iter().filter_map(|raw| Members::of(raw).get("name")).collect();
    (!named.is_empty()).then(|| Value::from(named))
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::json;

    use super::super::tests::{Canned, ask, fields, records, response};
    use super::*;

    fn event(labels: &[&str]) -> Value {
        let labels: Vec<Value> = labels.iter().map(|label| json!({ "label": label, "source": "system" })).collect();
        json!({
            "id": "bb2ff5ab-30ad-49ec-9d2d-55ec30bbf590", "behaviorLabels": labels, "eventState": "dismissed",
            "asset": { "id": "494123", "name": "Truck", "vin": "1GBJ6P1B2HV112765" }, "driver": { "id": "987", "name": "Driver" },
            "startMs": "2026-11-20T07:01:25Z", "endMs": "2026-11-20T07:01:32.9Z", "updatedAtTime": "2026-11-20T10:04:20Z",
            "location": { "latitude": 37.7749, "longitude": -122.2719, "headingDegrees": 120,
                "address": { "city": "Oakland", "state": "ca", "street": "1st" } },
            "maxAccelerationGForce": 0.5, "contextLabels": [{ "authorId": "1", "name": "Moderate Traffic" }],
            "speedingMetadata": { "maxSpeedKilometersPerHour": 126, "postedSpeedLimitKilometersPerHour": 90 },
            "media": [{ "url": "https://media.example.com/1" }], "dismissalReason": { "comment": "minorEvent" },
        })
    }

    #[test]
    fn check_safety_events() {
        let rows = json!([event(&["ContextSnow", "NearCollison", "Braking"]), event(&["Passenger"]), event(&[])]);
        let body = json!({ "data": rows, "pagination": { "endCursor": "x", "hasNextPage": false } });
        let http = Canned::new(vec![response(200, &body.to_string())]);
        let page = ask(&http, Resource::DriverSafetyEvent, None).unwrap();
        let asked = http.asked().remove(0).replace("%3A", ":");
        let query = "startTime=2026-11-14T12:00:00.000000Z&queryByTimeField=updatedAtTime&includeAsset=true&includeDriver=true";
        assert!(asked.ends_with(&format!("/safety-events/stream?{query}")), "{asked}");
        let [row] = records(&page) else { panic!("{page:?}") };
        assert_eq!(row.occurred_at, Timestamp::parse("2026-11-20T07:01:25Z"));
        let mut found = fields(row);
        for id in ["driver_id", "vehicle_id", "location", "h3_index_11"] {
            assert!(!found.as_object_mut().unwrap().remove(id).unwrap().is_null(), "{id}");
        }
        let expected = json!({
            "source_driver_id": "987", "source_vehicle_id": "494123", "event": "near_collision", "duration_seconds": 7,
            "inferred_address": { "city": "Oakland", "province": "CA", "country_code": "USA" },
            "event_metadata": {
                "state": "dismissed", "labels": ["ContextSnow", "NearCollison", "Braking"], "context": ["Moderate Traffic"],
                "max_acceleration_g": 0.5, "max_speed": 35.0, "speed_limit": 25.0, "coach_id": null,
                "dismissal_reason": { "comment": "minorEvent" },
            },
        });
        let told = |value: &Value, name: &str| value["event_metadata"].get(name).cloned().unwrap_or_default();
        for name in
            ["state", "labels", "context", "max_acceleration_g", "max_speed", "speed_limit", "coach_id", "dismissal_reason"]
        {
            assert_eq!(told(&found, name), told(&expected, name), "{name}");
        }
        for name in ["source_driver_id", "source_vehicle_id", "event", "duration_seconds", "inferred_address"] {
            assert_eq!(found[name], expected[name], "{name}");
        }
    }

    #[test]
    fn another_label_modifies_an_event_and_one_without_a_code_withdraws_it() {
        let read = |labels: &[&str]| {
            let body = json!({ "data": [event(labels)], "pagination": { "endCursor": "x", "hasNextPage": false } });
            let page = ask(&Canned::new(vec![response(200, &body.to_string())]), Resource::DriverSafetyEvent, None).unwrap();
            let told = records(&page).first().map(|row| (fields(row)["event"].clone(), row.source_hash.clone()));
            (told, page.withdrawn)
        };
        let (braking, withdrawn) = read(&["Braking"]);
        assert!(withdrawn.is_empty());
        let (crash, _) = read(&["Crash"]);
        assert_eq!((&braking.as_ref().unwrap().0, &crash.as_ref().unwrap().0), (&json!("hard_braking"), &json!("collision")));
        assert_ne!(braking.unwrap().1, crash.unwrap().1);
        for none in [&["Passenger"][..], &[]] {
            assert_eq!(read(none), (None, vec!["bb2ff5ab-30ad-49ec-9d2d-55ec30bbf590".to_owned()]), "{none:?}");
        }
        let mut unread = event(&[]);
        unread["behaviorLabels"] = Value::Null;
        assert_eq!(relabelled(&RawValue::from_string(unread.to_string()).unwrap()), None, "nobody knows its labels");
    }

    #[test]
    fn labels_are_read_however_they_are_written() {
        let code = |label: &str| code(label).map(|code| code.as_str());
        assert_eq!(code("HarshTurn"), code("harshTurn"));
        assert_eq!((code("Following Distance"), code("Invalid")), (Some("following_distance"), None));
        let hash = |url: &str| {
            let mut row = event(&["Crash"]);
            row["media"][0]["url"] = json!(url);
            observation(&RawValue::from_string(row.to_string()).unwrap()).unwrap().source_hash
        };
        assert_eq!(hash("a"), hash("b"), "another address of a video is no change");
    }
}
