//! The adapter against canned responses. The fixtures are the vendor's published examples with synthetic values.

use bytes::Bytes;
use model::telematics::readings::Readings;
use model::telematics::series::Cells as _;
use model::telematics::{Batch, Rows as _, Vehicle, VehiclePosition};
use model::{RecordId, RecordIds, Resource, Timestamp};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, Asker, connection, credentials, run};
pub(super) use crate::testing::{Canned, busy, fields, records, response};
use crate::{Accounts as _, Fetched, HttpFailure, HttpResponse};

const TOKEN: &str = "samsara_api_hidden";

impl Canned {
    /// Answers of an account that may read positions only: what stands beside them is refused.
    pub(super) fn narrow(responses: Vec<Answer>) -> Self {
        Self::refusing("vehicleIds=", responses)
    }
}

fn base() -> Url {
    "http://simulator.local/samsara/".parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

pub(super) fn asker() -> Asker<'static> {
    let credentials = credentials("token", &json!({ "token": TOKEN }));
    Asker { adapter: &Samsara, base: base(), credentials, now: now(), newest: None }
}

pub(super) fn ask(http: &Canned, resource: Resource, cursor: Option<&str>) -> Result<Fetched, ProviderError> {
    asker().ask(http, resource, cursor)
}

/// The same where records are stored up to `newest`.
pub(super) fn ask_since(
    http: &Canned,
    resource: Resource,
    cursor: Option<&str>,
    newest: Timestamp,
) -> Result<Fetched, ProviderError> {
    ask_at(http, resource, cursor, newest, now())
}

/// The same at another time.
pub(super) fn ask_at(
    http: &Canned,
    resource: Resource,
    cursor: Option<&str>,
    newest: Timestamp,
    now: Timestamp,
) -> Result<Fetched, ProviderError> {
    Asker { now, newest: Some(newest), ..asker() }.ask(http, resource, cursor)
}

/// Fetches until there is no more, and gives every page.
pub(super) fn walk(http: &Canned, resource: Resource) -> Vec<Fetched> {
    asker().walk(http, resource)
}

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

#[test]
fn check_vehicles() {
    let pages = [include_str!("fixtures/vehicles_page.json"), include_str!("fixtures/vehicles_last.json")];
    let http = Canned::new(pages.iter().map(|body| response(200, body)).collect());
    let pages = walk(&http, Resource::Vehicle);
    let list = "http://simulator.local/samsara/fleet/vehicles?limit=512";
    assert_eq!(http.asked(), [list.to_owned(), format!("{list}&after=00000000-0000-0000-0000-000000000018")]);
    assert_eq!(pages.iter().map(|page| page.complete_scan).collect::<Vec<_>>(), [false, true]);
    assert_eq!(pages[1].cursor, None);
    let bare = fields(&records(&pages[0])[0]);
    assert!(["vin", "notes", "model_year"].iter().all(|name| bare.get(name).is_none()), "{bare}");
    let row = &records(&pages[0])[1];
    assert_eq!((row.source_id.as_str(), row.occurred_at), ("281000000000001", Timestamp::parse("2022-12-13T20:04:43Z")));
    let expected = Vehicle {
        vehicle_name: some("U-102 (Tractor)"),
        oem: some("KENWORTH"),
        model_type: some("T680"),
        model_year: Some(2015),
        vin: some("4SYNTHV1N00000001"),
        engine_vin: some("Y000001"),
        license_plate_number: some("SYNPL02"),
        is_active: Some(true),
        eld_id: some("GSYNAAA002"),
        eld_serial_number: some("GSYN-AAA-002"),
        eld_device_type: some("VG34"),
        vehicle_groups: Some(json!({ "2900001": "GRP  Alpha - 23" })),
        external_id: some("U-102"),
        speed_unit: some("mph"),
        odometer_unit: some("m"),
        ..Vehicle::default()
    };
    assert_eq!(row.fields.get(), serde_json::to_string(&expected).unwrap());
    assert_eq!(row.extras.as_ref().unwrap()["staticAssignedDriver"]["id"], "7000001");
}

