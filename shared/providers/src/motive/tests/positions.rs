//! Newest positions and histories.

use super::*;

fn readings(page: &Fetched) -> &Readings {
    let Batch::Readings(rows) = &page.batch else { panic!("not readings") };
    rows
}

fn position(page: &Fetched, row: usize) -> VehiclePosition<'_> {
    VehiclePosition::read(&mut readings(page).reader(row)).unwrap()
}

/// Subject and time of each reading.
fn told(page: &Fetched) -> Vec<String> {
    let rows = readings(page);
    (0..rows.len()).map(|row| format!("{} {}", rows.subject(row), &rows.time(row).to_string()[8..16])).collect()
}

fn latest(id: u32, time: &str, more: &Value) -> Value {
    let mut located = json!({ "lat": 41.85, "lon": -87.65, "located_at": time, "kph": 90.0, "city": "Chicago", "state": "IL" });
    located.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "id": id, "current_location": located })
}

/// Answers of an account whose vehicles tell their units, most of them imperial ones.
fn positions(responses: Vec<Answer>) -> Canned {
    let units = |id: u32, is_metric: Option<bool>| json!({ "vehicle": { "id": id, "metric_units": is_metric } });
    let all = [units(1, Some(false)), units(5, Some(false)), units(2, Some(true)), units(3, None)];
    let body = json!({ "vehicles": all, "pagination": { "per_page": 100, "page_no": 1, "total": all.len() } });
    Canned::beside("/v1/vehicles?", body.to_string(), responses)
}

/// Fewer than there should be: the units are not known.
fn no_units() -> Answer {
    page("vehicles", "vehicle", &[], 1, 3)
}

fn lists(all: &[Value]) -> Answer {
    page("vehicles", "vehicle", all, 1, all.len())
}

fn history(times: &[&str]) -> Answer {
    let row = |time: &&str| json!({ "vehicle_location": { "lat": 41.8, "lon": -87.6, "located_at": time, "speed": 10.0 } });
    response(200, &json!({ "vehicle_locations": times.iter().map(row).collect::<Vec<_>>() }).to_string())
}

#[test]
fn newest_positions_and_histories_are_told_each_in_its_units() {
    let metric = json!({ "id": 2, "current_driver": { "id": 104 }, "current_location": {
        "lat": 47.5, "lon": -122.2, "located_at": "2026-11-21T11:40:00Z", "speed": 36.0, "odometer": 100.0, "engine_hours": 123.5,
        "fuel": 121.3, "description": "6.2 mi N of Seattle, WA" } });
    let untold = json!({ "id": 3, "current_location": { "lat": 47.5, "lon": -122.2, "located_at": "2026-11-21T11:40:00Z", "speed": 65.0, "odometer": 456.0 } });
    let told = json!({
        "located_at": "2026-11-21T11:58:00Z", "lat": 41.85, "lon": -87.65, "id": "11111111-1111-4111-8111-111111111111",
        "type": "breadcrumb", "description": "1.5 km SE of Anytown, ON", "speed": 50.0, "odometer": 1.0, "true_odometer": 1000.0,
        "engine_hours": 1.0, "true_engine_hours": 9876.5, "fuel": 54321.0, "fuel_primary_remaining_percentage": 62.5,
        "driver": { "id": 7 },
    });
    let live = |id: u32| latest(id, "2026-11-21T11:59:00Z", &json!({}));
    let http = positions(vec![
        lists(&[live(1), live(5)]),
        page("vehicle_locations", "vehicle_location", &[told], 1, 1),
        response(404, ""),
        lists(&[metric, untold]),
    ]);
    let pages = asker().walk(&http, Resource::VehicleLocation);
    assert_eq!(pages.iter().map(|page| page.more).collect::<Vec<_>>(), [true, false]);
    let asked = http.asked();
    assert_eq!(asked[1], format!("{BASE}/v3/vehicle_locations/1?start_date=2026-11-19&end_date=2026-11-21"));
    assert!(asked[0].ends_with("/v3/vehicle_locations?per_page=3&page_no=1"), "{asked:?}");
    assert!(asked[3].ends_with("/v2/vehicle_locations?per_page=100&page_no=1"), "{asked:?}");
    let near = |one: Option<f64>, other: f64| assert!(one.is_some_and(|one| (one - other).abs() < 1e-9), "{one:?} {other}");
    let row = position(&pages[0], 0);
    assert_eq!((row.driver, row.city, row.province, row.country), (Some("7"), Some("Anytown"), Some("ON"), Some("CAN")));
    near(row.speed, 22.352);
    near(row.odometer, 1_609_344.0);
    assert_eq!((row.fuel_level, row.engine_hours), (Some(62.5), Some(9876.5)));
    assert_eq!(self::told(&pages[0]), ["1 21T11:58", "5 21T11:59"], "a newest position stands for a history that there is not");
    let row = position(&pages[0], 1);
    near(row.speed, 25.0);
    assert_eq!((row.city, row.odometer), (Some("Chicago"), None));
    let row = position(&pages[1], 0);
    near(row.speed, 10.0);
    near(row.odometer, 100_000.0);
    assert_eq!((row.driver, row.city, row.fuel_level), (Some("104"), Some("Seattle"), None));
    let row = position(&pages[1], 1);
    assert_eq!((row.speed, row.odometer), (None, None), "the units of this vehicle are not told");
    assert_eq!(readings(&pages[0]).source_id(0), "location:1:2026-11-21T11:58:00.000000Z");
}

