//! Duty logs, and who drives what.

use super::*;
use crate::Subjects;

fn log(id: &str, status: &str, time: &str, more: &Value) -> Value {
    let mut log = json!({
        "id": id, "status": status, "dateTime": time, "driver": { "id": "b4C11" }, "device": { "id": "b8A1" }, "state": "Active",
        "origin": "Manual", "eventRecordStatus": 1, "isIgnored": false, "isTransitioning": false, "malfunction": "None",
        "deferralMinutes": 0, "deferralStatus": "None", "version": "22a1",
    });
    log.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    log
}

fn users(ids: &[&str]) -> Answer {
    result(&ids.iter().map(|id| json!({ "id": id, "isDriver": true, "activeTo": "2050-01-01T00:00:00Z" })).collect())
}

fn user() -> Value {
    json!([{ "id": "b4C11", "isDriver": true, "hosRuleSet": "America8Day", "timeZoneId": "America/Chicago" }])
}

fn feed(data: &[Value], version: &str) -> Answer {
    result(&json!({ "data": data, "toVersion": version }))
}

/// The first pass over one driver, with these logs.
fn pass(logs: &[Value], remarks: &Value) -> (Vec<Fetched>, Canned) {
    let http = signed_in(vec![feed(&[], "0a"), users(&["b4C11"]), result(&json!([user(), logs, remarks])), users(&[])]);
    let pages = asker().walk(&http, Resource::HosEvent);
    assert!(http.is_empty());
    (pages, http)
}

#[test]
fn check_duty_logs() {
    let full = json!({
        "eventType": 1, "eventCode": 4, "odometer": 482_100.0, "engineHours": 7_200.0, "sequence": "1f",
        "location": { "location": { "x": -96.8, "y": 32.7 }, "address": { "formattedAddress": "1 Main St, Dallas, TX 75201, USA" } },
        "editDateTime": "2026-11-20T06:05:00Z", "verifyDateTime": "2026-11-20T20:00:00Z", "annotations": [{ "id": "bAA31" }],
        "coDrivers": [{ "id": "b7" }, "b8", "UnknownDriverId"], "deferralStatus": "DayOne", "deferralMinutes": 30,
    });
    let logs = [
        log("b1", "ON", "2026-11-20T06:00:00Z", &full),
        log("b2", "D", "2026-11-20T06:30:00Z", &json!({ "state": "Inactive", "eventRecordStatus": 2, "origin": "Automatic" })),
        log("b3", "D", "2026-11-20T06:40:00Z", &json!({ "parentId": "b2", "origin": "OtherUser" })),
        log(
            "b4",
            "PowerCompliance",
            "2026-11-20T07:00:00Z",
            &json!({ "malfunction": "Diagnostic", "eventType": 7, "eventCode": 3 }),
        ),
        log("b5", "INT_PC", "2026-11-20T08:00:00Z", &json!({ "eventType": 2, "eventCode": 2, "origin": "Unassigned" })),
        log("b6", "OFF", "2026-11-20T09:00:00Z", &json!({ "isIgnored": true, "eventRecordStatus": null, "state": "Requested" })),
        log(
            "b7",
            "SB",
            "2026-11-20T18:00:00Z",
            &json!({ "device": "NoDeviceId", "location": { "location": { "x": 0, "y": 0 } } }),
        ),
        log("b8", "OperatingZoneAmerica", "2026-11-20T19:00:00Z", &json!({})),
    ];
    let remarks = json!([
        { "id": "bAA32", "comment": "later", "dateTime": "2026-11-20T06:02:00Z", "dutyStatusLog": { "id": "b1" } },
        { "id": "bAA31", "comment": "Pre-trip", "dateTime": "2026-11-20T06:01:00Z", "dutyStatusLog": { "id": "b1" } },
    ]);
    let (pages, http) = pass(&logs, &remarks);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed DutyStatusLog", "Get User", "ExecuteMultiCall", "Get User"]);
    let calls = http.posted()[3]["params"]["calls"].clone();
    let search = json!({
        "userSearch": { "id": "b4C11" }, "fromDate": "2026-11-13T12:00:00.000000Z", "toDate": "2026-11-21T12:00:00.000000Z",
        "includeModifications": true, "includeBoundaryLogs": true,
    });
    assert_eq!(calls[1]["params"]["search"], search);
    let rows = records(&pages[0]);
    assert_eq!(rows.len(), 8);
    let found = |row: usize| fields(&rows[row]);
    let expected = json!({
        "duty_status_code": "ON", "event_type_code": "1", "event_code": "ON", "log_origin_code": "DRIVER_EDIT", "log_state_code": "ACTIVE",
        "record_status": "Active", "hos_ruleset_code": "US_INT_PROP_70_8", "time_zone_code": "America/Chicago", "region_code": "US-TX",
        "location_name": "1 Main St, Dallas, TX 75201, USA", "odometer": 482.1, "engine_hours": 2.0, "sequence": "1f", "version": "22a1",
        "is_excluded": false, "is_transitioning": false, "deferral_status": "DAY1", "deferral_minutes": 30,
    });
    check_fields(&rows[0], &expected);
    assert_eq!(found(0)["annotations"]["remarks"], "Pre-trip");
    assert!(found(0)["additional_driver_ids"]["b8"].is_string() && found(0)["co_driver_id"].is_string());
    // An entry ends where the next one in force begins: not the one that was edited away, nor one that is ignored, nor an event.
    let ends = |row: usize| found(row)["ended_at"].as_str().map(|end| end[11..16].to_owned());
    assert_eq!(ends(0).as_deref(), Some("06:40"));
    assert_eq!((ends(1).as_deref(), ends(2).as_deref()), (Some("06:40"), Some("18:00")));
    assert_eq!((ends(3).as_deref(), ends(6)), (Some("07:00"), None));
    check_fields(&rows[1], &json!({ "log_state_code": "INACTIVE_CHANGED", "log_origin_code": "AUTO", "event_code": "DRIVING" }));
    check_fields(&rows[2], &json!({ "log_origin_code": "USER_EDIT" }));
    assert_eq!(rows[2].extras.as_ref().unwrap()["parentId"], "b2");
    let diagnostic = json!({
        "duty_status_code": null, "event_type_code": null, "event_code": "DIAG_LOG", "eld_malfunction_code": "DIAG_POWER",
    });
    check_fields(&rows[3], &diagnostic);
    check_fields(&rows[4], &json!({ "duty_status_code": "INT", "event_code": "INT_REDUCED", "log_origin_code": "UNIDENTIFIED" }));
    check_fields(&rows[5], &json!({ "is_excluded": true, "log_state_code": "INACTIVE_REQUESTED" }));
    check_fields(&rows[6], &json!({ "vehicle_id": null, "location": null, "duty_status_code": "SB" }));
    check_fields(&rows[7], &json!({ "duty_status_code": null, "event_type_code": null, "event_code": null }));
    let window = pages[0].window.as_ref().unwrap();
    assert_eq!((window.begins, window.ends, &window.subjects.answered), (true, false, &vec!["b4C11".to_owned()]));
    assert!(pages[1].window.as_ref().unwrap().ends && !pages[1].more);
}

