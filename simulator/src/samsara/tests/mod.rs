//! The Samsara API without a socket, on a clock that stands still.

mod faults;
mod reading;
mod writing;

use std::collections::HashSet;

use serde_json::Value;

use crate::app::App;
use crate::clock::ManualClock;
use crate::http::{Call, Reply};
use crate::options::Options;
use crate::router;

/// 2026-11-21T06:30:00Z.
const NOW: i64 = 1_795_242_600_000;
const FEED: &str = "/fleet/vehicles/locations/feed?";
const TOKEN: &str = "samsara_api_demo";

/// Vehicle and time.
type Point = (String, String);

struct Bench {
    app: App,
    clock: ManualClock,
}

impl Bench {
    fn new(vehicles: usize) -> Self {
        Self::with(Options { vehicles, ..Options::default() })
    }

    fn with(options: Options) -> Self {
        Self::limited(Options { endpoint_limits: false, ..options })
    }

    fn limited(options: Options) -> Self {
        let clock = ManualClock::at(NOW);
        let options = Options { clock: std::sync::Arc::new(clock.clone()), ..options };
        Self { app: App::new(&options).unwrap(), clock }
    }

    fn call(&self, method: &str, url: &str, token: Option<&str>, body: &str) -> Reply {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        router::answer(&self.app, &Call { method, path, query, bearer: token, api_key: None, basic: None, body: body.as_bytes() })
    }

    fn get(&self, url: &str) -> Reply {
        self.call("GET", &format!("/samsara{url}"), Some(TOKEN), "")
    }

    fn ok(&self, url: &str) -> Value {
        let reply = self.get(url);
        assert_eq!(reply.status, 200, "{url}: {}", String::from_utf8_lossy(&reply.body));
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn faults(&self, body: &str) {
        assert_eq!(self.call("PUT", "/_sim/faults", None, body).status, 200, "{body}");
    }

    /// Follows the cursors to the end: all rows, and the last cursor.
    fn walk(&self, url: &str, after: Option<&str>) -> (Vec<Value>, String) {
        let (mut rows, mut after) = (Vec::new(), after.unwrap_or_default().to_owned());
        loop {
            let page = self.ok(&format!("{url}&after={after}"));
            rows.extend(page["data"].as_array().unwrap().iter().cloned());
            after = page["pagination"]["endCursor"].as_str().unwrap().to_owned();
            if page["pagination"]["hasNextPage"] == false {
                return (rows, after);
            }
        }
    }

    /// The cursor of a first call to the location feed.
    fn feed_start(&self) -> String {
        self.walk(FEED, None).1
    }

    /// Polls the location feed every `step_s` seconds until the clock has moved by `total_s`.
    fn follow(&self, cursor: &mut String, total_s: i64, step_s: i64) -> Vec<Point> {
        let mut points = Vec::new();
        for _ in 0..total_s / step_s {
            self.clock.advance(step_s * 1000);
            let (rows, next) = self.walk(FEED, Some(cursor));
            points.extend(points_of(&rows));
            *cursor = next;
        }
        points
    }

    /// The location history of `[from_s, to_s)`, in seconds after the start of the test.
    fn history(&self, from_s: i64, to_s: i64) -> Vec<Point> {
        let url = window("/fleet/vehicles/locations/history", NOW + from_s * 1000, NOW + to_s * 1000);
        points_of(&self.walk(&url, None).0)
    }
}

/// Vehicle and time of each point.
fn points_of(rows: &[Value]) -> Vec<Point> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let points = |row: &Value| {
        let locations = row["locations"].as_array().unwrap().clone();
        let id = text(&row["id"]);
        locations.into_iter().map(move |location| (id.clone(), text(&location["time"])))
    };
    rows.iter().flat_map(points).collect()
}

fn window(path: &str, from: i64, to: i64) -> String {
    format!("{path}?startTime={}&endTime={}", crate::samsara::wire::time(from), crate::samsara::wire::time(to))
}

fn set<T: Clone + Eq + std::hash::Hash>(items: &[T]) -> HashSet<T> {
    items.iter().cloned().collect()
}
