//! Analytics agree with the lists of records, and show what an agreement shares alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::World;

const BASE: &str = "/v2/telematics";

/// A fleet is linked, and its records come: everything that analytics say follows from the lists.
pub(crate) async fn agree_with_lists(world: &World, fleet_ref: &str) {
    let overview = settled(world).await;
    let total = async |list: &str| get(world, list).await["total"].clone();
    assert_eq!(overview["fleets"], json!(1));
    for (list, member, live) in [
        ("vehicles", "vehicles", "vehicles"),
        ("users?is_driver=true", "drivers", "drivers"),
        ("trailers", "trailers", "trailers"),
    ] {
        assert_eq!(total(list).await, overview[member], "{list}");
        assert_eq!(total(&format!("analytics/{live}")).await, overview[member], "{live}");
        let days = get(world, &format!("analytics/{live}/time-series?period_days=3")).await;
        let days = days.as_array().unwrap();
        assert_eq!((days.len(), &days[3]["cumulative_count"]), (4, &overview[member]), "{days:?}");
        let came: u64 = days.iter().map(|day| day["daily_count"].as_u64().unwrap()).sum();
        assert_eq!(json!(came), overview[member], "all came in these days");
        assert!(days.is_sorted_by(|one, other| one["date"].as_str() < other["date"].as_str()));
    }
    let fleets = get(world, "analytics/fleets").await;
    let row = &fleets["items"][0];
    assert_eq!((&fleets["total"], row["fleet_ref"].as_str()), (&json!(1), Some(fleet_ref)));
    for (member, expected) in
        [("connections", json!(1)), ("vehicles", overview["vehicles"].clone()), ("drivers", overview["drivers"].clone())]
    {
        assert_eq!(row[member], expected, "{member}");
    }
    assert_eq!(row["vehicles_with_locations"], total("vehicle-locations").await);
    live(world, ("vehicles", "vehicle_id"), "vehicle-locations").await;
    live(world, ("trailers", "trailer_id"), "trailer-locations").await;
    drivers(world).await;
    orders(world).await;
}

async fn get(world: &World, path: &str) -> Value {
    world.api.get(&format!("{BASE}/{path}")).await.unwrap()
}

async fn rows(world: &World, path: &str) -> Vec<Value> {
    get(world, path).await["items"].as_array().unwrap().clone()
}

