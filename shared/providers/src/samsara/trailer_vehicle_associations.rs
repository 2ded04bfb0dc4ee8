//! Which vehicle pulls which trailer: `GET /v1/fleet/trailers/assignments`, an older list by windows of time, tells which driver had which
//! trailer. The vehicle is that of the driver at that time (`GET /fleet/driver-vehicle-assignments`).
//!
//! Each run reads again the last 24 h, and once a day the last 7 days. What a window lacks is not taken as gone, and what begins exactly
//! with the window is left out: no document says whether the list holds, or cuts, what overlaps it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::{Observation, TrailerVehicleAssociation};
use serde_json::json;
use serde_json::value::RawValue;

use super::assignments::{Assignment, PATH, vehicle_at};
use super::client::{Beside, TimeBudget};
use super::questions::{Question, readings};
use super::{Samsara, members};
use crate::cursor::{DAY, Window};
use crate::list::ListForm;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, PAGE_DEADLINE, Page, ProviderError, Remap, Source};

const LIST: &str = "/v1/fleet/trailers/assignments";
/// Trailers of a page.
const TRAILERS: &str = "50";
/// The most days of which vehicles are asked for beside a page.
const DAYS: usize = 24;
const FORM: ListForm = ListForm { rows: "trailers", paging: &["pagination"], reason: "message" };
const VEHICLES: Beside = Beside { path: PATH, what: "vehicles of drivers" };

/// The vehicle is from another list: of it, and of the trailer, the content is the id.
const RULES: SourceRules = SourceRules { volatile: &[], extras: &["assignment"], references: &["trailer", "vehicle"] };

pub(super) struct TrailerVehicleAssociations;

impl Source for TrailerVehicleAssociations {
    type Provider = Samsara;
    type Rows = Vec<Observation<TrailerVehicleAssociation>>;
    type Cursor = Window<DAY, { 7 * DAY }>;

    const KNOWN: Known = Known { members: members::TRAILER_VEHICLE_ASSOCIATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let wire = Members::of(stored.json);
        let had = TrailerAssignment::of(&wire.object("trailer"), wire.raw("assignment")?)?;
        let vehicle: Option<String> = wire.object("vehicle").get("id");
        Some(vec![had.observation(vehicle.as_deref())])
    }));

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let (from, to) = (window.from.millis().to_string(), window.to.millis().to_string());
        let mut query = vec![("startMs", from.as_str()), ("endMs", to.as_str()), ("limit", TRAILERS)];
        query.extend(window.after.as_deref().map(|after| ("startingAfter", after)));
        let response = api.get(LIST, &query, PAGE_DEADLINE).await?;
        let page = response.list(FORM)?;
        let after = response.after(&page.paging.object("pagination"), window.after.as_deref())?;
        let trailers = page.rows.unwrap_or_default();
        let mut had: Vec<TrailerAssignment<'_>> = trailers.into_iter().flat_map(TrailerAssignment::all).collect();
        had.retain(|had| had.start.millis() != window.from.millis());
        let vehicles = Vehicles::ask(api, &had).await;
        let rows = had.iter().map(|had| {
            let vehicle = vehicle_at(&vehicles.assignments, &had.driver, had.start);
            Observation { is_partial: !vehicles.knows(&had.driver, had.start), ..had.observation(vehicle) }
        });
        let rows = rows.collect();
        Ok(window.page(rows, after, None))
    }
}

/// A driver had a trailer from a time on.
struct TrailerAssignment<'a> {
    trailer: String,
    trailer_name: Option<String>,
    driver: String,
    start: Timestamp,
    /// `None` while it lasts.
    end: Option<Timestamp>,
    raw: &'a RawValue,
}

impl<'a> TrailerAssignment<'a> {
    /// Those of a trailer; without those (and with a warning) that do not say who had it, or since when.
    fn all(trailer: &'a RawValue) -> Vec<Self> {
        let wire = Members::of(trailer);
        wire.list("trailerAssignments").into_iter().filter_map(|raw| Self::of(&wire, raw)).collect()
    }

    fn of(trailer: &Members<'_>, raw: &'a RawValue) -> Option<Self> {
        let id = trailer.id("trailer", "samsara")?;
        let wire = Members::of(raw);
        let Some((driver, start)) = wire.get::<String>("driverId").zip(wire.get::<i64>("startMs")) else {
            tracing::warn!(provider = "samsara", "skipped an assignment of a trailer without driver or start");
            return None;
        };
        let (start, end) = (Timestamp::from_millis(start), wire.get("endMs").map(Timestamp::from_millis));
        Some(TrailerAssignment { trailer: id, trailer_name: trailer.get("name"), driver, start, end, raw })
    }

    /// It has no id: `trailer_vehicle_association:<trailer>:<driver>:<start>`. Where the provider did not tell the vehicle, it replaces no
    /// row.
    fn observation(&self, vehicle: Option<&str>) -> Observation<TrailerVehicleAssociation> {
        let Self { trailer, driver, start, .. } = self;
        let source = json!({
            "trailer": { "id": trailer, "name": self.trailer_name }, "assignment": source_of(self.raw), "vehicle": { "id": vehicle },
        });
        let fields = TrailerVehicleAssociation {
            source_trailer_id: Some(trailer.clone()),
            source_vehicle_id: vehicle.map(str::to_owned),
            ended_at: self.end,
            ..TrailerVehicleAssociation::default()
        };
        let source_id = format!("trailer_vehicle_association:{trailer}:{driver}:{start}");
        RULES.observation(source_id, Some(*start), source, fields)
    }
}