#[test]
fn check_users() {
    let office = r#"{"data":[{"id":"7000001","name":"Ann Lee","email":"ann@example.com","authType":"default","roles":[
        {"role":{"id":"1","name":"Standard Admin"}},{"role":{"id":"2","name":"Dispatch"},"tag":{"id":"5"}}]}],
        "pagination":{"endCursor":"","hasNextPage":false}}"#;
    let pages = [include_str!("fixtures/drivers_active.json"), include_str!("fixtures/drivers_deactivated.json"), office];
    let http = Canned::new(pages.iter().map(|body| response(200, body)).collect());
    let pages = walk(&http, Resource::User);
    let asked = http.asked();
    assert!(
        asked[0].ends_with("driverActivationStatus=active")
            && asked[1].ends_with("=deactivated")
            && asked[2].ends_with("/users?limit=512"),
        "{asked:?}"
    );
    assert_eq!(pages.iter().map(|page| page.complete_scan).collect::<Vec<_>>(), [false, false, true]);
    let expected = json!({
        "first_name": "Driver", "last_name": "Example001", "is_active": true, "is_driver": true, "license_region": "TX",
        "license_country": "USA", "hos_ruleset_code": "US_INT_PROP_70_8", "default_time_zone": "America/Chicago",
        "carrier_number": "100001",
    });
    let user = fields(&records(&pages[0])[0]);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&user[name], value, "{name}");
    }
    assert_eq!(fields(&records(&pages[1])[0])["is_active"], false);
    let user = &records(&pages[2])[0];
    let expected = json!({
        "username": "ann@example.com", "is_active": true, "is_driver": false, "user_designation": "Dispatch, Standard Admin",
        "user_email": "ann@example.com", "first_name": "Ann", "last_name": "Lee",
    });
    assert_eq!((user.source_id.as_str(), fields(user)), ("user:7000001", expected));
}

