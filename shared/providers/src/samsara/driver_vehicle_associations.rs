//! Who drives which vehicle: `GET /fleet/driver-vehicle-assignments` by windows of time. It lists what overlaps the window.
//!
//! An assignment ends, or vanishes when it is corrected, is made for a time that is over, and has no id. So each run reads again the last 24 h, and
//! once a day the last 7 days; what a window does not hold any more is gone, of all drivers, for it names those with assignments only.

use model::telematics::{DriverVehicleAssociation, Observation};
use serde_json::value::RawValue;

use super::assignments::{Assignment, PATH};
use super::{Samsara, members};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects};

const RULES: SourceRules = SourceRules {
    volatile: &["assignedAtTime"],
    extras: &["startTime", "endTime", "assignmentType", "metadata"],
    references: &["driver", "vehicle"],
};

pub(super) struct DriverVehicleAssociations;

impl Source for DriverVehicleAssociations {
    type Provider = Samsara;
    type Rows = Vec<Observation<DriverVehicleAssociation>>;
    type Cursor = Window<DAY, { 7 * DAY }>;

    const KNOWN: Known = Known { members: members::DRIVER_VEHICLE_ASSOCIATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let (from, to) = (window.from, window.to);
        let (start, end) = (from.to_string(), to.to_string());
        let query = [("filterBy", "vehicles"), ("startTime", &start), ("endTime", &end)];
        let response = api.page(PATH, &query, window.after.as_deref()).await?;
        let (data, next) = response.page(window.after.as_deref())?;
        let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw)).collect();
        let is_whole = !next.is_unclear && rows.len() == data.len();
        let subjects = subjects(&rows, is_whole);
        Ok(window.page(rows, next.after_more(), Some(subjects)))
    }
}

/// Drivers whose assignments could not all be read may be any.
fn subjects(rows: &[Observation<DriverVehicleAssociation>], is_whole: bool) -> Subjects {
    let named = rows.iter().filter_map(|row| row.fields.source_driver_id.clone()).collect();
    Subjects { others: is_whole, ..Subjects::anywhere(named, is_whole) }
}

/// An assignment has no id: `driver_vehicle_association:<driver>:<vehicle>:<start>`. `None` (and a warning) where one of them is
/// missing.
fn observation(raw: &RawValue) -> Option<Observation<DriverVehicleAssociation>> {
    let Some(Assignment { driver, vehicle, start, end, is_passenger }) = Assignment::of(&Members::of(raw)) else {
        tracing::warn!(provider = "samsara", "skipped an assignment without driver, vehicle or start");
        return None;
    };
    let source_id = format!("driver_vehicle_association:{driver}:{vehicle}:{start}");
    let fields = DriverVehicleAssociation {
        source_driver_id: Some(driver),
        source_vehicle_id: Some(vehicle),
        is_primary_driver: Some(!is_passenger),
        ended_at: end,
        ..DriverVehicleAssociation::default()
    };
    Some(RULES.observation(source_id, Some(start), source_of(raw), fields))
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};
    use super::*;

    fn assignment(driver: &str, end: &str) -> Value {
        json!({
            "driver": { "id": driver, "name": "Sample Driver" }, "vehicle": { "id": "494123", "name": "Truck 1" }, "assignedAtTime": "",
            "startTime": "2026-11-20T08:15:00Z", "endTime": end, "assignmentType": "HOS", "isPassenger": driver == "2",
        })
    }

    fn list(data: &Value, after: &str) -> String {
        json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } }).to_string()
    }

    #[test]
    fn check_assignments() {
        let pages = [json!([assignment("1", "2026-11-20T12:45:00Z")]), json!([assignment("2", "")])];
        let http = Canned::new(vec![response(200, &list(&pages[0], "x")), response(200, &list(&pages[1], ""))]);
        let found = walk(&http, Resource::DriverVehicleAssociation);
        let window = "filterBy=vehicles&startTime=2026-11-14T12%3A00%3A00.000000Z&endTime=2026-11-21T12%3A00%3A00.000000Z";
        let root = "http://simulator.local/samsara/fleet/driver-vehicle-assignments";
        assert_eq!(http.asked(), [format!("{root}?{window}"), format!("{root}?{window}&after=x")]);
        let (first, second) = (&records(&found[0])[0], &records(&found[1])[0]);
        assert_eq!(first.source_id, "driver_vehicle_association:1:494123:2026-11-20T08:15:00.000000Z");
        assert_eq!(first.occurred_at, Timestamp::parse("2026-11-20T08:15:00Z"));
        let row = fields(first);
        assert_eq!((&row["source_driver_id"], &row["source_vehicle_id"]), (&json!("1"), &json!("494123")));
        assert!(row["driver_id"].is_string() && row["vehicle_id"].is_string());
        assert_eq!((&row["is_primary_driver"], &fields(second)["is_primary_driver"]), (&json!(true), &json!(false)));
        assert_eq!(first.extras.as_ref().unwrap()["endTime"], "2026-11-20T12:45:00Z");
        assert!(second.extras.as_ref().unwrap().get("endTime").is_none(), "it lasts");
        assert_eq!(row["ended_at"], "2026-11-20T12:45:00.000000Z");
        assert!(fields(second).get("ended_at").is_none());
        let parts: Vec<_> = found.iter().map(|page| page.window.clone().unwrap()).collect();
        assert_eq!(parts.iter().map(|part| (part.begins, part.ends)).collect::<Vec<_>>(), [(true, false), (false, true)]);
        assert!(parts.iter().all(|part| part.subjects.others), "who is not named has no assignment");
    }

    #[test]
    fn an_end_modifies_an_assignment_and_a_name_does_not() {
        let hash = |row: &Value| observation(&RawValue::from_string(row.to_string()).unwrap()).unwrap().source_hash;
        let (open, mut named) = (assignment("1", ""), assignment("1", ""));
        named["driver"]["name"] = json!("Another Name");
        assert_eq!(hash(&open), hash(&named));
        assert_ne!(hash(&open), hash(&assignment("1", "2026-11-20T12:45:00Z")));
    }

    #[test]
    fn a_page_that_may_lack_assignments_answers_for_nobody_else() {
        let http = Canned::new(vec![response(200, &list(&json!([assignment("1", ""), { "driver": {} }]), ""))]);
        let window = walk(&http, Resource::DriverVehicleAssociation).remove(0).window.unwrap();
        assert!(!window.subjects.others && window.subjects.answered.is_empty());
    }
}
