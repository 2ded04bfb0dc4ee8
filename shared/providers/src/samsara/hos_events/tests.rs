//! Duty logs with the lists beside them.

use model::telematics::{Fields, Observation};
use model::{Resource, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::facts::Facts;
use crate::samsara::tests::{Canned, ask, fields, records, response, walk};
use crate::testing::check_fields as check;
use crate::{Fetched, Subjects};

fn list(data: Value) -> Result<crate::HttpResponse, crate::HttpFailure> {
    response(200, &json!({ "data": data, "pagination": { "endCursor": "", "hasNextPage": false } }).to_string())
}

fn logs(entries: Value) -> Result<crate::HttpResponse, crate::HttpFailure> {
    list(json!([{ "driver": { "id": "7", "name": "Ann Lee" }, "hosLogs": entries }]))
}

fn events(entries: Value) -> Result<crate::HttpResponse, crate::HttpFailure> {
    list(json!([{ "id": "7", "name": "Ann Lee", "driverActivationStatus": "active", "eldEvents": entries }]))
}

fn day() -> Result<crate::HttpResponse, crate::HttpFailure> {
    let rules = json!([{ "cycle": "USA 70 hour / 8 day", "shift": "US Interstate Property" }]);
    let driver = json!({ "id": "7", "timezone": "US/Pacific", "eldSettings": { "rulesets": rules } });
    let signed = json!({ "isCertified": true, "certifiedAtTime": "2026-11-21T02:00:00Z" });
    list(json!([{
        "driver": driver, "startTime": "2026-11-20T08:00:00Z", "endTime": "2026-11-21T08:00:00Z", "logMetaData": signed,
        "dutyStatusDurations": { "driveDurationMs": 5 },
    }]))
}

fn row<'a>(page: &'a Fetched, source_id: &str) -> &'a Observation<Fields> {
    let found = records(page).iter().find(|row| row.source_id == source_id);
    found.unwrap_or_else(|| panic!("{source_id} in {:?}", records(page).iter().map(|row| &row.source_id).collect::<Vec<_>>()))
}