#[test]
fn drivers_have_what_they_are_written_with_and_come_without_the_office_too() {
    let drivers = json!([{
        "id": "1", "email": "joe@example.com", "carrierSettings":
            { "homeTerminalName": "North yard", "homeTerminalAddress": "1 Depot Way", "dotNumber": 0 },
    }]);
    let list = |data: Value| response(200, &json!({ "data": data, "pagination": { "hasNextPage": false } }).to_string());
    let refused = response(403, r#"{"message":"Permission Denied"}"#);
    let pages = walk(&Canned::new(vec![list(drivers), list(json!([])), refused]), Resource::User);
    assert!(!pages[2].complete_scan && pages[2].batch.is_empty(), "office users of before stay");
    let expected = json!({
        "is_driver": true, "user_email": "joe@example.com", "authority_name": "North yard", "authority_address": "1 Depot Way",
    });
    assert_eq!(fields(&records(&pages[0])[0]), expected);
}

#[test]
fn a_token_that_is_refused_for_the_office_lists_no_empty_office() {
    let list = || response(200, r#"{"data":[],"pagination":{"endCursor":"","hasNextPage":false}}"#);
    let http = Canned::new(vec![list(), list(), response(401, r#"{"message":"invalid token"}"#)]);
    let active = ask(&http, Resource::User, None).unwrap();
    let deactivated = ask(&http, Resource::User, active.cursor.as_deref()).unwrap();
    let office = ask(&http, Resource::User, deactivated.cursor.as_deref());
    assert!(matches!(office, Err(ProviderError::Refused { .. })), "{office:?}");
}

#[test]
fn check_positions() {
    let http = Canned::new(vec![
        response(200, include_str!("fixtures/stats_feed.json")),
        response(200, include_str!("fixtures/engine_history.json")),
        response(200, include_str!("fixtures/driver_vehicle_assignments.json")),
        response(200, r#"{"data":[],"pagination":{"endCursor":"MjkZ","hasNextPage":false}}"#),
    ]);
    let pages = walk(&http, Resource::VehicleLocation);
    let root = "http://simulator.local/samsara/fleet";
    let feed =
        "vehicles/stats/feed?types=gps,gpsOdometerMeters,syntheticEngineSeconds&decorations=obdOdometerMeters,fuelPercents";
    let asked: Vec<String> = http.asked().iter().map(|url| url.replace("%2C", ",").replace("%3A", ":")).collect();
    let expected = [
        feed,
        "vehicles/stats/history?types=obdEngineSeconds,engineOilPressureKPa,engineCoolantTemperatureMilliC&decorations=obdOdometerMeters\
         &vehicleIds=112&startTime=2026-01-27T07:05:24.500000Z&endTime=2026-01-27T07:07:36.000000Z",
        "driver-vehicle-assignments?filterBy=vehicles&vehicleIds=112\
         &startTime=2026-01-27T07:06:25.500000Z&endTime=2026-01-27T07:07:36.000000Z",
        &format!("{feed}&after=MjkY"),
    ];
    assert_eq!(asked, expected.map(|path| format!("{root}/{path}")), "a page without positions asks for nothing beside it");
    assert_eq!(pages[1].cursor, some(r#"{"v":2,"at":{"after":"MjkZ"}}"#));
    assert!(pages.iter().all(|page| !page.complete_scan));
    let Batch::Readings(rows) = &pages[0].batch else { panic!("not readings") };
    // The third reading is off the globe, as in the vendor's own example.
    assert_eq!(rows.len(), 2);
    let first = position(rows, 0);
    assert!((first.speed.unwrap() - 21.592_032).abs() < 1e-9, "{first:?}");
    assert_eq!((first.city, first.province, first.country), (Some("Pasadena"), Some("CA"), Some("USA")));
    assert_eq!((first.odometer, first.fuel_level, first.engine_hours), (Some(81_029.0), Some(54.0), Some(2.5)));
    assert_eq!((first.oil_pressure, first.coolant_temperature), (Some(315_000.0), Some(364.65)));
    assert_eq!(first.driver, Some("45646"));
    // A minute later the bus tells nothing, and what the gateway reckons is another instrument's. The tank is said to be fuller than
    // full, and the driver has left.
    let second = position(rows, 1);
    let (meters, hours) = (second.odometer, second.engine_hours);
    assert_eq!((meters, hours, second.fuel_level), (None, None, None));
    assert_eq!((second.oil_pressure, second.coolant_temperature, second.driver), (None, None, None));
    assert_eq!(rows.source_id(0), "location:112:2026-01-27T07:06:25.500000Z");
    assert_eq!(serde_json::from_str::<Value>(rows.sources().get(0)).unwrap()["headingDegrees"], 120);
    assert_eq!(pages[0].batch.last_occurred_at(), Timestamp::parse("2026-01-27T07:07:35Z"));
}

#[test]
fn positions_do_not_wait_for_what_stands_beside_them() {
    let cut = r#"{"data":[{"driver":{"id":"1"},"vehicle":{"id":"112"},"startTime":"2026-01-27T05:00:00Z"}],"pagination":null}"#;
    let beside = [
        (response(403, r#"{"message":"Permission Denied"}"#), response(403, r#"{"message":"Permission Denied"}"#)),
        (response(500, "down"), Err(HttpFailure::Timeout)),
        (busy(429, "60"), response(200, "<html>")),
        // A list that may lack its end may lack the driver who came last.
        (response(200, r#"{"data":null}"#), response(200, cut)),
    ];
    for (engines, drivers) in beside {
        let http = Canned::new(vec![response(200, include_str!("fixtures/stats_feed.json")), engines, drivers]);
        let page = ask(&http, Resource::VehicleLocation, None).unwrap();
        let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
        let first = position(rows, 0);
        assert_eq!((rows.len(), first.odometer, first.engine_hours, first.driver), (2, Some(81_029.0), None, None));
    }
}

#[test]
fn a_short_wait_for_what_stands_beside_positions_is_waited_out() {
    let (feed, engines) = (include_str!("fixtures/stats_feed.json"), include_str!("fixtures/engine_history.json"));
    let drivers = include_str!("fixtures/driver_vehicle_assignments.json");
    let http = Canned::new(vec![
        response(200, feed),
        busy(429, "0.4"),
        busy(503, "2"),
        response(200, engines),
        busy(429, "0"),
        response(200, drivers),
    ]);
    let page = ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!(http.waited(), [400, 2_000, 200].map(Duration::from_millis));
    let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
    let first = position(rows, 0);
    assert_eq!((first.engine_hours, first.driver), (Some(2.5), Some("45646")));
    // Five seconds in all, and no longer.
    let waits = [busy(429, "3"), busy(429, "1.5"), busy(429, "1"), busy(503, "3600")];
    let http = Canned::new([response(200, feed)].into_iter().chain(waits).collect());
    let page = ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!(http.waited(), [3_000, 1_500].map(Duration::from_millis));
    assert!(http.is_empty() && page.batch.len() == 2);
}

/// Odometer and engine hours of each reading of vehicle 112, whose gateway reckons both; of the bus tell the first reading what
/// decorates it, and the engine's list.
fn meters(decorations: &Value, engines: Answer) -> Vec<(Option<f64>, Option<f64>)> {
    let at = |minute: u32| format!("2026-01-27T07:{minute:02}:00Z");
    let gps = |minute: u32| json!({ "time": at(minute), "latitude": 34.1, "longitude": -118.1 });
    let mut points = [gps(1), gps(2), gps(3)];
    points[0]["decorations"] = decorations.clone();
    let reckoned = |factor: u32| Value::from_iter((1..=3).map(|minute| json!({ "time": at(minute), "value": factor * minute })));
    let vehicle =
        json!({ "id": "112", "gps": points, "gpsOdometerMeters": reckoned(1_000), "syntheticEngineSeconds": reckoned(3_600) });
    let feed = json!({ "data": [vehicle], "pagination": { "endCursor": "x", "hasNextPage": false } });
    let http = Canned::new(vec![response(200, &feed.to_string()), engines, response(403, "{}")]);
    let page = ask(&http, Resource::VehicleLocation, None).unwrap();
    let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
    (0..rows.len()).map(|row| position(rows, row)).map(|position| (position.odometer, position.engine_hours)).collect()
}

#[test]
fn the_meters_of_a_vehicle_are_read_from_one_instrument() {
    let engines = |stats: &Value| {
        let mut row = json!({ "id": "112" });
        row.as_object_mut().unwrap().extend(stats.as_object().unwrap().clone());
        response(200, &json!({ "data": [row], "pagination": { "endCursor": "", "hasNextPage": false } }).to_string())
    };
    let none = || response(200, r#"{"data":[],"pagination":{"endCursor":"","hasNextPage":false}}"#);
    let (at, bare) = ("2026-01-27T07:02:00Z", json!({}));
    let bus = json!({ "obdOdometerMeters": { "value": 5 } });
    let seconds = json!({ "obdEngineSeconds": [{ "time": at, "value": 7_200 }] });
    let pressure = json!({ "engineOilPressureKPa": [{ "time": at, "value": 300, "decorations": bus }] });
    let (reckoned, hours) = ([Some(1_000.0), Some(2_000.0), Some(3_000.0)], [Some(1.0), Some(2.0), Some(3.0)]);
    let nothing = [None; 3];
    let cases = [
        ("the bus tells nothing", &bare, none(), reckoned, hours),
        ("the bus tells the odometer", &bus, none(), [Some(5.0), None, None], hours),
        ("the bus tells it with the oil's pressure", &bare, engines(&pressure), nothing, hours),
        ("the bus tells the hours", &bare, engines(&seconds), reckoned, [None, Some(2.0), Some(2.0)]),
        ("nobody knows what the bus tells", &bare, response(500, "down"), nothing, nothing),
        ("of a list that may be cut nobody knows", &bare, response(200, r#"{"data":null}"#), nothing, nothing),
    ];
    for (name, decorations, engines, odometers, hours) in cases {
        assert_eq!(meters(decorations, engines), odometers.into_iter().zip(hours).collect::<Vec<_>>(), "{name}");
    }
}

fn position(rows: &Readings, row: usize) -> VehiclePosition<'_> {
    VehiclePosition::read(&mut rows.reader(row)).unwrap()
}

#[test]
fn check_duty_logs() {
    // The lists beside the logs are not for this token, neither for the window nor for entries from before it.
    let refused = || response(403, r#"{"message":"Permission Denied"}"#);
    let logs = response(200, include_str!("fixtures/hos_logs.json"));
    let http = Canned::new(vec![logs, refused(), refused(), refused(), refused()]);
    let page = walk(&http, Resource::HosEvent).remove(0);
    let asked = http.asked().remove(0);
    assert!(asked.contains("startTime=2026-11-13T12%3A00%3A00.000000Z&endTime=2026-11-21T12"), "{asked}");
    let rows = records(&page);
    let id = |source: &str| json!(RecordId::of(source, connection()));
    assert_eq!(rows[0].source_id, "hos_event:88668:2026-01-27T07:06:25.000000Z");
    assert_eq!(rows[0].source["driver"]["name"], "Sample Driver");
    let expected = json!({
        "started_at": "2026-01-27T07:06:25.000000Z", "ended_at": "2026-01-27T08:06:25.000000Z", "driver_id": id("88668"),
        "co_driver_id": id("1"), "additional_driver_ids": { "2": id("2") },
        "annotations": { "created_at": "2026-01-27T07:06:25.000000Z", "remarks": "Lunch Break" },
    });
    let entry = fields(&rows[0]);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&entry[name], value, "{name}");
    }
    assert!(entry["location"].is_object() && entry["h3_index_11"].is_i64(), "{entry}");
    // The second entry has no extent; the third starts with it, lasts, and takes its place.
    let entry = fields(&rows[1]);
    assert_eq!(
        (&entry["duty_status_code"], &entry["event_type_code"], &entry["event_code"]),
        (&json!("YM"), &json!("3"), &json!("YM"))
    );
    assert_eq!((entry.get("ended_at"), rows.len()), (None, 2));
    assert_eq!(entry["vehicle_id"], id("123456789"));
}

#[test]
fn check_validation() {
    let (me, list) = (include_str!("fixtures/me.json"), r#"{"data":[],"pagination":{"endCursor":"","hasNextPage":false}}"#);
    let refusal = r#"{"message":"invalid token","requestId":"8916e1c1"}"#;
    let try_out = |responses| {
        let http = Canned::new(responses);
        let found = run(Samsara.validate(&http, &base(), &credentials("access_token", &json!({ "access_token": TOKEN }))));
        assert!(http.is_empty());
        assert!(http.sent("authorization").iter().all(|sent| *sent == format!("Bearer {TOKEN}")));
        found
    };
    let account = try_out(vec![response(200, me)]).unwrap();
    assert_eq!(account, Account { id: "123".into(), name: some("Sample Company") });
    let narrow = try_out(vec![response(403, refusal), response(200, list), response(403, refusal)]).unwrap();
    assert!(narrow.id.starts_with("unknown-") && narrow.id.len() == 24 && !narrow.id.contains(TOKEN), "{narrow:?}");
    // Without the organization's id, its oldest vehicle or driver tells it, however the token is written.
    let listed = |ids: &[&str]| {
        let data: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        response(200, &json!({ "data": data, "pagination": { "endCursor": "", "hasNextPage": false } }).to_string())
    };
    let by_vehicle = try_out(vec![response(403, refusal), listed(&["1000", "999"])]).unwrap();
    assert_eq!(by_vehicle, Account { id: "vehicle-999".into(), name: None });
    let by_driver = try_out(vec![response(403, refusal), response(403, refusal), listed(&["88", "9"])]).unwrap();
    assert_eq!(by_driver.id, "driver-9");
    for odd in [r#"{"message":"try later"}"#, r#"{"data":{"name":"No id"}}"#, r#"{"data":null}"#, "[]"] {
        let error = try_out(vec![response(200, odd)]).unwrap_err();
        assert!(matches!(&error, ProviderError::Malformed { what, .. } if what == "/me names no organization"), "{odd}: {error}");
    }
    let refused = try_out(vec![response(401, refusal), response(401, refusal), response(401, refusal)]).unwrap_err();
    assert!(matches!(&refused, ProviderError::Refused { message, response: Some(_) } if message == "invalid token"), "{refused}");
    assert_eq!(try_out(vec![Err(HttpFailure::Timeout)]), Err(ProviderError::Timeout));
}

#[test]
fn check_credentials() {
    let http = Canned::new(vec![response(200, include_str!("fixtures/me.json"))]);
    let eu = credentials("token", &json!({ "token": format!(" {TOKEN}\n"), "url": "https://api.eu.samsara.com" }));
    run(Samsara.validate(&http, &base(), &eu)).unwrap();
    assert_eq!(http.asked(), ["https://api.eu.samsara.com/me"]);
    for url in ["https://samsara.com.evil.example/", "http://api.samsara.com/", "https://evilsamsara.com"] {
        let spoof = credentials("token", &json!({ "token": TOKEN, "url": url }));
        let refused = run(Samsara.validate(&Canned::default(), &base(), &spoof)).unwrap_err();
        assert!(matches!(refused, ProviderError::Refused { response: None, .. }), "{url}");
    }
    let form = credentials("company_id", &json!({ "company_id": "1" }));
    let found = run(Samsara.validate(&Canned::default(), &base(), &form));
    assert_eq!(found, Err(ProviderError::Unsupported { what: "credential form company_id".into() }));
}

#[test]
fn check_faults() {
    let echo = format!("<html>{TOKEN}</html>");
    let stuck = r#"{"data":[],"pagination":{"endCursor":"","hasNextPage":true}}"#;
    let cases = [
        (response(401, r#"{"message":"invalid token"}"#), "provider refused the credentials: invalid token", false),
        (response(403, r#"{"message":"Permission Denied"}"#), "provider refused the credentials: Permission Denied", false),
        (
            response(400, "rpc error: code = InvalidArgument"),
            "provider rejected the request: rpc error: code = InvalidArgument",
            false,
        ),
        (response(302, ""), "provider rejected the request: status 302", false),
        (response(503, "upstream connect error"), "provider is unavailable: upstream connect error", true),
        (response(502, &echo), "provider is unavailable: status 502", true),
        (response(429, "{}"), "provider asks to wait 1000 ms", true),
        (response(200, stuck), "provider sent a malformed response: the cursor does not move", true),
        (Err(HttpFailure::Timeout), "provider timed out", true),
        (
            Err(HttpFailure::Unreachable("connection failed".into())),
            "provider is unavailable: unreachable: connection failed",
            true,
        ),
        (Err(HttpFailure::TooLarge), "provider sent a malformed response: response is too large", true),
    ];
    for (response, text, retryable) in cases {
        let error = ask(&Canned::new(vec![response]), Resource::Vehicle, None).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.is_retryable()), (text, retryable));
        assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
    }
    let whole = include_str!("fixtures/vehicles_page.json");
    let cut = ask(&Canned::new(vec![response(200, &whole[..whole.len() / 2])]), Resource::Vehicle, None).unwrap_err();
    assert!(matches!(cut, ProviderError::Malformed { response: Some(_), .. }), "{cut}");
    let unknown = ask(&Canned::default(), Resource::LocationSegment, None);
    assert_eq!(unknown.unwrap_err(), ProviderError::Unsupported { what: "location_segment".into() });
}

#[test]
fn an_oddly_written_page_is_read_or_named() {
    let names = |body: &[u8]| {
        let answer = response(200, "").map(|answer| HttpResponse { body: Bytes::copy_from_slice(body), ..answer });
        ask(&Canned::new(vec![answer]), Resource::Vehicle, None).map(|page| {
            let names = records(&page).iter().map(|row| fields(row)["vehicle_name"].as_str().unwrap_or("-").to_owned());
            (names.collect::<Vec<_>>().join(","), page.more, page.complete_scan)
        })
    };
    let page = |rows: &str, pagination: &str| names(format!(r#"{{"data":{rows},"pagination":{pagination}}}"#).as_bytes());
    let found = |names: &str, more, complete| Ok((names.to_owned(), more, complete));
    let (row, last) = (r#"[{"id":"1","name":"A"}]"#, r#"{"endCursor":"","hasNextPage":false}"#);
    assert_eq!(page(row, last), found("A", false, true));
    assert_eq!(page(row, r#"{"endCursor":"x","hasNextPage":"true"}"#), found("A", true, false));
    assert_eq!(page(row, r#"{"endCursor":"x","hasNextPage":null}"#), found("A", true, false), "the cursor leads on");
    assert_eq!(page(row, "null"), found("A", false, false), "a list that may be cut removes nothing");
    assert_eq!(names(br#"{"data":[{"id":"1","name":"A"}]}"#), found("A", false, false));
    assert_eq!(page("null", last), found("", false, false));
    assert_eq!(page(r#"[{"id":"1","name":"\ud83d!"},{"id":"2","name":"B","x":NaN}]"#, last), found("\u{fffd}!,B", false, true));
    assert_eq!(page(r#"[{"id":"1","id":"2","name":"A"},{"id":3.0,"name":"B"}]"#, last), found("B", false, false));
    let latin =
        [br#"{"data":[{"id":"1","name":"Jos"#.as_slice(), b"\xe9", br#""}],"pagination":{"hasNextPage":false}}"#].concat();
    assert_eq!(names(&latin), found("Jos\u{fffd}", false, true));
    let told = |error: Result<(String, bool, bool), ProviderError>| error.unwrap_err().to_string();
    let wrong = |what: &str| format!("provider sent a malformed response: {what}");
    assert_eq!(told(names(b"<html>Sign in</html>")), wrong("a page of HTML or XML where JSON was expected"));
    assert_eq!(told(names(br#"{"message":"try later"}"#)), wrong("no page of a list: try later"));
    for rows in ["{}", "7", "-7.5", "true", r#""rows""#, r#"[],"data":[]"#] {
        assert_eq!(told(page(rows, last)), wrong("data is no list"), "{rows}");
    }
    let twice = format!(r#"{last},"pagination":{{"hasNextPage":true}}"#);
    assert_eq!(page(row, &twice), found("A", false, false), "nobody can tell whether there is more");
}

#[test]
fn check_waits() {
    for (text, millis) in
        [("0.40235", 402), ("7", 7_000), ("-1", 1_000), ("soon", 1_000), ("1e30", 3_600_000), ("99999", 3_600_000)]
    {
        let mut limited = response(429, "{}").unwrap();
        limited.headers.insert("retry-after", text.parse().unwrap());
        let error = ask(&Canned::new(vec![Ok(limited)]), Resource::HosEvent, None).unwrap_err();
        assert!(
            matches!(error, ProviderError::RateLimited { retry_after, .. } if retry_after.as_millis() == millis),
            "{text}: {error}"
        );
    }
}

#[test]
fn check_hashes() {
    let hash = |json: Value| vehicles::observation(&RawValue::from_string(json.to_string()).unwrap()).unwrap().source_hash;
    let one = hash(json!({ "id": "1", "name": "a", "updatedAtTime": "2026-01-01T00:00:00Z" }));
    assert_eq!(one, hash(json!({ "id": "1", "updatedAtTime": "2026-02-01T00:00:00Z", "name": "a" })));
    assert_ne!(one, hash(json!({ "id": "1", "name": "b", "updatedAtTime": "2026-01-01T00:00:00Z" })));
}

/// Any JSON, with the member names of the wire among the others.
fn wild() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("2026-01-27T07:06:25Z")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "name",
        "year",
        "time",
        "latitude",
        "longitude",
        "speedMilesPerHour",
        "gps",
        "decorations",
        "value",
        "driver",
        "hosLogs",
        "logStartTime",
        "tags",
        "gateway",
        "externalIds",
        "eldSettings",
        "rulesets",
        "carrierSettings",
        "reverseGeo",
        "formattedLocation",
        "codrivers",
        "eldEvents",
        "eldEventType",
        "startTime",
        "endTime",
    ]);
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from);
        let object = prop::collection::vec((names.clone(), inner), 0..6);
        prop_oneof![list, object.prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())]
    })
}

proptest! {
    #[test]
    fn mapping_takes_any_json(value in wild()) {
        let raw = RawValue::from_string(value.to_string()).unwrap();
        let _none = (vehicles::observation(&raw), users::observation(&raw));
        let _none = (vehicle_locations::of_page(&[&raw]), hos_events::of_json(&raw).erase(RecordIds(connection())));
        for resource in Samsara.resources() {
            let body = json!({ "data": value, "pagination": { "endCursor": "", "hasNextPage": false } });
            let answers = std::iter::repeat_with(|| response(200, &body.to_string())).take(12);
            let _either = ask(&Canned::new(answers.collect()), resource, None);
        }
    }
}
