//! Duty logs by days.

use model::telematics::{Fields, Observation};
use model::{RecordId, Resource};
use serde_json::{Value, json};

use crate::motive::tests::{asker, page};
use crate::testing::{Answer, Asker, Canned, check_fields as check, connection, fields, records, response};
use crate::{Fetched, ProviderError};

fn drivers(ids: &[u32]) -> Answer {
    let all: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "role": "driver", "status": "active" })).collect();
    page("users", "user", &all, 1, all.len())
}

fn logs(all: &[Value]) -> Answer {
    page("logs", "log", all, 1, all.len())
}

/// A day of a driver with events of (id, type, start, end), each in its wrapper.
fn day(driver: u32, date: &str, events: &[(u32, &str, &str, Option<&str>)]) -> Value {
    let event = |(id, word, start, end): &(u32, &str, &str, Option<&str>)| json!({ "event": { "id": id, "type": word, "start_time": start, "end_time": end } });
    let events: Vec<Value> = events.iter().map(event).collect();
    let id = format!("{driver}-{date}");
    json!({ "id": id, "date": date, "time_zone": "UTC", "driver": { "id": driver, "first_name": "Ann" }, "events": events })
}

/// Days of a driver from one of November to another, the last with these events.
fn days(driver: u32, first: u32, last: u32, events: &[(u32, &str, &str, Option<&str>)]) -> Vec<Value> {
    let of = |date: u32| day(driver, &format!("2026-11-{date:02}"), if date == last { events } else { &[] });
    (first..=last).map(of).collect()
}

fn ask(answers: Vec<Answer>) -> Fetched {
    asker().ask(&Canned::new(answers), Resource::HosEvent, None).unwrap()
}

fn row<'a>(page: &'a Fetched, source_id: &str) -> &'a Observation<Fields> {
    records(page).iter().find(|row| row.source_id == source_id).unwrap()
}

/// For whom a page answers, and for whom it does not.
fn subjects(page: &Fetched) -> (String, String) {
    let subjects = &page.window.as_ref().unwrap().subjects;
    (subjects.answered.join(","), subjects.unclear.join(","))
}

fn told(answered: &str, unclear: &str) -> (String, String) {
    (answered.to_owned(), unclear.to_owned())
}

#[test]
fn a_recorded_log_is_read() {
    let http = Canned::new(vec![drivers(&[11]), response(200, include_str!("../fixtures/logs.json"))]);
    let page = asker().ask(&http, Resource::HosEvent, None).unwrap();
    let asked = http.asked();
    assert!(asked[0].ends_with("/v1/users?role=driver&per_page=25&page_no=1"), "{asked:?}");
    let days = "start_date=2026-11-06&end_date=2026-11-21";
    assert!(asked[1].ends_with(&format!("/v1/logs?driver_ids=11&{days}&per_page=100&page_no=1")), "{asked:?}");
    let id = |source: &str| json!(RecordId::of(source, connection()));
    let expected = json!({
        "started_at": "2016-10-16T07:00:00.000000Z", "ended_at": "2016-10-16T09:00:00.000000Z", "duty_status_code": "D",
        "event_type_code": "1", "event_code": "DRIVING", "log_state_code": "ACTIVE", "log_origin_code": null, "driver_id": id("11"),
        "vehicle_id": id("11"), "driver_certified_at": "2016-07-16T00:05:21.000000Z", "hos_ruleset_code": "US_INT_PROP_70_8",
        "time_zone_code": "America/Los_Angeles", "location_name": "Mobile, AL", "region_code": "US-AL", "annotations": null,
    });
    check(row(&page, "221"), &expected);
    check(row(&page, "474"), &json!({ "duty_status_code": "SB", "location_name": null, "region_code": null }));
    assert_eq!((subjects(&page), page.more), (told("", "11"), false), "a day of ten years ago says nothing of the window");
    let window = page.window.as_ref().unwrap();
    assert_eq!((window.begins, window.ends, window.to.seconds_since(window.from)), (true, true, 14.0 * 86_400.0));
    assert_eq!(row(&page, "221").source["driver"]["last_name"], "Driver");
}