/// Vehicles of drivers at the times that were asked for.
#[derive(Default)]
struct Vehicles<'a> {
    assignments: Vec<Assignment>,
    answered: Vec<Question<'a>>,
}

impl<'a> Vehicles<'a> {
    async fn ask(api: &Api<'_, Samsara>, had: &'a [TrailerAssignment<'_>]) -> Self {
        let mut vehicles = Self::default();
        let budget = TimeBudget::begin();
        let mut untold = days(had);
        while !untold.is_empty() && budget.lasts(readings(&untold)) {
            let records = readings(&untold);
            let question = untold.remove(0);
            let (from, to) = (question.from.to_string(), question.to.plus_seconds(1).to_string());
            let ids = question.ids();
            let query = [("filterBy", "drivers"), ("driverIds", &ids), ("startTime", &from), ("endTime", &to)];
            let Ok(list) = api.beside(VEHICLES, &query, records).await else { break };
            if !list.is_unclear {
                vehicles.assignments.extend(list.rows.iter().filter_map(|raw| Assignment::of(&Members::of(raw))));
                vehicles.answered.push(question);
            }
        }
        vehicles
    }

    fn knows(&self, driver: &str, start: Timestamp) -> bool {
        let covers = |asked: &Question<'_>| asked.vehicles.contains(&driver) && (asked.from..=asked.to).contains(&start);
        self.answered.iter().any(covers)
    }
}

/// A question for each day on which trailers were taken over, the newest first: of most of them the answer is short.
fn days<'a>(had: &'a [TrailerAssignment<'_>]) -> Vec<Question<'a>> {
    let mut days = BTreeMap::new();
    for TrailerAssignment { driver, start, .. } in had {
        let new = || Question { vehicles: Vec::new(), from: *start, to: *start, readings: 0 };
        let day = days.entry(Reverse(start.date())).or_insert_with(new);
        (day.from, day.to) = (day.from.min(*start), day.to.max(*start));
        day.readings += 1;
        if !day.vehicles.contains(&driver.as_str()) {
            day.vehicles.push(driver);
        }
    }
    days.into_values().take(DAYS).collect()
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, ask, fields, records, response};

    const START: i64 = 1_795_200_000_000;

    fn trailers(after: &str) -> Value {
        let had = |driver: i64, start: i64, end: Value| json!({ "driverId": driver, "startMs": start, "endMs": end });
        let had = [had(7, START, json!(START + 3_600_000)), had(8, START + 60_000, Value::Null), json!({ "driverId": 9 })];
        // The window begins here: it may have begun before.
        let cut = json!({ "driverId": 7, "startMs": 1_794_657_600_000_i64 });
        json!({ "trailers": [{ "id": 2041, "name": "T-1", "trailerAssignments": had }, { "id": 2042, "trailerAssignments": [cut] }],
            "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } })
    }

    fn assigned(driver: &str, vehicle: &str, is_passenger: bool) -> Value {
        json!({ "driver": { "id": driver }, "vehicle": { "id": vehicle }, "startTime": "2026-11-20T18:00:00Z", "endTime": "",
            "isPassenger": is_passenger })
    }

    #[test]
    fn check_trailers_behind_the_vehicles_of_their_drivers() {
        let vehicles = json!({ "data": [assigned("7", "v1", false), assigned("8", "v2", true)],
            "pagination": { "endCursor": "", "hasNextPage": false } });
        let http = Canned::new(vec![response(200, &trailers("x").to_string()), response(200, &vehicles.to_string())]);
        let page = ask(&http, Resource::TrailerVehicleAssociation, None).unwrap();
        let root = "http://simulator.local/samsara";
        let span = "startTime=2026-11-20T18%3A40%3A00.000000Z&endTime=2026-11-20T18%3A41%3A01.000000Z";
        assert_eq!(
            http.asked(),
            [
                format!("{root}/v1/fleet/trailers/assignments?startMs=1794657600000&endMs=1795262400000&limit=50"),
                format!("{root}/fleet/driver-vehicle-assignments?filterBy=drivers&driverIds=7%2C8&{span}"),
            ]
        );
        let [one, other] = records(&page) else { panic!("{page:?}") };
        assert_eq!(one.source_id, "trailer_vehicle_association:2041:7:2026-11-20T18:40:00.000000Z");
        let row = fields(one);
        assert_eq!((&row["source_trailer_id"], &row["source_vehicle_id"]), (&json!("2041"), &json!("v1")));
        assert!(row["trailer_id"].is_string() && row["vehicle_id"].is_string());
        assert_eq!(one.extras.as_ref().unwrap()["assignment"]["endMs"], START + 3_600_000);
        assert!(row["ended_at"].is_string() && fields(other).get("ended_at").is_none());
        assert!(fields(other).get("vehicle_id").is_none(), "a passenger pulls nothing");
        assert!(!one.is_partial && !other.is_partial && page.more && page.window.is_none());
    }

    #[test]
    fn a_vehicle_that_is_not_told_replaces_none() {
        let http = Canned::new(vec![response(200, &trailers("").to_string()), response(503, "")]);
        let page = ask(&http, Resource::TrailerVehicleAssociation, None).unwrap();
        assert!(records(&page).iter().all(|row| row.is_partial && fields(row).get("vehicle_id").is_none()));
        assert!(!page.more);
    }
}
