//! Workflows: `GET /v1/dispatches`, every dispatch of the company, those that are over too. It leads from its shipper stop by any number
//! of dispatch stops to its consignee stop; where those are, `GET /v1/dispatch_locations` tells.
//!
//! A stop is to be made between two times, of which the first is when the driver is expected. When a driver leaves is not planned. That
//! dispatch stops tell `arrived_at` and `departed_at` is known from users of the API, and not from its documents.

use std::collections::BTreeSet;

use model::Timestamp;
use model::telematics::code::{Code, StopType, WorkflowState};
use model::telematics::{InferredAddress, Observation, Point, Workflow, WorkflowStop};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::beside::{Beside, id_in};
use super::client::{List, unwrapped};
use super::{Motive, members};
use crate::numbered::Numbered;
use crate::place::{alpha3, country_of};
use crate::units::METERS_IN_MILE;
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const LIST: List = List { path: "/v1/dispatches", rows: "dispatches", row: "dispatch" };
const PLACES: List = List { path: "/v1/dispatch_locations", rows: "dispatch_locations", row: "dispatch_location" };
const STOP: &str = "dispatch_stop";

const RULES: SourceRules = SourceRules {
    volatile: &["updated_at"],
    extras: &[
        "vendor_id",
        "trailer",
        "product",
        "pickup_number",
        "consignee_refno",
        "order_pieces",
        "order_weight",
        "order_volume",
        "temperature_min",
        "temperature_max",
    ],
    references: &[],
};

const PLANNED: Code<WorkflowState> = Code::of("PLANNED");
const ACTIVE: Code<WorkflowState> = Code::of("ACTIVE");
const COMPLETED: Code<WorkflowState> = Code::of("COMPLETED");
const CANCELLED: Code<WorkflowState> = Code::of("CANCELLED");
/// The documents spell the last one in both ways.
const STATES: &[(&str, Code<WorkflowState>)] =
    &[("planned", PLANNED), ("active", ACTIVE), ("completed", COMPLETED), ("cancelled", CANCELLED), ("canceled", CANCELLED)];
/// Types of stops are what the fleet's own system calls them; these are the documents' words that are no codes themselves.
const TYPES: &[(&str, Code<StopType>)] = &[("PU", Code::of("PICKUP")), ("DROPOFF", Code::of("DELIVERY"))];
const OTHER: Code<StopType> = Code::of("OTHER");
/// What is kept of a place.
const PLACE: &[&str] = &["name", "address1", "city", "state", "zip", "country", "lat", "lon"];

pub(super) struct Workflows;

impl Source for Workflows {
    type Provider = Motive;
    type Rows = Vec<Observation<Workflow>>;
    type Cursor = Numbered;

    const KNOWN: Known = Known { members: members::WORKFLOW, words: &[("status", &["workflow_status"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Motive>, at: Numbered) -> Result<Page<Self::Rows, Numbered>, ProviderError> {
        let page = api.walk(LIST, at, observation).await?;
        let rows = with_places(api, page.rows).await?;
        Ok(Page { rows, ..page })
    }
}

/// A dispatch; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue) -> Option<Observation<Workflow>> {
    let wire = Members::of(raw);
    let source_id = wire.id("dispatch", "motive")?;
    let status = wire.get::<String>("status").and_then(|word| state(&word));
    let changed: Option<Timestamp> = wire.get("status_updated_at");
    let miles = wire.get("loaded_miles").map(|Amount(miles)| miles).filter(|miles| *miles > 0.0);
    let fields = Workflow {
        source_vehicle_id: wire.get("vehicle_id"),
        source_driver_id: wire.get("driver_id"),
        workflow_status: status,
        // Of its times only that of the last change of its status is told.
        started_at: changed.filter(|_| status == Some(ACTIVE)),
        ended_at: changed.filter(|_| status == Some(COMPLETED) || status == Some(CANCELLED)),
        total_distance: miles.map(|miles| miles * METERS_IN_MILE),
        stops: stops(&wire),
        ..Workflow::default()
    };
    Some(RULES.observation(source_id, changed, source_of(raw), fields))
}

fn state(word: &str) -> Option<Code<WorkflowState>> {
    STATES.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, state)| *state)
}