#[test]
fn entries_have_what_their_events_and_days_tell() {
    let begun = json!({
        "time": "2026-11-20T15:00:00Z", "eldEventType": 1, "eldEventCode": 3, "eldEventRecordOrigin": 1, "eldEventRecordStatus": 1,
        "totalVehicleMeters": 123_456_789, "totalEngineHours": 4_321.5, "vehicle": { "id": "9" },
        "location": { "city": "Reno", "eldLocation": "3mi W Reno", "state": "NV", "latitude": 39.5, "longitude": -119.8 },
        "remark": { "comment": "Left the yard", "time": "2026-11-20T15:01:00Z" },
    });
    let edited = json!({ "time": "2026-11-20T15:00:00Z", "eldEventType": 1, "eldEventCode": 4, "eldEventRecordStatus": 2 });
    let broken = json!({
        "time": "2026-11-20T16:00:00Z", "eldEventType": 7, "eldEventCode": 1, "malfunctionDiagnosticCode": "P", "eldEventRecordOrigin": 9,
        "totalVehicleMeters": -1,
    });
    let http = Canned::new(vec![
        logs(json!([{ "logStartTime": "2026-11-20T15:00:00.250Z", "hosStatusType": "driving" }])),
        events(json!([begun, edited, broken, { "eldEventType": 5 }])),
        day(),
    ]);
    let page = walk(&http, Resource::HosEvent).remove(0);
    let asked = http.asked();
    assert!(
        asked[1].contains("/beta/fleet/hos/drivers/eld-events?startTime=2026-11-11T12") && asked[1].ends_with("driverIds=7"),
        "{asked:?}"
    );
    assert!(asked[2].ends_with("/fleet/hos/daily-logs?startDate=2026-11-10&endDate=2026-11-21&driverIds=7"), "{asked:?}");
    let entry = row(&page, "hos_event:7:2026-11-20T15:00:00.250000Z");
    check(
        entry,
        &json!({
            "duty_status_code": "D", "event_type_code": "1", "event_code": "DRIVING", "log_origin_code": "AUTO",
            "log_state_code": "ACTIVE", "record_status": "1", "region_code": "US-NV", "location_name": "3mi W Reno",
            "odometer": 123_456.789, "engine_hours": 4_321.5, "driver_certified_at": "2026-11-21T02:00:00.000000Z",
            "hos_ruleset_code": "US_INT_PROP_70_8", "time_zone_code": "America/Los_Angeles", "eld_malfunction_code": null,
            "annotations": { "created_at": "2026-11-20T15:01:00.000000Z", "remarks": "Left the yard" },
        }),
    );
    assert!(
        fields(entry)["location"].is_object() && fields(entry)["h3_index_11"].is_i64() && fields(entry)["vehicle_id"].is_string()
    );
    assert_eq!(
        (entry.source["eldEvent"]["eldEventCode"].as_i64(), entry.source["dailyLog"].get("dutyStatusDurations")),
        (Some(3), None)
    );
    let at = "2026-11-20T15:00:00.000000Z";
    let expected = json!({
        "log_state_code": "INACTIVE_CHANGED", "duty_status_code": "ON", "started_at": at, "ended_at": at, "log_origin_code": null,
    });
    check(row(&page, &format!("hos_event:7:{at}:1.4:2")), &expected);
    let expected = json!({
        "event_type_code": null, "event_code": "MALF_LOG", "eld_malfunction_code": "POWER", "log_origin_code": null, "odometer": null,
        "duty_status_code": null, "log_state_code": "ACTIVE",
    });
    check(row(&page, "hos_event:7:2026-11-20T16:00:00.000000Z:7.1:P"), &expected);
    assert_eq!(records(&page).len(), 3, "an event without a time is none");
}

#[test]
fn an_unknown_status_hides_nothing_else() {
    let begun = json!({ "time": "2026-11-20T15:00:00Z", "eldEventType": 1, "eldEventCode": 4, "eldEventRecordOrigin": 3 });
    let start = "2026-11-20T15:00:00Z";
    let http =
        Canned::new(vec![logs(json!([{ "logStartTime": start, "hosStatusType": "moonWalk" }])), events(json!([begun])), day()]);
    let page = walk(&http, Resource::HosEvent).remove(0);
    let entry = &records(&page)[0];
    check(
        entry,
        &json!({ "duty_status_code": "ON", "event_type_code": "1", "event_code": "ON", "log_origin_code": "USER_EDIT" }),
    );
    assert_eq!(entry.extras, Some(json!({ "hosStatusType": "moonWalk" })));
    let http = Canned::new(vec![
        logs(json!([{ "logStartTime": start, "hosStatusType": "waitingTime" }])),
        list(json!([])),
        list(json!([])),
        list(json!([])),
        list(json!([])),
    ]);
    let page = walk(&http, Resource::HosEvent).remove(0);
    assert!(http.asked()[2].ends_with("driverActivationStatus=deactivated&driverIds=7"), "{:?}", http.asked());
    check(
        &records(&page)[0],
        &json!({ "duty_status_code": "WT", "event_type_code": "1", "event_code": null, "log_state_code": "ACTIVE" }),
    );
}

