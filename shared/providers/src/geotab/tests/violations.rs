//! Violations of duty logs.

use super::*;

fn driver(id: &str, rules: &str) -> Value {
    json!({ "id": id, "isDriver": true, "activeTo": "2050-01-01T00:00:00Z", "hosRuleSet": rules })
}

fn violation(kind: &str, more: &Value) -> Value {
    let mut violation = json!({
        "type": kind, "driver": { "id": "b4C11" }, "fromDate": "2026-11-20T08:00:00.000Z", "toDate": "2026-11-20T09:30:00.000Z",
        "hoursLimit": 11, "daysLimit": 0, "drivingDuration": "12:30:00", "reason": "Drove for more than 11 hours", "logId": "bDS1",
    });
    violation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    violation
}

/// A pass over drivers of whom so much is told: violations, and logs.
fn pass(users: &[Value], told: &Value) -> (Fetched, Canned) {
    let http = signed_in(vec![result(&json!(users)), result(told), result(&json!([]))]);
    let mut pages = asker().walk(&http, Resource::HosViolation);
    assert!(http.is_empty() && pages.len() == 2);
    assert!(pages[1].window.as_ref().unwrap().ends && !pages[1].more && records(&pages[1]).is_empty());
    (pages.remove(0), http)
}

#[test]
fn check_violations() {
    let listed = [
        violation("Driving", &json!({})),
        violation("Rest", &json!({ "toDate": "9999-12-31T23:59:59.9999999Z", "reason": "", "logId": "", "hoursLimit": null })),
        violation("CycleRest", &json!({ "driver": "b4C11", "toDate": "2026-11-20T07:00:00.000Z" })),
        violation("EwdRest", &json!({})),
    ];
    let (page, http) = pass(&[driver("b4C11", "America8Day")], &json!([listed, [{ "id": "bDS1" }]]));
    assert_eq!(methods(&http), ["Authenticate", "Get User", "ExecuteMultiCall", "Get User"]);
    let calls = http.posted()[2]["params"]["calls"].clone();
    let span = json!({
        "userSearch": { "id": "b4C11" }, "fromDate": "2026-11-13T12:00:00.000000Z", "toDate": "2026-11-21T12:00:00.000000Z",
    });
    assert_eq!((&calls[0]["params"]["typeName"], &calls[0]["params"]["search"]), (&json!("DutyStatusViolation"), &span));
    assert_eq!((&calls[1]["params"]["typeName"], &calls[1]["params"]["resultsLimit"]), (&json!("DutyStatusLog"), &json!(1)));
    let rows = records(&page);
    assert_eq!(rows[0].source_id, "hos_violation:b4C11:Driving:2026-11-20T08:00:00.000000Z");
    assert_eq!(rows[0].occurred_at, Some(at("2026-11-20T08:00:00Z")));
    let expected = json!({
        "violation_code": "DH_DAILY_OVER", "violation_category": "DrivingHours", "source_driver_id": "b4C11", "duration": 5_400,
        "violation_description": "Drove for more than 11 hours", "hours_limit": 11.0, "source_hos_event_id": "bDS1",
        "start_time": "2026-11-20T08:00:00.000000Z", "end_time": "2026-11-20T09:30:00.000000Z",
    });
    check_fields(&rows[0], &expected);
    let open = json!({
        "violation_code": "BR_MISSING", "violation_category": "Rest", "violation_description": "Rest", "end_time": null,
        "duration": null, "hours_limit": null, "source_hos_event_id": null,
    });
    check_fields(&rows[1], &open);
    check_fields(&rows[2], &json!({ "violation_code": null, "violation_category": null, "end_time": null }));
    check_fields(&rows[3], &json!({ "violation_code": null, "violation_category": null }));
    let window = page.window.unwrap();
    assert_eq!((window.begins, window.ends, window.subjects.answered), (true, false, vec!["b4C11".to_owned()]));
}

#[test]
fn driving_hours_have_the_code_of_the_drivers_rules() {
    let read = |rules: &str| {
        let (page, _) = pass(&[driver("b4C11", rules)], &json!([[violation("DailyDriving", &json!({}))], []]));
        let row = &records(&page)[0];
        (fields(row)["violation_code"].clone(), row.source_hash.clone())
    };
    let (property, passenger, none) = (read("America8Day"), read("America8DayPassenger"), read("None"));
    assert_eq!((&property.0, &passenger.0), (&json!("DH_DAILY_OVER"), &json!("DH_PASSENGER_DAILY_OVER")));
    assert_eq!(none.0, Value::Null);
    assert_ne!(property.1, passenger.1, "other rules modify it");
}

#[test]
fn an_id_that_comes_and_goes_is_no_other_violation() {
    let read = |more: Value| {
        let (page, _) = pass(&[driver("b4C11", "America8Day")], &json!([[violation("Rest", &more)], []]));
        (records(&page)[0].source_id.clone(), records(&page)[0].source_hash.clone())
    };
    assert_eq!(read(json!({ "id": "aV1", "version": "01" })), read(json!({})));
}

#[test]
fn drivers_are_answered_for_where_their_hours_can_be_seen() {
    let users = [
        driver("b1", "America8Day"),
        driver("b2", "America8Day"),
        driver("b3", "America8Day"),
        json!({ "id": "b4", "isDriver": true, "activeTo": "2026-11-01T00:00:00Z" }),
    ];
    let odd = violation("Rest", &json!({ "driver": "b3", "fromDate": "0001-01-01T00:00:00Z" }));
    let (page, http) = pass(&users, &json!([[], [{ "id": "bDS1" }], [], [], [odd, violation("Rest", &json!({}))], []]));
    assert_eq!(http.posted()[2]["params"]["calls"].as_array().unwrap().len(), 6, "who left is not asked for");
    let subjects = page.window.clone().unwrap().subjects;
    assert_eq!((subjects.answered, subjects.unclear), (vec!["b1".to_owned()], vec!["b3".to_owned()]));
    assert!(records(&page).is_empty() && !subjects.others, "another driver's violation is not taken for this one's");
}

#[test]
fn the_last_day_is_read_again_from_the_first_driver_on() {
    let asker = asker();
    let http = signed_in(vec![result(&json!([]))]);
    let kept = asker.ask(&http, Resource::HosViolation, None).unwrap().cursor;
    let later = Asker { now: at("2026-11-21T12:05:00Z"), ..asker };
    let http = Canned::new(vec![result(&json!([driver("b1", "None")])), result(&json!([[], []])), result(&json!([]))]);
    let page = later.ask(&http, Resource::HosViolation, kept.as_deref()).unwrap();
    let window = page.window.unwrap();
    assert_eq!((window.from, window.to, page.more), (at("2026-11-20T12:05:00Z"), at("2026-11-21T12:05:00Z"), true));
    assert!(later.ask(&http, Resource::HosViolation, page.cursor.as_deref()).unwrap().window.unwrap().ends);
    assert_eq!(http.posted()[2]["params"]["sort"]["offset"], "b1");
}
