//! What a client sees of the fault knobs.

use serde_json::Value;

use super::{Bench, NOW, Point, TOKEN, set, window};
use crate::http::Content;
use crate::options::Options;
use crate::samsara::wire;

#[test]
fn bursts_of_errors_last_as_long_as_asked() {
    let bench = Bench::new(3);
    bench.faults(r#"{"rate_limit_next": 2, "server_error_next": 1, "truncate_next": 1}"#);
    for _ in 0..2 {
        let limited = bench.get("/me");
        assert_eq!((limited.status, limited.retry_after.as_deref()), (429, Some("0.40235")));
        assert_eq!(limited.body, br#"{"message":"Exceeded rate limit. Please wait and try again."}"#);
    }
    let broken = bench.get("/me");
    assert_eq!((broken.status, broken.content), (500, Content::Text));
    let cut = bench.get("/me");
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
    bench.ok("/me");
    let state = bench.call("GET", "/_sim/state", None, "");
    let state: Value = serde_json::from_slice(&state.body).unwrap();
    assert_eq!(state["requests"]["GET /samsara/me"], serde_json::json!({"200": 2, "429": 2, "500": 1}));
    assert_eq!(state["accounts"][0]["keys"]["samsara"], TOKEN);
}

#[test]
fn only_what_writes_is_broken_where_a_test_asks_for_that() {
    let bench = Bench::new(3);
    bench.faults(r#"{"write_error_next": 1}"#);
    bench.ok("/me");
    let change = || bench.call("PATCH", "/samsara/fleet/drivers/5", Some(TOKEN), "{}").status;
    assert_eq!((change(), change()), (500, 404), "then it is looked at again");
}

#[test]
fn faults_are_checked_and_can_be_ended() {
    let bench = Bench::new(3);
    for bad in [r#"{"unknown": 1}"#, "{", r#"{"duplicate_points": 1.5}"#, r#"{"late_points": {"share": 1}}"#] {
        assert_eq!(bench.call("PUT", "/_sim/faults", None, bad).status, 400, "{bad}");
    }
    bench.faults(&format!(r#"{{"revoked_tokens": ["{TOKEN}"], "slow_ms": 250}}"#));
    let refused = bench.get("/me");
    assert_eq!((refused.status, refused.delay.as_millis()), (401, 250));
    assert_eq!(bench.call("GET", "/samsara/me", Some("samsara_api_demo2"), "").status, 200);
    assert_eq!(bench.call("DELETE", "/_sim/faults", None, "").status, 204);
    assert_eq!(bench.get("/me").delay.as_millis(), 0);
    assert_eq!(bench.call("POST", "/_sim/faults", None, "").status, 405);
}

#[test]
fn the_rate_limit_is_per_token_and_asks_for_a_fraction_of_a_second() {
    let bench = Bench::with(Options { requests_per_second: 3, ..Options::default() });
    assert!((0..3).all(|_| bench.get("/me").status == 200));
    let limited = bench.get("/me");
    assert_eq!((limited.status, limited.retry_after.as_deref()), (429, Some("0.33333")));
    assert_eq!(bench.call("GET", "/samsara/me", Some("samsara_api_demo2"), "").status, 200);
    bench.clock.advance(334);
    assert_eq!(bench.get("/me").status, 200);
}

#[test]
fn each_endpoint_has_a_limit_of_its_own() {
    let bench = Bench::limited(Options::default());
    assert!((0..5).all(|_| bench.get("/fleet/trailers").status == 200));
    let limited = bench.get("/fleet/trailers");
    assert_eq!((limited.status, limited.retry_after.as_deref()), (429, Some("0.20000")));
    assert!((0..25).all(|_| bench.get("/fleet/vehicles").status == 200));
    assert_eq!(bench.get("/fleet/vehicles").status, 429);
    bench.clock.advance(200);
    assert_eq!(bench.get("/fleet/trailers").status, 200);
}

#[test]
fn late_points_come_after_newer_ones_and_none_is_lost() {
    let bench = Bench::new(12);
    bench.faults(r#"{"late_points": {"share": 0.3, "by_seconds": 120}}"#);
    let mut cursor = bench.feed_start();
    let mut points = bench.follow(&mut cursor, 1_800, 10);
    let late = points_out_of_order(&points);
    assert!(late > 0, "some points must be out of order");
    let known = bench.history(0, 1_800);
    // Ending the fault must not lose the points that are still held back.
    assert_eq!(bench.call("DELETE", "/_sim/faults", None, "").status, 204);
    points.extend(bench.follow(&mut cursor, 300, 300));
    assert!(known.len() < bench.history(0, 1_800).len(), "a history lacks what has not arrived");
    assert_eq!(points.len(), set(&points).len());
    assert_eq!(set(&points), set(&bench.history(0, 2_100)));
}

/// How many points are older than one that came before, per vehicle.
fn points_out_of_order(points: &[Point]) -> usize {
    let mut newest = std::collections::HashMap::new();
    let older = |(vehicle, time): &&Point| {
        let seen = newest.entry(vehicle.clone()).or_insert_with(|| time.clone());
        let older = time < seen;
        *seen = seen.clone().max(time.clone());
        older
    };
    points.iter().filter(older).count()
}

#[test]
fn the_latest_position_is_one_that_has_arrived() {
    let bench = Bench::new(12);
    bench.faults(r#"{"late_points": {"share": 1.0, "by_seconds": 600}}"#);
    bench.clock.advance(599_000);
    let before = wire::time(NOW);
    let times = |url| -> Vec<String> {
        let (rows, _) = bench.walk(url, None);
        rows.iter().map(|row| row["location"]["time"].as_str().unwrap().to_owned()).collect()
    };
    assert!(times("/fleet/vehicles/locations?").iter().all(|time| *time <= before));
    bench.clock.advance(301_000);
    assert!(times("/fleet/vehicles/locations?").iter().all(|time| *time > before));
}

#[test]
fn duplicate_points_come_twice_and_never_more() {
    let bench = Bench::new(12);
    bench.faults(r#"{"duplicate_points": 0.5}"#);
    let mut cursor = bench.feed_start();
    let points = bench.follow(&mut cursor, 1_800, 10);
    let unique = set(&points);
    let copies = |point: &Point| points.iter().filter(|other| *other == point).count();
    let twice = unique.iter().filter(|point| copies(point) == 2).count();
    assert!(twice > unique.len() / 4, "{twice} of {} points came twice", unique.len());
    assert!(unique.iter().all(|point| copies(point) <= 2));
    let apart = points.iter().zip(points.iter().skip(1)).filter(|(a, b)| a == b).count();
    assert!(apart > 0 && apart < twice, "some copies are neighbors, some are not");
    let history = bench.history(0, 1_800);
    assert_eq!(history.len(), set(&history).len(), "a history has no duplicates");
    assert_eq!(unique, set(&history));
}

#[test]
fn cursors_are_rejected_as_often_as_asked_and_the_history_has_what_they_led_to() {
    let bench = Bench::new(6);
    let feed = "/fleet/trailers/stats/feed?types=gps";
    let (_, cursor) = bench.walk(feed, None);
    bench.clock.advance(600_000);
    bench.faults(r#"{"reject_cursor_next": 1}"#);
    let next = format!("{feed}&after={cursor}");
    assert_eq!(bench.get(&next).status, 400);
    let points = |rows: &[Value]| -> usize { rows.iter().map(|row| row["gps"].as_array().unwrap().len()).sum() };
    let (rows, _) = bench.walk(feed, Some(&cursor));
    let history = window("/fleet/trailers/stats/history", NOW, NOW + 600_001);
    let (told, _) = bench.walk(&format!("{history}&types=gps"), None);
    assert!(points(&rows) > 6);
    assert!(points(&told) >= points(&rows), "{} of {}", points(&told), points(&rows));
}

#[test]
fn bodies_are_written_oddly_as_often_as_asked() {
    let bench = Bench::new(3);
    bench.faults(
        r#"{"odd_next": ["byte_order_mark", "latin1", "half_surrogate", "not_a_number", "gzip", "html", "null_data",
        "no_pagination", "null_next_page", "quoted_next_page"]}"#,
    );
    let url = "/fleet/vehicles?limit=1";
    let bodies: Vec<Vec<u8>> = (0..10).map(|_| bench.get(url).body).collect();
    let holds = |number: usize, part: &[u8]| bodies[number].windows(part.len()).any(|found| found == part);
    assert!(bodies[0].starts_with(b"\xef\xbb\xbf{") && holds(1, b"\"name\":\"\xe9") && holds(2, b"\"name\":\"\\ud83d"));
    assert!(holds(3, b"\"id\":NaN,") && bodies[4].starts_with(&[0x1f, 0x8b]) && bodies[5].starts_with(b"<!DOCTYPE html>"));
    assert!(holds(6, b"\"data\":null") && !holds(7, b"\"pagination\"") && holds(8, b"\"hasNextPage\":null"));
    assert!(holds(9, b"\"hasNextPage\":\"true\""));
    bench.ok(url);
}
