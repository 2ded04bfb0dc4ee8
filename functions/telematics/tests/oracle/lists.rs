//! The lists and gets of records: what may be asked of each, and what a plain filter and sort of all rows answers.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::telematics::{Envelope, RecordType, Storage};
use model::{PartnerId, RecordId, Resource, Timestamp};
use serde_json::{Map, Value, json};
use testing::Random;
use uuid::Uuid;

use self::Rule::{Active, Any, Latest, Window};
use crate::platform::{Ask, now};
use crate::rows::{SUBJECTS, link};
use crate::world::{Seen, Shown, World};
use crate::{Compared, Question};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What the times of a list are about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// Nothing.
    Any,
    /// `from_datetime` and `to_datetime`, else the last day.
    Window,
    /// These, and `active_from_datetime` and `active_to_datetime`.
    Active,
    /// The newest row of each subject, or the history, which has to name one of these.
    Latest(&'static [&'static str]),
}

/// A list of records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) handler: &'static str,
    resource: Resource,
    /// Its filters: the parameter, and the member that has to hold one of the values.
    filters: &'static [(&'static str, &'static str)],
    rule: Rule,
    sorted: bool,
    /// The member that the path names.
    parent: Option<&'static str>,
}

const fn list(
    handler: &'static str,
    resource: Resource,
    filters: &'static [(&'static str, &'static str)],
    rule: Rule,
    sorted: bool,
) -> Listed {
    Listed { handler, resource, filters, rule, sorted, parent: None }
}

const DRIVERS: (&str, &str) = ("driver_ids", "driver_id");
const VEHICLES: (&str, &str) = ("vehicle_ids", "vehicle_id");
const TRAILERS: (&str, &str) = ("trailer_ids", "trailer_id");
const SOURCES: (&str, &str) = ("source_ids", "source_id");
const OF_VEHICLE: Rule = Latest(&["vehicle_ids", "driver_ids"]);

/// All of them.
#[rustfmt::skip]
pub(crate) const LISTS: &[Listed] = &[
    list("vehicles.list", Resource::Vehicle, &[("vehicle_ids", "id"), SOURCES], Any, true),
    list("trailers.list", Resource::Trailer, &[("trailer_ids", "id"), SOURCES], Any, true),
    list("users.list", Resource::User, &[("user_ids", "id"), SOURCES, ("is_driver", "is_driver")], Any, true),
    list("vehicle_locations.list", Resource::VehicleLocation, &[VEHICLES, DRIVERS], OF_VEHICLE, false),
    list("trailer_locations.list", Resource::TrailerLocation, &[TRAILERS, VEHICLES], Latest(&[]), false),
    list("trailer_statuses.list", Resource::TrailerStatus, &[TRAILERS], Latest(&["trailer_ids"]), false),
    list("engine_statuses.list", Resource::EngineStatus, &[DRIVERS, VEHICLES], OF_VEHICLE, false),
    list("driver_vehicle_associations.list", Resource::DriverVehicleAssociation, &[DRIVERS, VEHICLES], OF_VEHICLE, false),
    list("trailer_vehicle_associations.list", Resource::TrailerVehicleAssociation, &[TRAILERS, VEHICLES],
        Latest(&["vehicle_ids", "trailer_ids"]), false),
    list("hos_events.list", Resource::HosEvent, &[DRIVERS, VEHICLES, ("event_type_codes", "event_type_code")], Active, false),
    list("hos_availabilities.list", Resource::HosAvailability, &[DRIVERS, VEHICLES], Any, true),
    list("hos_violations.list", Resource::HosViolation, &[DRIVERS], Window, true),
    list("hos_daily_snapshots.list", Resource::HosDailySnapshot, &[DRIVERS], Window, true),
    list("engine_logs.list", Resource::EngineLog, &[DRIVERS, VEHICLES], Window, true),
    list("vehicle_sensors.list", Resource::VehicleSensor, &[VEHICLES], Window, true),
    list("dvir_logs.list", Resource::DvirLog, &[DRIVERS, VEHICLES], Window, true),
    list("dvir_log_defects.list", Resource::DvirLogDefect, &[("dvir_log_ids", "dvir_log_id")], Window, true),
    list("driver_safety_events.list", Resource::DriverSafetyEvent, &[DRIVERS, VEHICLES], Window, true),
    list("messages.list", Resource::Message, &[("sender_ids", "sender_id"), ("recipient_ids", "recipient_id"),
        ("source_sender_ids", "source_sender_id"), ("source_recipient_ids", "source_recipient_id")], Window, true),
    list("group_messages.list", Resource::GroupMessage, &[("sender_ids", "sender_id"), ("group_ids", "group_id"),
        ("source_sender_ids", "source_sender_id"), ("source_group_ids", "source_group_id")], Window, true),
    list("workflows.list", Resource::Workflow, &[DRIVERS, VEHICLES, SOURCES], Any, true),
    list("ifta_summaries.list", Resource::IftaSummary, &[VEHICLES], Window, true),
    list("fuel_transactions.list", Resource::FuelTransaction,
        &[DRIVERS, ("source_driver_ids", "source_driver_id"), VEHICLES], Window, true),
    Listed { parent: Some("hos_event_id"),
        ..list("hos_event_attachments.of_event", Resource::HosEventAttachment, &[], Any, false) },
    Listed { parent: Some("dvir_log_id"), ..list("dvir_log_defects.of_log", Resource::DvirLogDefect, &[], Any, true) },
];