/// Writes where stops are. Places become part of a dispatch's source, as `locations`: one that is renamed modifies the dispatches that
/// lead there. While they cannot be read, stored records stay as they are.
async fn with_places(
    api: &Api<'_, Motive>,
    mut rows: Vec<Observation<Workflow>>,
) -> Result<Vec<Observation<Workflow>>, ProviderError> {
    let wanted: BTreeSet<String> = rows.iter().flat_map(|row| place_ids(&row.source)).collect();
    let places = Beside::ask(api, PLACES, &wanted, |place| Some(kept(place))).await?;
    for row in &mut rows {
        let ids = place_ids(&row.source);
        row.is_partial = matches!(places, Beside::Down) && !ids.is_empty();
        let found: Map<String, Value> = ids.into_iter().filter_map(|id| Some((id.clone(), places.of(&id)?.clone()))).collect();
        let Some(source) = row.source.as_object_mut().filter(|_| !found.is_empty()) else { continue };
        source.insert("locations".into(), found.into());
        row.source_hash = RULES.hash(&row.source);
        let raw = to_raw_value(&row.source).map_err(ProviderError::unwritable)?;
        row.fields.stops = stops(&Members::of(&raw));
    }
    Ok(rows)
}

fn kept(place: &Members<'_>) -> Value {
    let members = PLACE.iter().filter_map(|name| Some(((*name).to_owned(), source_of(place.raw(name)?))));
    Value::Object(members.collect())
}

fn place_ids(source: &Value) -> Vec<String> {
    let ends = ["shipper_dispatch_location_id", "consignee_dispatch_location_id"].map(|name| source.get(name));
    let between = source.get("dispatch_stops").and_then(Value::as_array).into_iter().flatten();
    let between = between.map(|stop| stop.get(STOP).unwrap_or(stop).get("dispatch_location_id"));
    ends.into_iter().chain(between).flatten().filter_map(id_in).collect()
}

/// What is told of a stop.
struct Told {
    id: Option<String>,
    kind: Option<String>,
    place: Option<String>,
    comments: Option<String>,
    expected: Option<Timestamp>,
    arrived: Option<Timestamp>,
    left: Option<Timestamp>,
}

/// The stops of a dispatch, in their order.
fn stops(wire: &Members<'_>) -> Vec<WorkflowStop> {
    let places = wire.object("locations");
    let mut between: Vec<Members<'_>> =
        wire.list("dispatch_stops").into_iter().map(|raw| Members::of(unwrapped(raw, STOP))).collect();
    between.sort_by_key(|stop| stop.get::<i64>("number").unwrap_or(i64::MAX));
    let between = between.iter().map(|stop| Told {
        id: stop.get("id").or_else(|| stop.get("vendor_id")),
        kind: stop.get("type"),
        place: stop.get("dispatch_location_id"),
        comments: stop.get("comments"),
        expected: stop.get("early_date").or_else(|| stop.get("late_date")),
        arrived: stop.get("arrived_at"),
        left: stop.get("departed_at"),
    });
    let (first, last) = (end(wire, "shipper", "pickup"), end(wire, "consignee", "delivery"));
    let all = first.into_iter().chain(between).chain(last);
    all.zip(1..).map(|(told, number)| told.stop(number, &places)).collect()
}

/// The first or the last stop, whose members are the dispatch's own; `None` where the dispatch has none.
fn end(wire: &Members<'_>, whose: &str, dates: &str) -> Option<Told> {
    let told = Told {
        id: wire.get(&format!("vendor_{whose}_id")),
        kind: wire.get(&format!("{whose}_type")),
        place: wire.get(&format!("{whose}_dispatch_location_id")),
        comments: wire.get(&format!("{whose}_comments")),
        expected: ["early", "late"].into_iter().find_map(|which| wire.get(&format!("{dates}_{which}_date"))),
        arrived: None,
        left: None,
    };
    (told.id.is_some() || told.kind.is_some() || told.place.is_some()).then_some(told)
}

impl Told {
    fn stop(self, number: i64, places: &Members<'_>) -> WorkflowStop {
        let place = self.place.map(|id| places.object(&id)).unwrap_or_default();
        let location = place.get("lon").zip(place.get("lat")).and_then(|(longitude, latitude)| Point::new(longitude, latitude));
        WorkflowStop {
            source_stop_id: self.id,
            sequence_number: Some(number),
            stop_type: self.kind.map(|word| stop_type(&word)),
            location_name: place.get("name"),
            activities: Vec::new(),
            h3_index_11: location.as_ref().and_then(Point::h3_index_11),
            location,
            inferred_address: address(&place),
            instructions: self.comments,
            scheduled_arrival: self.expected,
            scheduled_departure: None,
            actual_arrival: self.arrived,
            actual_departure: self.left,
        }
    }
}

fn stop_type(word: &str) -> Code<StopType> {
    let word = word.trim().to_ascii_uppercase();
    let known = TYPES.iter().find(|(known, _)| word == *known).map(|(_, kind)| *kind);
    known.or_else(|| Code::parse(&word)).unwrap_or(OTHER)
}

