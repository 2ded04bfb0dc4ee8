//! What an undisturbed client reads.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Bench, NOW, TOKEN, points_of, set, window};

#[test]
fn refusals_have_the_documented_status_and_body() {
    let bench = Bench::new(8);
    let check = |url: &str, status: u16, message: &str| {
        let reply = bench.get(url);
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, body["message"].as_str().unwrap()), (status, message), "{url}");
        assert!(body["requestId"].as_str().is_some_and(|id| id.len() == 8));
    };
    check("/fleet/drivers?driverActivationStatus=x", 400, BAD_STATUS);
    check("/fleet/vehicles/stats?types=bogusType", 400, "Invalid stat type(s): bogusType");
    check("/fleet/vehicles/stats", 400, "Missing required parameter: types");
    check("/fleet/vehicles?limit=513", 400, "limit must be lesser or equal than 512 but got value 513");
    check("/fleet/vehicles?after=MjkY", 400, "Invalid pagination parameters.");
    check("/fleet/vehicles/locations/history", 400, "Missing required parameter: startTime");
    check("/fleet/vehicles/1", 404, "Not found");
    check("/fleet/nonsense", 404, "Not found");
    let four = "/fleet/vehicles/stats?types=gps,engineStates,fuelPercents,obdOdometerMeters";
    check(four, 400, "Too many types: at most 3 are allowed");
}

const BAD_STATUS: &str = "Invalid value for driverActivationStatus. Can only be 'active' or 'deactivated'";

#[test]
fn tokens_open_their_own_account_only() {
    let bench = Bench::new(8);
    for token in [None, Some("nonsense")] {
        let reply = bench.call("GET", "/samsara/me", token, "");
        assert_eq!(reply.status, 401);
        assert_eq!(serde_json::from_slice::<Value>(&reply.body).unwrap()["message"], "invalid token");
    }
    assert_eq!(bench.call("POST", "/samsara/me", Some(TOKEN), "").status, 405);
    let other = bench.call("GET", "/samsara/me", Some("samsara_api_demo2"), "");
    let other: Value = serde_json::from_slice(&other.body).unwrap();
    assert_ne!(other["data"]["id"], bench.ok("/me")["data"]["id"]);
}

#[test]
fn lists_page_without_loss_and_end_with_an_empty_cursor() {
    let bench = Bench::new(23);
    for (url, count) in [
        ("/fleet/vehicles?limit=5", 23),
        ("/fleet/drivers?limit=5", 22 + 6 + 1),
        ("/fleet/vehicles/locations?limit=5", 22),
        ("/fleet/vehicles/stats?types=gps&limit=5", 22),
        ("/fleet/hos/clocks?limit=5", 22 + 6 + 2),
    ] {
        let (rows, cursor) = bench.walk(url, None);
        let ids: HashSet<_> = rows.iter().map(|row| format!("{}{}", row["id"], row["driver"]["id"])).collect();
        assert_eq!((rows.len(), ids.len(), cursor.as_str()), (count, count, ""), "{url}");
    }
    assert_eq!(bench.walk("/fleet/drivers?driverActivationStatus=deactivated", None).0.len(), 1);
}

#[test]
fn a_vehicle_without_gateway_lacks_the_keys_instead_of_having_nulls() {
    let bench = Bench::new(8);
    let (rows, _) = bench.walk("/fleet/vehicles?", None);
    let bare: Vec<_> = rows.iter().filter(|row| row.get("vin").is_none()).collect();
    assert_eq!(bare.len(), 1);
    for key in ["make", "model", "year", "gateway", "serial", "externalIds", "licensePlate"] {
        assert!(bare[0].get(key).is_none(), "{key}");
    }
    assert!(rows[0]["year"].is_string());
    assert!(rows[0]["externalIds"]["samsara.vin"].is_string());
    assert!(!rows.iter().any(|row| row.to_string().contains("null")));
    let by_vin = format!("/fleet/vehicles/samsara.vin:{}", rows[0]["vin"].as_str().unwrap());
    assert_eq!(bench.ok(&by_vin)["data"], rows[0]);
}