#[test]
fn an_entry_from_before_the_window_keeps_what_is_known_of_it() {
    let begun = json!({ "time": "2026-10-01T15:00:00Z", "eldEventType": 1, "eldEventCode": 1, "eldEventRecordOrigin": 2 });
    let login = json!({ "time": "2026-11-12T15:00:00Z", "eldEventType": 5, "eldEventCode": 1 });
    let http = Canned::new(vec![
        logs(json!([{ "logStartTime": "2026-10-01T15:00:00Z", "hosStatusType": "offDuty" }])),
        events(json!([login])),
        day(),
        events(json!([begun])),
        day(),
    ]);
    let page = walk(&http, Resource::HosEvent).remove(0);
    let asked = http.asked().remove(3);
    assert!(asked.contains("startTime=2026-10-01T15%3A00%3A00.000000Z&endTime=2026-10-01T15%3A00%3A01"), "{asked}");
    check(row(&page, "hos_event:7:2026-10-01T15:00:00.000000Z"), &json!({ "log_origin_code": "DRIVER_EDIT" }));
    assert_eq!(records(&page).len(), 1, "events before the window are those of another");
}

#[test]
fn a_long_leave_costs_a_request_of_its_own_and_no_longer_span_for_others() {
    let starts = [("7", "2026-05-01T15:00:00Z"), ("8", "2026-10-01T15:00:00Z"), ("9", "2026-10-02T14:00:00Z")];
    let driver = |(id, start): &(&str, &str)| json!({ "id": id, "driver": { "id": id }, "hosLogs": [{ "logStartTime": start }] });
    let all = || list(starts.iter().map(driver).collect());
    let http = Canned::new(std::iter::repeat_with(all).take(7).collect());
    let page = ask(&http, Resource::HosEvent, None).unwrap();
    let asked = http.asked();
    let events: Vec<_> = asked.iter().filter(|url| url.contains("eld-events")).skip(1).collect();
    let span =
        |from, to, ids| format!("startTime=2026-{from}%3A00%3A00.000000Z&endTime=2026-{to}%3A00%3A01.000000Z&driverIds={ids}");
    assert!(events[0].ends_with(&span("05-01T15", "05-01T15", "7")), "{events:?}");
    assert!(events[1].ends_with(&span("10-01T15", "10-02T14", "8%2C9")), "{events:?}");
    assert_eq!((asked.len(), subjects(&page)), (7, told("7,8,9", "")));
}

#[test]
fn a_page_of_many_drivers_is_read_in_parts() {
    let driver = |id: usize| json!({ "driver": { "id": id.to_string() }, "hosLogs": [] });
    let all: Vec<Value> = (1..=60).map(driver).collect();
    let some = |from: usize, to: usize| list((from..=to).map(driver).collect());
    let asleep = || list((1..=60).map(|id: usize| json!({ "id": id.to_string(), "driver": { "id": id.to_string() } })).collect());
    let parts = [list(json!(all)), some(26, 50), some(51, 60)];
    let http = Canned::new(parts.into_iter().flat_map(|part| [part, asleep(), asleep()]).collect());
    let pages = walk(&http, Resource::HosEvent);
    let asked = http.asked();
    assert_eq!((pages.len(), asked.len()), (3, 9));
    let parts: Vec<_> = pages.iter().map(|page| page.window.as_ref().unwrap()).map(|part| (part.begins, part.ends)).collect();
    assert_eq!(parts, [(true, false), (false, false), (false, true)]);
    assert!(asked[3].contains("driverIds=26%2C27%2C") && asked[6].contains("driverIds=51%2C"), "{asked:?}");
    assert!(pages[2].cursor.as_deref().is_some_and(|cursor| !cursor.contains("drivers")), "{:?}", pages[2].cursor);
    let cursor = r#"{"from":"2026-11-13T12:00:00Z","to":"2026-11-21T12:00:00Z","deep":"2026-11-21T12:00:00Z","after":null}"#;
    let older: super::Logs = serde_json::from_str(cursor).unwrap();
    assert_eq!(older.window.to, Timestamp::parse("2026-11-21T12:00:00Z").unwrap());
}

