//! The operations of analytics: what there is now, counted and joined by looking at all rows.

use std::collections::{BTreeMap, BTreeSet};

use model::connection::ConnectionStatus;
use model::telematics::RecordType;
use model::{ConnectionId, FleetId, PartnerId, Resource, Timestamp};
use serde_json::{Map, Value, json};
use testing::Random;

use crate::lists::{by_subject, is_named, narrow, newest, ordered, pick, text};
use crate::platform::{Ask, now};
use crate::world::{Seen, Shown, World};

const DAY: i64 = 86_400;

/// Lists with a row for each thing: the handler, and its filters by ids.
pub(crate) const SUMMARIES: &[(&str, &[&str])] = &[
    ("analytics.fleets", &[]),
    ("analytics.vehicles", &["vehicle_ids"]),
    ("analytics.drivers", &["driver_ids"]),
    ("analytics.trailers", &["trailer_ids"]),
    ("analytics.live_vehicles", &["vehicle_ids", "driver_ids"]),
    ("analytics.live_trailers", &["trailer_ids"]),
];

/// Answers without pages.
pub(crate) const COUNTS: &[&str] = &[
    "analytics.overview",
    "analytics.fleet_growth",
    "analytics.vehicle_growth",
    "analytics.driver_growth",
    "analytics.trailer_growth",
];

/// What a partner sees now, within what a request names. Links that have ended show nothing.
struct Sight<'w> {
    world: &'w World,
    partner: PartnerId,
    ask: Ask,
}

/// An answer that is expected: rows in order, each with the members that are compared.
type Table = Vec<Map<String, Value>>;

impl Sight<'_> {
    fn seen(&self, resource: Resource) -> Vec<Seen> {
        let seen = self.world.seen(self.partner, resource).into_iter();
        seen.filter(|seen| seen.until.is_none() && is_named(&self.ask, seen)).collect()
    }

    /// The entities that TSPs list.
    fn listed<'s>(&'s self, seen: &'s [Seen], resource: Resource) -> Vec<Shown<'s>> {
        let mut rows = self.world.shown(seen, record(resource));
        let is_counted = |shown: &Shown<'_>| resource != Resource::User || shown.member("is_driver") == json!(true);
        rows.retain(|shown| shown.row.deleted_at.is_none() && is_counted(shown));
        rows
    }

    /// The subjects' newest rows, of those that TSPs have not removed.
    fn newest<'s>(&'s self, seen: &'s [Seen], resource: Resource) -> Vec<Shown<'s>> {
        let record = record(resource);
        let mut rows = newest(self.world.shown(seen, record), record.storage.timeline().unwrap().subject);
        rows.retain(|shown| !self.is_removed(shown));
        rows
    }

    fn is_removed(&self, shown: &Shown<'_>) -> bool {
        let subject = shown.row.record.storage.timeline().unwrap().subject;
        let entity = record(Resource::parse(subject.trim_end_matches("_id")).unwrap());
        let id = shown.member(subject);
        self.world.rows.of(entity, shown.row.connection).any(|row| json!(row.id) == id && row.deleted_at.is_some())
    }

    /// The fleets with an agreement in force: name, fleet, the day of the agreement, open connections.
    fn fleets(&self) -> Vec<(Option<String>, FleetId, String, Vec<ConnectionId>)> {
        let mut fleets = Vec::new();
        for agreement in self.world.open(self.partner) {
            let connections: Vec<ConnectionId> =
                agreement.connections.iter().filter(|link| link.is_open()).map(|link| link.connection_id).collect();
            let (fleet, fleet_ref) = (agreement.fleet_id, agreement.fleet_ref.clone());
            let link = |connection| Seen { connection, fleet, fleet_ref: fleet_ref.clone(), until: None };
            let named: Vec<ConnectionId> =
                connections.iter().copied().filter(|connection| is_named(&self.ask, &link(*connection))).collect();
            let without_connection = Ask { query: without(&self.ask, "connection_id"), ..self.ask.clone() };
            let names_connection = self.ask.query.len() != without_connection.query.len();
            let is_fleet_named = is_named(&without_connection, &link(self.world.connections[0].id));
            if is_fleet_named && (!names_connection || !named.is_empty()) {
                fleets.push((fleet_ref.clone(), fleet, agreement.created_at.date().to_string(), named));
            }
        }
        fleets
    }
}