/// The gets: the parameter of the path.
pub(crate) const GETS: &[(&str, Resource, &str)] = &[
    ("vehicles.get", Resource::Vehicle, "vehicle_id"),
    ("trailers.get", Resource::Trailer, "trailer_id"),
    ("users.get", Resource::User, "user_id"),
    ("workflows.get", Resource::Workflow, "workflow_id"),
];

/// The fleets and connections that a request names.
pub(crate) fn narrow(world: &World, ask: &mut Ask, random: &mut Random) {
    let mut name = |parameter, values: Vec<String>| ask.query.extend(values.into_iter().map(|value| (parameter, value)));
    if random.is_one_in(8) {
        name("fleet_ids", (0..2).map(|_| pick(&world.fleets, random).to_string()).collect());
    }
    if random.is_one_in(10) {
        name("fleet_refs", vec![pick(&["one", "two", "none"], random).to_string()]);
    }
    if random.is_one_in(10) {
        name("connection_id", vec![pick(&world.connections, random).id.to_string()]);
    }
}

/// Whether a request's fleets and connection are those of a link.
pub(crate) fn is_named(ask: &Ask, seen: &Seen) -> bool {
    let holds = |name: &str, value: Option<String>| {
        let mut named = ask.query.iter().filter(|(parameter, _)| *parameter == name).peekable();
        named.peek().is_none() || named.any(|(_, asked)| value.as_ref() == Some(asked))
    };
    holds("fleet_ids", Some(seen.fleet.to_string()))
        && holds("fleet_refs", seen.fleet_ref.clone())
        && holds("connection_id", Some(seen.connection.to_string()))
}

pub(crate) fn pick<'a, T>(all: &'a [T], random: &mut Random) -> &'a T {
    &all[usize::try_from(random.below(all.len() as u64)).unwrap()]
}

/// Order of values: nulls last, whatever the direction.
pub(crate) fn ordered(one: &Value, other: &Value, descending: bool) -> Ordering {
    let order = match (one, other) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (one, other) => one.as_f64().unwrap().total_cmp(&other.as_f64().unwrap()),
    };
    if descending { order.reverse() } else { order }
}