#[test]
fn filters_take_repeated_and_separated_ids() {
    let bench = Bench::new(8);
    let (all, _) = bench.walk("/fleet/vehicles/locations?", None);
    let id = |index: usize| all[index]["id"].as_str().unwrap();
    let separated = bench.walk(&format!("/fleet/vehicles/locations?vehicleIds={},{}", id(0), id(2)), None).0;
    let repeated = bench.walk(&format!("/fleet/vehicles/locations?vehicleIds={}&vehicleIds={}", id(0), id(2)), None).0;
    assert_eq!(separated, repeated);
    assert_eq!(separated.len(), 2);
}

#[test]
fn the_feed_starts_with_the_newest_and_then_delivers_everything_once() {
    let bench = Bench::new(8);
    let (first, cursor) = bench.walk("/fleet/vehicles/locations/feed?", None);
    assert!(first.iter().all(|row| row["locations"].as_array().unwrap().len() == 1));
    let (nothing, again) = bench.walk("/fleet/vehicles/locations/feed?", Some(&cursor));
    assert!(nothing.is_empty() && !again.is_empty(), "caught up, but the cursor lives");
    let mut cursor = again;
    let mut from = 0;
    for step in [5, 60, 1_200] {
        let points = bench.follow(&mut cursor, 3_600, step);
        assert_eq!(points.len(), set(&points).len());
        assert_eq!(set(&points), set(&bench.history(from, from + 3_600)), "polled every {step} s");
        from += 3_600;
    }
}

#[test]
fn long_walks_are_paged_and_lose_nothing() {
    let bench = Bench::new(30);
    let url = window("/fleet/vehicles/locations/history", NOW - 24 * 3_600_000, NOW);
    let first = bench.ok(&url);
    assert_eq!(first["pagination"]["hasNextPage"], true);
    let (rows, cursor) = bench.walk(&format!("{url}&"), None);
    let points = points_of(&rows);
    assert_eq!(points.len(), set(&points).len());
    assert!(points.len() > 10_000 && cursor.is_empty());
    let quarters = (0..4).flat_map(|index| bench.history((index - 4) * 21_600, (index - 3) * 21_600));
    assert_eq!(set(&points), set(&quarters.collect::<Vec<_>>()));
}

#[test]
fn stats_have_singular_keys_when_latest_and_plural_arrays_otherwise() {
    let bench = Bench::new(3);
    let types = "types=engineStates,fuelPercents&types=obdOdometerMeters";
    let latest = &bench.ok(&format!("/fleet/vehicles/stats?{types}"))["data"][0];
    assert!(latest["engineState"]["value"].is_string() && latest["fuelPercent"]["value"].is_i64());
    assert!(latest["obdOdometerMeters"]["value"].is_i64());
    let feed = &bench.ok(&format!("/fleet/vehicles/stats/feed?{types}&decorations=gps"))["data"][0];
    assert!(feed["engineStates"][0]["decorations"]["gps"]["latitude"].is_f64());
    assert!(feed["engineStates"][0]["decorations"]["gps"].get("time").is_none());
    assert_eq!(feed["fuelPercents"][0]["value"], latest["fuelPercent"]["value"]);
    let unmeasured = bench.ok("/fleet/vehicles/stats?types=engineRpm,evChargingStatus");
    assert_eq!(unmeasured["data"].as_array().unwrap().len(), 0);
}

#[test]
fn hours_of_service_logs_are_contiguous_and_the_last_is_open() {
    let bench = Bench::new(8);
    let (rows, _) = bench.walk(&window("/fleet/hos/logs", NOW - 36 * 3_600_000, NOW), None);
    let logs = |row: &Value| row["hosLogs"].as_array().unwrap().clone();
    for row in rows.iter().filter(|row| !logs(row).is_empty()) {
        let logs = logs(row);
        assert!(logs.windows(2).all(|pair| pair[0]["logEndTime"] == pair[1]["logStartTime"]));
        assert!(logs.last().unwrap().get("logEndTime").is_none());
        assert!(logs[0]["logRecordedLocation"]["latitude"].is_f64());
    }
    let all: Vec<Value> = rows.iter().flat_map(logs).collect();
    let statuses: HashSet<_> = all.iter().map(|log| log["hosStatusType"].as_str().unwrap()).collect();
    assert!(statuses.is_superset(&HashSet::from(["offDuty", "sleeperBed", "driving", "onDuty"])));
    assert!(all.iter().any(|log| log["codrivers"].is_array()));
    assert!(all.iter().all(|log| log["vehicle"].get("externalIds").is_none()), "the key has a capital E");
    assert!(rows.iter().any(|row| row["hosLogs"] == serde_json::json!([])), "one driver never logs");
    let (now, _) = bench.walk("/fleet/hos/logs?", None);
    assert!(now.iter().all(|row| row["hosLogs"].as_array().unwrap().len() <= 1));
}