#[test]
fn every_status_has_its_codes() {
    let words = [
        ("off_duty", "OFF", Some("1"), Some("OFF")),
        ("sleeper", "SB", Some("1"), Some("SB")),
        ("sleeper_berth", "SB", Some("1"), Some("SB")),
        ("driving", "D", Some("1"), Some("DRIVING")),
        ("on_duty", "ON", Some("1"), Some("ON")),
        ("waiting", "WT", Some("1"), None),
        ("personal_conveyance", "PC", Some("3"), Some("PC")),
        ("yard_move", "YM", Some("3"), Some("YM")),
    ];
    for (word, duty, kind, code) in words {
        let page = ask(vec![drivers(&[7]), logs(&[day(7, "2026-11-20", &[(1, word, "2026-11-20T15:00:00Z", None)])])]);
        let expected = json!({ "duty_status_code": duty, "event_type_code": kind, "event_code": code, "ended_at": null });
        check(row(&page, "1"), &expected);
    }
    let page = ask(vec![drivers(&[7]), logs(&[day(7, "2026-11-20", &[(1, "moon_walk", "2026-11-20T15:00:00Z", None)])])]);
    check(row(&page, "1"), &json!({ "duty_status_code": null, "event_type_code": null, "event_code": null }));
    assert_eq!(row(&page, "1").extras, Some(json!({ "type": "moon_walk" })));
}

#[test]
fn notes_remarks_places_and_edits_are_told() {
    let mut log = day(7, "2026-11-20", &[]);
    log["vehicles"] = json!([{ "vehicle": { "id": 1 } }, { "vehicle": { "id": 2 } }]);
    log["remarks"] = json!([
        { "remark": { "id": 1, "time": "2026-11-20T15:10:00Z", "notes": null } },
        { "remark": { "id": 2, "time": "2026-11-20T15:20:00Z", "notes": "Weigh station" } },
    ]);
    log["events"] = json!([
        { "event": { "id": 1, "type": "driving", "start_time": "2026-11-20T15:00:00Z", "end_time": "2026-11-20T16:00:00Z", "location": "3.2 mi SE of Reno, NV" } },
        { "event": { "id": 2, "type": "on_duty", "start_time": "2026-11-20T16:00:00Z", "notes": "Pre-trip", "is_manual": true, "location": "I-80" } },
    ]);
    let page = ask(vec![drivers(&[7]), logs(std::slice::from_ref(&log))]);
    let remark = json!({ "created_at": "2026-11-20T15:20:00.000000Z", "remarks": "Weigh station" });
    check(
        row(&page, "1"),
        &json!({ "annotations": remark, "region_code": "US-NV", "vehicle_id": null, "log_origin_code": null }),
    );
    let note = json!({ "created_at": "2026-11-20T16:00:00.000000Z", "remarks": "Pre-trip" });
    check(
        row(&page, "2"),
        &json!({ "annotations": note, "region_code": null, "log_origin_code": "DRIVER_EDIT", "ended_at": null }),
    );
    // A signature modifies the events of its day; another name of the driver does not.
    let hash = |log: &Value| row(&ask(vec![drivers(&[7]), logs(std::slice::from_ref(log))]), "1").source_hash.clone();
    let first = hash(&log);
    log["driver"]["first_name"] = json!("Anna");
    assert_eq!(hash(&log), first);
    log["driver_signed_at"] = json!("2026-11-21T01:00:00Z");
    assert_ne!(hash(&log), first);
}

#[test]
fn an_event_over_midnight_is_one() {
    let night = (5, "sleeper", "2026-11-20T04:00:00Z", Some("2026-11-20T06:00:00Z"));
    let morning = (5, "sleeper", "2026-11-20T06:00:00Z", Some("2026-11-20T12:00:00Z"));
    let page = ask(vec![drivers(&[7]), logs(&[day(7, "2026-11-20", &[morning]), day(7, "2026-11-19", &[night])])]);
    assert_eq!(records(&page).len(), 1);
    check(row(&page, "5"), &json!({ "started_at": "2026-11-20T04:00:00.000000Z", "ended_at": "2026-11-20T12:00:00.000000Z" }));
    let lasts = (5, "sleeper", "2026-11-20T06:00:00Z", None);
    let page = ask(vec![drivers(&[7]), logs(&[day(7, "2026-11-19", &[night]), day(7, "2026-11-20", &[lasts])])]);
    check(row(&page, "5"), &json!({ "started_at": "2026-11-20T04:00:00.000000Z", "ended_at": null }));
}

#[test]
fn a_page_answers_for_drivers_whose_days_follow_and_can_be_read() {
    let one = (1, "driving", "2026-11-20T15:00:00Z", None);
    let gap = [days(2, 7, 18, &[]), days(2, 20, 21, &[])].concat();
    let mut odd = days(3, 7, 21, &[one]);
    odd[14]["events"][0]["event"]["start_time"] = json!("noon");
    let mut null = days(4, 7, 21, &[]);
    null[14]["events"] = Value::Null;
    // Nobody asked for driver 9; of driver 6 there is no log at all, which is not the same as an empty one.
    let all = [days(1, 7, 21, &[one]), gap, odd, null, days(9, 7, 21, &[])].concat();
    let page = ask(vec![drivers(&[1, 2, 3, 4, 6]), logs(&all)]);
    assert_eq!(subjects(&page), told("1", "2,3,4,9"));
    let twice = [days(1, 7, 21, &[one]), days(1, 21, 21, &[one])].concat();
    assert_eq!(subjects(&ask(vec![drivers(&[1]), logs(&twice)])), told("", "1"), "one is told twice, another may not be told");
    let cut = page_of_logs(&days(1, 7, 21, &[one]), 99);
    let rest = crate::motive::tests::page("logs", "log", &[], 2, 99);
    assert_eq!(subjects(&ask(vec![drivers(&[1]), cut, rest])), told("", "1"), "fewer days than there should be");
}

