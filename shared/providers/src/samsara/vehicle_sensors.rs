//! Inputs of vehicles: `GET /fleet/vehicles/stats/feed` with the driver's seat belt and the thirteen auxiliary inputs. A request takes three
//! types, so each run goes along five feeds, one behind the other. Each first brings the newest state.

use model::Timestamp;
use model::telematics::{Observation, VehicleSensor};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Samsara, VEHICLE_FEED, members};
use crate::cursor::Cursor;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The types of each feed.
const FEEDS: &[&[&str]] = &[
    &["seatbeltDriver", "auxInput1", "auxInput2"],
    &["auxInput3", "auxInput4", "auxInput5"],
    &["auxInput6", "auxInput7", "auxInput8"],
    &["auxInput9", "auxInput10", "auxInput11"],
    &["auxInput12", "auxInput13"],
];

/// A reading never changes.
const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &[] };

/// Along several feeds, one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Feeds {
    /// Which feed is read.
    at: usize,
    /// The TSP's cursor in each that was begun.
    after: Vec<Option<String>>,
}

impl Cursor for Feeds {
    const KIND: &'static str = "feeds";

    fn begin(kept: Option<Self>, _: Timestamp) -> Self {
        let kept = kept.unwrap_or_default();
        if kept.at < FEEDS.len() { kept } else { Self { at: 0, ..kept } }
    }
}

impl Feeds {
    fn after(&self) -> Option<&str> {
        self.after.get(self.at)?.as_deref()
    }

    /// Where it stands after a page that ends at `after`, or where it began if the TSP names no place.
    fn next(mut self, after: Option<String>, more: bool) -> Self {
        self.after.resize(FEEDS.len(), None);
        if let (Some(place), Some(after)) = (self.after.get_mut(self.at), after) {
            *place = Some(after);
        }
        if !more {
            self.at += 1;
        }
        self
    }
}

pub(super) struct VehicleSensors;

impl Source for VehicleSensors {
    type Provider = Samsara;
    type Rows = Vec<Observation<VehicleSensor>>;
    type Cursor = Feeds;

    const KNOWN: Known = Known { members: members::VEHICLE_SENSOR, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let wire = Members::of(stored.json);
        let kind: String = wire.get("type")?;
        let vehicle = stored.subject()?.strip_suffix(kind.as_str())?.strip_suffix(':')?;
        Some(vec![observation(vehicle, &kind, wire.raw("reading")?)?])
    }));

    async fn page(api: &Api<'_, Samsara>, feeds: Feeds) -> Result<Page<Self::Rows, Feeds>, ProviderError> {
        let types = FEEDS.get(feeds.at).copied().unwrap_or_default();
        let response = api.page(VEHICLE_FEED, &[("types", &types.join(","))], feeds.after()).await?;
        let (data, next) = response.page(feeds.after())?;
        let rows = data.iter().flat_map(|raw| of_vehicle(types, raw)).collect();
        let feeds = feeds.next(next.after, next.more);
        let more = feeds.at < FEEDS.len();
        Ok(Page::of(rows, Some(feeds), more))
    }
}

/// The readings of a vehicle; those without a vehicle, a time or a value that has a meaning are left out, with a warning.
fn of_vehicle(types: &[&str], raw: &RawValue) -> Vec<Observation<VehicleSensor>> {
    let wire = Members::of(raw);
    let Some(vehicle) = wire.id("vehicle", "samsara") else { return Vec::new() };
    let (mut found, mut skipped) = (Vec::new(), 0);
    for kind in types {
        for reading in wire.list(kind) {
            match observation(&vehicle, kind, reading) {
                Some(row) => found.push(row),
                None => skipped += 1,
            }
        }
    }
    if skipped > 0 {
        tracing::warn!(skipped, provider = "samsara", "skipped readings of inputs without time or state");
    }
    found
}