#[test]
fn the_end_of_an_entry_modifies_it() {
    let hash = |logs: &[Value]| records(&pass(logs, &json!([])).0[0])[0].source_hash.clone();
    let first = log("b1", "OFF", "2026-11-20T06:00:00Z", &json!({}));
    let next = log("b2", "ON", "2026-11-20T07:00:00Z", &json!({}));
    assert_ne!(hash(&[first.clone(), next]), hash(&[first]));
}

#[test]
fn only_drivers_whose_logs_changed_are_read_again() {
    let asker = asker();
    let http =
        signed_in(vec![feed(&[], "0a"), users(&["b1", "b4C11"]), result(&json!([[], [], [], user(), [], []])), users(&[])]);
    let pages = asker.walk(&http, Resource::HosEvent);
    assert_eq!(pages[0].window.as_ref().unwrap().subjects, Subjects::default(), "of whom nothing is listed nothing is said");
    // Nothing new is one question.
    let http = Canned::new(vec![feed(&[], "0a")]);
    let idle = asker.ask(&http, Resource::HosEvent, pages[1].cursor.as_deref()).unwrap();
    assert!(!idle.more && http.posted()[0]["params"]["fromVersion"] == "0a");
    let late = log("b9", "ON", "2026-11-02T06:00:00Z", &json!({}));
    let nobody = log("b8", "D", "2026-11-21T06:00:00Z", &json!({ "driver": "UnknownDriverId" }));
    let http = Canned::new(vec![feed(&[late.clone(), nobody], "0b"), result(&json!([user(), [late, { "id": "?" }], []]))]);
    let page = asker.ask(&http, Resource::HosEvent, idle.cursor.as_deref()).unwrap();
    let window = page.window.as_ref().unwrap();
    assert_eq!((window.from, window.to), (at("2026-10-29T06:00:00Z"), at("2026-11-21T12:00:00Z")));
    assert_eq!((window.begins, window.ends, page.more), (true, true, false));
    assert_eq!(window.subjects.unclear, ["b4C11"], "an entry could not be read");
    let calls = http.posted()[1]["params"]["calls"].clone();
    assert_eq!((calls.as_array().unwrap().len(), &calls[1]["params"]["search"]["userSearch"]["id"]), (3, &json!("b4C11")));
    // A day later all are read again, and the feed goes on where it was.
    let tomorrow = Asker { now: at("2026-11-22T13:00:00Z"), ..asker };
    let http = Canned::new(vec![users(&[]), feed(&[], "0b")]);
    let all = tomorrow.ask(&http, Resource::HosEvent, page.cursor.as_deref()).unwrap();
    assert_eq!(methods(&http), ["Get User"]);
    tomorrow.ask(&http, Resource::HosEvent, all.cursor.as_deref()).unwrap();
    assert_eq!(http.posted()[1]["params"]["fromVersion"], "0b");
}

