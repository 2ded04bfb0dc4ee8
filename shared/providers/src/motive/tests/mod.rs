//! The adapter against canned responses. The fixtures are recorded shapes and the vendor's examples, with synthetic values.

use model::telematics::readings::Readings;
use model::telematics::series::Cells as _;
use model::telematics::{Batch, Rows as _, TrailerPosition, VehiclePosition};
use model::{RecordIds, Resource, Timestamp};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, Asker, Canned, check_fields, connection, credentials, fields, records, response, run};
use crate::{Accounts as _, Fetched, HttpFailure};

mod positions;

const KEY: &str = "1f0c-hidden";
pub(super) const BASE: &str = "http://simulator.local/motive";

pub(super) fn asker() -> Asker<'static> {
    let credentials = credentials("api_key", &json!({ "api_key": KEY }));
    Asker { adapter: &Motive, base: BASE.parse().unwrap(), credentials, now: at("2026-11-21T12:00:00Z"), newest: None }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A page of a list: each row in its wrapper.
pub(super) fn page(rows: &str, row: &str, all: &[Value], page_no: u32, total: usize) -> Answer {
    let all: Vec<Value> = all.iter().map(|one| json!({ row: one })).collect();
    response(200, &json!({ rows: all, "pagination": { "per_page": 100, "page_no": page_no, "total": total } }).to_string())
}

fn vehicles(ids: &[u32], page_no: u32, total: usize) -> Answer {
    let all: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "number": format!("T-{id}") })).collect();
    page("vehicles", "vehicle", &all, page_no, total)
}