/// A reading has no id: `vehicle_sensor:<vehicle>:<type>:<time>`.
fn observation(vehicle: &str, kind: &str, raw: &RawValue) -> Option<Observation<VehicleSensor>> {
    let wire = Members::of(raw);
    let time: Timestamp = wire.get("time")?;
    let is_on = state(wire.raw("value")?.get())?;
    let name: Option<String> = wire.get("name");
    let fields = VehicleSensor {
        source_vehicle_id: Some(vehicle.to_owned()),
        raw_event: Some(name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))),
        sensor_event: Some(word(kind)),
        sensor_value: Some(if is_on { 1.0 } else { 0.0 }),
        sensor_unit: Some(String::new()),
        ..VehicleSensor::default()
    };
    let source_id = format!("vehicle_sensor:{vehicle}:{kind}:{time}");
    Some(RULES.observation(source_id, Some(time), json!({ "type": kind, "reading": source_of(raw) }), fields))
}

fn state(value: &str) -> Option<bool> {
    match value.trim_matches('"') {
        "true" | "Buckled" => Some(true),
        "false" | "Unbuckled" => Some(false),
        _ => None,
    }
}

fn word(kind: &str) -> String {
    match kind.strip_prefix("auxInput") {
        Some(number) => format!("aux_input_{number}"),
        None => "driver_seatbelt".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};
    use serde_json::{Value, json};

    use super::super::tests::{Canned, ask, fields, records, response, walk};

    fn feed(rows: &Value, after: &str, more: bool) -> String {
        json!({ "data": rows, "pagination": { "endCursor": after, "hasNextPage": more } }).to_string()
    }

    #[test]
    fn check_inputs_along_all_feeds() {
        let belt =
            json!([{ "time": "2026-11-21T10:00:00Z", "value": "Buckled" }, { "time": "2026-11-21T10:05:00Z", "value": "Maybe" }]);
        let aux = json!([{ "time": "2026-11-21T10:00:00Z", "name": "powerTakeOff", "value": false }, { "value": true }]);
        let pages = [
            feed(&json!([{ "id": "112", "seatbeltDriver": belt, "auxInput1": aux }, { "auxInput2": [] }]), "a", true),
            feed(&json!([]), "b", false),
            feed(&json!([]), "c", false),
            feed(&json!([]), "d", false),
            feed(&json!([]), "e", false),
            feed(&json!([]), "f", false),
        ];
        let http = Canned::new(pages.iter().map(|body| response(200, body)).collect());
        let found = walk(&http, Resource::VehicleSensor);
        let asked = http.asked();
        assert_eq!(asked.len(), 6);
        assert!(asked[0].ends_with("/fleet/vehicles/stats/feed?types=seatbeltDriver%2CauxInput1%2CauxInput2"), "{asked:?}");
        assert!(asked[1].ends_with("auxInput2&after=a") && asked[5].ends_with("types=auxInput12%2CauxInput13"), "{asked:?}");
        let [belt, aux] = records(&found[0]) else { panic!("{found:?}") };
        assert_eq!(belt.source_id, "vehicle_sensor:112:seatbeltDriver:2026-11-21T10:00:00.000000Z");
        assert_eq!(belt.occurred_at, Timestamp::parse("2026-11-21T10:00:00Z"));
        let (one, other) = (fields(belt), fields(aux));
        assert_eq!(
            (&one["sensor_event"], &one["sensor_value"], &one["raw_event"]),
            (&json!("driver_seatbelt"), &json!(1.0), &json!("seatbeltDriver"))
        );
        assert_eq!((&other["sensor_event"], &other["sensor_value"]), (&json!("aux_input_1"), &json!(0.0)));
        assert_eq!((&other["raw_event"], &other["sensor_unit"]), (&json!("auxInput1 powerTakeOff"), &json!("")));
        assert!(one["vehicle_id"].is_string() && found.iter().all(|page| page.window.is_none() && !page.complete_scan));

        // The next run goes on in each feed where it was.
        let http = Canned::new(vec![response(200, &feed(&json!([]), "g", false))]);
        let last = found.last().unwrap();
        assert!(!last.more);
        let page = ask(&http, Resource::VehicleSensor, last.cursor.as_deref()).unwrap();
        assert!(http.asked()[0].ends_with("auxInput2&after=b") && page.more);
    }
}
