//! The API without a socket, on a clock that stands still.

use serde_json::{Value, json};

use crate::app::App;
use crate::clock::ManualClock;
use crate::http::{Call, Content, Reply};
use crate::options::Options;
use crate::router;

/// 2026-11-21T06:30:00Z, the evening of the 20th at the company.
const NOW: i64 = 1_795_242_600_000;
const KEY: &str = "motive_key_demo";

fn app(options: Options) -> App {
    App::new(&Options { clock: std::sync::Arc::new(ManualClock::at(NOW)), ..options }).unwrap()
}

fn bench() -> App {
    app(Options { vehicles: 12, ..Options::default() })
}

fn call(app: &App, method: &str, url: &str, key: Option<&str>) -> Reply {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = format!("/motive{path}");
    router::answer(app, &Call { method, path: &path, query, bearer: None, api_key: key, basic: None, body: b"" })
}

fn get(app: &App, url: &str) -> Value {
    let reply = call(app, "GET", url, Some(KEY));
    assert_eq!(reply.status, 200, "{url}: {}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

/// All records of a list, by its pages.
fn walk(app: &App, url: &str, rows: &str, row: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let body = get(app, &format!("{url}per_page=5&page_no={page}"));
        let listed = body[rows].as_array().unwrap();
        if listed.is_empty() {
            assert_eq!(body["pagination"]["total"], json!(all.len()));
            break;
        }
        all.extend(listed.iter().map(|one| one[row].clone()));
    }
    all
}

#[test]
fn lists_are_paged_by_number_and_cut_silently() {
    let app = bench();
    assert_eq!(get(&app, "/v1/vehicles")["pagination"], json!({ "per_page": 25, "page_no": 1, "total": 12 }));
    assert_eq!(get(&app, "/v1/vehicles?per_page=500")["pagination"]["per_page"], 100);
    assert_eq!(get(&app, "/v1/vehicles?page_no=9")["vehicles"], json!([]));
    let vehicles = walk(&app, "/v1/vehicles?", "vehicles", "vehicle");
    let status = |word: &str| vehicles.iter().filter(|vehicle| vehicle["status"] == word).count();
    assert_eq!((status("active"), status("inactive")), (11, 1));
    assert!(vehicles.iter().any(|vehicle| vehicle["metric_units"] == true) && vehicles[0]["year"].is_string());
    let groups = walk(&app, "/v1/groups?", "groups", "group");
    let group_of = |vehicle: &Value| groups.iter().any(|group| group["id"] == vehicle["group_ids"][0]);
    assert!(vehicles.iter().filter(|vehicle| vehicle["status"] == "active").all(group_of));
    assert_eq!(get(&app, "/v1/companies")["companies"][0]["company"]["id"], 4_007_031);
}

#[test]
fn members_of_drivers_are_absent_for_others() {
    let users = walk(&bench(), "/v1/users?", "users", "user");
    let of = |role: &str| users.iter().filter(|user| user["role"] == role).collect::<Vec<_>>();
    assert_eq!((of("admin").len(), of("fleet_user").len()), (1, 1));
    assert!(of("driver").iter().all(|user| user.get("cycle").is_some()) && of("admin")[0].get("cycle").is_none());
    assert!(of("driver").iter().any(|user| user["status"] == "deactivated"));
    let drivers = walk(&bench(), "/v1/users?role=driver&", "users", "user");
    assert_eq!(drivers.len(), of("driver").len());
}

#[test]
fn refusals_have_the_shapes_of_the_real_api() {
    let app = app(Options { vehicles: 3, requests_per_second: 4, ..Options::default() });
    let refused = call(&app, "GET", "/v1/companies", Some("samsara_api_demo"));
    assert_eq!((refused.status, refused.body.as_slice()), (401, br#"{"error_message":"invalid API key"}"#.as_slice()));
    assert_eq!(call(&app, "GET", "/v1/companies", None).status, 401);
    assert_eq!(call(&app, "GET", "/v1/moons", Some(KEY)).status, 404);
    assert_eq!(call(&app, "DELETE", "/v1/vehicles", Some(KEY)).status, 405);
    let long = call(&app, "GET", "/v3/vehicle_locations/500001?start_date=2026-01-01&end_date=2026-11-20", Some(KEY));
    assert_eq!(long.body, br#"{"error_message":"Date range cannot be greater than 3 months"}"#);
    assert_eq!(call(&app, "GET", "/v1/companies", Some(KEY)).status, 200);
    let limited = call(&app, "GET", "/v1/companies", Some(KEY));
    assert_eq!((limited.status, limited.retry_after.as_deref()), (429, Some("1")));
    let faults = crate::faults::Faults { rate_limit_next: 1, server_error_next: 1, ..Default::default() };
    let other = Some("motive_key_demo2");
    app.board().set(faults, NOW).unwrap();
    assert_eq!(call(&app, "GET", "/v1/companies", other).retry_after, None, "not every 429 says how long");
    let broken = call(&app, "GET", "/v1/companies", other);
    assert_eq!((broken.status, broken.content), (500, Content::Text));
}

#[test]
fn live_positions_are_those_of_gateways_and_others_are_stale() {
    let app = bench();
    let live = walk(&app, "/v3/vehicle_locations?", "vehicles", "vehicle");
    let stale = walk(&app, "/v2/vehicle_locations?", "vehicles", "vehicle");
    assert_eq!(stale.len(), 11);
    assert!(live.len() < stale.len() && live.iter().all(|one| one["current_location"]["kph"].is_number()));
    assert!(live.iter().all(|one| one["current_location"].get("odometer").is_none() && one.get("current_driver").is_none()));
    let time = |one: &Value| one["current_location"]["located_at"].as_str().unwrap().to_owned();
    assert!(stale.iter().all(|one| time(one).as_str() <= "2026-11-21T06:30:00Z"));
    let by_id = |id: &Value| stale.iter().find(|one| one["id"] == *id).unwrap();
    assert!(live.iter().all(|one| time(one) >= time(by_id(&one["id"]))));
}

#[test]
fn a_history_holds_days_of_the_company_in_miles_or_kilometers() {
    let app = bench();
    let vehicles = walk(&app, "/v3/vehicle_locations?", "vehicles", "vehicle");
    let all = walk(&app, "/v1/vehicles?", "vehicles", "vehicle");
    let mut is_found = [false, false];
    for vehicle in &vehicles {
        let url = format!("/v3/vehicle_locations/{}?start_date=2026-11-20&end_date=2026-11-20", vehicle["id"]);
        let rows = get(&app, &url)["vehicle_locations"].as_array().unwrap().clone();
        let times: Vec<&str> = rows.iter().map(|row| row["vehicle_location"]["located_at"].as_str().unwrap()).collect();
        assert!(times[0] >= "2026-11-20T08:00:00Z" && times[0] < "2026-11-20T08:10:00Z", "{}", times[0]);
        assert!(times.last().unwrap() > &"2026-11-21T06:20:00Z", "what is behind UTC midnight is of the same day");
        assert!(rows.iter().any(|row| row["vehicle_location"]["lat"].is_null()) || rows.len() < 400);
        let odometer = |row: &Value| row["vehicle_location"]["true_odometer"].as_f64().unwrap();
        let driven = odometer(rows.last().unwrap()) - odometer(&rows[0]);
        assert!(vehicle.get("metric_units").is_none(), "lists of positions do not tell the units");
        let is_metric = all.iter().any(|one| one["id"] == vehicle["id"] && one["metric_units"] == true);
        is_found[usize::from(is_metric)] |= driven > 0.0;
        assert!(driven < if is_metric { 1_700.0 } else { 1_100.0 }, "{driven}");
    }
    assert_eq!(is_found, [true, true]);
}

#[test]
fn a_driver_has_a_log_for_each_day_of_theirs() {
    let app = bench();
    let url = "/v1/logs?start_date=2026-11-17&end_date=2026-11-21&";
    let logs = walk(&app, url, "logs", "log");
    let one = logs[0]["driver"]["id"].clone();
    let own = walk(&app, &format!("{url}driver_ids={one}&"), "logs", "log");
    let dates: Vec<&str> = own.iter().map(|log| log["date"].as_str().unwrap()).collect();
    assert!(dates.contains(&"2026-11-17") && dates.contains(&"2026-11-20") && own.iter().all(|log| log["driver"]["id"] == one));
    let drivers: std::collections::BTreeSet<String> = logs.iter().map(|log| log["driver"]["id"].to_string()).collect();
    assert_eq!(drivers.len(), 14, "one each, two in teams; none of those who never signed in or left");
    for log in &logs {
        let events = log["events"].as_array().unwrap();
        let start = |event: &Value| event["event"]["start_time"].as_str().unwrap().to_owned();
        assert!(events.windows(2).all(|pair| pair[0]["event"]["end_time"] == start(&pair[1])), "{log}");
        assert!(events.iter().all(|event| event["event"]["end_time"].is_string() || log["date"].as_str() >= Some("2026-11-20")));
        let is_signed = log["driver_signed_at"].is_string();
        assert_eq!(is_signed, log["date"].as_str() < Some("2026-11-20") || is_signed, "{log}");
    }
    assert!(logs.iter().any(|log| log["driver_signed_at"].is_string()));
}

#[test]
fn assets_are_where_their_vehicles_are() {
    let app = bench();
    let assets = walk(&app, "/v1/assets?", "assets", "asset");
    let located = walk(&app, "/v1/asset_locations?", "assets", "asset");
    assert_eq!((assets.len(), located.len()), (6, 6));
    let url = format!("/v1/asset_locations/{}?start_time=2026-11-20&end_time=2026-11-20&per_page=100", located[0]["id"]);
    let total = get(&app, &url)["pagination"]["total"].as_u64().unwrap();
    assert!(total > 100, "a day is told in pages");
    let crumbs = get(&app, &format!("{url}&page_no={}", total.div_ceil(100)));
    let last = crumbs["breadcrumbs"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["located_at"], located[0]["current_location"]["located_at"]);
    assert_eq!(last["lat"], located[0]["current_location"]["lat"]);
}

#[test]
fn drives_begin_on_the_days_and_end_later() {
    let app = bench();
    let days = "start_date=2026-11-18&end_date=2026-11-21&";
    let drives = walk(&app, &format!("/v1/driving_periods?{days}"), "driving_periods", "driving_period");
    let began = |drive: &Value| drive["start_time"].as_str().unwrap().to_owned();
    assert!(drives.len() > 20 && drives.iter().map(began).rev().is_sorted(), "the newest first");
    assert!(drives.iter().all(|drive| began(drive).as_str() >= "2026-11-18T00:00:00Z" && drive["driver"]["id"].is_u64()));
    let open: Vec<&Value> = drives.iter().filter(|drive| drive["status"] == "in_progress").collect();
    assert!(!open.is_empty() && open.iter().all(|drive| drive["end_time"].is_null() && drive["destination"] == ""));
    let ids: std::collections::HashSet<String> = drives.iter().map(|drive| drive["id"].to_string()).collect();
    assert_eq!(ids.len(), drives.len());
    let long = call(&app, "GET", "/v1/driving_periods?start_date=2026-10-01&end_date=2026-11-21", Some(KEY));
    assert_eq!(long.status, 400, "30 days at most");
}

#[test]
fn fuel_is_told_in_the_units_of_its_vehicle() {
    let app = app(Options { vehicles: 30, ..Options::default() });
    let url = "/v1/fuel_purchases?start_date=2026-11-06&end_date=2026-11-21&";
    let bought = walk(&app, url, "fuel_purchases", "fuel_purchase");
    assert!(bought.len() > 5, "{}", bought.len());
    for one in &bought {
        let is_metric = one["vehicle"]["metric_units"] == true;
        let units = if is_metric { ("ltr", "km") } else { ("gal", "mi") };
        assert_eq!((one["fuel_unit"].as_str(), one["odometer_unit"].as_str()), (Some(units.0), Some(units.1)));
        assert!(one["fuel"].as_f64().unwrap() > 50.0 && one["odometer"].is_number() && one["jurisdiction"].is_string(), "{one}");
    }
    assert!(bought.iter().any(|one| one["fuel_unit"] == "ltr") && bought.iter().any(|one| one["fuel_unit"] == "gal"));
}

#[test]
fn dispatches_are_planned_made_and_deleted() {
    let clock = std::sync::Arc::new(ManualClock::at(NOW));
    let app = App::new(&Options { vehicles: 12, clock: clock.clone(), ..Options::default() }).unwrap();
    let listed = || walk(&app, "/v1/dispatches?", "dispatches", "dispatch");
    let of = |all: &[Value], status: &str| all.iter().filter(|one| one["status"] == status).cloned().collect::<Vec<_>>();
    let before = listed();
    let counts = ["planned", "active", "completed", "cancelled"].map(|status| of(&before, status).len());
    assert!(counts[0] > 5 && counts[1] > 5 && counts[2] > 50 && counts[3] > 0, "{counts:?}");
    let ids: std::collections::HashSet<String> = before.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!((ids.len(), counts.iter().sum::<usize>()), (before.len(), before.len()));
    let places = walk(&app, "/v1/dispatch_locations?", "dispatch_locations", "dispatch_location");
    let is_place = |id: &Value| places.iter().any(|place| place["id"] == *id && place["lat"].is_f64());
    for one in &before {
        let stops: Vec<&Value> = one["dispatch_stops"].as_array().unwrap().iter().map(|stop| &stop["dispatch_stop"]).collect();
        assert!(stops.iter().all(|stop| is_place(&stop["dispatch_location_id"])), "{one}");
        assert!(is_place(&one["shipper_dispatch_location_id"]) && is_place(&one["consignee_dispatch_location_id"]), "{one}");
    }
    clock.advance(6 * 3_600_000);
    let after = listed();
    let later = |one: &Value| after.iter().find(|later| later["id"] == one["id"]).map(|later| later["status"].clone());
    assert!(of(&before, "active").iter().all(|one| later(one) == Some(json!("completed"))));
    let planned: Vec<_> = of(&before, "planned").iter().map(later).collect();
    assert!(planned.iter().all(|status| [Some(json!("active")), Some(json!("cancelled")), None].contains(status)), "{planned:?}");
    assert!(before.iter().any(|one| later(one).is_none()) && after.iter().any(|one| !ids.contains(&one["id"].to_string())));
}

#[test]
fn faults_stay_one_record_until_they_are_gone() {
    let clock = std::sync::Arc::new(ManualClock::at(NOW));
    let app = App::new(&Options { vehicles: 12, clock: clock.clone(), ..Options::default() }).unwrap();
    let url = "/v1/fault_codes?start_date=2026-11-14&end_date=2026-11-25&";
    let listed = || walk(&app, url, "fault_codes", "fault_code");
    let before = listed();
    let of = |status: &str| before.iter().filter(|fault| fault["status"] == status).collect::<Vec<_>>();
    assert!(of("open").len() > 3 && of("closed").len() > 10, "{} {}", of("open").len(), of("closed").len());
    assert!(before.iter().any(|fault| fault["network"] == "obdii" && fault["fmi"].is_null()));
    assert!(before.iter().any(|fault| fault["network"] == "j1939" && fault["fmi"].is_u64()));
    let open = walk(&app, &format!("{url}status=open&"), "fault_codes", "fault_code");
    assert_eq!(open.len(), of("open").len());
    clock.advance(3 * 86_400_000);
    let after = listed();
    for fault in of("open") {
        let later = after.iter().find(|later| later["id"] == fault["id"]).unwrap();
        assert_eq!((&later["status"], &later["first_observed_at"]), (&json!("closed"), &fault["first_observed_at"]));
        assert!(later["last_observed_at"].as_str() >= fault["last_observed_at"].as_str());
    }
}

fn send(app: &App, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (path, body) = (format!("/motive{path}"), body.to_string());
    let call = Call { method, path: &path, query: "", bearer: None, api_key: Some(KEY), basic: None, body: body.as_bytes() };
    let reply = router::answer(app, &call);
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

#[test]
fn what_is_written_is_listed() {
    let app = bench();
    let (status, made) = send(&app, "POST", "/v1/vehicles", &json!({ "number": "N-1", "status": "active", "vin": "" }));
    assert_eq!((status, &made["vehicle"]["number"]), (201, &json!("N-1")));
    let path = format!("/v1/vehicles/{}", made["vehicle"]["id"]);
    assert_eq!(send(&app, "PUT", &path, &json!({ "status": "inactive" })).1["vehicle"]["status"], "inactive");
    let vehicles = walk(&app, "/v1/vehicles?", "vehicles", "vehicle");
    assert!(vehicles.iter().any(|vehicle| vehicle["number"] == "N-1" && vehicle["status"] == "inactive"));
    assert_eq!(send(&app, "PUT", "/v1/vehicles/1", &json!({})).0, 404);
    assert_eq!(send(&app, "PUT", &path, &json!({ "vin": "short" })).1["error_message"], "invalid value for vin");
    let driver = json!({ "first_name": "Ann", "last_name": "Lee", "role": "driver", "username": "ann", "password": "secret-1" });
    let (status, made) = send(&app, "POST", "/v1/users", &driver);
    assert!(status == 201 && made["user"].get("password").is_none(), "{made}");
    assert_eq!(send(&app, "POST", "/v1/users", &driver).1["error_message"], "username has already been taken");
    let users = walk(&app, "/v1/users?", "users", "user");
    let office = users.iter().find(|user| user["role"] == "admin").unwrap();
    let message = |from: &Value| json!({ "sender_id": from, "receiver_ids": [made["user"]["id"]], "body": "Hello" });
    let (status, echo) = send(&app, "POST", "/v2/messages", &message(&office["id"]));
    assert_eq!((status, &echo["message"]["body"]), (201, &json!("Hello")));
    assert_eq!(send(&app, "POST", "/v2/messages", &message(&made["user"]["id"])).0, 400, "the office writes");
    let bought = json!({
        "vehicle_id": vehicles[0]["id"], "driver_id": made["user"]["id"], "purchased_at": "2026-11-20T10:00:00Z", "jurisdiction": "TX",
        "fuel_type": "diesel", "fuel": 12, "fuel_unit": "gal",
    });
    let (status, filed) = send(&app, "POST", "/v1/fuel_purchases", &bought);
    assert_eq!((status, &filed["fuel_purchase"]["driver"]["first_name"]), (201, &json!("Ann")));
    let url = "/v1/fuel_purchases?start_date=2026-11-19&end_date=2026-11-21&";
    assert!(walk(&app, url, "fuel_purchases", "fuel_purchase").iter().any(|one| one["id"] == filed["fuel_purchase"]["id"]));
    let blank = send(&app, "POST", "/v1/fuel_purchases", &json!({ "vehicle_id": vehicles[0]["id"] }));
    assert_eq!((blank.0, &blank.1["error_message"]), (422, &json!("driver_id can't be blank")));
}