impl Listed {
    pub(crate) fn record(&self) -> &'static RecordType {
        self.resource.record_type().unwrap()
    }

    /// Some request of a partner, and its answer.
    pub(crate) fn question(&self, world: &World, partner: PartnerId, random: &mut Random) -> Question {
        let mut ask = Ask { handler: self.handler, path: Vec::new(), query: Vec::new() };
        narrow(world, &mut ask, random);
        let mut wanted: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (parameter, member) in self.filters {
            if random.is_one_in(6) {
                let count = if *parameter == "is_driver" { 1 } else { 1 + random.below(2) };
                let values = (0..count).map(|_| self.some_value(world, member, random)).collect::<Vec<Value>>();
                ask.query.extend(values.iter().map(|value| (*parameter, text(value))));
                wanted.insert(member, values);
            }
        }
        if let Some(parent) = self.parent {
            let value = self.some_value(world, parent, random);
            ask.path.push((parent, text(&value)));
            wanted.insert(parent, vec![value]);
        }
        let latest = self.choose_latest(&mut ask, world, (&mut wanted, random));
        let windows = if latest { Windows::default() } else { self.choose_windows(&mut ask, random) };
        let seen: Vec<Seen> = world.seen(partner, self.resource).into_iter().filter(|seen| is_named(&ask, seen)).collect();
        let mut rows = world.shown(&seen, self.record());
        if latest {
            rows = newest(rows, self.subject());
        }
        let admits = |shown: &Shown<'_>, (member, values): (&&str, &Vec<Value>)| values.contains(&shown.member(member));
        rows.retain(|shown| wanted.iter().all(|condition| admits(shown, condition)) && windows.admit(shown));
        self.sort(&mut ask, &mut rows, latest, random);
        Question { ask, expected: rows.iter().map(Shown::published).collect(), compared: compared(self.record()) }
    }

    /// All that there is, in the order of the list: what a scan finds while TSPs report.
    pub(crate) fn everything(&self, random: &mut Random, world: &World) -> Everything {
        let mut ask = Ask { handler: self.handler, path: Vec::new(), query: Vec::new() };
        if self.rule != Any {
            let from = now().plus_seconds(-44 * DAY);
            ask.query.extend([("from_datetime", from.to_string()), ("to_datetime", now().to_string())]);
        }
        let parent = self.parent.map(|parent| (parent, self.some_value(world, parent, random)));
        ask.path.extend(parent.iter().map(|(parent, value)| (*parent, text(value))));
        Everything { ask, record: self.record(), parent, latest: matches!(self.rule, Latest(_)), subject: self.subject() }
    }

    fn subject(&self) -> &'static str {
        self.record().storage.timeline().map_or("id", |timeline| timeline.subject)
    }

    /// A value that a member may hold, of any connection.
    fn some_value(&self, world: &World, member: &str, random: &mut Random) -> Value {
        let connection = pick(&world.connections, random).id;
        let number = random.below(SUBJECTS);
        match member {
            "id" | "source_id" => {
                let rows: Vec<_> = world.rows.of(self.record(), connection).collect();
                if rows.is_empty() { json!(Uuid::nil()) } else { pick(&rows, random).member(member) }
            }
            "is_driver" => json!(random.is_one_in(2)),
            "event_type_code" => json!((1 + random.below(6)).to_string()),
            _ if member.starts_with("source_") => json!(link(member, number).unwrap()),
            _ => json!(RecordId::of(&link(member, number).unwrap(), connection)),
        }
    }

    /// Newest rows or the history; which has to name one subject.
    fn choose_latest<'m>(
        &'m self,
        ask: &mut Ask,
        world: &World,
        (wanted, random): (&mut BTreeMap<&'m str, Vec<Value>>, &mut Random),
    ) -> bool {
        let Latest(of_one) = self.rule else { return false };
        if random.is_one_in(2) {
            return true;
        }
        ask.query.push(("only_latest", "false".to_owned()));
        let named: Vec<_> = self.filters.iter().filter(|(parameter, _)| of_one.contains(parameter)).collect();
        for (parameter, member) in &named {
            ask.query.retain(|(asked, _)| asked != parameter);
            wanted.remove(member);
        }
        if !named.is_empty() {
            let (parameter, member) = **pick(&named, random);
            let value = self.some_value(world, member, random);
            ask.query.push((parameter, text(&value)));
            wanted.insert(member, vec![value]);
        }
        false
    }

    fn choose_windows(&self, ask: &mut Ask, random: &mut Random) -> Windows {
        if self.rule == Any {
            return Windows::default();
        }
        let active = self.rule == Active && random.is_one_in(2);
        let active = active.then(|| choose_window(ask, ["active_from_datetime", "active_to_datetime"], random));
        let is_bounded = active.flatten().is_none() || random.is_one_in(2);
        let occurred = is_bounded.then(|| choose_window(ask, ["from_datetime", "to_datetime"], random));
        let day = Some((now().plus_seconds(-DAY), now()));
        let active = active.flatten();
        Windows { occurred: occurred.flatten().or(day.filter(|_| active.is_none())), active }
    }

    fn sort(&self, ask: &mut Ask, rows: &mut [Shown<'_>], latest: bool, random: &mut Random) {
        let record = self.record();
        if latest {
            by_subject(rows, self.subject());
            return;
        }
        let known = Envelope::MEMBERS.iter().chain(record.members).filter(|member| record.is_sortable(member));
        let known: Vec<&str> = known.copied().collect();
        let descending = self.sorted && random.is_one_in(3);
        let field = if self.sorted && random.is_one_in(2) { *pick(&known, random) } else { "" };
        if descending {
            ask.query.push(("sort_order", "desc".to_owned()));
        }
        if !field.is_empty() {
            ask.query.push(("sort_by", field.to_owned()));
        }
        if field.is_empty() || field == "occurred_at" {
            by_time(rows);
            if descending {
                rows.reverse();
            }
            return;
        }
        let published: BTreeMap<(RecordId, model::FleetId), Map<String, Value>> =
            rows.iter().map(|shown| ((shown.row.id, shown.through.fleet), shown.published())).collect();
        let value = |shown: &Shown<'_>| published[&(shown.row.id, shown.through.fleet)].get(field).cloned().unwrap_or_default();
        rows.sort_by_key(|shown| (shown.row.id, shown.through.fleet));
        rows.sort_by(|one, other| ordered(&value(one), &value(other), descending));
    }
}