fn without(ask: &Ask, name: &str) -> Vec<(&'static str, String)> {
    ask.query.iter().filter(|(parameter, _)| *parameter != name).cloned().collect()
}

fn record(resource: Resource) -> &'static RecordType {
    resource.record_type().unwrap()
}

/// A request for counts, and its answer.
pub(crate) fn count(world: &World, partner: PartnerId, handler: &'static str, random: &mut Random) -> (Ask, Value) {
    let mut ask = Ask { handler, path: Vec::new(), query: Vec::new() };
    narrow(world, &mut ask, random);
    let sight = Sight { world, partner, ask };
    let days = |resource| {
        let seen = sight.seen(resource);
        sight.listed(&seen, resource).iter().map(|shown| shown.row.created_at.date().to_string()).collect::<Vec<String>>()
    };
    let fleets: BTreeMap<FleetId, String> = sight.fleets().into_iter().map(|(_, fleet, day, _)| (fleet, day)).collect();
    let came = match handler {
        "analytics.overview" => {
            let [vehicles, drivers, trailers] = [Resource::Vehicle, Resource::User, Resource::Trailer].map(|one| days(one).len());
            let expected = json!({ "fleets": fleets.len(), "vehicles": vehicles, "drivers": drivers, "trailers": trailers });
            return (sight.ask, expected);
        }
        "analytics.fleet_growth" => fleets.into_values().collect(),
        "analytics.vehicle_growth" => days(Resource::Vehicle),
        "analytics.driver_growth" => days(Resource::User),
        _ => days(Resource::Trailer),
    };
    let period = 1 + i64::try_from(random.below(70)).unwrap();
    let points = (0..=period).rev().map(|ago| {
        let day = now().plus_seconds(-DAY * ago).date().to_string();
        let [on, until] = [came.iter().filter(|came| **came == day).count(), came.iter().filter(|came| **came <= day).count()];
        json!({ "date": day, "daily_count": on, "cumulative_count": until })
    });
    let expected = points.collect();
    let mut ask = sight.ask;
    ask.query.push(("period_days", period.to_string()));
    (ask, expected)
}

/// A request for a list, and the rows that it answers.
pub(crate) fn summary(
    world: &World,
    partner: PartnerId,
    (handler, filters): (&'static str, &[&'static str]),
    random: &mut Random,
) -> (Ask, Table) {
    let mut ask = Ask { handler, path: Vec::new(), query: Vec::new() };
    narrow(world, &mut ask, random);
    let sight = Sight { world, partner, ask };
    let (subject, mut rows) = match handler {
        "analytics.fleets" => ("fleet_ref", fleets(&sight)),
        "analytics.vehicles" => ("vehicle_id", vehicles(&sight)),
        "analytics.drivers" => ("user_id", drivers(&sight)),
        "analytics.trailers" => ("trailer_id", trailers(&sight)),
        "analytics.live_vehicles" => ("vehicle_id", live_vehicles(&sight)),
        _ => ("trailer_id", live_trailers(&sight)),
    };
    let mut ask = sight.ask;
    for parameter in filters {
        if !random.is_one_in(4) {
            continue;
        }
        let member = if *parameter == "driver_ids" && subject == "user_id" { "user_id" } else { parameter.trim_end_matches('s') };
        let all: Vec<Value> = rows.iter().filter_map(|row| row.get(member).filter(|id| !id.is_null()).cloned()).collect();
        let wanted = if all.is_empty() {
            vec![json!(world.fleets[0])]
        } else {
            vec![pick(&all, random).clone(), pick(&all, random).clone()]
        };
        ask.query.extend(wanted.iter().map(|id| (*parameter, text(id))));
        rows.retain(|row| row.get(member).is_some_and(|id| wanted.contains(id)));
        // Things that are named are in the order of their ids alone, newest readings in that of connections first.
        if !(handler.contains("live") && *parameter != "driver_ids") {
            rows.sort_by_key(|row| [subject, "_fleet"].map(|name| text(&row[name])));
        }
    }
    if random.is_one_in(3) {
        let fields: &[&str] = match handler {
            "analytics.fleets" => &["vehicles", "drivers", "connections"],
            "analytics.vehicles" => &["vehicle_name", "last_location_ping"],
            "analytics.drivers" => &["first_name", "safety_events_30d"],
            "analytics.trailers" => &["trailer_name"],
            "analytics.live_vehicles" => &["vehicle_name", "driver_name", "occurred_at"],
            _ => &["trailer_name", "driver_name", "vehicle_id"],
        };
        let (field, descending) = (*pick(fields, random), random.is_one_in(2));
        ask.query.extend([("sort_by", field.to_owned()), ("sort_order", if descending { "desc" } else { "asc" }.to_owned())]);
        let tie = if subject == "fleet_ref" { "fleet_ids" } else { "_fleet" };
        rows.sort_by(|one, other| {
            let by = |name: &str, descending| ordered(&value(one, name), &value(other, name), descending);
            by(field, descending).then_with(|| by(subject, false)).then_with(|| text(&one[tie]).cmp(&text(&other[tie])))
        });
    }
    rows.iter_mut().for_each(|row| drop(row.remove("_fleet")));
    (ask, rows)
}