#[test]
fn many_drivers_are_read_some_at_a_time() {
    let asker = asker();
    let first = signed_in(vec![feed(&[], "0a"), users(&[])]);
    let idle = asker.walk(&first, Resource::HosEvent).pop().unwrap();
    let changed = |count: usize| -> Vec<Value> {
        let one = |number| {
            log(&format!("l{number}"), "ON", "2026-11-21T06:00:00Z", &json!({ "driver": { "id": format!("d{number:04}") } }))
        };
        (0..count).map(one).collect()
    };
    let empty = |drivers: usize| result(&json!(vec![json!([]); drivers * 3]));
    let http = Canned::new(vec![feed(&changed(30), "0b"), empty(25), empty(5)]);
    let page = asker.ask(&http, Resource::HosEvent, idle.cursor.as_deref()).unwrap();
    assert!(page.more);
    let last = asker.ask(&http, Resource::HosEvent, page.cursor.as_deref()).unwrap();
    assert!(!last.more && http.is_empty());
    // Of very many, all are read.
    let http = Canned::new(vec![feed(&changed(501), "0c"), users(&[])]);
    let all = asker.ask(&http, Resource::HosEvent, last.cursor.as_deref()).unwrap();
    assert_eq!((methods(&http)[1].as_str(), all.more), ("Get User", false));
    let http = Canned::new(vec![feed(&changed(2), "0d"), result(&json!([[]]))]);
    let odd = asker.ask(&http, Resource::HosEvent, all.cursor.as_deref());
    assert!(matches!(odd, Err(crate::ProviderError::Malformed { .. })));
}

#[test]
fn changes_of_drivers_are_associations_until_the_next_change_of_the_vehicle() {
    let change = |id: &str, hour: u32, driver: &Value, kind: &str| {
        let at = format!("2026-11-20T{hour:02}:55:00Z");
        json!({ "id": id, "dateTime": at, "device": { "id": "b8A1" }, "driver": driver, "type": kind, "version": "1" })
    };
    let known = change("b1", 5, &json!({ "id": "b4C11", "isDriver": true }), "Driver");
    let nobody = change("b2", 7, &json!("UnknownDriverId"), "None");
    let data = [nobody.clone(), change("b3", 9, &json!("b4C12"), "Passenger"), json!({ "id": "b4", "driver": "b4C12" })];
    let elsewhere = json!({ "id": "b5", "dateTime": "2026-11-20T06:00:00Z", "device": "b9", "driver": "b4C13" });
    let http = signed_in(vec![feed(&data, "23b2"), result(&json!([[known, nobody, elsewhere]]))]);
    let page = asker().walk(&http, Resource::DriverVehicleAssociation).remove(0);
    assert_eq!(http.posted()[1]["params"]["search"]["fromDate"], "2026-11-14T12:00:00.000000Z");
    let search = json!({ "deviceSearch": { "id": "b8A1" }, "fromDate": "2026-11-13T07:55:00.000000Z" });
    assert_eq!(http.posted()[2]["params"]["calls"][0]["params"]["search"], search);
    let [driver, passenger] = records(&page) else { panic!("{page:?}") };
    assert_eq!((driver.source_id.as_str(), driver.occurred_at), ("b1", Some(at("2026-11-20T05:55:00Z"))));
    check_fields(driver, &json!({ "source_driver_id": "b4C11", "source_vehicle_id": "b8A1", "is_primary_driver": true }));
    assert!(fields(driver)["ended_at"].as_str().unwrap().starts_with("2026-11-20T07:55"), "nobody is there any more");
    check_fields(passenger, &json!({ "source_driver_id": "b4C12", "is_primary_driver": false, "ended_at": null }));
    assert_eq!((page.withdrawn.as_slice(), page.more), (["b2".to_owned()].as_slice(), false));
    // Of a large fleet all are asked for at once, and with no change nothing is.
    let many: Vec<Value> = (0..30)
        .map(|number| json!({ "id": format!("c{number}"), "dateTime": "2026-11-20T06:00:00Z", "device": format!("d{number}"), "driver": "b1" }))
        .collect();
    let http = signed_in(vec![feed(&many, "0a"), result(&json!([[]]))]);
    let page = asker().walk(&http, Resource::DriverVehicleAssociation).remove(0);
    assert_eq!((records(&page).len(), http.posted()[2]["params"]["calls"].as_array().unwrap().len()), (30, 1));
    let http = signed_in(vec![feed(&[], "0a")]);
    assert!(records(&asker().walk(&http, Resource::DriverVehicleAssociation)[0]).is_empty() && http.is_empty());
}