#[test]
fn a_page_answers_for_drivers_whose_entries_and_events_can_all_be_read() {
    let page = r#"[
        {"driver":{"id":"1"},"hosLogs":[]},
        {"driver":{"id":"2"},"hosLogs":[{"logStartTime":"2026-11-20T00:00:00Z"}]},
        {"driver":{"id":"3"},"hosLogs":[{"logStartTime":"2026-11-20T00:00:00Z"},{"logStartTime":"noon"}]},
        {"driver":{"id":"4"},"hosLogs":null},
        {"driver":{"id":"5"}},
        {"driver":{"id":"6"},"hosLogs":[]},
        {"hosLogs":[]}
    ]"#;
    let batch: Vec<Box<RawValue>> = serde_json::from_str(page).unwrap();
    let events: &RawValue = serde_json::from_str(r#"{"id":"6","eldEvents":[{"time":"noon"}]}"#).unwrap();
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let expected = Subjects { answered: texts(&["1", "2"]), unclear: texts(&["3", "4", "5", "6"]), ..Subjects::default() };
    let facts = Facts::of_json(events);
    assert_eq!(super::subjects(&batch, |driver| facts.are_whole(driver, true)), expected);
}

/// For whom a page answers, and for whom it does not.
fn subjects(page: &Fetched) -> (String, String) {
    let subjects = &page.window.as_ref().unwrap().subjects;
    (subjects.answered.join(","), subjects.unclear.join(","))
}

fn told(answered: &str, unclear: &str) -> (String, String) {
    (answered.to_owned(), unclear.to_owned())
}

const LOGIN: &str = "hos_event:7:2026-11-20T14:00:00.000000Z:5.1";

fn login() -> Value {
    json!({ "time": "2026-11-20T14:00:00Z", "eldEventType": 5, "eldEventCode": 1, "eldEventRecordStatus": 1 })
}

fn away() -> Result<crate::HttpResponse, crate::HttpFailure> {
    response(503, "upstream connect error")
}

fn driving() -> Result<crate::HttpResponse, crate::HttpFailure> {
    logs(json!([{ "logStartTime": "2026-11-20T15:00:00Z", "hosStatusType": "driving" }]))
}