#[test]
fn recorded_positions_are_read() {
    let http = Canned::new(vec![
        no_units(),
        response(200, include_str!("../fixtures/vehicle_locations_latest.json")),
        response(200, include_str!("../fixtures/vehicle_locations_latest.json")),
    ]);
    let pages = asker().walk(&http, Resource::VehicleLocation);
    assert_eq!(told(&pages[0]), ["23 17T12:12"], "no news, so its history is not asked");
    let row = position(&pages[0], 0);
    assert_eq!((row.driver, row.city, row.speed, row.engine_hours), (Some("104"), Some("Seattle"), None, Some(123.56)));
    let fresh = latest(1, "2026-11-21T11:59:00Z", &json!({}));
    let recorded = include_str!("../fixtures/vehicle_locations_history.json").replace("2026-06-01", "2026-11-21");
    let http = positions(vec![lists(&[fresh]), response(200, &recorded)]);
    let page = asker().ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!(told(&page), ["1 21T12:00"], "the history has what the list tells less of");
    assert!((position(&page, 0).odometer.unwrap() - 123_456.789 * 1_609.344).abs() < 1.0);
}

#[test]
fn positions_without_place_or_time_are_skipped() {
    let rows = [
        json!({ "located_at": "2026-11-21T11:00:00Z", "lat": null, "lon": null, "type": "ignition_on" }),
        json!({ "located_at": "2026-11-21T11:01:00Z", "lat": 0, "lon": 0 }),
        json!({ "located_at": null, "lat": 41.8, "lon": -87.6 }),
        json!({ "located_at": "2026-11-21T11:02:00Z", "lat": "41.8", "lon": -87.6, "speed": -3, "fuel_primary_remaining_percentage": 250 }),
        json!({ "located_at": "2026-11-18T23:00:00Z", "lat": 41.8, "lon": -87.6 }),
    ];
    let nowhere = json!({ "id": 4, "current_location": null });
    let http = positions(vec![
        lists(&[latest(1, "2026-11-21T11:59:00Z", &json!({})), nowhere]),
        page("vehicle_locations", "vehicle_location", &rows, 1, 5),
    ]);
    let page = asker().ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!(told(&page), ["1 21T11:02", "1 21T11:59"], "the last one is from before the span");
    assert_eq!((position(&page, 0).speed, position(&page, 0).fuel_level), (None, None));
}