fn value(row: &Map<String, Value>, name: &str) -> Value {
    row.get(name).cloned().unwrap_or_default()
}

/// A row of members of another row, nulls included; `_fleet` is for its order.
fn copied(shown: &Shown<'_>, members: &[(&str, &str)]) -> Map<String, Value> {
    let copied = members.iter().map(|(name, own)| ((*name).to_owned(), shown.member(own)));
    copied.chain([("_fleet".to_owned(), json!(shown.through.fleet))]).collect()
}

fn of<'r, 's>(rows: &'r [Shown<'s>], to: &Shown<'_>, member: &str, id: &Value) -> Option<&'r Shown<'s>> {
    let is_it = |shown: &&Shown<'_>| shown.through.fleet == to.through.fleet && shown.member(member) == *id && !id.is_null();
    rows.iter().filter(is_it).max_by_key(|shown| shown.row.occurred_at)
}

/// Where everything is.
fn place() -> Value {
    serde_json::to_value(model::telematics::Point::new(38.0, 38.0)).unwrap()
}

fn vehicles(sight: &Sight<'_>) -> Table {
    let (seen, located) = (sight.seen(Resource::Vehicle), sight.seen(Resource::VehicleLocation));
    let (mut rows, positions) = (sight.listed(&seen, Resource::Vehicle), sight.newest(&located, Resource::VehicleLocation));
    by_subject(&mut rows, "id");
    let row = |shown: &Shown<'_>| {
        let own = [("vehicle_id", "id"), ("fleet_id", "fleet_id"), ("fleet_ref", "fleet_ref"), ("vehicle_name", "vehicle_name")];
        let mut row = copied(shown, &own);
        let position = of(&positions, shown, "vehicle_id", &shown.member("id"));
        row.insert("last_location_ping".to_owned(), position.map_or(Value::Null, |found| found.member("occurred_at")));
        row
    };
    rows.iter().map(row).collect()
}

fn drivers(sight: &Sight<'_>) -> Table {
    let seen = sight.seen(Resource::User);
    let mut rows = sight.listed(&seen, Resource::User);
    by_subject(&mut rows, "id");
    let counted = [("safety_events_30d", Resource::DriverSafetyEvent), ("hos_violations_30d", Resource::HosViolation)];
    let counted = counted.map(|(member, resource)| (member, resource, sight.seen(resource)));
    let since = now().plus_seconds(-29 * DAY).day_start();
    let row = |shown: &Shown<'_>| {
        let mut row = copied(shown, &[("user_id", "id"), ("fleet_id", "fleet_id"), ("first_name", "first_name")]);
        for (member, resource, seen) in &counted {
            let events = sight.world.shown(seen, record(*resource)).into_iter();
            let own = events.filter(|event| {
                let is_own = event.member("driver_id") == shown.member("id") && event.through.fleet == shown.through.fleet;
                is_own && event.row.deleted_at.is_none() && event.row.occurred_at >= since
            });
            row.insert((*member).to_owned(), json!(own.count()));
        }
        row
    };
    rows.iter().map(row).collect()
}