#[test]
fn long_log_windows_are_paged_by_driver_and_endless_ones_refused() {
    let bench = Bench::new(8);
    let quarter = window("/fleet/hos/logs", NOW - 90 * 86_400_000, NOW);
    assert_eq!(bench.ok(&quarter)["pagination"]["hasNextPage"], true);
    assert_eq!(bench.walk(&quarter, None).0.len(), 10);
    assert_eq!(bench.get(&window("/fleet/hos/logs", 0, NOW)).status, 400);
}

#[test]
fn each_duty_log_has_the_event_that_began_it_and_a_day() {
    let bench = Bench::new(12);
    let (start, end) = (NOW - 24 * 3_600_000, NOW);
    let (drivers, _) = bench.walk(&window("/fleet/hos/logs", start, end), None);
    let (events, _) = bench.walk(&window("/beta/fleet/hos/drivers/eld-events", start, end), None);
    let (days, _) = bench.walk("/fleet/hos/daily-logs?startDate=2026-11-19&endDate=2026-11-21", None);
    let mut logs = 0;
    for driver in &drivers {
        let id = &driver["driver"]["id"];
        let own = events.iter().find(|row| row["id"] == *id).unwrap();
        let began = |log: &Value| log["logStartTime"].as_str().unwrap() >= crate::samsara::wire::time(start).as_str();
        for log in driver["hosLogs"].as_array().unwrap().iter().filter(|log| began(log)) {
            let at = &log["logStartTime"];
            let same = |event: &&Value| event["time"] == *at && event["eldEventType"] != 6;
            let event = own["eldEvents"].as_array().unwrap().iter().find(same).unwrap();
            assert!(event["totalVehicleMeters"].as_i64().unwrap() > 0 && event["location"]["state"].as_str().unwrap().len() == 2);
            let holds = |day: &&Value| {
                day["driver"]["id"] == *id && day["startTime"].as_str() <= at.as_str() && at.as_str() < day["endTime"].as_str()
            };
            let day = days.iter().find(holds).unwrap();
            assert_eq!(day["logMetaData"]["isCertified"], day["logMetaData"].get("certifiedAtTime").is_some());
            logs += 1;
        }
    }
    assert!(logs > 50, "{logs}");
    assert_eq!(bench.get(&format!("{}&limit=26", window("/beta/fleet/hos/drivers/eld-events", start, end))).status, 400);
}

#[test]
fn stats_are_sparse_where_the_bus_or_a_standing_engine_tells_nothing() {
    let bench = Bench::new(30);
    let url = window("/fleet/vehicles/stats/history", NOW - 86_400_000, NOW);
    let decorations = "decorations=obdOdometerMeters,engineOilPressureKPa";
    let (rows, _) = bench.walk(&format!("{url}&types=gps,gpsOdometerMeters,syntheticEngineSeconds&{decorations}"), None);
    assert!(rows.iter().all(|row| row.get("gpsOdometerMeters").is_some()), "the gateway reckons for every vehicle");
    let points = |row: &Value| row["gps"].as_array().cloned().unwrap_or_default();
    let has = |point: &Value, name: &str| point["decorations"].get(name).is_some();
    let tells = |row: &&Value| points(row).iter().any(|point| has(point, "obdOdometerMeters"));
    let (told, untold): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(tells);
    assert!(!untold.is_empty() && !told.is_empty(), "both kinds of vehicles are on the road");
    assert!(told.iter().flat_map(|row| points(row)).all(|point| has(&point, "obdOdometerMeters")));
    let with_oil = |point: &Value| has(point, "engineOilPressureKPa");
    let moves = |point: &Value| point["speedMilesPerHour"].as_f64().is_some_and(|speed| speed > 0.0);
    assert!(rows.iter().flat_map(points).filter(moves).all(|point| with_oil(&point)));
    assert!(rows.iter().flat_map(points).any(|point| !with_oil(&point)), "standing engines have no oil pressure");
}