fn refused() -> Answer {
    response(403, r#"{"error_message":"forbidden"}"#)
}

#[test]
fn check_vehicles() {
    let groups = [page("groups", "group", &[json!({ "id": 101, "name": "North" })], 1, 1)];
    let answers = [response(200, include_str!("../fixtures/vehicles.json"))].into_iter().chain(groups);
    let http = Canned::new(answers.collect());
    let page = asker().walk(&http, Resource::Vehicle).remove(0);
    let paging = "per_page=100&page_no=1";
    assert_eq!(http.asked(), [format!("{BASE}/v1/vehicles?{paging}"), format!("{BASE}/v1/groups?{paging}")]);
    assert_eq!(http.sent("x-api-key"), [KEY, KEY]);
    assert!(page.complete_scan && page.cursor.is_none());
    let [vehicle] = records(&page) else { panic!("{page:?}") };
    assert_eq!((vehicle.source_id.as_str(), vehicle.occurred_at), ("8000001", Timestamp::parse("2026-01-01T00:00:00Z")));
    let expected = json!({
        "vehicle_name": "TEST-001", "oem": "TestMake", "model_type": "TestModel", "model_year": 2020, "vin": "TESTVIN0000000001",
        "license_plate_region": "IL", "license_plate_country": "USA", "license_plate_number": "TEST123", "is_active": true,
        "status": "in_service", "notes": "synthetic test vehicle", "eld_id": "8800001", "eld_serial_number": "TESTELD0001",
        "eld_device_type": "lbb-3.6ca", "vehicle_groups": { "101": "North", "102": null }, "speed_unit": "mph",
        "odometer_unit": "mi", "fuel_unit": "gal", "engine_type": "diesel",
    });
    assert_eq!(fields(vehicle), expected);
    assert_eq!(vehicle.extras.as_ref().unwrap()["company_id"], 7_000_001);
}

#[test]
fn retired_vehicles_metric_ones_and_odd_members_are_read() {
    let all = [
        json!({ "id": 1, "status": "inactive", "metric_units": true, "year": "n/a", "license_plate_country_code": "FR" }),
        json!({ "id": 2, "number": "", "metric_units": null, "surprise": [1], "external_ids": [{ "external_id": "TMS-2" }] }),
    ];
    let pages = asker().walk(&Canned::new(vec![page("vehicles", "vehicle", &all, 1, 2)]), Resource::Vehicle);
    let rows = records(&pages[0]);
    let expected = json!({
        "is_active": false, "status": "inactive", "speed_unit": "km/h", "odometer_unit": "km", "fuel_unit": "l", "model_year": null,
        "license_plate_country": null,
    });
    check_fields(&rows[0], &expected);
    assert_eq!(fields(&rows[1]), json!({ "external_id": "TMS-2" }));
    assert!(pages[0].complete_scan);
}

#[test]
fn who_drives_a_vehicle_now_does_not_modify_it() {
    let hash = |json: Value| vehicles::observation(&RawValue::from_string(json.to_string()).unwrap()).unwrap().source_hash;
    let one = hash(json!({ "id": 1, "updated_at": "2026-01-01T00:00:00Z", "current_driver": { "id": 5 } }));
    assert_eq!(one, hash(json!({ "id": 1, "updated_at": "2026-02-01T00:00:00Z", "current_driver": null })));
    assert_ne!(one, hash(json!({ "id": 1, "number": "7" })));
}

#[test]
fn a_list_that_changed_while_it_was_read_removes_nothing() {
    let read = |pages: Vec<Answer>| {
        let http = Canned::new(pages);
        let pages = asker().walk(&http, Resource::Vehicle);
        assert!(http.is_empty(), "{:?}", http.asked());
        let ids = pages.iter().flat_map(records).map(|row| row.source_id.clone()).collect::<Vec<_>>();
        (ids.join(","), pages.last().unwrap().complete_scan)
    };
    let found = |ids: &str, is_complete| (ids.to_owned(), is_complete);
    assert_eq!(read(vec![vehicles(&[1, 2], 1, 3), vehicles(&[3], 2, 3)]), found("1,2,3", true));
    assert_eq!(read(vec![vehicles(&[1, 2], 1, 3), vehicles(&[2, 3], 2, 4)]), found("1,2,2,3", false), "one was added");
    assert_eq!(read(vec![vehicles(&[1, 2], 1, 4), vehicles(&[4], 2, 3)]), found("1,2,4", false), "one was removed");
    assert_eq!(read(vec![vehicles(&[1, 1], 1, 2)]), found("1", false), "one stands there twice");
    assert_eq!(read(vec![vehicles(&[1, 2], 1, 9), vehicles(&[], 2, 9)]), found("1,2", false), "it ends too soon");
    assert_eq!(read(vec![vehicles(&[], 1, 0)]), found("", true));
    let flat = r#"{"vehicles":[{"vehicle":{"id":1}}],"per_page":100,"page_no":1,"total":1}"#;
    assert_eq!(read(vec![response(200, flat)]), found("1", true), "paging beside the rows");
    let untold = r#"{"vehicles":[{"vehicle":{"id":1}},{"vehicle":{}}]}"#;
    assert_eq!(read(vec![response(200, untold)]), found("1", false));
    let null = r#"{"vehicles":null,"pagination":{"per_page":100,"page_no":1,"total":0}}"#;
    assert_eq!(read(vec![response(200, null)]), found("", false));
}

#[test]
fn names_of_groups_that_are_down_modify_nothing() {
    let listed = || page("vehicles", "vehicle", &[json!({ "id": 1, "group_ids": [7] })], 1, 1);
    let named = |name: &str| page("groups", "group", &[json!({ "id": 7, "name": name })], 1, 1);
    let read = |groups: Answer| {
        let page = asker().ask(&Canned::new(vec![listed(), groups]), Resource::Vehicle, None).unwrap();
        let row = &records(&page)[0];
        (fields(row)["vehicle_groups"]["7"].clone(), row.is_partial, row.source_hash.clone())
    };
    let (name, is_partial, hash) = read(named("North"));
    assert_eq!((name, is_partial), (json!("North"), false));
    for down in [response(500, "busy"), Err(HttpFailure::Timeout), response(200, "<html>")] {
        let (name, is_partial, _) = read(down);
        assert_eq!((name, is_partial), (Value::Null, true));
    }
    assert_ne!(read(named("South")).2, hash, "a group that is renamed modifies what is in it");
    let (name, is_partial, _) = read(refused());
    assert_eq!((name, is_partial), (Value::Null, false), "the account has no names");
    let http = Canned::new(vec![listed(), response(429, "{}")]);
    assert!(matches!(asker().ask(&http, Resource::Vehicle, None), Err(ProviderError::RateLimited { .. })));
}

#[test]
fn check_users() {
    let groups = || [include_str!("../fixtures/groups_page_1.json"), include_str!("../fixtures/groups_page_2.json")];
    let users = [include_str!("../fixtures/users_page_1.json"), include_str!("../fixtures/users_page_2.json")];
    let answers = [vec![users[0]], groups().to_vec(), vec![users[1]], groups().to_vec()].concat();
    let pages = asker().walk(&Canned::new(answers.into_iter().map(|body| response(200, body)).collect()), Resource::User);
    assert_eq!((pages.len(), pages[1].complete_scan), (2, true));
    let rows: Vec<_> = pages.iter().flat_map(records).collect();
    let expected = json!({
        "username": "synthetic.driver001", "started_at": "2023-04-12T00:00:00.000000Z", "is_active": true, "status": "active",
        "is_driver": true, "user_designation": "driver", "user_email": "synthetic.driver001@example.com",
        "first_name": "Synthetic", "last_name": "Driver001", "phone_number": "+1 555-0100", "license_country": "USA",
        "license_region": "TX", "license_number": "D0000001", "employee_number": "10001-SYN",
        "company_groups": { "61001": null, "61002": null }, "authority_address": "501 Synthetic Terminal Ave, Exampleville, TX 10002",
        "company_name": "Synthetic Carrier LLC", "company_address": "500 Synthetic Yard Rd, Exampleville, TX 10001",
        "last_tsp_login": "2026-07-20T11:05:00.000000Z", "hos_ruleset_code": "US_INT_PROP_70_8", "allow_yard_move": true,
        "allow_personal_conveyance": true, "allow_adverse_driving": true, "default_time_zone": "America/Chicago",
    });
    assert_eq!(fields(rows[0]), expected);
    let admin = json!({
        "username": "synthetic.admin001@example.com", "is_active": false, "status": "deactivated", "is_driver": false,
        "user_designation": "admin", "hos_ruleset_code": null, "license_number": null, "default_time_zone": "America/New_York",
    });
    check_fields(rows[1], &admin);
}

#[test]
fn check_trailers() {
    let all = [
        json!({
            "id": 9001, "name": "TRL-7", "status": "deactivated", "type": "reefer", "vin": "1UYVS2538GP000001", "make": "Utility",
            "model": "3000R", "year": "2019", "axle": "2", "length": 53.0, "length_metric_units": false, "license_plate_state": "ON",
            "license_plate_number": "T1", "notes": "spare", "group_ids": [], "asset_gateway": { "id": 5, "identifier": "AG-5" },
            "current_location": { "lat": 1.0 }, "external_ids": null,
        }),
        json!({ "id": 9002, "axle": "tandem", "length": 0, "status": "active" }),
    ];
    let pages = asker().walk(&Canned::new(vec![page("assets", "asset", &all, 1, 2)]), Resource::Trailer);
    let rows = records(&pages[0]);
    let expected = json!({
        "trailer_name": "TRL-7", "oem": "Utility", "model_type": "3000R", "model_year": 2019, "vin": "1UYVS2538GP000001",
        "license_plate_region": "ON", "license_plate_country": "CA", "license_plate_number": "T1", "is_active": false,
        "status": "deactivated", "notes": "spare", "eld_id": "5", "eld_serial_number": "AG-5", "total_axles": 2,
        "trailer_length": 53.0, "trailer_type": "reefer",
    });
    assert_eq!(fields(&rows[0]), expected);
    assert_eq!(fields(&rows[1]), json!({ "is_active": true, "status": "active" }));
}

#[test]
fn check_validation() {
    let try_out = |conn_type: &str, given: Value, responses| {
        let http = Canned::new(responses);
        let found = run(Motive.validate(&http, &BASE.parse().unwrap(), &credentials(conn_type, &given)));
        assert!(http.is_empty());
        (found, http)
    };
    let key = || ("api_key", json!({ "api_key": format!(" {KEY}\n") }));
    let companies = || page("companies", "company", &[json!({ "id": 4200, "name": "Acme", "dot_ids": ["1"] })], 1, 1);
    let acme = Account { id: "4200".into(), name: Some("Acme".into()) };
    let (found, http) = try_out(key().0, key().1, vec![companies()]);
    assert_eq!(
        (found, http.asked(), http.sent("x-api-key")),
        (Ok(acme.clone()), vec![format!("{BASE}/v1/companies")], vec![KEY.to_owned()])
    );
    let (found, http) = try_out("access_token", json!({ "access_token": KEY }), vec![companies()]);
    assert_eq!((found, http.sent("authorization")), (Ok(acme), vec![format!("Bearer {KEY}")]));
    // A token without the scope of companies: a vehicle names its own.
    let listed = page("vehicles", "vehicle", &[json!({ "id": 1, "company_id": 4200 })], 1, 1);
    let (found, _) = try_out(key().0, key().1, vec![refused(), listed]);
    assert_eq!(found, Ok(Account { id: "4200".into(), name: None }));
    let (found, _) = try_out(key().0, key().1, vec![refused(), vehicles(&[], 1, 0)]);
    let unknown = found.unwrap().id;
    assert!(unknown.starts_with("unknown-") && !unknown.contains(KEY), "{unknown}");
    let (found, _) = try_out(key().0, key().1, vec![refused(), refused()]);
    assert!(found.unwrap_err().is_forbidden());
    let wrong = response(401, r#"{"error_message":"invalid API key"}"#);
    let (found, _) = try_out(key().0, key().1, vec![wrong]);
    assert_eq!(found.unwrap_err().to_string(), "provider refused the credentials: invalid API key");
    let (found, _) = try_out(key().0, key().1, vec![page("companies", "company", &[], 1, 0)]);
    assert_eq!(found.unwrap_err().to_string(), "provider sent a malformed response: /v1/companies names no company");
    let (found, _) = try_out("company_id", json!({ "company_id": "1" }), vec![]);
    assert_eq!(found, Err(ProviderError::Unsupported { what: "credential form company_id".into() }));
    for (url, good) in
        [("https://api.gomotive.com", true), ("https://gomotive.com.evil.example", false), ("http://api.keeptruckin.com", false)]
    {
        let responses = if good { vec![companies()] } else { vec![] };
        let (found, _) = try_out("api_key", json!({ "api_key": KEY, "url": url }), responses);
        assert_eq!(found.is_ok(), good, "{url}");
    }
}

#[test]
fn check_faults() {
    let day_range = r#"{"error_message":"Date range cannot be greater than 30 days"}"#;
    let moved = json!({ "vehicles": [], "pagination": { "page_no": 7, "total": 9 } }).to_string();
    let cases = [
        (response(400, day_range), "provider rejected the request: Date range cannot be greater than 30 days", false),
        (response(404, "Not Found"), "provider rejected the request: Not Found", false),
        (response(429, "slow down"), "provider asks to wait 1000 ms", true),
        (response(500, "upstream busy"), "provider is unavailable: upstream busy", true),
        (response(503, r#"{"error_message":"maintenance"}"#), "provider is unavailable: maintenance", true),
        (response(502, "<html>bad gateway</html>"), "provider is unavailable: status 502", true),
        // An error that comes with status 200.
        (
            response(200, day_range),
            "provider sent a malformed response: no page of a list: Date range cannot be greater than 30 days",
            true,
        ),
        (response(200, "<html>"), "provider sent a malformed response: a page of HTML or XML where JSON was expected", true),
        (response(200, r#"{"vehicles":7}"#), "provider sent a malformed response: vehicles is no list", true),
        (response(200, &moved), "provider sent a malformed response: the page does not move", true),
        (Err(HttpFailure::Timeout), "provider timed out", true),
    ];
    for (response, text, is_retryable) in cases {
        let error = asker().ask(&Canned::new(vec![response]), Resource::Vehicle, None).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.is_retryable()), (text, is_retryable));
    }
    let echo = asker().ask(&Canned::new(vec![response(401, KEY)]), Resource::Vehicle, None).unwrap_err();
    assert!(!format!("{echo:?}").contains(KEY), "{echo:?}");
    let mut limited = response(429, "").unwrap();
    limited.headers.insert("retry-after", "7".parse().unwrap());
    let error = asker().ask(&Canned::new(vec![Ok(limited)]), Resource::HosEvent, None).unwrap_err();
    assert_eq!(error.to_string(), "provider asks to wait 7000 ms");
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
        Just(json!("2026-01-27")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "vehicle",
        "user",
        "asset",
        "log",
        "driver",
        "date",
        "events",
        "event",
        "start_time",
        "end_time",
        "type",
        "remarks",
        "remark",
        "time",
        "notes",
        "location",
        "vehicles",
        "current_location",
        "located_at",
        "lat",
        "lon",
        "kph",
        "speed",
        "odometer",
        "group_ids",
        "external_ids",
        "external_id",
        "eld_device",
        "joined_at",
        "metric_units",
        "year",
        "status",
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
        let _none = (vehicles::observation(&raw), users::observation(&raw), trailers::observation(&raw));
        let _rows = hos_events::of_json(&raw).erase(RecordIds(connection()));
        let rows = ["vehicles", "users", "assets", "groups", "logs", "vehicle_locations", "breadcrumbs"];
        let members = rows.into_iter().map(|name| (name.to_owned(), value.clone()));
        let body = Value::Object(members.chain([("total".to_owned(), json!(2))]).collect()).to_string();
        for resource in Motive.capabilities().iter().map(|capability| capability.record.resource) {
            let answers = std::iter::repeat_with(|| response(200, &body)).take(90);
            let _either = asker().ask(&Canned::new(answers.collect()), resource, None);
        }
    }
}
