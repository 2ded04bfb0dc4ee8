//! The API without a socket, on a clock that stands still.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::clock::ManualClock;
use crate::faults::{Faults, LatePoints};
use crate::http::{Call, Reply};
use crate::options::Options;
use crate::router;

mod records;

/// 2026-11-21T18:30:00Z.
const NOW: i64 = 1_795_285_800_000;

struct Bench {
    app: App,
    clock: ManualClock,
    session: Value,
}

fn post(app: &App, body: &Value) -> Reply {
    let body = body.to_string();
    let call = Call {
        method: "POST",
        path: "/geotab/apiv1",
        query: "",
        bearer: None,
        api_key: None,
        basic: None,
        body: body.as_bytes(),
    };
    router::answer(app, &call)
}

fn parsed(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

fn login(app: &App, database: &str, password: &str) -> Reply {
    let user = format!("api@{}.example.com", database.to_lowercase());
    post(
        app,
        &json!({ "id": -1, "method": "Authenticate", "params": { "database": database, "userName": user, "password": password } }),
    )
}

impl Bench {
    fn new(vehicles: usize) -> Self {
        let clock = ManualClock::at(NOW);
        let options = Options { vehicles, clock: std::sync::Arc::new(clock.clone()), ..Options::default() };
        let app = App::new(&Options { requests_per_second: 10_000, endpoint_limits: false, ..options }).unwrap();
        let session = parsed(&login(&app, "Demo", "geotab_password_demo"))["result"]["credentials"].clone();
        Self { app, clock, session }
    }

    fn reply(&self, method: &str, params: &Value) -> Reply {
        let mut params = params.as_object().unwrap().clone();
        params.insert("credentials".into(), self.session.clone());
        post(&self.app, &json!({ "method": method, "params": params }))
    }

    fn call(&self, method: &str, params: &Value) -> Value {
        let body = parsed(&self.reply(method, params));
        assert!(body.get("error").is_none(), "{method}: {body}");
        body["result"].clone()
    }

    fn get(&self, kind: &str, search: &Value) -> Vec<Value> {
        self.call("Get", &json!({ "typeName": kind, "search": search })).as_array().unwrap().clone()
    }

    fn faults(&self, faults: Faults) {
        self.app.board().set(faults, self.clock_ms()).unwrap();
    }

    fn clock_ms(&self) -> i64 {
        self.app.now()
    }

    /// A feed from a place on, to its end: records, and the version behind them.
    fn feed(&self, kind: &str, from: &Value, most: usize) -> (Vec<Value>, Value) {
        let (mut all, mut params) = (Vec::new(), from.as_object().unwrap().clone());
        params.extend([("typeName".to_owned(), kind.into()), ("resultsLimit".to_owned(), most.into())]);
        loop {
            let page = self.call("GetFeed", &Value::Object(params.clone()));
            let data = page["data"].as_array().unwrap();
            all.extend(data.iter().cloned());
            params.insert("fromVersion".into(), page["toVersion"].clone());
            if data.len() < most {
                return (all, page["toVersion"].clone());
            }
        }
    }
}

/// The name of the error in a reply; both places have it.
fn fault(reply: &Reply) -> String {
    let body = parsed(reply);
    assert_eq!(reply.status, 200, "{body}");
    assert_eq!(body["error"]["data"]["type"], body["error"]["errors"][0]["name"]);
    body["error"]["data"]["type"].as_str().unwrap().to_owned()
}

#[test]
fn a_login_opens_a_session_and_everything_else_needs_one() {
    let bench = Bench::new(4);
    assert_eq!(bench.session["database"], "demo");
    assert_eq!(fault(&login(&bench.app, "demo", "wrong")), "InvalidUserException");
    assert_eq!(fault(&login(&bench.app, "nowhere", "geotab_password_demo")), "DbUnavailableException");
    let none = json!({ "typeName": "Device", "credentials": { "database": "demo", "sessionId": "x", "userName": "y" } });
    assert_eq!(fault(&post(&bench.app, &json!({ "method": "Get", "params": none }))), "InvalidUserException");
    bench.faults(Faults { end_session_next: 1, ..Faults::default() });
    assert_eq!(fault(&bench.reply("Get", &json!({ "typeName": "Device" }))), "InvalidUserException");
    assert_eq!(bench.get("Device", &json!({})).len(), 6);
}

#[test]
fn errors_come_with_status_200() {
    let bench = Bench::new(4);
    assert_eq!(fault(&bench.reply("Get", &json!({ "typeName": "Spaceship" }))), "MissingMethodException");
    assert_eq!(fault(&bench.reply("Fly", &json!({}))), "MissingMethodException");
    assert_eq!(fault(&bench.reply("GetFeed", &json!({ "typeName": "Device" }))), "ArgumentException");
    bench.faults(Faults { rate_limit_next: 1, ..Faults::default() });
    let busy = bench.reply("Get", &json!({ "typeName": "Device" }));
    assert_eq!((fault(&busy), busy.retry_after.as_deref()), ("OverLimitException".into(), Some("1")));
    let call = Call { method: "GET", path: "/geotab/apiv1", query: "", bearer: None, api_key: None, basic: None, body: b"" };
    assert_eq!(router::answer(&bench.app, &call).status, 404);
}

#[test]
fn lists_are_sought_by_id_and_cut_without_a_word() {
    let bench = Bench::new(5_000);
    let all = bench.get("Device", &json!({}));
    let count = bench.call("GetCountOf", &json!({ "typeName": "Device" })).as_u64().unwrap();
    assert_eq!((all.len(), count), (5_000, 7_500));
    let (mut ids, mut offset) = (BTreeSet::new(), Value::Null);
    loop {
        let sort = json!({ "sortBy": "id", "sortDirection": "asc", "offset": offset });
        let page = bench.call("Get", &json!({ "typeName": "Device", "resultsLimit": 4_000, "sort": sort }));
        let Some(last) = page.as_array().unwrap().last() else { break };
        offset = last["id"].clone();
        ids.extend(page.as_array().unwrap().iter().map(|one| one["id"].to_string()));
    }
    assert_eq!(u64::try_from(ids.len()).unwrap(), count);
    assert!(bench.get("Device", &json!({ "id": "typo" })).is_empty(), "what fits nothing is no error");
}

#[test]
fn trailers_are_devices_without_hardware() {
    let bench = Bench::new(8);
    let devices = bench.get("Device", &json!({}));
    let is_trailer = |device: &&Value| device.get("tmpTrailerId").is_some();
    assert_eq!((devices.iter().filter(is_trailer).count(), devices.len()), (4, 12));
    assert!(devices.iter().filter(is_trailer).all(|device| device["deviceType"] == "None"));
    let typed_in: Vec<&Value> = devices.iter().filter(|device| device["deviceType"] == "None" && !is_trailer(device)).collect();
    assert_eq!((typed_in.len(), &typed_in[0]["vehicleIdentificationNumber"]), (1, &json!("?")));
    let users = bench.get("User", &json!({}));
    assert!(users.iter().any(|user| user["activeTo"] != "2050-01-01T00:00:00.000Z"), "somebody left");
    assert!(users.iter().any(|user| user["isDriver"] == false && user.get("licenseNumber").is_none()));
}

#[test]
fn a_feed_goes_on_behind_its_version_and_repeats_nothing() {
    let bench = Bench::new(8);
    let nothing = bench.call("GetFeed", &json!({ "typeName": "LogRecord" }));
    assert_eq!((&nothing["data"], nothing["toVersion"].as_str().unwrap().len()), (&json!([]), 16));
    let since = json!({ "search": { "fromDate": "2026-11-21T12:00:00Z" } });
    let (small, version) = bench.feed("LogRecord", &since, 100);
    let (large, same) = bench.feed("LogRecord", &since, 50_000);
    assert_eq!((small.len(), version.clone()), (large.len(), same));
    assert!(small.len() > 1_000 && small == large, "{}", small.len());
    let members: BTreeSet<&String> = small[0].as_object().unwrap().keys().collect();
    assert_eq!(members.into_iter().collect::<Vec<_>>(), ["dateTime", "device", "id", "latitude", "longitude", "speed"]);
    bench.clock.advance(60_000);
    let (fresh, _) = bench.feed("LogRecord", &json!({ "fromVersion": version }), 100);
    assert!(!fresh.is_empty() && fresh.iter().all(|one| one["dateTime"].as_str() > Some("2026-11-21T18:30:00.000Z")));
}

#[test]
fn what_is_uploaded_late_comes_late() {
    let bench = Bench::new(8);
    bench.faults(Faults { late_points: Some(LatePoints { share: 0.5, by_seconds: 600 }), ..Faults::default() });
    bench.clock.advance(300_000);
    let (before, version) = bench.feed("LogRecord", &json!({ "search": { "fromDate": "2026-11-21T18:30:00.001Z" } }), 1_000);
    bench.clock.advance(900_000);
    let (after, _) = bench.feed("LogRecord", &json!({ "fromVersion": version }), 1_000);
    let times = |rows: &[Value]| rows.iter().map(|one| one["dateTime"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert!(times(&after).iter().min() < times(&before).iter().max(), "older ones come behind newer ones");
    let whole = bench.get("LogRecord", &json!({ "fromDate": "2026-11-21T18:30:00.001Z", "toDate": "2026-11-21T18:35:00Z" }));
    let early = times(&after).iter().filter(|time| time.as_str() <= "2026-11-21T18:35:00.000Z").count();
    assert_eq!(whole.len(), before.len() + early);
}

#[test]
fn diagnostics_are_asked_for_by_device_and_time() {
    let bench = Bench::new(8);
    let devices = bench.get("Device", &json!({}));
    let search = json!({
        "deviceSearch": { "id": devices[0]["id"] }, "diagnosticSearch": { "id": "DiagnosticOdometerId" },
        "fromDate": "2026-11-20T18:00:00Z", "toDate": "2026-11-21T18:00:00Z",
    });
    let calls = json!({ "calls": [
        { "method": "Get", "params": { "typeName": "StatusData", "search": search } },
        { "method": "GetCountOf", "params": { "typeName": "Device" } },
    ] });
    let results = bench.call("ExecuteMultiCall", &calls);
    let readings = results[0].as_array().unwrap();
    assert_eq!(results[1], json!(devices.len()));
    assert!(readings.len() > 50 && readings.iter().all(|one| one["device"]["id"] == devices[0]["id"]), "{results}");
    let values: Vec<f64> = readings.iter().map(|one| one["data"].as_f64().unwrap()).collect();
    assert!(values.is_sorted() && values[0] > 100_000_000.0, "meters");
}

#[test]
fn drivers_sign_in_and_nobody_is_there_afterwards() {
    let bench = Bench::new(8);
    let (changes, _) = bench.feed("DriverChange", &json!({ "search": { "fromDate": "2026-11-14T00:00:00Z" } }), 50);
    let found = bench.get("DriverChange", &json!({ "fromDate": "2026-11-14T00:00:00Z" }));
    let ids = |rows: &[Value]| rows.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!((ids(&changes).len(), ids(&changes)), (changes.len(), ids(&found)));
    let mut devices: Map<String, Value> = Map::new();
    for change in &changes {
        let before = devices.insert(change["device"]["id"].to_string(), change["driver"].clone());
        assert_ne!(before.as_ref(), Some(&change["driver"]), "each change changes something: {change}");
    }
    assert!(changes.iter().any(|one| one["driver"] == "UnknownDriverId" && one["type"] == "None"));
    assert!(changes.iter().any(|one| one["driver"]["isDriver"] == true && one["type"] == "Driver"));
}

#[test]
fn duty_logs_are_edited_and_signed_later_and_come_again_then() {
    let bench = Bench::new(8);
    let drivers = bench.get("User", &json!({ "isDriver": true }));
    assert!(drivers.iter().all(|user| user["isDriver"] == true));
    let (changes, version) = bench.feed("DutyStatusLog", &json!({ "search": { "fromDate": "2026-11-14T00:00:00Z" } }), 100);
    let of = |state: &str| changes.iter().filter(|log| log["state"] == state).collect::<Vec<_>>();
    let (active, inactive) = (of("Active"), of("Inactive"));
    assert!(inactive.len() > 3 && active.len() > 200, "{} {}", active.len(), inactive.len());
    for log in &inactive {
        let after = active.iter().find(|other| other["parentId"] == log["id"]).unwrap();
        assert_eq!(
            (&after["dateTime"], &after["status"], &after["origin"]),
            (&log["dateTime"], &log["status"], &json!("OtherUser"))
        );
    }
    bench.clock.advance(24 * 3_600_000);
    let (again, _) = bench.feed("DutyStatusLog", &json!({ "fromVersion": version }), 100);
    let signed = again.iter().filter(|log| log.get("verifyDateTime").is_some()).count();
    assert!(signed > 10 && signed < again.len(), "signed ones come again");
    let user = active[0]["driver"].clone();
    let search = |more: Value| {
        let mut search =
            json!({ "userSearch": { "id": user["id"] }, "fromDate": "2026-11-18T00:00:01Z", "toDate": "2026-11-20T00:00:00Z" });
        search.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bench.get("DutyStatusLog", &search)
    };
    let (plain, more) = (search(json!({})), search(json!({ "includeBoundaryLogs": true })));
    assert_eq!(more.len(), plain.len() + 1);
    assert!(more[0]["dateTime"].as_str() < Some("2026-11-18T00:00:01.000Z") && plain.iter().all(|log| log["driver"] == user));
    let remarks = bench.get("AnnotationLog", &json!({ "fromDate": "2026-11-18T00:00:00Z" }));
    let logs = bench.get("DutyStatusLog", &json!({ "fromDate": "2026-11-18T00:00:00Z" }));
    for remark in &remarks {
        let log = logs.iter().find(|log| log["id"] == remark["dutyStatusLog"]["id"]).unwrap();
        assert_eq!(log["annotations"][0]["id"], remark["id"]);
    }
    assert!(remarks.len() > 10 && logs.iter().any(|log| log.get("annotations").is_none()));
}

#[test]
fn drives_leave_exceptions_and_purchases() {
    let bench = Bench::new(20);
    let since = json!({ "search": { "fromDate": "2026-11-07T00:00:00Z" } });
    let (events, version) = bench.feed("ExceptionEvent", &since, 40);
    let rules: BTreeSet<&str> = events.iter().map(|event| event["rule"]["id"].as_str().unwrap()).collect();
    assert!(rules.contains("RuleHarshBrakingId") && rules.contains("a1Xb9CustomersOwnRule"), "{rules:?}");
    let state = |state: &str| events.iter().filter(|event| event["state"] == state).count();
    assert!(state("ExceptionEventStateDismissedId") > 0 && state("ExceptionEventStateValidId") > 10);
    assert!(events.iter().all(|event| event["duration"].as_str().unwrap().starts_with("00:00:")));
    bench.clock.advance(24 * 3_600_000);
    let (again, _) = bench.feed("ExceptionEvent", &json!({ "fromVersion": version }), 40);
    let known: BTreeSet<String> = events.iter().map(|event| event["id"].to_string()).collect();
    assert!(again.iter().any(|event| known.contains(&event["id"].to_string())), "those that were looked at come again");
    let (bought, _) = bench.feed("FuelTransaction", &since, 50);
    assert!(
        bought.len() > 5 && bought.iter().all(|one| one["volume"].as_f64() > Some(200.0) && one["odometer"].as_f64() > Some(0.0))
    );
}

#[test]
fn clocks_are_spans_of_time() {
    let bench = Bench::new(8);
    let all = bench.get("DutyStatusAvailability", &json!({}));
    let one = bench.get("DutyStatusAvailability", &json!({ "userSearch": { "id": all[0]["driver"]["id"] } }));
    assert_eq!(one, [all[0].clone()]);
    let text = |name: &str| all[0][name].as_str().unwrap().to_owned();
    assert!(text("cycle").contains(':') && text("cycleRest") == "6.00:00:00", "{}", all[0]);
    let user = &all[0]["driver"]["id"];
    let search = json!({ "userSearch": { "id": user }, "fromDate": "2026-11-21T18:30:00.000Z", "includeBoundaryLogs": true });
    assert_eq!(bench.get("DutyStatusLog", &search).len(), 1, "what they do now");
}

#[test]
fn faults_are_told_when_they_come_and_when_they_go() {
    let bench = Bench::new(20);
    let since = json!({ "search": { "fromDate": "2026-11-07T00:00:00Z" } });
    let (told, version) = bench.feed("FaultData", &since, 40);
    let of = |state: &str| told.iter().filter(|one| one["faultState"] == state).count();
    assert!(of("Active") > 20 && of("Inactive") > 20, "{} {}", of("Active"), of("Inactive"));
    let ids: BTreeSet<String> = told.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(ids.len(), told.len());
    for (member, kind) in [("diagnostic", "Diagnostic"), ("failureMode", "FailureMode"), ("controller", "Controller")] {
        let named: BTreeSet<&str> = told.iter().filter_map(|one| one[member]["id"].as_str()).collect();
        assert!(named.len() > 2, "{named:?}");
        for id in named {
            assert_eq!(bench.get(kind, &json!({ "id": id }))[0]["id"], id);
        }
    }
    assert!(told.iter().any(|one| one["failureMode"] == "NoFailureModeId" && one.get("sourceAddress").is_none()));
    bench.clock.advance(48 * 3_600_000);
    let (later, _) = bench.feed("FaultData", &json!({ "fromVersion": version }), 40);
    assert!(!later.is_empty() && later.iter().all(|one| !ids.contains(&one["id"].to_string())), "none comes again");
}

#[test]
fn calls_are_limited_by_method_and_kind_and_tell_what_is_left() {
    let app = App::new(&Options { clock: std::sync::Arc::new(ManualClock::at(NOW)), ..Options::default() }).unwrap();
    let opened = parsed(&login(&app, "demo", "geotab_password_demo"));
    let session = &opened["result"]["credentials"];
    let feed = |kind: &str| {
        let params = json!({ "credentials": session, "typeName": kind, "resultsLimit": 1 });
        post(&app, &json!({ "method": "GetFeed", "params": params }))
    };
    let headers = feed("LogRecord").headers;
    assert_eq!(headers[..2], [("x-rate-limit-limit", "1m".to_owned()), ("x-rate-limit-remaining", "59".to_owned())]);
    assert!((0..59).all(|_| parsed(&feed("LogRecord")).get("error").is_none()));
    let over = feed("LogRecord");
    assert_eq!((over.status, over.retry_after.as_deref()), (200, Some("60")));
    assert_eq!(parsed(&over)["error"]["data"]["type"], "OverLimitException");
    assert!(parsed(&feed("StatusData")).get("error").is_none(), "another kind has a limit of its own");
    assert!((0..9).all(|_| parsed(&login(&app, "demo", "geotab_password_demo")).get("error").is_none()));
    assert!(parsed(&login(&app, "demo", "geotab_password_demo")).get("error").is_some(), "ten logins a minute");
}