#[test]
fn days_that_do_not_reach_both_ends_of_the_window_say_nothing_of_its_absences() {
    let answered = |first: u32, last: u32, zone: &str| {
        let mut all = days(1, first, last, &[]);
        all.iter_mut().for_each(|day| day["time_zone"] = json!(zone));
        !subjects(&ask(vec![drivers(&[1]), logs(&all)])).0.is_empty()
    };
    // From noon of the 7th to noon of the 21st, UTC.
    assert!(answered(7, 21, "UTC") && answered(6, 21, "UTC"));
    assert!(!answered(8, 21, "UTC"), "the first day is missing");
    assert!(!answered(7, 20, "UTC"), "so is the last");
    assert!(answered(7, 21, "Hawaii"), "02:00 of the same days");
    assert!(!answered(6, 22, "Moon Time"), "nobody knows whose days they are");
}

fn page_of_logs(all: &[Value], total: usize) -> Answer {
    page("logs", "log", all, 1, total)
}

#[test]
fn drivers_who_left_before_the_window_are_not_asked_for_and_their_days_stay() {
    let users = [
        json!({ "id": 1, "status": "deactivated", "updated_at": "2026-01-01T00:00:00Z" }),
        json!({ "id": 2, "status": "deactivated", "updated_at": "2026-11-20T00:00:00Z" }),
        json!({ "id": 3, "status": "active", "updated_at": "2026-01-01T00:00:00Z" }),
    ];
    let http = Canned::new(vec![page("users", "user", &users, 1, 3), logs(&[])]);
    let found = asker().ask(&http, Resource::HosEvent, None).unwrap();
    assert!(http.asked()[1].contains("driver_ids=2%2C3&"), "{:?}", http.asked());
    assert_eq!(subjects(&found), told("", ""));
    let http = Canned::new(vec![page("users", "user", &users[..1], 1, 1)]);
    assert!(!asker().ask(&http, Resource::HosEvent, None).unwrap().more);
}

#[test]
fn many_drivers_are_read_in_parts_and_the_window_is_kept() {
    let part = |from: u32, to: u32, page_no| {
        let all: Vec<Value> = (from..=to).map(|id| json!({ "id": id })).collect();
        page("users", "user", &all, page_no, 30)
    };
    let http = Canned::new(vec![part(1, 25, 1), logs(&days(1, 7, 21, &[])), part(26, 30, 2), logs(&days(30, 7, 21, &[]))]);
    let pages = asker().walk(&http, Resource::HosEvent);
    let parts: Vec<_> = pages.iter().map(|page| page.window.as_ref().unwrap()).map(|part| (part.begins, part.ends)).collect();
    assert_eq!(parts, [(true, false), (false, true)]);
    assert_eq!(pages.iter().map(subjects).collect::<Vec<_>>(), [told("1", ""), told("30", "")]);
    let later = Asker { now: asker().now.plus_seconds(300), ..asker() };
    let http = Canned::new(vec![drivers(&[1]), logs(&[])]);
    let page = later.ask(&http, Resource::HosEvent, pages[1].cursor.as_deref()).unwrap();
    assert!(http.asked()[1].contains("start_date=2026-11-18&end_date=2026-11-21"), "two days and one more: {:?}", http.asked());
    assert_eq!(page.window.as_ref().unwrap().from, crate::motive::tests::at("2026-11-19T12:00:00Z").plus_seconds(300));
}

#[test]
fn logs_that_are_down_answer_for_nobody() {
    let http = Canned::new(vec![drivers(&[1]), response(500, "busy")]);
    assert!(matches!(asker().ask(&http, Resource::HosEvent, None), Err(ProviderError::Unavailable { .. })));
    let page = ask(vec![drivers(&[1]), logs(&[json!({ "date": "2026-11-20", "events": [] })])]);
    assert_eq!((subjects(&page), records(&page).len()), (told("", ""), 0));
    let page = ask(vec![drivers(&[7]), logs(&[day(7, "2026-11-20", &[(1, "driving", "2026-11-20T15:00:00Z", None)])])]);
    assert_eq!(fields(row(&page, "1"))["started_at"], "2026-11-20T15:00:00.000000Z");
}
