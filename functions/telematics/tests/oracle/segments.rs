//! Where vehicles drove: worked out of their positions, all of which are in one state here, so a vehicle has one segment a day.

use std::collections::BTreeMap;

use model::telematics::segments::Place;
use model::{ConnectionId, PartnerId, Resource, Timestamp};
use serde_json::{Value, json};
use testing::Random;

use crate::lists::{is_named, narrow, pick, text};
use crate::platform::{Ask, Platform, now};
use crate::rows::origin;
use crate::world::{Seen, World};
use crate::{Compared, Question};

/// The operation that lists them.
pub(crate) const HANDLER: &str = "vehicle_region_segments.list";

const DAY: i64 = 86_400;

/// Works out the days whose positions have become more.
pub(crate) async fn work_out(platform: &Platform, world: &World) {
    let missouri = |_: &_| Place { country: Some("USA".into()), region: Some("US-MO".into()) };
    for connection in &world.connections {
        let origin = origin(connection.id, Resource::VehicleRegionSegment.record_type().unwrap());
        let store = platform.context.store();
        for day in store.outdated_days(&origin, now().plus_seconds(-50 * DAY)).await.unwrap() {
            store.derive_day(&origin, &day, &missouri).await.unwrap();
        }
    }
}

/// Some request of a partner, and its answer.
pub(crate) fn question(world: &World, partner: PartnerId, random: &mut Random) -> Question {
    let mut ask = Ask { handler: HANDLER, path: Vec::new(), query: Vec::new() };
    narrow(world, &mut ask, random);
    let day = now().plus_seconds(-DAY * i64::try_from(random.below(3)).unwrap()).date().to_string();
    ask.query.push(("processing_date", day.clone()));
    if random.is_one_in(3) {
        ask.query.push(("group_by", "segment".to_owned()));
    }
    let all: Vec<_> = world.connections.iter().flat_map(|connection| segments(world, connection.id, &day)).collect();
    let wanted = (!all.is_empty() && random.is_one_in(4)).then(|| pick(&all, random).vehicle.clone());
    ask.query.extend(wanted.iter().map(|vehicle| ("vehicle_ids", text(vehicle))));
    let seen = world.seen(partner, Resource::VehicleRegionSegment).into_iter().filter(|seen| is_named(&ask, seen));
    let mut rows: Vec<(Seen, Segment)> = Vec::new();
    for seen in seen {
        let shown = segments(world, seen.connection, &day).into_iter().filter(|one| seen.until.is_none_or(|end| one.last < end));
        let shown = shown.filter(|one| wanted.as_ref().is_none_or(|wanted| *wanted == one.vehicle));
        rows.extend(shown.map(|segment| (seen.clone(), segment)));
    }
    rows.sort_by_key(|(seen, segment)| (seen.connection, text(&segment.vehicle), seen.fleet));
    let row = |(seen, segment): (Seen, Segment)| {
        let row = json!({
            "fleet_id": seen.fleet, "fleet_ref": seen.fleet_ref, "connection_id": seen.connection, "processing_date": day,
            "vehicle_id": segment.vehicle, "region": "US-MO", "country_code": "USA", "segment_start_time": segment.first,
            "segment_end_time": segment.last, "location_count": segment.count, "deleted_at": null,
        });
        row.as_object().unwrap().clone()
    };
    Question { expected: rows.into_iter().map(row).collect(), ask, compared: Compared::Named }
}

/// A vehicle's day.
#[derive(Clone, Debug)]
struct Segment {
    vehicle: Value,
    first: Timestamp,
    last: Timestamp,
    count: u64,
}

fn segments(world: &World, connection: ConnectionId, day: &str) -> Vec<Segment> {
    let mut found: BTreeMap<String, Segment> = BTreeMap::new();
    let positions = world.rows.of(Resource::VehicleLocation.record_type().unwrap(), connection);
    for position in positions.filter(|position| position.occurred_at.date().to_string() == day) {
        let (vehicle, at) = (position.member("vehicle_id"), position.occurred_at);
        let segment = Segment { vehicle: vehicle.clone(), first: at, last: at, count: 0 };
        let segment = found.entry(text(&vehicle)).or_insert(segment);
        (segment.first, segment.last, segment.count) = (segment.first.min(at), segment.last.max(at), segment.count + 1);
    }
    found.into_values().collect()
}
