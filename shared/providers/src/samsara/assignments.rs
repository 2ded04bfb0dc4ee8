//! Who was assigned to a vehicle, and when: `GET /fleet/driver-vehicle-assignments`.

use std::collections::HashMap;

use model::Timestamp;
use serde_json::value::RawValue;

use super::Samsara;
use super::client::{Beside, TimeBudget};
use super::questions::{Question, readings};
use crate::Api;
use crate::wire::Members;

pub(super) const PATH: &str = "/fleet/driver-vehicle-assignments";
const LIST: Beside = Beside { path: PATH, what: "assignments of drivers" };

/// A driver in a vehicle, from one time to another.
pub(super) struct Assignment {
    pub(super) driver: String,
    pub(super) vehicle: String,
    pub(super) start: Timestamp,
    /// `None` while it lasts.
    pub(super) end: Option<Timestamp>,
    pub(super) is_passenger: bool,
}

impl Assignment {
    /// An assignment; `None` where it does not say who, in what, or since when.
    pub(super) fn of(wire: &Members<'_>) -> Option<Self> {
        Some(Self {
            driver: wire.object("driver").get("id")?,
            vehicle: wire.object("vehicle").get("id")?,
            start: wire.get("startTime")?,
            end: wire.get("endTime"),
            is_passenger: wire.get("isPassenger").unwrap_or(false),
        })
    }

    fn covers(&self, time: Timestamp) -> bool {
        self.start <= time && self.end.is_none_or(|end| time < end)
    }
}

/// The drivers of vehicles, passengers left out.
#[derive(Default)]
pub(super) struct Drivers(HashMap<String, Vec<Assignment>>);

impl Drivers {
    /// Asks for the drivers of vehicles. Where the provider does not tell, positions go without.
    pub(super) async fn ask(api: &Api<'_, Samsara>, questions: &[Question<'_>]) -> Self {
        let mut drivers = Self::default();
        let budget = TimeBudget::begin();
        let mut untold = questions;
        while let Some((question, rest)) = untold.split_first().filter(|_| budget.lasts(readings(untold))) {
            let (from, to) = (question.from.to_string(), question.to.plus_seconds(1).to_string());
            let ids = question.ids();
            let query = [("filterBy", "vehicles"), ("vehicleIds", &ids), ("startTime", &from), ("endTime", &to)];
            let Ok(list) = api.beside(LIST, &query, readings(untold)).await else { break };
            // Of a list that was cut, the driver who came last may be missing.
            list.rows.iter().filter(|_| !list.is_unclear).for_each(|raw| drivers.add(raw));
            untold = rest;
        }
        drivers
    }

    fn add(&mut self, raw: &RawValue) {
        if let Some(assignment) = Assignment::of(&Members::of(raw)).filter(|assignment| !assignment.is_passenger) {
            self.0.entry(assignment.vehicle.clone()).or_default().push(assignment);
        }
    }

    /// The assignments of a vehicle.
    pub(super) fn of(&self, vehicle: &str) -> &[Assignment] {
        self.0.get(vehicle).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Who drove at a time, of the assignments of one vehicle: the one assigned last, as a standing assignment lies under those of a
/// day. Nobody where two were assigned at once: one of them would be wrong.
pub(super) fn driver_at(assignments: &[Assignment], time: Timestamp) -> Option<&str> {
    let at_that_time = assignments.iter().filter(|assignment| assignment.covers(time));
    let newest = at_that_time.clone().map(|assignment| assignment.start).max()?;
    let mut drivers = at_that_time.filter(|assignment| assignment.start == newest).map(|assignment| assignment.driver.as_str());
    let first = drivers.next()?;
    drivers.all(|other| other == first).then_some(first)
}

/// Which vehicle a driver drove at a time: the one assigned last. None where there were two.
pub(super) fn vehicle_at<'a>(assignments: &'a [Assignment], driver: &str, time: Timestamp) -> Option<&'a str> {
    let own = assignments.iter().filter(|one| one.driver == driver && !one.is_passenger && one.covers(time));
    let newest = own.clone().map(|assignment| assignment.start).max()?;
    let mut vehicles = own.filter(|assignment| assignment.start == newest).map(|assignment| assignment.vehicle.as_str());
    let first = vehicles.next()?;
    vehicles.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_who_was_assigned_last() {
        let rows = [
            r#"{"driver":{"id":"1"},"vehicle":{"id":"v"},"startTime":"2026-01-01T00:00:00Z","endTime":"","isPassenger":false}"#,
            r#"{"driver":{"id":"2"},"vehicle":{"id":"v"},"startTime":"2026-01-02T08:00:00Z","endTime":"2026-01-02T12:00:00Z"}"#,
            r#"{"driver":{"id":"3"},"vehicle":{"id":"v"},"startTime":"2026-01-02T09:00:00Z","isPassenger":true}"#,
            r#"{"driver":{"id":"4"},"vehicle":{"id":"w"},"startTime":"2026-01-02T08:00:00Z"}"#,
            r#"{"driver":{"id":"5"},"vehicle":{"id":"w"},"startTime":"2026-01-02T08:00:00Z"}"#,
            r#"{"driver":{},"vehicle":{"id":"v"},"startTime":"2026-01-02T10:00:00Z"}"#,
        ];
        let mut drivers = Drivers::default();
        rows.iter().for_each(|row| drivers.add(serde_json::from_str(row).unwrap()));
        let at = |vehicle: &str, text: &str| {
            driver_at(drivers.of(vehicle), Timestamp::parse(&format!("2026-{text}:00Z")).unwrap()).map(str::to_owned)
        };
        assert_eq!(at("v", "01-02T07:59").as_deref(), Some("1"));
        assert_eq!(at("v", "01-02T08:00").as_deref(), Some("2"));
        assert_eq!(at("v", "01-02T12:00").as_deref(), Some("1"), "an end is the first instant after it");
        assert_eq!(at("v", "01-01T00:00").as_deref(), Some("1"));
        assert_eq!((at("w", "01-02T09:00"), at("x", "01-02T09:00")), (None, None), "two at once, and nobody");
    }
}