/// The order of newest rows.
pub(crate) fn by_subject(rows: &mut [Shown<'_>], subject: &str) {
    rows.sort_by_key(|shown| (shown.row.connection, text(&shown.member(subject)), shown.through.fleet));
}

/// The order of the other lists, unless they are sorted.
pub(crate) fn by_time(rows: &mut [Shown<'_>]) {
    rows.sort_by_key(|shown| (shown.row.occurred_at, shown.row.id, shown.through.fleet));
}

/// A list of everything, or of all newest rows.
pub(crate) struct Everything {
    pub(crate) ask: Ask,
    record: &'static RecordType,
    parent: Option<(&'static str, Value)>,
    pub(crate) latest: bool,
    subject: &'static str,
}

impl Everything {
    pub(crate) fn record(&self) -> &'static RecordType {
        self.record
    }

    /// What tells a row of an answer from others: newest rows are those of their subjects.
    pub(crate) fn key(&self, row: &Map<String, Value>) -> [Value; 3] {
        let member = if self.latest { self.subject } else { "id" };
        [member, "fleet_id", "connection_id"].map(|name| row.get(name).cloned().unwrap_or_default())
    }

    /// The keys of the rows, in order, and when each occurred; of newest rows that does not matter.
    pub(crate) fn keys(&self, world: &World, partner: PartnerId) -> Vec<([Value; 3], Option<Timestamp>)> {
        let time = |shown: &Shown<'_>| Some(shown.row.occurred_at).filter(|_| !self.latest);
        let seen = world.seen(partner, self.record.resource);
        self.rows(world, &seen).iter().map(|shown| (self.key(&shown.published()), time(shown))).collect()
    }

    /// The request of a partner, and its answer.
    pub(crate) fn question(&self, world: &World, partner: PartnerId) -> Question {
        let seen = world.seen(partner, self.record.resource);
        let expected = self.rows(world, &seen).iter().map(Shown::published).collect();
        Question { ask: self.ask.clone(), expected, compared: compared(self.record) }
    }

    fn rows<'w>(&self, world: &'w World, seen: &'w [Seen]) -> Vec<Shown<'w>> {
        let mut rows = world.shown(seen, self.record);
        rows.retain(|shown| self.parent.as_ref().is_none_or(|(member, value)| shown.member(member) == *value));
        if self.latest {
            rows = newest(rows, self.subject);
            by_subject(&mut rows, self.subject);
        } else {
            by_time(&mut rows);
        }
        rows
    }
}

/// What is compared of a row: of readings, what the test told.
fn compared(record: &RecordType) -> Compared {
    if matches!(record.storage, Storage::Series(..)) { Compared::Told } else { Compared::Whole }
}

/// `[from, to)` each.
#[derive(Debug, Default)]
struct Windows {
    occurred: Option<(Timestamp, Timestamp)>,
    active: Option<(Timestamp, Timestamp)>,
}

impl Windows {
    fn admit(&self, shown: &Shown<'_>) -> bool {
        let row = shown.row;
        self.occurred.is_none_or(|(from, to)| from <= row.occurred_at && row.occurred_at < to)
            && self.active.is_none_or(|(from, to)| {
                row.time("ended_at").is_none_or(|end| from <= end) && row.time("started_at").is_none_or(|start| start < to)
            })
    }
}

/// Names both ends of a window, one, or none.
fn choose_window(ask: &mut Ask, [first, last]: [&'static str; 2], random: &mut Random) -> Option<(Timestamp, Timestamp)> {
    let from = now().plus_seconds(-HOUR * i64::try_from(1 + random.below(40)).unwrap());
    let to = from.plus_seconds(HOUR * i64::try_from(1 + random.below(60)).unwrap());
    match random.below(4) {
        0 => None,
        1 => {
            ask.query.push((first, from.to_string()));
            Some((from, now()))
        }
        2 => {
            ask.query.push((last, to.to_string()));
            Some((to.plus_seconds(-DAY), to))
        }
        _ => {
            ask.query.extend([(first, from.to_string()), (last, to.to_string())]);
            Some((from, to))
        }
    }
}

/// The newest row of each subject, of those that are listed.
pub(crate) fn newest<'w>(rows: Vec<Shown<'w>>, subject: &str) -> Vec<Shown<'w>> {
    let mut newest = BTreeMap::new();
    for shown in rows.into_iter().filter(|shown| shown.row.deleted_at.is_none()) {
        let place = (shown.row.connection, text(&shown.member(subject)), shown.through.fleet);
        let known = newest.entry(place).or_insert(shown);
        if (known.row.occurred_at, known.row.id) < (shown.row.occurred_at, shown.row.id) {
            *known = shown;
        }
    }
    newest.into_values().collect()
}

/// A value as a parameter has it.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