fn address(place: &Members<'_>) -> Option<InferredAddress> {
    let (state, country): (String, Option<String>) = (place.get("state")?, place.get("country"));
    let known = country_of(&state)?;
    let is_there = country.is_none_or(|country| alpha3(&country).unwrap_or(&country) == known);
    is_there.then(|| InferredAddress { city: place.get("city"), province: Some(state), country_code: Some(known.to_owned()) })
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::json;

    use super::super::tests::{asker, at, page};
    use super::*;
    use crate::HttpFailure;
    use crate::testing::{Answer, Canned, check_fields, fields, records, response};

    /// After the list of attributes in the provider's documents.
    fn documented() -> Value {
        json!({
            "id": 3_743_956, "vendor_id": "VD-1", "vendor_shipper_id": "VSS-1", "vendor_consignee_id": "VCS-1", "driver_id": 1_088_505,
            "vehicle_id": 64_734, "status": "active", "status_updated_at": "2026-11-20T14:00:00Z", "shipper_dispatch_location_id": 8_386,
            "consignee_dispatch_location_id": 8_388, "shipper_type": "pickup", "consignee_type": "dropoff", "shipper_status": "departed",
            "consignee_status": "available", "shipper_comments": "Dock 4", "consignee_comments": null, "loaded_miles": 450,
            "pickup_early_date": "2026-11-20T13:00:00-05:00", "pickup_late_date": "2026-11-20T15:00:00-05:00",
            "delivery_early_date": null, "delivery_late_date": "2026-11-22T20:00:00Z", "product": "Paper", "trailer": "TR-7",
            "dispatch_stops": [
                { STOP: { "id": 12, "vendor_id": "VDS-2", "number": 2, "type": "scale house", "dispatch_location_id": 8_999 } },
                { STOP: { "id": 11, "vendor_id": "VDS-1", "number": 1, "type": "PU", "comments": "Call first", "status": "departed",
                    "dispatch_location_id": 8_387, "early_date": "2026-11-21T08:00:00Z", "arrived_at": "2026-11-21T08:10:00Z",
                    "departed_at": "2026-11-21T09:00:00Z" } },
            ],
        })
    }

    fn with(more: &Value) -> Value {
        let mut one = documented();
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    }

    fn dispatches(all: &[Value]) -> Answer {
        page(LIST.rows, LIST.row, all, 1, all.len())
    }

    fn places(name: &str) -> Answer {
        let all = [
            json!({ "id": 8_386, "vendor_id": null, "lat": 38.602, "lon": -121.479, "name": name, "address1": "1 Front St",
                "city": "Sacramento", "state": "CA", "zip": "95814", "country": "US", "phone": null, "arrive_radius": 400 }),
            json!({ "id": 8_387, "lat": 39.535, "lon": -119.811, "name": "Reno Yard", "city": "Reno", "state": "NV", "country": null }),
            json!({ "id": 8_388, "lat": null, "lon": null, "name": "Bodega Norte", "city": "Monterrey", "state": "NL", "country": "MX" }),
        ];
        page(PLACES.rows, PLACES.row, &all, 1, all.len())
    }

    #[test]
    fn check_dispatches() {
        let http = Canned::new(vec![dispatches(&[documented()]), places("Front Street")]);
        let found = asker().walk(&http, Resource::Workflow);
        let asked = ["/v1/dispatches?per_page=100&page_no=1", "/v1/dispatch_locations?per_page=100&page_no=1"];
        assert!(http.asked().iter().zip(asked).all(|(url, end)| url.ends_with(end)), "{:?}", http.asked());
        let [one] = records(&found[0]) else { panic!("{found:?}") };
        assert_eq!((one.source_id.as_str(), one.occurred_at), ("3743956", Some(at("2026-11-20T14:00:00Z"))));
        assert!(found[0].complete_scan && !one.is_partial);
        let expected = json!({
            "source_vehicle_id": "64734", "source_driver_id": "1088505", "workflow_status": "ACTIVE", "total_distance": 724_204.8,
            "started_at": "2026-11-20T14:00:00.000000Z", "ended_at": null, "instructions": null,
        });
        check_fields(one, &expected);
        assert!(fields(one)["vehicle_id"].is_string() && fields(one)["driver_id"].is_string());
        assert_eq!(one.extras, Some(json!({ "vendor_id": "VD-1", "product": "Paper", "trailer": "TR-7" })));
        let told: Vec<Value> = fields(one)["stops"].as_array().unwrap().clone();
        let column = |name: &str| told.iter().map(|stop| stop[name].clone()).collect::<Vec<_>>();
        assert_eq!(column("source_stop_id"), ["VSS-1", "11", "12", "VCS-1"]);
        assert_eq!(column("sequence_number"), [1, 2, 3, 4]);
        assert_eq!(column("stop_type"), ["PICKUP", "PICKUP", "OTHER", "DELIVERY"]);
        assert_eq!(column("location_name"), [json!("Front Street"), json!("Reno Yard"), Value::Null, json!("Bodega Norte")]);
        assert_eq!(column("instructions"), [json!("Dock 4"), json!("Call first"), Value::Null, Value::Null]);
        let arrivals = ["2026-11-20T18:00:00.000000Z", "2026-11-21T08:00:00.000000Z", "", "2026-11-22T20:00:00.000000Z"];
        assert_eq!(column("scheduled_arrival"), arrivals.map(|time| if time.is_empty() { Value::Null } else { json!(time) }));
        assert_eq!(
            (&told[1]["actual_arrival"], &told[1]["actual_departure"]),
            (&json!("2026-11-21T08:10:00.000000Z"), &json!("2026-11-21T09:00:00.000000Z"))
        );
        assert_eq!(told[0]["location"]["coordinates"], json!([-121.479, 38.602]));
        assert!(told[0]["h3_index_11"].is_i64() && told[3]["location"].is_null() && told[0]["activities"] == json!([]));
        assert_eq!(told[0]["inferred_address"], json!({ "city": "Sacramento", "province": "CA", "country_code": "USA" }));
        assert_eq!((&told[1]["inferred_address"]["country_code"], &told[3]["inferred_address"]), (&json!("USA"), &Value::Null));
    }

    #[test]
    fn a_dispatch_ends_when_its_status_says_so() {
        let odd = json!({ "id": 5, "status": "paused", "status_updated_at": null, "dispatch_stops": null });
        let all = [
            with(&json!({ "status": "completed" })),
            with(&json!({ "id": 4, "status": "Canceled" })),
            odd,
            with(&json!({ "id": 6, "status": "planned", "loaded_miles": null })),
        ];
        let found = asker().walk(&Canned::new(vec![dispatches(&all), places("A")]), Resource::Workflow);
        let rows: Vec<Value> = records(&found[0]).iter().map(fields).collect();
        let ended = json!("2026-11-20T14:00:00.000000Z");
        let times = |row: &Value| (row["workflow_status"].clone(), row.get("started_at").cloned(), row.get("ended_at").cloned());
        assert_eq!(times(&rows[0]), (json!("COMPLETED"), None, Some(ended.clone())));
        assert_eq!(times(&rows[1]), (json!("CANCELLED"), None, Some(ended)));
        assert_eq!(rows[2], json!({ "stops": [] }));
        assert_eq!((times(&rows[3]), rows[3].get("total_distance")), ((json!("PLANNED"), None, None), None));
    }

    #[test]
    fn places_are_part_of_a_dispatch_unless_nobody_tells_them() {
        let read = |answer: Answer| {
            let page = asker().ask(&Canned::new(vec![dispatches(&[documented()]), answer]), Resource::Workflow, None).unwrap();
            let row = &records(&page)[0];
            (fields(row)["stops"][0]["location_name"].clone(), row.is_partial, row.source_hash.clone())
        };
        let (name, is_partial, hash) = read(places("Front Street"));
        assert_eq!((name, is_partial), (json!("Front Street"), false));
        assert_ne!(read(places("Front Street, gate 2")).2, hash, "a place that is renamed modifies what leads there");
        for down in [response(500, "busy"), Err(HttpFailure::Timeout), response(200, "<html>")] {
            let (name, is_partial, _) = read(down);
            assert_eq!((name, is_partial), (Value::Null, true));
        }
        let (name, is_partial, _) = read(response(403, r#"{"error_message":"forbidden"}"#));
        assert_eq!((name, is_partial), (Value::Null, false), "the account has no places");
        let http = Canned::new(vec![dispatches(&[json!({ "id": 1, "status": "planned" })])]);
        asker().walk(&http, Resource::Workflow);
        assert!(http.is_empty(), "nobody asks for places that nothing names");
    }

    #[test]
    fn a_stored_dispatch_is_mapped_again_with_its_places() {
        let http = Canned::new(vec![dispatches(&[documented()]), places("Front Street")]);
        let found = asker().walk(&http, Resource::Workflow);
        let one = &records(&found[0])[0];
        let again = observation(&to_raw_value(&one.source).unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&again.fields.stops).unwrap(), fields(one)["stops"]);
        assert_eq!((again.source_hash, again.extras), (one.source_hash.clone(), one.extras.clone()));
    }
}