#[test]
fn assignments_follow_the_shifts_and_overlap_the_window() {
    let bench = Bench::new(30);
    let path = "/fleet/driver-vehicle-assignments";
    assert_eq!(bench.get(&format!("{path}?startTime=2026-11-20T00:00:00Z")).status, 400, "filterBy is required");
    assert_eq!(bench.get(&format!("{path}?filterBy=trailers")).status, 400);
    let url = format!("{}&filterBy=vehicles", window(path, NOW - 3 * 86_400_000, NOW));
    let (rows, _) = bench.walk(&format!("{url}&limit=2"), None);
    assert!(
        bench.ok(&url)["data"].as_array().unwrap().len() == 50 && rows.len() > 50,
        "pages have 50 rows whatever is asked for"
    );
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    assert!(
        rows.iter().all(|row| text(row, "assignedAtTime").is_empty() && text(row, "startTime") < super::super::wire::time_s(NOW))
    );
    assert!(rows.iter().any(|row| row.get("endTime").is_none()), "some last");
    assert!(rows.iter().any(|row| row["isPassenger"] == true) && rows.iter().any(|row| row["isPassenger"] == false));
    // One driver at a time: the others of a team ride along.
    let mut driven: Vec<_> = rows.iter().filter(|row| row["isPassenger"] == false).collect();
    driven.sort_by_key(|row| (text(&row["vehicle"], "id"), text(row, "startTime")));
    for pair in driven.windows(2).filter(|pair| pair[0]["vehicle"]["id"] == pair[1]["vehicle"]["id"]) {
        assert!(text(pair[0], "endTime") <= text(pair[1], "startTime"), "{pair:?}");
    }
    let vehicle = text(&rows[0]["vehicle"], "id");
    let (own, _) = bench.walk(&format!("{url}&vehicleIds={vehicle}"), None);
    assert!(!own.is_empty() && own.iter().all(|row| text(&row["vehicle"], "id") == vehicle));
    // The same assignment whatever the window.
    let (now, _) = bench.walk(&format!("{path}?filterBy=vehicles"), None);
    assert!(!now.is_empty() && now.iter().all(|row| rows.contains(row)));
}

#[test]
fn a_day_that_is_not_certified_is_a_violation_until_it_is() {
    let bench = Bench::new(30);
    let listed = || {
        let (groups, _) = bench.walk(&window("/fleet/hos/violations", NOW - 10 * 86_400_000, NOW), None);
        let of_group = |group: &Value| group["violations"].as_array().cloned().unwrap_or_default();
        assert!(groups.iter().all(|group| !of_group(group).is_empty()), "only drivers with violations are named");
        groups.iter().flat_map(of_group).collect::<Vec<Value>>()
    };
    let found = listed();
    assert!(!found.is_empty());
    let (days, _) = bench.walk("/fleet/hos/daily-logs?startDate=2026-11-10&endDate=2026-11-21", None);
    for violation in &found {
        assert_eq!((&violation["type"], violation["durationMs"].as_i64()), (&Value::from("unsubmittedLogs"), Some(86_400_000)));
        let is_its = |day: &&Value| {
            day["driver"]["id"] == violation["driver"]["id"] && day["startTime"] == violation["violationStartTime"]
        };
        assert_eq!(days.iter().find(is_its).unwrap()["logMetaData"]["isCertified"], false, "{violation}");
    }
    bench.clock.advance(3 * 86_400_000);
    assert!(listed().iter().all(|violation| !found.contains(violation)), "certified by now");
}

#[test]
fn streams_bring_each_change_once_and_never_end() {
    let bench = Bench::new(30);
    let week = super::super::wire::time(NOW - 7 * 86_400_000);
    for (path, options) in [
        ("/dvirs/stream", "limit=7"),
        ("/defects/stream", "limit=7"),
        ("/safety-events/stream", "queryByTimeField=updatedAtTime&includeDriver=true&includeAsset=true"),
    ] {
        let url = format!("{path}?startTime={week}&{options}");
        let (rows, mut cursor) = bench.walk(&url, None);
        let ids: HashSet<String> = rows.iter().map(|row| row["id"].to_string()).collect();
        assert!(!rows.is_empty() && ids.len() == rows.len(), "{path}: {} of {}", ids.len(), rows.len());
        let changed = |row: &Value| row["updatedAtTime"].as_str().unwrap().to_owned();
        assert!(rows.iter().map(changed).is_sorted(), "{path}");
        let mut later = Vec::new();
        for _ in 0..24 {
            bench.clock.advance(3_600_000);
            let (more, next) = bench.walk(&url, Some(&cursor));
            later.extend(more);
            cursor = next;
        }
        assert!(later.iter().any(|row| ids.contains(&row["id"].to_string())), "{path}: known ones change");
        assert!(later.iter().any(|row| !ids.contains(&row["id"].to_string())), "{path}: new ones come");
        bench.clock.advance(-24 * 3_600_000);
    }
    let (reports, _) = bench.walk(&format!("/dvirs/stream?startTime={week}"), None);
    let (defects, _) = bench.walk(&format!("/defects/stream?startTime={week}"), None);
    let (types, _) = bench.walk("/defect-types?", None);
    let known = |list: &[Value], id: &Value| list.iter().any(|row| row["id"] == *id);
    assert!(defects.iter().all(|row| known(&reports, &row["dvirId"]) && known(&types, &row["defectTypeId"])));
    assert!(reports.iter().any(|row| row.get("defectIds").is_none()), "what is empty is left out");
}

