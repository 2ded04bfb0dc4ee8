//! Who drives which vehicle: `GET /v1/driving_periods` by days. The provider keeps no assignments; a period is a drive of a driver in a
//! vehicle. One that goes on has no end yet, so each run reads again the last 2 days, and once a day the last 7.

use model::telematics::{DriverVehicleAssociation, Observation};
use serde_json::value::RawValue;

use super::client::List;
use super::days::Days;
use super::{Motive, members};
use crate::cursor::DAY;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The provider refuses more days.
const LONGEST_DAYS: i64 = 30;
const LIST: List = List { path: "/v1/driving_periods", rows: "driving_periods", row: "driving_period" };

/// Where a drive went is no part of who drove.
const RULES: SourceRules = SourceRules {
    volatile: &[
        "annotation_status",
        "notes",
        "duration",
        "distance",
        "origin",
        "destination",
        "destination_lat",
        "destination_lon",
        "start_kilometers",
        "end_kilometers",
        "end_hvb_state_of_charge",
        "end_hvb_lifetime_energy_output",
    ],
    extras: &["start_time", "end_time", "status", "type"],
    references: &["driver", "vehicle"],
};

pub(super) struct DriverVehicleAssociations;

impl Source for DriverVehicleAssociations {
    type Provider = Motive;
    type Rows = Vec<Observation<DriverVehicleAssociation>>;
    type Cursor = Days<{ 2 * DAY }, { 7 * DAY }>;

    const KNOWN: Known = Known { members: members::DRIVER_VEHICLE_ASSOCIATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Motive>, days: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        days.page(api, (LIST, LONGEST_DAYS), observation, unassigned).await
    }
}

/// The id of a drive that is nobody's. It may have been somebody's before.
fn unassigned(raw: &RawValue) -> Option<String> {
    let wire = Members::of(raw);
    wire.get("id").filter(|_| wire.raw("driver").is_some_and(|driver| driver.get() == "null"))
}

/// A drive; `None` where nobody is known to have driven, and (with a warning) where it has no id.
fn observation(raw: &RawValue) -> Option<Observation<DriverVehicleAssociation>> {
    let wire = Members::of(raw);
    let source_id = wire.id("driving period", "motive")?;
    let fields = DriverVehicleAssociation {
        source_driver_id: Some(wire.object("driver").get("id")?),
        source_vehicle_id: Some(wire.object("vehicle").get("id")?),
        is_primary_driver: Some(true),
        ended_at: wire.get("end_time"),
        ..DriverVehicleAssociation::default()
    };
    Some(RULES.observation(source_id, wire.get("start_time"), source_of(raw), fields))
}

#[cfg(test)]
mod tests {
    use model::{Resource, Timestamp};
    use serde_json::{Value, json};

    use super::super::tests::asker;
    use super::*;
    use crate::testing::{Canned, fields, records, response};

    fn period(driver: &Value, end: &Value) -> Value {
        json!({
            "id": 4_611_096_104_u64, "start_time": "2026-11-20T23:59:55Z", "end_time": end, "status": "complete", "type": "driving",
            "annotation_status": 3, "duration": 32.0, "driver": driver, "vehicle": { "id": 545_160, "number": "000022" },
        })
    }

    #[test]
    fn check_drives() {
        let (driver, end) = (json!({ "id": 9, "first_name": "A" }), json!("2026-11-21T00:00:27Z"));
        let rows = json!([{ "driving_period": period(&driver, &end) }, { "driving_period": period(&Value::Null, &end) }]);
        let body = json!({ "driving_periods": rows, "pagination": { "per_page": 100, "page_no": 1, "total": 2 } });
        let http = Canned::new(vec![response(200, &body.to_string())]);
        let page = asker().walk(&http, Resource::DriverVehicleAssociation).remove(0);
        let asked = http.asked().remove(0);
        assert!(
            asked.ends_with("/v1/driving_periods?start_date=2026-11-13&end_date=2026-11-21&per_page=100&page_no=1"),
            "{asked}"
        );
        let [row] = records(&page) else { panic!("{page:?}") };
        assert_eq!((row.source_id.as_str(), row.occurred_at), ("4611096104", Timestamp::parse("2026-11-20T23:59:55Z")));
        let found = fields(row);
        assert_eq!((&found["source_driver_id"], &found["source_vehicle_id"]), (&json!("9"), &json!("545160")));
        assert_eq!((&found["is_primary_driver"], page.more), (&json!(true), false));
        assert_eq!(row.extras.as_ref().unwrap()["end_time"], "2026-11-21T00:00:27Z");
        assert_eq!(found["ended_at"], "2026-11-21T00:00:27.000000Z");
        assert_eq!(page.withdrawn, ["4611096104"], "a drive that is nobody's is not that of its former driver");
    }

    #[test]
    fn more_days_than_the_provider_takes_are_read_in_parts() {
        let body = json!({ "driving_periods": [], "pagination": { "per_page": 100, "page_no": 1, "total": 0 } }).to_string();
        let http = Canned::new((0..4).map(|_| response(200, &body)).collect());
        let long_ago = r#"{"v":2,"at":{"from":"2026-08-01T00:00:00Z","to":"2026-08-02T00:00:00Z","deep":"2026-08-02T00:00:00Z","after":null}}"#;
        let mut page = asker().ask(&http, Resource::DriverVehicleAssociation, Some(long_ago)).unwrap();
        while page.more {
            page = asker().ask(&http, Resource::DriverVehicleAssociation, page.cursor.as_deref()).unwrap();
        }
        let days = |url: &String| {
            let day = |name: &str| url.split(name).nth(1).unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
            (day("start_date="), day("end_date="))
        };
        let asked: Vec<_> = http.asked().iter().map(days).collect();
        assert!(asked[0].0 <= "2026-08-02".parse().unwrap() && asked[3].1 == "2026-11-21".parse().unwrap(), "{asked:?}");
        assert!(asked.windows(2).all(|pair| pair[1].0 < pair[0].1), "no day is left out: {asked:?}");
        assert!(asked.iter().all(|(first, last)| (*last - *first).num_days() < LONGEST_DAYS), "{asked:?}");
    }

    #[test]
    fn an_end_modifies_a_drive_and_a_note_does_not() {
        let hash = |row: &Value| observation(&RawValue::from_string(row.to_string()).unwrap()).unwrap().source_hash;
        let (driver, end) = (json!({ "id": 9 }), json!("2026-11-21T00:00:27Z"));
        let mut noted = period(&driver, &end);
        noted["notes"] = json!("late");
        assert_eq!(hash(&noted), hash(&period(&driver, &end)));
        assert_ne!(hash(&noted), hash(&period(&driver, &Value::Null)));
    }
}
