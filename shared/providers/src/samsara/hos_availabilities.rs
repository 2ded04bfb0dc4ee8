//! What is left of drivers' hours: `GET /fleet/hos/clocks`, for the active drivers of `GET /fleet/drivers`.
//!
//! The clocks list drivers who left the company too, and do not say so. So the active drivers are walked through, and the clocks
//! are asked for a page of them. A token that may not read drivers gets the clocks as they are listed.

use model::telematics::{HosAvailability, Observation};
use serde_json::value::RawValue;

use super::{Samsara, hos_events, members, rulesets};
use crate::cursor::Walk;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const CLOCKS: &str = "/fleet/hos/clocks";
/// Drivers of a page: their ids are a parameter.
const DRIVERS: &str = "200";
/// The lists that a walk goes through: the drivers, or the clocks alone.
const OF_DRIVERS: usize = 0;
const OF_CLOCKS: usize = 1;
const MILLIS: i64 = 1_000;

/// Under which name somebody drives is not of the clocks. Their rules are: they become part of the source, as `eldSettings`.
const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &["driver", "currentVehicle"] };

pub(super) struct HosAvailabilities;

impl Source for HosAvailabilities {
    type Provider = Samsara;
    type Rows = Vec<Observation<HosAvailability>>;
    type Cursor = Walk;

    const KNOWN: Known = Known { members: members::HOS_AVAILABILITY, words: &[] };

    /// Of a driver's rules the source keeps not all that tells them.
    const REMAP: Option<Remap<Self::Rows>> =
        Some(Remap::without(&["hos_ruleset_code"], |stored| Some(vec![observation(stored.json, |_| None)?])));

    async fn page(api: &Api<'_, Samsara>, walk: Walk) -> Result<Page<Self::Rows, Walk>, ProviderError> {
        if walk.list == OF_CLOCKS {
            return listed(api, walk).await;
        }
        let query = [("driverActivationStatus", "active"), ("limit", DRIVERS)];
        let response = match api.page("/fleet/drivers", &query, walk.after.as_deref()).await {
            Err(error) if error.is_forbidden() => return listed(api, Walk { list: OF_CLOCKS, after: None, ..walk }).await,
            response => response?,
        };
        let (data, next) = response.page(walk.after.as_deref())?;
        let drivers: Vec<Driver<'_>> = data.iter().filter_map(|raw| Driver::of(raw)).collect();
        let (rows, are_whole) = of_drivers(api, &drivers).await?;
        // A driver without a clock has no hours to tell of; one whose clock could not be read may have.
        let unread = usize::from(!are_whole || drivers.len() < next.listed(data.len()));
        let listed = rows.len() + unread;
        Ok(walk.page(OF_DRIVERS + 1, rows, listed, next.after_more()))
    }
}

/// A driver, and what their clock does not say.
struct Driver<'a> {
    id: String,
    wire: Members<'a>,
}

impl<'a> Driver<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let wire = Members::of(raw);
        Some(Self { id: wire.id("driver", "samsara")?, wire })
    }
}

/// The clocks of drivers, and whether all that were listed could be read.
async fn of_drivers(
    api: &Api<'_, Samsara>,
    drivers: &[Driver<'_>],
) -> Result<(Vec<Observation<HosAvailability>>, bool), ProviderError> {
    if drivers.is_empty() {
        return Ok((Vec::new(), true));
    }
    let ids: Vec<&str> = drivers.iter().map(|driver| driver.id.as_str()).collect();
    let clocks = api.short_list(CLOCKS, &[("driverIds", &ids.join(",")), ("limit", "512")]).await?;
    let of_id = |id: &str| drivers.iter().find(|driver| driver.id == id);
    let read = clocks.rows.iter().map(|raw| observation(raw, of_id));
    let rows: Vec<_> = read.flatten().collect();
    let are_whole = !clocks.is_unclear && rows.len() == clocks.rows.len();
    Ok((rows, are_whole))
}

/// A page of the clocks as they are listed.
async fn listed(api: &Api<'_, Samsara>, walk: Walk) -> Result<Page<Vec<Observation<HosAvailability>>, Walk>, ProviderError> {
    let response = api.page(CLOCKS, &[("limit", "512")], walk.after.as_deref()).await?;
    let (data, next) = response.page(walk.after.as_deref())?;
    let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw, |_| None)).collect();
    Ok(walk.page(OF_CLOCKS + 1, rows, next.listed(data.len()), next.after_more()))
}