/// The overview once all kinds are there.
async fn settled(world: &World) -> Value {
    let started = Instant::now();
    loop {
        let overview = get(world, "analytics/overview").await;
        let located = rows(world, "trailer-locations").await.len() > 1 && rows(world, "vehicle-locations").await.len() > 1;
        if located && ["vehicles", "drivers", "trailers"].iter().all(|member| overview[member] != json!(0)) {
            return overview;
        }
        assert!(started.elapsed() < Duration::from_secs(40), "{overview}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn by<'a>(rows: &'a [Value], member: &str) -> BTreeMap<&'a str, &'a Value> {
    rows.iter().filter_map(|row| Some((row[member].as_str()?, row))).collect()
}

/// A live map has the newest position of each, with its name, its driver and, of trailers, its vehicle.
async fn live(world: &World, (kind, subject): (&str, &str), positions: &str) {
    let map = rows(world, &format!("analytics/{kind}/live-locations")).await;
    let (newest, things) = (rows(world, positions).await, rows(world, kind).await);
    let (newest, things) = (by(&newest, subject), by(&things, "id"));
    assert_eq!(map.len(), newest.len());
    let name = if kind == "vehicles" { "vehicle_name" } else { "trailer_name" };
    for row in &map {
        let id = row[subject].as_str().unwrap();
        assert_eq!(row[name], things[id][name], "{row}");
        let at = if kind == "vehicles" { &row["occurred_at"] } else { &row["trailer_location_occurred_at"] };
        // Positions may have come between the two requests.
        assert!(at.as_str() <= newest[id]["occurred_at"].as_str(), "{row}");
    }
    assert!(map.is_sorted_by(|one, other| one[subject].as_str() < other[subject].as_str()));
    if kind == "trailers" {
        let pulled =
            lasting(world, "trailer-vehicle-associations", ("trailer_id", "vehicle_id"), "/extras/assignment/endMs").await;
        assert!(
            map.iter().all(|row| row["vehicle_id"].as_str() == pulled.get(row[subject].as_str().unwrap()).map(String::as_str)),
            "{map:?}"
        );
        assert!(
            map.iter()
                .all(|row| row["vehicle_id"].is_string() || row["driver_id"].is_null() && row["vehicle_location"].is_null())
        );
        return;
    }
    let seated = lasting(world, "driver-vehicle-associations", ("vehicle_id", "driver_id"), "/extras/endTime").await;
    for row in &map {
        let told = newest[row[subject].as_str().unwrap()]["driver_id"].as_str();
        let expected = told.or(seated.get(row[subject].as_str().unwrap()).map(String::as_str));
        assert_eq!((row["driver_id"].as_str(), row["driver_name"].is_string()), (expected, expected.is_some()), "{row}");
    }
    let source = things[map[0][subject].as_str().unwrap()]["source_id"].as_str().unwrap();
    let one = get(world, &format!("analytics/vehicles/live-locations?source_ids={source}")).await;
    assert_eq!((&one["items"][0][subject], &one["total"]), (&map[0][subject], &json!(1)));
    for driven in map.iter().filter(|row| row["driver_id"].is_string()).take(1) {
        let driver = &driven["driver_id"];
        let his = get(world, &format!("analytics/vehicles/live-locations?driver_ids={}", driver.as_str().unwrap())).await;
        let expected = map.iter().filter(|row| row["driver_id"] == *driver).count();
        assert_eq!(his["total"], json!(expected), "{his}");
        assert!(his["items"].as_array().unwrap().iter().all(|row| row["driver_id"] == *driver), "{his}");
    }
}

/// Which records are associated now: those of the newest associations that have no end.
async fn lasting(world: &World, list: &str, (of, to): (&str, &str), end: &str) -> BTreeMap<String, String> {
    let mut open = rows(world, list).await;
    open.retain(|row| row.pointer(end).is_none_or(Value::is_null));
    // The last one counts, and of several the first in the list.
    open.reverse();
    open.sort_by_key(|row| row["occurred_at"].as_str().map(str::to_owned));
    let text = |row: &Value, member: &str| row[member].as_str().map(str::to_owned);
    open.iter()
        .filter(|row| row["is_primary_driver"] != json!(false))
        .filter_map(|row| text(row, of).zip(text(row, to)))
        .collect()
}

/// The events of each driver's last 30 days are as many as the lists hold, once no more come.
async fn drivers(world: &World) {
    for (list, member) in [("driver-safety-events", "safety_events_30d"), ("hos-violations", "hos_violations_30d")] {
        let started = Instant::now();
        while let Some(wrong) = differing(world, list, member).await {
            assert!(started.elapsed() < Duration::from_secs(40), "{member}: {wrong}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// A driver whose events are not as many as the list has; or none of them had any.
async fn differing(world: &World, list: &str, member: &str) -> Option<Value> {
    let (first, today) = (day_before_today(29), day_before_today(0));
    let events = rows(world, &format!("{list}?from_datetime={first}T00:00:00Z&to_datetime={today}T23:59:59Z&size=1000")).await;
    let own = |id: &Value| events.iter().filter(|event| event["driver_id"] == *id && event["deleted_at"].is_null()).count();
    let summaries = rows(world, "analytics/drivers").await;
    let wrong = summaries.iter().find(|row| row[member] != json!(own(&row["user_id"])));
    if summaries.iter().all(|row| row[member] == json!(0)) { Some(json!("no driver has any")) } else { wrong.cloned() }
}

/// The day so many days before today (UTC).
fn day_before_today(ago: i64) -> String {
    model::Timestamp::system().plus_seconds(-86_400 * ago).date().to_string()
}

/// Pages of any order hold every row once.
async fn orders(world: &World) {
    for list in [
        "analytics/vehicles",
        "analytics/drivers?sort_by=hos_violations_30d&sort_order=desc",
        "analytics/vehicles/live-locations?sort_by=vehicle_name",
    ] {
        let all = rows(world, list).await;
        let (mut paged, mut path) = (Vec::new(), format!("{list}{}size=2", if list.contains('?') { '&' } else { '?' }));
        let first = path.clone();
        loop {
            let page = get(world, &path).await;
            paged.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next_page"].as_str() else { break };
            path = format!("{first}&cursor={next}");
        }
        let id = |row: &Value| row.get("vehicle_id").or(row.get("user_id")).cloned();
        assert_eq!(paged.iter().map(id).collect::<Vec<_>>(), all.iter().map(id).collect::<Vec<_>>(), "{list}");
    }
    for refused in
        ["analytics/vehicles?sort_by=last_location", "analytics/fleets?sort_by=x", "analytics/fleets/time-series?period_days=366"]
    {
        world.api.send(Method::GET, &format!("{BASE}/{refused}")).await.unwrap().expect(&[422]).unwrap();
    }
}

/// Where positions alone are shared, a map has no names, and nothing else is counted.
pub(crate) async fn show_what_is_shared(world: &World) {
    let body = json!({ "fleet_ref": "positions", "permissions": { "vehicle_location": "read" } });
    let invitation = world.api.send_json(Method::POST, "/v2/orgs/invitations", &body).await.unwrap().expect(&[201]).unwrap();
    let accept = format!("/v2/orgs/invitations/{}/accept", invitation["id"].as_str().unwrap());
    let accepted = world.api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = world.api.with_token(accepted["pre_registration_access_token"].as_str().unwrap());
    let connection = world.link(&fleet).await.expect(&[200]).unwrap();
    let only = "fleet_refs=positions";
    let overview = get(world, &format!("analytics/overview?{only}")).await;
    assert_eq!(overview, json!({ "fleets": 1, "vehicles": 0, "drivers": 0, "trailers": 0 }));
    let map = get(world, &format!("analytics/vehicles/live-locations?{only}")).await;
    assert!(map["total"].as_u64().unwrap() > 1, "the account is another fleet's too, and fetched already: {map}");
    for row in map["items"].as_array().unwrap() {
        let named = ["vin", "vehicle_name", "driver_name"].iter().any(|member| !row[member].is_null());
        assert!(!named && row["location"].is_object(), "{row}");
    }
    let fleets = rows(world, &format!("analytics/fleets?{only}")).await;
    assert_eq!((&fleets[0]["vehicles"], &fleets[0]["vehicles_with_locations"]), (&json!(0), &map["total"]));
    for list in ["analytics/vehicles", "analytics/trailers/live-locations"] {
        assert_eq!(get(world, &format!("{list}?{only}")).await["total"], json!(0), "{list}");
    }
    let removed = format!("/v2/integrations/connections/{}", connection["id"].as_str().unwrap());
    fleet.send(Method::DELETE, &removed).await.unwrap().expect(&[204]).unwrap();
    let kept = get(world, &format!("vehicle-locations?{only}")).await;
    assert!(kept["total"].as_u64().unwrap() > 1, "what was shared stays readable: {kept}");
    let map = get(world, &format!("analytics/vehicles/live-locations?{only}")).await;
    assert_eq!((&map["items"], &map["total"]), (&json!([]), &json!(0)), "and is not there now");
    let fleets = rows(world, &format!("analytics/fleets?{only}")).await;
    assert_eq!((&fleets[0]["connections"], &fleets[0]["vehicles_with_locations"]), (&json!(0), &json!(0)));
}

/// Nothing is left once nothing is shared.
pub(crate) async fn are_empty(world: &World, fleet_ref: &str) {
    let only = format!("fleet_refs={fleet_ref}");
    let overview = get(world, &format!("analytics/overview?{only}")).await;
    assert_eq!(overview, json!({ "fleets": 0, "vehicles": 0, "drivers": 0, "trailers": 0 }));
    for list in ["fleets", "vehicles", "drivers", "trailers", "vehicles/live-locations", "trailers/live-locations"] {
        let page = get(world, &format!("analytics/{list}?{only}")).await;
        assert_eq!((&page["items"], &page["total"]), (&json!([]), &json!(0)), "{list}");
    }
    let days = get(world, &format!("analytics/vehicles/time-series?{only}")).await;
    assert!(days.as_array().unwrap().iter().all(|day| day["cumulative_count"] == json!(0)), "{days}");
}