#[test]
fn check_what_is_left_of_hours() {
    let drivers = json!([
        { "id": "b3A", "isDriver": true, "hosRuleSet": "America8Day", "activeTo": "2050-01-01T00:00:00Z" },
        { "id": "b3B", "isDriver": true },
        { "id": "b3C", "isDriver": true, "activeTo": "2020-01-01T00:00:00Z" },
    ]);
    let clock = json!({
        "driver": { "id": "b3A" }, "driving": "08:30:00", "duty": "11:00:00", "workday": "10:15:00", "rest": "-00:10:00",
        "cycle": "2.10:00:00", "isAdverseDrivingExemptionAvailable": true, "isAdverseDrivingApplied": false,
        "is16HourExemptionAvailable": true, "recap": [], "id": "b3A",
    });
    let entries = [log("b1", "ON", "2026-11-21T06:00:00Z", &json!({})), log("b2", "PC", "2026-11-21T11:00:00Z", &json!({}))];
    let answers = vec![result(&drivers), count(3), result(&json!([[clock], entries, [], []]))];
    let http = signed_in(answers);
    let page = asker().walk(&http, Resource::HosAvailability).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "Get User", "GetCountOf User", "ExecuteMultiCall"]);
    let posted = http.posted();
    assert_eq!(
        (&posted[1]["params"]["search"], &posted[1]["params"]["resultsLimit"]),
        (&json!({ "isDriver": true }), &json!(50))
    );
    assert_eq!(posted[2]["params"]["search"], json!({ "isDriver": true }));
    let calls = posted[3]["params"]["calls"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["params"]["search"]), (4, &json!({ "userSearch": { "id": "b3A" } })), "nobody who left");
    assert_eq!(calls[1]["params"]["search"]["fromDate"], "2026-11-21T12:00:00.000000Z");
    let [row] = records(&page) else { panic!("{page:?}") };
    let expected = json!({
        "hos_ruleset_code": "US_INT_PROP_70_8", "duty_status_code": "PC", "available_drive_seconds": 30_600,
        "available_shift_seconds": 36_900, "available_cycle_seconds": 208_800, "time_until_break_seconds": 0,
        "is_personal_conveyance_applied": true, "is_yard_move_applied": false, "is_adverse_driving_exemption_available": true,
        "is_adverse_driving_applied": false,
    });
    check_fields(row, &expected);
    assert!(row.source_id == "b3A" && fields(row)["driver_id"].is_string() && page.complete_scan);
    let http = signed_in(vec![result(&json!([])), count(0)]);
    assert!(!asker().walk(&http, Resource::HosAvailability)[0].complete_scan, "who may see nothing proves nothing");
    let http = signed_in(vec![result(&drivers), count(3), result(&json!([[]]))]);
    assert!(matches!(asker().ask(&http, Resource::HosAvailability, None), Err(crate::ProviderError::Malformed { .. })));
}