/// The clock of a driver; `None` (and a warning) where it does not say whose it is.
fn observation<'d>(raw: &RawValue, of_id: impl Fn(&str) -> Option<&'d Driver<'d>>) -> Option<Observation<HosAvailability>> {
    let wire = Members::of(raw);
    let id = wire.object("driver").id("clock", "samsara")?;
    let driver = of_id(&id).map(|driver| &driver.wire);
    let (fields, mut source) = (fields(&id, &wire, driver), source_of(raw));
    if let (Some(settings), Some(members)) = (driver.and_then(|driver| driver.raw("eldSettings")), source.as_object_mut()) {
        members.insert("eldSettings".into(), source_of(settings));
    }
    Some(RULES.observation(id, None, source, fields))
}

fn fields(id: &str, wire: &Members<'_>, driver: Option<&Members<'_>>) -> HosAvailability {
    let (clocks, violations) = (wire.object("clocks"), wire.object("violations"));
    let status: Option<String> = wire.object("currentDutyStatus").get("hosStatusType");
    // Without a status the app is not connected, and a clock of zero is one that is not known; so are violations.
    let is_known = |seconds: &i64| status.is_some() || *seconds != 0;
    let left = |clock: &str, name: &str| seconds(&clocks.object(clock), name).filter(is_known);
    let tomorrow = left("cycle", "cycleTomorrowDurationMs");
    HosAvailability {
        hos_ruleset_code: driver.and_then(rulesets::of_driver),
        duty_status_code: status.as_deref().and_then(hos_events::duty_status),
        cycle_started_at: clocks.object("cycle").get("cycleStartedAtTime"),
        available_drive_seconds: left("drive", "driveRemainingDurationMs"),
        available_shift_seconds: left("shift", "shiftRemainingDurationMs"),
        available_cycle_seconds: left("cycle", "cycleRemainingDurationMs"),
        available_tomorrow_seconds: tomorrow,
        forecast_horizon_days: tomorrow.map(|_| 1),
        time_until_break_seconds: left("break", "timeUntilBreakDurationMs"),
        cycle_violation_duration_seconds: seconds(&violations, "cycleViolationDurationMs").filter(is_known),
        shift_driving_violation_duration_seconds: seconds(&violations, "shiftDrivingViolationDurationMs").filter(is_known),
        is_personal_conveyance_applied: status.as_deref().map(|status| status == "personalConveyance"),
        is_yard_move_applied: status.as_deref().map(|status| status == "yardMove"),
        source_driver_id: Some(id.to_owned()),
        source_vehicle_id: wire.object("currentVehicle").get("id"),
        ..HosAvailability::default()
    }
}