fn trailers(sight: &Sight<'_>) -> Table {
    let (seen, located) = (sight.seen(Resource::Trailer), sight.seen(Resource::TrailerLocation));
    let (mut rows, positions) = (sight.listed(&seen, Resource::Trailer), sight.newest(&located, Resource::TrailerLocation));
    by_subject(&mut rows, "id");
    let row = |shown: &Shown<'_>| {
        let mut row = copied(shown, &[("trailer_id", "id"), ("fleet_id", "fleet_id"), ("trailer_name", "trailer_name")]);
        let is_located = of(&positions, shown, "trailer_id", &shown.member("id")).is_some();
        row.insert("location".to_owned(), if is_located { place() } else { Value::Null });
        row
    };
    rows.iter().map(row).collect()
}

/// Who drives a vehicle now, as the newest associations of drivers tell.
fn driver_of(associations: &[Shown<'_>], to: &Shown<'_>, vehicle: &Value) -> Value {
    let told = associations.iter().filter(|one| lasts(one) && one.member("is_primary_driver") != json!(false)).copied();
    let told: Vec<Shown<'_>> = told.collect();
    of(&told, to, "vehicle_id", vehicle).map_or(Value::Null, |one| one.member("driver_id"))
}

fn lasts(association: &Shown<'_>) -> bool {
    association.row.time("ended_at").is_none_or(|end: Timestamp| end >= now())
}

fn name_of(users: &[Shown<'_>], to: &Shown<'_>, driver: &Value) -> Value {
    let Some(user) = of(users, to, "id", driver) else { return Value::Null };
    let names: Vec<String> = ["first_name", "last_name"]
        .into_iter()
        .map(|name| user.member(name))
        .filter(|name| !name.is_null())
        .map(|name| text(&name))
        .collect();
    if names.is_empty() { user.member("username") } else { json!(names.join(" ")) }
}

fn live_vehicles(sight: &Sight<'_>) -> Table {
    let [located, vehicles, driving, users] =
        [Resource::VehicleLocation, Resource::Vehicle, Resource::DriverVehicleAssociation, Resource::User]
            .map(|one| sight.seen(one));
    let mut rows = sight.newest(&located, Resource::VehicleLocation);
    by_subject(&mut rows, "vehicle_id");
    let (vehicles, users) =
        (sight.world.shown(&vehicles, record(Resource::Vehicle)), sight.world.shown(&users, record(Resource::User)));
    let associations = newest(sight.world.shown(&driving, record(Resource::DriverVehicleAssociation)), "driver_id");
    let row = |shown: &Shown<'_>| {
        let mut row = copied(shown, &[("vehicle_id", "vehicle_id"), ("driver_id", "driver_id"), ("occurred_at", "occurred_at")]);
        let vehicle = shown.member("vehicle_id");
        let entity = of(&vehicles, shown, "id", &vehicle);
        row.insert("vehicle_name".to_owned(), entity.map_or(Value::Null, |entity| entity.member("vehicle_name")));
        if row["driver_id"].is_null() {
            row.insert("driver_id".to_owned(), driver_of(&associations, shown, &vehicle));
        }
        let name = name_of(&users, shown, &row["driver_id"]);
        row.insert("driver_name".to_owned(), name);
        row
    };
    rows.iter().map(row).collect()
}

fn live_trailers(sight: &Sight<'_>) -> Table {
    let resources = [
        Resource::TrailerLocation,
        Resource::Trailer,
        Resource::TrailerVehicleAssociation,
        Resource::VehicleLocation,
        Resource::DriverVehicleAssociation,
        Resource::User,
    ];
    let [located, trailers, pulling, positions, driving, users] = resources.map(|one| sight.seen(one));
    let mut rows = sight.newest(&located, Resource::TrailerLocation);
    by_subject(&mut rows, "trailer_id");
    let (trailers, users) =
        (sight.world.shown(&trailers, record(Resource::Trailer)), sight.world.shown(&users, record(Resource::User)));
    let pulling = newest(sight.world.shown(&pulling, record(Resource::TrailerVehicleAssociation)), "trailer_id");
    let driving = newest(sight.world.shown(&driving, record(Resource::DriverVehicleAssociation)), "driver_id");
    let positions = newest(sight.world.shown(&positions, record(Resource::VehicleLocation)), "vehicle_id");
    let row = |shown: &Shown<'_>| {
        let mut row = copied(
            shown,
            &[("trailer_id", "trailer_id"), ("vehicle_id", "vehicle_id"), ("trailer_location_occurred_at", "occurred_at")],
        );
        let trailer = shown.member("trailer_id");
        row.insert(
            "trailer_name".to_owned(),
            of(&trailers, shown, "id", &trailer).map_or(Value::Null, |one| one.member("trailer_name")),
        );
        if row["vehicle_id"].is_null() {
            let pulled = of(&pulling, shown, "trailer_id", &trailer).filter(|one| lasts(one));
            row.insert("vehicle_id".to_owned(), pulled.map_or(Value::Null, |one| one.member("vehicle_id")));
        }
        let vehicle = row["vehicle_id"].clone();
        let position = of(&positions, shown, "vehicle_id", &vehicle);
        row.insert("vehicle_location_occurred_at".to_owned(), position.map_or(Value::Null, |one| one.member("occurred_at")));
        let driver = position.map_or(Value::Null, |one| one.member("driver_id"));
        let driver = if driver.is_null() { driver_of(&driving, shown, &vehicle) } else { driver };
        row.insert("driver_name".to_owned(), name_of(&users, shown, &driver));
        row.insert("driver_id".to_owned(), driver);
        row
    };
    rows.iter().map(row).collect()
}