#[test]
fn a_list_of_events_that_was_read_and_is_refused_now_removes_none_of_them() {
    for status in [400, 401, 403, 404] {
        let refused = || response(status, r#"{"message":"no"}"#);
        let http = Canned::new(vec![driving(), events(json!([login()])), day(), driving(), refused(), day()]);
        let read = ask(&http, Resource::HosEvent, None).unwrap();
        assert_eq!((subjects(&read), records(&read).len()), (told("7", ""), 2));
        let page = ask(&http, Resource::HosEvent, read.cursor.as_deref()).unwrap();
        assert_eq!((subjects(&page), records(&page).len()), (told("", "7"), 1), "{status}");
    }
}

#[test]
fn logs_without_a_list_of_events_answer_where_no_event_can_be_stored() {
    let forbidden = || response(403, r#"{"message":"Permission Denied"}"#);
    let page = ask(&Canned::new(vec![driving(), forbidden(), day()]), Resource::HosEvent, None).unwrap();
    assert_eq!(subjects(&page), told("7", ""), "the list was never read");
    let since = |events: &str| {
        let kept = json!({
            "from": "2026-11-20T11:00:00Z", "to": "2026-11-21T11:00:00Z", "deep": "2026-11-21T11:00:00Z", "after": null,
            "events": events,
        });
        let cursor = json!({ "v": 2, "at": kept }).to_string();
        ask(&Canned::new(vec![driving(), forbidden(), day()]), Resource::HosEvent, Some(&cursor)).unwrap()
    };
    assert_eq!(subjects(&since("2026-11-20T10:00:00Z")), told("7", ""), "it was read before the window");
    assert_eq!(subjects(&since("2026-11-20T13:00:00Z")), told("", "7"), "it was read inside the window");
}

#[test]
fn a_page_answers_for_those_drivers_whose_events_were_listed() {
    let both = || {
        list(json!([
            { "driver": { "id": "7" }, "hosLogs": [{ "logStartTime": "2026-11-20T15:00:00Z" }] },
            { "driver": { "id": "8" }, "hosLogs": [{ "logStartTime": "2026-11-20T15:00:00Z" }] },
        ]))
    };
    let days = || list(json!([{ "driver": { "id": "7" } }, { "driver": { "id": "8" } }]));
    let refused = response(403, r#"{"message":"Permission Denied"}"#);
    let http = Canned::new(vec![both(), events(json!([login()])), refused, days()]);
    let page = ask(&http, Resource::HosEvent, None).unwrap();
    assert!(http.asked()[2].ends_with("driverActivationStatus=deactivated&driverIds=8"), "{:?}", http.asked());
    assert_eq!(subjects(&page), told("7", "8"));
    let unclear =
        [r#"{"data":null,"pagination":{"endCursor":"","hasNextPage":false}}"#, r#"{"data":[{"id":"7","eldEvents":[]}]}"#];
    for body in unclear {
        let others = list(json!([]));
        let http = Canned::new(vec![driving(), response(200, body), if body.contains("null") { others } else { day() }, day()]);
        let page = ask(&http, Resource::HosEvent, None).unwrap();
        assert_eq!(subjects(&page), told("", "7"), "{body}");
    }
}

#[test]
fn drivers_without_entries_have_their_events() {
    let http = Canned::new(vec![logs(json!([])), events(json!([login()])), day()]);
    let page = ask(&http, Resource::HosEvent, None).unwrap();
    assert_eq!((subjects(&page), records(&page).len()), (told("7", ""), 1));
    check(row(&page, LOGIN), &json!({ "event_code": "LOGIN", "time_zone_code": "America/Los_Angeles" }));
}

#[test]
fn a_window_that_may_be_cut_answers_for_nobody_and_is_read_again() {
    let entry = json!({ "driver": { "id": "7" }, "hosLogs": [{ "logStartTime": "2026-11-20T15:00:00Z" }] });
    let cut = response(200, &json!({ "data": [entry] }).to_string());
    let http = Canned::new(vec![cut, events(json!([])), day(), driving(), events(json!([])), day(), away()]);
    let page = ask(&http, Resource::HosEvent, None).unwrap();
    assert_eq!((subjects(&page), records(&page).len(), page.more), (told("", "7"), 1, false));
    let again = ask(&http, Resource::HosEvent, page.cursor.as_deref()).unwrap();
    assert_eq!(subjects(&again), told("7", ""));
    let _next = ask(&http, Resource::HosEvent, again.cursor.as_deref());
    let asked = http.asked();
    assert!([&asked[0], &asked[3]].iter().all(|url| url.contains("startTime=2026-11-13T12")), "{asked:?}");
    assert!(asked[6].contains("startTime=2026-11-20T12"), "{asked:?}");
}

#[test]
fn drivers_of_a_cut_page_that_are_read_by_their_ids_are_answered_for() {
    let driver = |id: usize| json!({ "id": id.to_string(), "driver": { "id": id.to_string() }, "hosLogs": [] });
    let all: Vec<Value> = (1..=26).map(driver).collect();
    let beside = || list(json!(all));
    let cut = response(200, &json!({ "data": all }).to_string());
    let last = || list(json!([driver(26)]));
    let http = Canned::new(vec![cut, beside(), beside(), last(), beside(), beside(), away()]);
    let pages = walk(&http, Resource::HosEvent);
    assert_eq!((subjects(&pages[0]).0, subjects(&pages[1])), (String::new(), told("26", "")));
    let _again = ask(&http, Resource::HosEvent, pages[1].cursor.as_deref());
    assert!(http.asked()[6].contains("startTime=2026-11-13T12"), "{:?}", http.asked());
}

#[test]
fn a_page_without_rows_inside_a_window_is_none() {
    let first = json!({
        "data": [{ "driver": { "id": "7" }, "hosLogs": [] }], "pagination": { "endCursor": "x", "hasNextPage": true },
    });
    let none = response(200, r#"{"data":null,"pagination":{"endCursor":"","hasNextPage":false}}"#);
    let http = Canned::new(vec![response(200, &first.to_string()), events(json!([])), day(), none]);
    let page = ask(&http, Resource::HosEvent, None).unwrap();
    let error = ask(&http, Resource::HosEvent, page.cursor.as_deref()).unwrap_err();
    assert!(matches!(error, crate::ProviderError::Malformed { .. }), "{error}");
}

#[test]
fn entries_are_partial_while_a_list_beside_them_is_down() {
    let read = |cursor: Option<&str>, beside: [Result<crate::HttpResponse, crate::HttpFailure>; 2]| {
        let http = Canned::new([driving()].into_iter().chain(beside).collect());
        let page = ask(&http, Resource::HosEvent, cursor).unwrap();
        let partial: Vec<bool> = records(&page).iter().map(|row| row.is_partial).collect();
        (page, partial)
    };
    let (whole, partial) = read(None, [events(json!([login()])), day()]);
    assert_eq!(partial, [false, false]);
    let cursor = whole.cursor.as_deref();
    let html = || response(200, "<html>Sign in</html>");
    for down in [away, html, || response(401, "{}"), || Err(crate::HttpFailure::Timeout)] {
        let (page, partial) = read(cursor, [down(), day()]);
        assert_eq!((partial, subjects(&page)), (vec![true], told("", "7")), "the events");
        let (page, partial) = read(cursor, [events(json!([login()])), down()]);
        assert_eq!(partial, [true, true], "the days");
        assert_eq!(read(page.cursor.as_deref(), [events(json!([login()])), day()]).1, [false, false], "it is back");
    }
    let forbidden = || response(403, r#"{"message":"Permission Denied"}"#);
    assert_eq!(read(cursor, [forbidden(), day()]).1, [true], "the account had more, and may have it again");
    assert_eq!(read(None, [forbidden(), day()]).1, [false], "it never had more");
    assert_eq!(read(None, [away(), day()]).1, [false], "it never had more");
}

#[test]
fn the_event_that_began_an_entry_belongs_to_it_and_the_name_of_its_vehicle_does_not() {
    let start = "2026-11-20T15:00:00Z";
    let hash = |origin: i64, vehicle: &str| {
        let begun = json!({ "time": start, "eldEventType": 1, "eldEventCode": 3, "eldEventRecordOrigin": origin,
            "vehicle": { "id": "9", "name": vehicle } });
        let logs = logs(json!([{ "logStartTime": start, "hosStatusType": "driving" }]));
        let page = ask(&Canned::new(vec![logs, events(json!([begun])), day()]), Resource::HosEvent, None).unwrap();
        records(&page)[0].source_hash.clone()
    };
    assert_eq!(hash(1, "A"), hash(1, "B"));
    assert_ne!(hash(1, "A"), hash(2, "A"), "another origin modifies the entry");
}

#[test]
fn a_list_that_is_down_for_long_keeps_no_entry_as_it_was() {
    let after = |first: &str, beside| {
        let to = "2026-11-21T11:00:00Z";
        let kept = json!({
            "from": "2026-11-20T11:00:00Z", "to": to, "deep": to, "after": null, "events": "2026-11-20T10:00:00Z",
            "outage": { "first": first, "last": to },
        });
        let cursor = json!({ "v": 2, "at": kept }).to_string();
        let page = ask(&Canned::new(vec![driving(), beside, day()]), Resource::HosEvent, Some(&cursor)).unwrap();
        (records(&page)[0].is_partial, page.cursor.unwrap().contains("outage"))
    };
    assert_eq!(after("2026-11-20T13:00:00Z", away()), (true, true));
    assert_eq!(after("2026-11-20T12:00:00Z", away()), (false, true));
    assert_eq!(after("2026-11-20T12:00:00Z", events(json!([]))), (false, false), "the next outage begins anew");
}