/// A duration; never a negative one.
fn seconds(wire: &Members<'_>, name: &str) -> Option<i64> {
    wire.get::<i64>(name).filter(|millis| *millis >= 0).map(|millis| millis / MILLIS)
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};

    fn list(data: &Value, after: &str) -> String {
        json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } }).to_string()
    }

    fn clock(driver: &str, status: &str, drive_ms: i64) -> Value {
        json!({
            "driver": { "id": driver, "name": "Sample Driver" }, "currentDutyStatus": { "hosStatusType": status },
            "currentVehicle": { "id": "123456789", "name": "Midwest Truck #4", "ExternalIds": {} },
            "clocks": {
                "break": { "timeUntilBreakDurationMs": 28_800_000 }, "drive": { "driveRemainingDurationMs": drive_ms },
                "shift": { "shiftRemainingDurationMs": 50_400_000 },
                "cycle": { "cycleRemainingDurationMs": 252_000_000, "cycleStartedAtTime": "2020-01-27T07:06:25Z",
                    "cycleTomorrowDurationMs": 252_000_000 },
            },
            "violations": { "cycleViolationDurationMs": 0, "shiftDrivingViolationDurationMs": 600_000 },
        })
    }

    #[test]
    fn check_availabilities() {
        let rules = json!({ "rulesets": [{ "cycle": "USA 70 hour / 8 day", "shift": "US Interstate Property" }] });
        let drivers = json!([{ "id": "88668", "name": "A", "eldSettings": rules }, { "id": "2", "name": "B" }, { "id": "3" }]);
        let http = Canned::new(vec![
            response(200, &list(&drivers, "")),
            response(200, &list(&json!([clock("88668", "personalConveyance", 39_600_999), clock("2", "", 0)]), "")),
        ]);
        let page = walk(&http, Resource::HosAvailability).remove(0);
        let root = "http://simulator.local/samsara/fleet";
        let asked = [
            format!("{root}/drivers?driverActivationStatus=active&limit=200"),
            format!("{root}/hos/clocks?driverIds=88668%2C2%2C3&limit=512"),
        ];
        assert_eq!(http.asked(), asked);
        assert!(page.complete_scan, "a driver without a clock proves nothing else");
        let [first, second] = records(&page) else { panic!("{page:?}") };
        assert_eq!((first.source_id.as_str(), first.occurred_at), ("88668", None));
        let found = fields(first);
        let expected = json!({
            "duty_status_code": "PC", "available_drive_seconds": 39_600, "available_shift_seconds": 50_400,
            "available_cycle_seconds": 252_000, "available_tomorrow_seconds": 252_000, "forecast_horizon_days": 1,
            "time_until_break_seconds": 28_800, "cycle_started_at": "2020-01-27T07:06:25.000000Z",
            "cycle_violation_duration_seconds": 0, "shift_driving_violation_duration_seconds": 600,
            "is_personal_conveyance_applied": true, "is_yard_move_applied": false, "hos_ruleset_code": "US_INT_PROP_70_8",
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{name}");
        }
        assert!(found["driver_id"].is_string() && found["vehicle_id"].is_string());
        // The app of the second is not connected: nothing is known of what is 0.
        let found = fields(second);
        let unknown = [
            "duty_status_code",
            "available_drive_seconds",
            "is_yard_move_applied",
            "hos_ruleset_code",
            "cycle_violation_duration_seconds",
        ];
        for name in unknown {
            assert_eq!(found.get(name), None, "{name}");
        }
        assert_eq!(found["available_shift_seconds"], 50_400);
    }

    #[test]
    fn a_token_that_may_not_read_drivers_gets_the_clocks_as_they_are_listed() {
        let refused = || response(403, r#"{"message":"Permission Denied"}"#);
        let http = Canned::new(vec![
            refused(),
            response(200, &list(&json!([clock("1", "driving", 1)]), "x")),
            response(200, &list(&json!([clock("2", "driving", 1), {}]), "")),
        ]);
        let pages = walk(&http, Resource::HosAvailability);
        assert!(http.asked()[2].ends_with("/fleet/hos/clocks?limit=512&after=x"));
        assert_eq!(pages.iter().map(|page| records(page).len()).collect::<Vec<_>>(), [1, 1]);
        assert!(!pages[1].complete_scan, "a clock could not be read");
    }

    #[test]
    fn another_name_of_the_driver_is_no_change_and_other_rules_are() {
        let of = |name: &str, shift: &str| {
            let mut row = clock("1", "driving", 1);
            row["driver"]["name"] = json!(name);
            let rules = json!({ "rulesets": [{ "cycle": "USA 70 hour / 8 day", "shift": shift }] });
            let drivers = list(&json!([{ "id": "1", "name": name, "eldSettings": rules }]), "");
            let http = Canned::new(vec![response(200, &drivers), response(200, &list(&json!([row]), ""))]);
            records(&walk(&http, Resource::HosAvailability)[0])[0].source_hash.clone()
        };
        assert_eq!(of("A", "US Interstate Property"), of("B", "US Interstate Property"));
        assert_ne!(of("A", "US Interstate Property"), of("A", "US Interstate Passenger"), "other rules are");
    }
}