/// Runs a pass at a minute past noon, and returns what was asked and the cursor.
fn pass(minute: i64, answers: Vec<Answer>, cursor: Option<String>) -> (Vec<String>, Option<String>, Vec<String>) {
    let http = positions(answers);
    let asker = Asker { now: asker().now.plus_seconds(minute * 60), ..asker() };
    let (mut cursor, mut rows) = (cursor, Vec::new());
    loop {
        let page = asker.ask(&http, Resource::VehicleLocation, cursor.as_deref()).unwrap();
        rows.extend(told(&page));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    assert!(http.is_empty());
    let short = |url: &String| url.trim_start_matches(BASE).replace("vehicle_locations", "vl");
    (http.asked().iter().map(short).collect(), cursor, rows)
}

#[test]
fn small_fleets_are_asked_for_their_history_with_every_pass_and_large_ones_every_few_minutes() {
    let one = |time: &str| lists(&[latest(700, time, &json!({}))]);
    let (_, cursor, _) = pass(0, vec![one("2026-11-21T11:59:00Z"), history(&["2026-11-21T11:58:00Z"]), lists(&[])], None);
    let (asked, cursor, rows) =
        pass(1, vec![one("2026-11-21T12:00:30Z"), history(&["2026-11-21T12:00:00Z"]), lists(&[])], cursor);
    let list = "/v3/vl?per_page=10&page_no=1";
    assert_eq!(asked, [list, "/v3/vl/700?start_date=2026-11-20&end_date=2026-11-21", "/v2/vl?per_page=100&page_no=1"]);
    assert_eq!(rows, ["700 21T12:00"]);
    // Nothing new of it for a while: its history is not asked.
    let (asked, ..) = pass(50, vec![one("2026-11-21T11:40:00Z"), lists(&[])], cursor);
    assert_eq!(asked, [list, "/v2/vl?per_page=100&page_no=1"]);

    let large = |time: &str| page("vehicles", "vehicle", &[latest(700, time, &json!({}))], 1, 900);
    let end = || page("vehicles", "vehicle", &[], 2, 900);
    let (_, mut cursor, _) = pass(0, vec![large("2026-11-21T11:40:00Z"), history(&[]), end(), lists(&[])], None);
    let mut with_history = Vec::new();
    for minute in 1..=6 {
        let is_due = minute == 5;
        let mut answers = vec![large("2026-11-21T11:40:00Z"), end()];
        answers.extend(is_due.then(|| lists(&[])));
        let (asked, next, _) = pass(minute, answers, cursor);
        with_history.push(asked[0].contains("per_page=10&"));
        cursor = next;
    }
    assert_eq!(with_history, [false, false, false, false, true, false]);
}

#[test]
fn a_pause_leaves_no_gap_and_a_history_that_fails_is_asked_again() {
    let one = |time: &str| lists(&[latest(700, time, &json!({}))]);
    let (_, cursor, _) = pass(0, vec![one("2026-11-21T11:59:00Z"), history(&[]), lists(&[])], None);
    let (asked, cursor, _) = pass(600, vec![one("2026-11-21T21:59:00Z"), response(500, "busy"), lists(&[])], cursor);
    assert_eq!(asked[1], "/v3/vl/700?start_date=2026-11-20&end_date=2026-11-21");
    let late = &["2026-11-21T11:50:00Z", "2026-11-21T12:00:00Z", "2026-11-21T21:50:00Z"];
    let (_, cursor, rows) = pass(601, vec![one("2026-11-21T22:00:30Z"), history(late), lists(&[])], cursor);
    assert_eq!(rows, ["700 21T12:00", "700 21T21:50", "700 21T22:00"], "from the end of the span before");
    // It is not there: nothing to ask for again.
    let (_, cursor, _) = pass(602, vec![one("2026-11-21T22:01:30Z"), response(404, ""), lists(&[])], cursor);
    let (_, _, rows) = pass(603, vec![one("2026-11-21T22:02:30Z"), history(&["2026-11-21T12:00:00Z"]), lists(&[])], cursor);
    assert_eq!(rows, ["700 21T22:02"]);
    let http = positions(vec![one("2026-11-21T11:59:00Z"), response(429, "")]);
    let error = asker().ask(&http, Resource::VehicleLocation, None).unwrap_err();
    assert!(matches!(error, ProviderError::RateLimited { .. }), "all of them wait");
}

#[test]
fn a_history_that_fails_widens_the_span_of_its_own_vehicle_alone() {
    let two = |time: &str| lists(&[latest(700, time, &json!({})), latest(701, time, &json!({}))]);
    let answers = vec![two("2026-11-21T11:59:00Z"), history(&[]), history(&[]), lists(&[])];
    let (_, cursor, _) = pass(0, answers, None);
    let answers = vec![two("2026-11-21T21:59:00Z"), history(&[]), response(500, "busy"), lists(&[])];
    let (_, cursor, _) = pass(600, answers, cursor);
    let answers = vec![two("2026-11-21T22:00:00Z"), history(&[]), response(500, "busy"), lists(&[])];
    let (asked, cursor, _) = pass(601, answers, cursor);
    let today = "start_date=2026-11-21&end_date=2026-11-21";
    let missed = "start_date=2026-11-20&end_date=2026-11-21";
    assert_eq!(asked[1..3], [format!("/v3/vl/700?{today}"), format!("/v3/vl/701?{missed}")]);
    // It is read at last, from where it was missing.
    let late = &["2026-11-21T12:00:00Z", "2026-11-21T22:01:00Z"];
    let answers = vec![two("2026-11-21T22:01:00Z"), history(&[]), history(late), lists(&[])];
    let (asked, cursor, rows) = pass(602, answers, cursor);
    assert_eq!((asked[2].as_str(), rows[1].as_str()), (format!("/v3/vl/701?{missed}").as_str(), "701 21T22:01"));
    assert_eq!(rows, ["701 21T12:00", "701 21T22:01", "700 21T22:01"]);
    let answers = vec![two("2026-11-21T22:02:00Z"), history(&[]), history(&[]), lists(&[])];
    let (asked, ..) = pass(603, answers, cursor);
    assert_eq!(asked[2], format!("/v3/vl/701?{today}"));
}

#[test]
fn histories_that_were_read_stay_read_where_the_provider_asks_to_wait_with_others() {
    let time = "2026-11-21T11:59:00Z";
    let three = || lists(&[latest(1, time, &json!({})), latest(2, time, &json!({})), latest(5, time, &json!({}))]);
    let http = positions(vec![three(), history(&[time]), response(429, ""), history(&[time])]);
    let first = asker().ask(&http, Resource::VehicleLocation, None).unwrap();
    assert_eq!((told(&first), first.more), (vec!["1 21T11:59".to_owned(), "5 21T11:59".to_owned()], true));
    // Nothing more is to be had for now: the run waits.
    let http = positions(vec![three(), response(429, "")]);
    let error = asker().ask(&http, Resource::VehicleLocation, first.cursor.as_deref()).unwrap_err();
    assert!(matches!(error, ProviderError::RateLimited { .. }));
    let http = positions(vec![three(), history(&[time])]);
    let rest = asker().ask(&http, Resource::VehicleLocation, first.cursor.as_deref()).unwrap();
    assert!(http.asked()[1].contains("/v3/vehicle_locations/2?") && http.is_empty(), "{:?}", http.asked());
    assert_eq!((told(&rest), rest.more), (vec!["2 21T11:59".to_owned()], true));
    let http = positions(vec![lists(&[])]);
    assert!(!asker().ask(&http, Resource::VehicleLocation, rest.cursor.as_deref()).unwrap().more, "the list of the others");
}

#[test]
fn units_that_cannot_be_read_are_those_of_before_and_none_at_first() {
    let time = "2026-11-21T11:59:00Z";
    let row = json!({ "located_at": time, "lat": 41.8, "lon": -87.6, "true_odometer": 10.0 });
    let read = |units: Answer, cursor: Option<&str>| {
        let listed = lists(&[latest(1, time, &json!({}))]);
        let http =
            Canned::new(vec![units, listed, page("vehicle_locations", "vehicle_location", std::slice::from_ref(&row), 1, 1)]);
        let page = asker().ask(&http, Resource::VehicleLocation, cursor).unwrap();
        (position(&page, 0).odometer, page.cursor)
    };
    let metric = || page("vehicles", "vehicle", &[json!({ "id": 1, "metric_units": true })], 1, 1);
    let end = |cursor: Option<String>| {
        asker().ask(&positions(vec![lists(&[])]), Resource::VehicleLocation, cursor.as_deref()).unwrap().cursor
    };
    for unread in [no_units(), response(500, "busy"), refused()] {
        assert_eq!(read(unread, None).0, None);
    }
    let (odometer, cursor) = read(metric(), None);
    assert_eq!(odometer, Some(10_000.0));
    let cursor = end(cursor);
    let later = Asker { now: asker().now.plus_seconds(60), ..asker() };
    let listed = lists(&[latest(1, "2026-11-21T12:00:00Z", &json!({}))]);
    let http = Canned::new(vec![response(500, "busy"), listed, page("vehicle_locations", "vehicle_location", &[row], 1, 1)]);
    let page = later.ask(&http, Resource::VehicleLocation, cursor.as_deref()).unwrap();
    assert_eq!(position(&page, 0).odometer, Some(10_000.0));
    let http = Canned::new(vec![response(429, "")]);
    assert!(matches!(asker().ask(&http, Resource::VehicleLocation, None), Err(ProviderError::RateLimited { .. })));
}

#[test]
fn each_subject_is_asked_for_two_days_once_a_day() {
    let one = |time: &str| lists(&[latest(1439, time, &json!({}))]);
    let mut cursor = pass(0, vec![one("2026-11-21T11:59:00Z"), history(&[]), lists(&[])], None).1;
    let mut long = Vec::new();
    for minute in 1..=1_440_i64 {
        let now = asker().now.plus_seconds(minute * 60);
        let newest = now.plus_seconds(-30).to_string();
        let (asked, next, _) = pass(minute, vec![one(&newest), history(&[]), lists(&[])], cursor);
        let days = now.date() - asked[1].split('=').nth(1).unwrap()[..10].parse::<chrono::NaiveDate>().unwrap();
        long.extend((days.num_days() > 1).then_some(minute));
        cursor = next;
    }
    assert_eq!(long, [1_439]);
}

#[test]
fn one_list_of_positions_is_enough() {
    let one = || lists(&[latest(1, "2026-01-01T00:00:00Z", &json!({}))]);
    for (first, second) in [(refused(), one()), (one(), refused()), (response(404, ""), one())] {
        let (_, _, rows) = pass(0, vec![first, second], None);
        assert_eq!(rows, ["1 01T00:00"]);
    }
    let http = positions(vec![refused(), refused()]);
    let first = asker().ask(&http, Resource::VehicleLocation, None).unwrap();
    let second = asker().ask(&http, Resource::VehicleLocation, first.cursor.as_deref());
    assert!(second.unwrap_err().is_forbidden());
}

#[test]
fn check_trailer_locations() {
    let asset = json!({ "id": 9001, "current_location":
        { "id": "u", "lat": 33.4, "lon": -112.0, "located_at": "2026-11-21T11:00:00Z", "description": "Phoenix, AZ" } });
    let crumbs = |page: u32, crumb: Value| {
        let paging = json!({ "per_page": 1, "page_no": page, "total": 3 });
        response(200, &json!({ "asset": { "id": 9001 }, "breadcrumbs": [crumb], "pagination": paging }).to_string())
    };
    let at = |uuid: &str, time: &str, address: &str| json!({ "uuid": uuid, "lat": 33.5, "lon": -112.1, "located_at": time, "moving": true, "address": address });
    let http = Canned::new(vec![
        page("assets", "asset", &[asset], 1, 1),
        crumbs(1, at("a", "2026-11-21T10:00:00Z", "1 Main St, Tempe, AZ 85281")),
        crumbs(2, json!({ "uuid": "b", "lat": 33.5 })),
        crumbs(3, at("c", "2026-11-21T09:00:00Z", "2 Main St, Mesa, AZ 85201")),
    ]);
    let pages = asker().walk(&http, Resource::TrailerLocation);
    assert_eq!(pages.len(), 1);
    let asked = |page: u32| {
        format!("{BASE}/v1/asset_locations/9001?start_time=2026-11-19&end_time=2026-11-21&per_page=100&page_no={page}")
    };
    assert_eq!(http.asked()[1..], [asked(1), asked(2), asked(3)]);
    let rows = readings(&pages[0]);
    let cities: Vec<_> = (0..rows.len()).map(|row| TrailerPosition::read(&mut rows.reader(row)).unwrap().city).collect();
    assert_eq!(cities, [Some("Tempe"), Some("Mesa"), Some("Phoenix")]);
    assert_eq!(rows.source_id(0), "trailer_location:9001:2026-11-21T10:00:00.000000Z");
}