#[test]
fn check_safety_events() {
    let event = |id: &str, rule: &str, more: &Value| {
        let mut event = json!({
            "id": id, "activeFrom": "2026-11-20T13:24:02Z", "activeTo": "2026-11-20T13:40:15Z", "duration": "00:16:13", "distance": 1.5,
            "rule": { "id": rule }, "device": { "id": "b8F3" }, "driver": { "id": "b4C11" }, "diagnostic": "NoDiagnosticId",
            "state": "ExceptionEventStateValidId", "version": "0209", "lastModifiedDateTime": "2026-11-20T13:48:28Z",
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let open =
        json!({ "activeTo": "2050-01-01T00:00:00Z", "duration": null, "driver": "UnknownDriverId", "rule": "RuleIdlingId" });
    let dismissed = json!({ "state": "ExceptionEventStateDismissedId", "duration": null, "version": "020a" });
    let data = [
        event("a1", "RuleHarshBrakingId", &json!({})),
        event("a2", "RuleIdlingId", &open),
        event("a3", "aCustomersRuleId", &json!({})),
        event("a4", "RuleSeatbeltId", &dismissed),
        json!({ "id": "a5", "rule": "RuleSeatbeltId" }),
    ];
    let page = asker().walk(&signed_in(vec![feed(&data, "0a")]), Resource::DriverSafetyEvent).remove(0);
    let [braking, idling, belt] = records(&page) else { panic!("{page:?}") };
    let expected = json!({
        "source_driver_id": "b4C11", "source_vehicle_id": "b8F3", "event": "hard_braking", "duration_seconds": 973,
        "event_metadata": { "rule": "RuleHarshBrakingId", "state": "ExceptionEventStateValidId", "distance": 1_500.0 },
    });
    check_fields(braking, &expected);
    assert_eq!(braking.occurred_at, Some(at("2026-11-20T13:24:02Z")));
    check_fields(idling, &json!({ "event": "idling", "duration_seconds": null, "source_driver_id": null }));
    check_fields(belt, &json!({ "event": "no_seatbelt", "duration_seconds": 973 }));
    let looked = event("a1", "RuleHarshBrakingId", &json!({ "version": "0300", "lastModifiedDateTime": "2026-11-21T00:00:00Z" }));
    let again = asker().walk(&signed_in(vec![feed(&[looked], "0b")]), Resource::DriverSafetyEvent).remove(0);
    assert_eq!(records(&again)[0].source_hash, braking.source_hash, "that somebody looked modifies nothing");
}

#[test]
fn check_purchases() {
    let data = [
        json!({
            "id": "b1", "dateTime": "2026-11-20T18:30:00Z", "device": { "id": "b7" }, "driver": { "id": "b9" }, "productType": "Diesel",
            "volume": 378.5, "cost": 480.5, "currencyCode": "USD", "siteName": "Pilot", "provider": "Wex", "odometer": 1_000.5,
            "location": { "x": -96.8, "y": 32.7 }, "version": "1",
        }),
        json!({
            "id": "b2", "dateTime": "2026-11-20T18:30:00Z", "device": "NoDeviceId", "driver": "UnknownDriverId", "volume": 0,
            "productType": "DieselExhaustFluid", "odometer": 0, "location": { "x": 0, "y": 0 }, "provider": "Wex", "cost": "about 5",
        }),
        json!({ "dateTime": "2026-11-20T18:30:00Z" }),
    ];
    let http = signed_in(vec![feed(&data, "0a")]);
    let page = asker().walk(&http, Resource::FuelTransaction).remove(0);
    assert_eq!(http.posted()[1]["params"]["search"]["fromDate"], "2026-10-22T12:00:00.000000Z");
    let [diesel, other] = records(&page) else { panic!("{page:?}") };
    let expected = json!({
        "source_vehicle_id": "b7", "source_driver_id": "b9", "odometer": 1_000_500.0, "fuel_type": "DIESEL", "fuel_volume": 0.3785,
        "fuel_vendor": "Pilot", "total_cost": "480.5", "currency": "USD",
    });
    check_fields(diesel, &expected);
    assert_eq!(fields(diesel)["location"]["coordinates"], json!([-96.8, 32.7]));
    let expected = json!({
        "source_vehicle_id": null, "source_driver_id": null, "odometer": null, "fuel_type": null, "fuel_volume": null, "location": null,
        "fuel_vendor": "Wex", "total_cost": null,
    });
    check_fields(other, &expected);
}
