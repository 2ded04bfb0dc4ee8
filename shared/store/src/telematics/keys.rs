//! Keys of the telematics table, and the fixed-width times in them.

use model::{ConnectionId, RecordId, Resource, Timestamp};

/// Microseconds of an hour.
pub(super) const HOUR: i64 = 3_600_000_000;

/// Above every key.
pub(super) const END: &str = "\u{10ffff}";

pub(super) fn entities(connection: ConnectionId, resource: Resource) -> String {
    format!("C#{connection}#{resource}")
}

pub(super) fn events(connection: ConnectionId, resource: Resource, day: &str) -> String {
    format!("C#{connection}#{resource}#{day}")
}

pub(super) fn place(resource: Resource, id: RecordId) -> String {
    format!("I#{resource}#{id}")
}

/// Where the newest events of a connection's subjects are.
pub(super) fn newest(connection: ConnectionId, resource: Resource) -> String {
    format!("W#{connection}#{resource}")
}

/// What a connection's subjects have, where their TSP tells states.
pub(super) fn standing(connection: ConnectionId, resource: Resource) -> String {
    format!("M#{connection}#{resource}")
}

/// Sort key of a record's place.
pub(super) const PLACE: &str = "I";

pub(super) fn totals(connection: ConnectionId, resource: Resource) -> String {
    format!("N#{connection}#{resource}")
}

/// Sort key of the number of all entities.
pub(super) const TOTAL: &str = "total";
/// Sort key of the number of those that the TSP lists.
pub(super) const LISTED: &str = "listed";

/// Which entities the TSP does not list any more.
pub(super) fn removed(connection: ConnectionId, resource: Resource) -> String {
    format!("R#{connection}#{resource}")
}

/// How many events each subject has on each day.
pub(super) fn subject_days(connection: ConnectionId, resource: Resource) -> String {
    format!("S#{connection}#{resource}")
}

/// What is worked out of readings: by day and group, and which readings each day of a group was worked out of.
pub(super) fn derived(connection: ConnectionId, resource: Resource) -> String {
    format!("D#{connection}#{resource}")
}

/// Sort key of a group's day among what is worked out.
pub(super) fn group_day(day: &str, group: usize) -> String {
    format!("{day}#{group:05}")
}

/// Sort key of how many readings a group's day was worked out of.
pub(super) fn worked_out(day: &str, group: usize) -> String {
    format!("{WORKED_OUT}{day}#{group:05}")
}

/// What such keys begin with.
pub(super) const WORKED_OUT: &str = "N#";

pub(super) fn blocks(tag: &str, connection: ConnectionId, group: usize, day: &str) -> String {
    format!("{tag}#{connection}#{group}#{day}")
}

pub(super) fn block(hour: i64, revision: u64, part: usize) -> String {
    format!("{}#{revision:010}#{part:02}", hour_text(hour))
}

pub(super) fn group_days(tag: &str, connection: ConnectionId, group: usize) -> String {
    format!("{tag}#{connection}#{group}")
}

pub(super) fn snapshots(tag: &str, connection: ConnectionId) -> String {
    format!("{tag}#{connection}")
}

pub(super) fn snapshot(group: usize) -> String {
    format!("G#{group:05}")
}

/// Sort key of a connection's directory of groups.
pub(super) const DIRECTORY: &str = "D";

/// Microseconds in 17 digits; they sort as text. Times before 1970 sort as 1970.
pub(super) fn time(at: Timestamp) -> String {
    format!("{:017}", at.micros().max(0))
}

/// Place of a record in the default order.
pub(super) fn ordered(at: Timestamp, id: RecordId) -> String {
    format!("{}#{id}", time(at))
}

/// The UTC day of an instant; days sort as text.
pub(super) fn day(at: Timestamp) -> String {
    at.date().max(chrono::NaiveDate::default()).to_string()
}

/// The day of a key that begins with a time; another text is before or after all days.
pub(super) fn day_of(key: &str) -> String {
    match key.get(..17).and_then(|time| time.parse().ok()) {
        Some(micros) => day(Timestamp::from_micros(micros)),
        None => key.to_owned(),
    }
}

/// Midnight at the start of a day written by [`day`].
pub(super) fn day_start(day: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("{day}T00:00:00Z"))
}

/// The hour of an instant, counted from 1970.
pub(super) fn hour(at: Timestamp) -> i64 {
    at.micros().max(0).div_euclid(HOUR)
}

/// When an hour begins.
pub(super) fn hour_start(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour.saturating_mul(HOUR))
}

/// Hour of the day in two digits.
pub(super) fn hour_text(hour: i64) -> String {
    format!("{:02}", hour.rem_euclid(24))
}