#[test]
fn messages_are_listed_newest_first_and_are_read_later() {
    let bench = Bench::new(12);
    let list = |query: &str| bench.ok(&format!("/v1/fleet/messages{query}"))["data"].as_array().unwrap().clone();
    let sent = |message: &Value| message["sentAtMs"].as_i64().unwrap();
    let week = list(&format!("?endMs={NOW}&durationMs={}", 7 * 86_400_000));
    assert!(week.len() > list("").len() && !list("").is_empty());
    assert!(week.iter().map(sent).rev().is_sorted() && week.iter().all(|message| sent(message) < NOW));
    assert!(week.iter().any(|message| message["sender"]["type"] == "driver") && week[0]["driverId"].is_u64());
    let reply = bench.get("/v1/fleet/messages?endMs=soon");
    assert!(reply.status == 400 && reply.body.starts_with(b"rpc error"), "plain text");
    let unread =
        |end: i64| list(&format!("?endMs={end}&durationMs=86400000")).iter().filter(|one| one["isRead"] == false).count();
    let before = unread(NOW);
    bench.clock.advance(3_600_000);
    assert_eq!(unread(NOW), 0, "of {before} messages");
}

#[test]
fn a_trailer_is_had_by_who_drives_its_vehicle() {
    let bench = Bench::new(12);
    let list = |query: &str| bench.ok(&format!("/v1/fleet/trailers/assignments{query}"));
    let week = format!("?startMs={}&endMs={NOW}", NOW - 7 * 86_400_000);
    let whole = list(&week);
    let trailers = whole["trailers"].as_array().unwrap();
    assert!(trailers.len() > 2 && whole["pagination"]["hasNextPage"] == false);
    let had: Vec<&Value> = trailers.iter().flat_map(|trailer| trailer["trailerAssignments"].as_array().unwrap()).collect();
    assert!(!had.is_empty() && had.iter().all(|one| one["driverId"].is_u64() && one["startMs"].is_i64()));
    assert!(had.iter().all(|one| one.get("endMs").is_none_or(|end| end.as_i64().unwrap() <= NOW)), "one that lasts has no end");
    let first = list(&format!("{week}&limit=2"));
    assert_eq!((&first["trailers"][1], &first["pagination"]["hasNextPage"]), (&trailers[1], &Value::Bool(true)));
    let second = list(&format!("{week}&limit=2&startingAfter={}", first["pagination"]["endCursor"].as_str().unwrap()));
    assert_eq!((&second["trailers"][0], &second["pagination"]["hasPrevPage"]), (&trailers[2], &Value::Bool(true)));
    assert_eq!(bench.get("/v1/fleet/trailers/assignments?startMs=soon").status, 400);
}

#[test]
fn months_for_fuel_tax_are_told_by_state_and_grow() {
    let bench = Bench::new(12);
    let path = "/fleet/reports/ifta/vehicle?year=2026&month=November";
    let meters = |body: &Value| {
        let reports = body["data"]["vehicleReports"].as_array().unwrap().clone();
        let states = reports.into_iter().flat_map(|report| report["jurisdictions"].as_array().unwrap().clone());
        states.map(|state| state["totalMeters"].as_f64().unwrap()).sum::<f64>()
    };
    let (before, known) = (bench.ok(path), bench.ok(path));
    assert_eq!((before["data"]["month"].as_str(), meters(&before)), (Some("November"), meters(&known)));
    assert!(meters(&before) > 1_000_000.0);
    bench.clock.advance(86_400_000);
    assert!(meters(&bench.ok(path)) > meters(&before));
    let narrow =
        bench.ok(&format!("{path}&vehicleIds={}", before["data"]["vehicleReports"][0]["vehicle"]["id"].as_str().unwrap()));
    assert_eq!(narrow["data"]["vehicleReports"].as_array().unwrap().len(), 1);
    for query in ["year=2026", "month=November", "year=2026&month=11"] {
        assert_eq!(bench.get(&format!("/fleet/reports/ifta/vehicle?{query}")).status, 400, "{query}");
    }
}