fn fleets(sight: &Sight<'_>) -> Table {
    let mut named: BTreeMap<(Option<String>, Option<FleetId>), BTreeSet<FleetId>> = BTreeMap::new();
    for (name, fleet, ..) in sight.fleets() {
        let alone = name.is_none().then_some(fleet);
        named.entry((name, alone)).or_default().insert(fleet);
    }
    let [vehicles, drivers, located] = [Resource::Vehicle, Resource::User, Resource::VehicleLocation].map(|one| sight.seen(one));
    let positions = sight.newest(&located, Resource::VehicleLocation);
    let is_active =
        |id: &ConnectionId| sight.world.connections.iter().any(|one| one.id == *id && one.status == ConnectionStatus::Active);
    let row = |((name, _), fleets): ((Option<String>, Option<FleetId>), BTreeSet<FleetId>)| {
        let of = |rows: &[Shown<'_>]| rows.iter().filter(|shown| fleets.contains(&shown.through.fleet)).count();
        let links = sight.fleets().into_iter().filter(|(_, fleet, ..)| fleets.contains(fleet));
        let connections = links.flat_map(|(_, _, _, connections)| connections).filter(is_active).count();
        let [vehicles, drivers] =
            [(&vehicles, Resource::Vehicle), (&drivers, Resource::User)].map(|(seen, one)| of(&sight.listed(seen, one)));
        let row = json!({
            "fleet_ref": name, "fleet_ids": fleets, "connections": connections, "vehicles": vehicles, "drivers": drivers,
            "vehicles_with_locations": of(&positions),
        });
        row.as_object().unwrap().clone()
    };
    let mut rows: Table = named.into_iter().map(row).collect();
    rows.sort_by(|one, other| {
        ordered(&one["fleet_ref"], &other["fleet_ref"], false)
            .then_with(|| text(&one["fleet_ids"]).cmp(&text(&other["fleet_ids"])))
    });
    rows
}