#[test]
fn cooled_trailers_report_what_their_units_measure() {
    let bench = Bench::new(24);
    let stats = |types: &str| bench.walk(&format!("/fleet/trailers/stats?types={types}"), None).0;
    let (all, states) = (stats("gps"), stats("reeferStateZone1,reeferRunMode,carrierReeferState"));
    assert!(states.len() > 3 && states.len() < all.len(), "some trailers have no unit");
    let ids: Vec<&str> = states.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let two = bench.ok(&format!("/fleet/trailers/stats?types=reeferFuelPercent&trailerIds={},{}", ids[0], ids[1]));
    assert_eq!(two["data"].as_array().unwrap().len(), 2);
    assert!(states.iter().all(|row| ["On", "Off"].contains(&row["reeferStateZone1"]["value"].as_str().unwrap())));
    let second = stats("reeferSetPointTemperatureMilliCZone2,reeferReturnAirTemperatureMilliCZone2,reeferDoorStateZone2");
    assert!(second.len() > 1 && second.len() < states.len(), "some units have one zone");
    let value = |row: &Value, kind: &str| row[kind]["value"].as_i64().unwrap();
    assert!(second.iter().all(|row| value(row, "reeferSetPointTemperatureMilliCZone2") == 3_000));
    assert!(stats("reeferAlarms").iter().all(|row| row["reeferAlarms"]["alarms"].is_array()));
    let (first, cursor) = bench.walk("/fleet/trailers/stats/feed?types=reeferFuelPercent,gps", None);
    bench.clock.advance(600_000);
    let (later, _) = bench.walk("/fleet/trailers/stats/feed?types=reeferFuelPercent,gps", Some(&cursor));
    assert!(first.iter().chain(&later).any(|row| row["reeferFuelPercent"][0]["value"].is_i64()));
    for bad in ["types=reeferDoorStateZone4", "types=", "types=gps,reeferAlarms,reeferRunMode,reeferFuelPercent"] {
        assert_eq!(bench.get(&format!("/fleet/trailers/stats?{bad}")).status, 400, "{bad}");
    }
}

#[test]
fn faults_are_listed_while_they_are_there() {
    let bench = Bench::new(12);
    let window = "startTime=2026-11-17T00:00:00Z&endTime=2026-11-21T00:00:00Z";
    let (mut come, mut gone, mut after) = (0, 0, String::new());
    loop {
        let page = bench.ok(&format!("/fleet/vehicles/stats/history?types=faultCodes&{window}&after={after}"));
        for vehicle in page["data"].as_array().unwrap() {
            let mut before: Option<Vec<Value>> = None;
            for reading in vehicle["faultCodes"].as_array().unwrap() {
                let listed = |list: &Value| list["diagnosticTroubleCodes"].as_array().cloned().unwrap_or_default();
                let heavy = listed(&reading["j1939"]).into_iter().map(|code| json!([code["spnId"], code["fmiId"], code["txId"]]));
                let light = listed(&reading["obdii"]).into_iter().map(|codes| codes["confirmedDtcs"][0]["dtcShortCode"].clone());
                let codes: Vec<Value> = heavy.chain(light).collect();
                assert!(reading.get("j1939").is_none_or(|bus| bus["checkEngineLights"]["warningIsOn"] == true));
                if let Some(before) = before.replace(codes.clone()) {
                    come += codes.iter().filter(|code| !before.contains(code)).count();
                    gone += before.iter().filter(|code| !codes.contains(code)).count();
                }
            }
        }
        after = page["pagination"]["endCursor"].as_str().unwrap().to_owned();
        if page["pagination"]["hasNextPage"] != true {
            break;
        }
    }
    assert!(come > 5 && gone > 5, "{come} {gone}");
}
