//! Kinds of records that have no time of their own in the other tests.

use super::*;

#[test]
fn violations_are_of_a_user_and_a_time_and_have_no_feed() {
    let bench = Bench::new(20);
    let span = json!({ "fromDate": "2026-11-14T00:00:00Z", "toDate": "2026-11-21T18:30:00Z" });
    let all = bench.get("DutyStatusViolation", &span);
    assert!(all.len() > 5 && all.iter().all(|one| one.get("id").is_none()), "{}", all.len());
    let user = &all[0]["driver"]["id"];
    let mut search = span;
    search["userSearch"] = json!({ "id": user });
    let own = bench.get("DutyStatusViolation", &search);
    assert!(!own.is_empty() && own.len() < all.len() && own.iter().all(|one| one["driver"]["id"] == *user));
    let logs = bench.get("DutyStatusLog", &search);
    assert!(own.iter().all(|one| logs.iter().any(|log| log["id"] == one["logId"] && log["dateTime"] == one["fromDate"])));
    assert_eq!(fault(&bench.reply("GetFeed", &json!({ "typeName": "DutyStatusViolation" }))), "ArgumentException");
}

#[test]
fn reports_come_again_when_they_are_repaired() {
    let bench = Bench::new(20);
    let since = json!({ "search": { "fromDate": "2026-11-14T00:00:00Z" } });
    let (logs, version) = bench.feed("DVIRLog", &since, 40);
    let defects = |log: &Value| log.get("dvirDefects").map_or(0, |defects| defects.as_array().unwrap().len());
    let (with, without): (Vec<&Value>, Vec<&Value>) = logs.iter().partition(|log| defects(log) > 0);
    assert!(with.len() > 5 && without.len() > with.len(), "{} {}", with.len(), without.len());
    assert!(without.iter().all(|log| log.get("isSafeToOperate").is_none()));
    let of = |vehicle: bool, trailer: bool| {
        logs.iter().filter(|log| (log.get("device").is_some(), log.get("trailer").is_some()) == (vehicle, trailer)).count()
    };
    assert!(of(true, false) > 5 && of(false, true) > 0 && of(true, true) > 0 && of(false, false) == 0);
    bench.clock.advance(24 * 3_600_000);
    let (again, _) = bench.feed("DVIRLog", &json!({ "fromVersion": version }), 40);
    let was = |log: &&Value| logs.iter().any(|old| old["id"] == log["id"]);
    let repaired: Vec<&Value> = again.iter().filter(was).collect();
    assert!(!repaired.is_empty(), "{}", again.len());
    for log in repaired {
        let defect = &log["dvirDefects"][0];
        assert_eq!((&defect["repairStatus"], &log["isSafeToOperate"]), (&json!("Repaired"), &json!(true)));
        assert_eq!(bench.get("DVIRDefect", &json!({ "id": defect["id"] })), std::slice::from_ref(defect));
    }
}

#[test]
fn trailers_are_hitched_for_some_days_and_that_ends() {
    let bench = Bench::new(20);
    let lasting =
        bench.get("TrailerAttachment", &json!({ "activeFrom": "2026-11-21T18:30:00Z", "activeTo": "2026-11-21T18:30:00Z" }));
    let trailers = bench.get("Device", &json!({})).iter().filter(|device| device.get("tmpTrailerId").is_some()).count();
    assert!(lasting.len() > trailers / 2 && lasting.len() <= trailers, "{}", lasting.len());
    assert!(lasting.iter().all(|one| one["activeTo"] == "2050-01-01T00:00:00.000Z"));
    let bare = bench.call("GetFeed", &json!({ "typeName": "TrailerAttachment" }));
    assert_eq!(bare["data"], json!([]));
    bench.clock.advance(72 * 3_600_000);
    let (changes, _) = bench.feed("TrailerAttachment", &json!({ "fromVersion": bare["toVersion"] }), 50);
    for one in &lasting {
        let ended = changes.iter().find(|change| change["id"] == one["id"]).unwrap();
        assert_eq!((&ended["activeFrom"], &ended["device"]), (&one["activeFrom"], &one["device"]));
        assert!(ended["activeTo"].as_str() < Some("2026-11-24T18:30:00.000Z"));
    }
    let of = bench.get(
        "TrailerAttachment",
        &json!({ "activeFrom": "2026-11-10T00:00:00Z", "trailerSearch": { "id": lasting[0]["trailer"]["id"] } }),
    );
    assert!(of.len() >= 4 && of.iter().all(|one| one["trailer"] == lasting[0]["trailer"]));
}

#[test]
fn messages_are_read_some_time_after_they_were_sent() {
    let bench = Bench::new(20);
    let (all, _) = bench.feed("TextMessage", &json!({ "search": { "fromDate": "2026-11-14T00:00:00Z" } }), 50);
    let to_vehicle = all.iter().filter(|one| one["isDirectionToVehicle"] == true).count();
    assert!(to_vehicle > 20 && all.len() > to_vehicle + 20, "{to_vehicle} of {}", all.len());
    assert!(
        all.iter().any(|one| one["messageContent"].get("message").is_none())
            && all.iter().all(|one| one.get("version").is_none())
    );
    let last = all.last().unwrap();
    let sent: &str = last["sent"].as_str().unwrap();
    let got = bench.get("TextMessage", &json!({ "fromDate": sent }));
    assert!(got.contains(last));
    bench.clock.advance(3_600_000);
    let later = bench.get("TextMessage", &json!({ "fromDate": sent }));
    assert!(later.iter().find(|one| one["id"] == last["id"]).unwrap().get("read").is_some());
}

#[test]
fn ways_for_fuel_tax_are_cut_at_the_bounds_of_a_search() {
    let bench = Bench::new(8);
    let span = |from: &str, to: &str| bench.get("FuelTaxDetail", &json!({ "fromDate": from, "toDate": to }));
    let km = |rows: &[Value]| {
        let way = |row: &Value| row["exitOdometer"].as_f64().unwrap() - row["enterOdometer"].as_f64().unwrap();
        rows.iter().map(way).sum::<f64>()
    };
    let (whole, first) =
        (span("2026-11-10T06:00:00Z", "2026-11-13T00:00:00Z"), span("2026-11-10T06:00:00Z", "2026-11-11T12:00:00Z"));
    let rest = span("2026-11-11T12:00:00Z", "2026-11-13T00:00:00Z");
    assert!((km(&whole) - km(&first) - km(&rest)).abs() < 1e-6 && km(&first) > 100.0, "{} {}", km(&whole), km(&first));
    assert!(
        first.iter().all(|row| row["enterTime"].as_str() >= Some("2026-11-10T06:00:00.000Z")
            && row["jurisdiction"].as_str().unwrap().len() == 2)
    );
    let (told, _) = bench.feed("FuelTaxDetail", &json!({ "search": { "fromDate": "2026-11-14T00:00:00Z" } }), 20);
    assert!(told.len() > 20 && told.iter().all(|row| row["versions"].is_array()));
}

#[test]
fn a_record_is_set_whole_and_messages_are_added() {
    let bench = Bench::new(8);
    let device = bench.get("Device", &json!({})).remove(0);
    let mut sent = device.clone();
    sent["comment"] = json!("changed");
    sent.as_object_mut().unwrap().remove("licensePlate");
    assert_eq!(bench.call("Set", &json!({ "typeName": "Device", "entity": sent })), Value::Null);
    assert_eq!(bench.get("Device", &json!({ "id": device["id"] })), std::slice::from_ref(&sent), "what is not sent is reset");
    for entity in [json!({ "id": "typo", "name": "x" }), json!({ "id": device["id"] })] {
        assert_eq!(fault(&bench.reply("Set", &json!({ "typeName": "Device", "entity": entity }))), "ArgumentException");
    }
    let user = bench.get("User", &json!({})).remove(0);
    let message = |recipient: &Value| {
        json!({ "typeName": "TextMessage", "entity": {
            "recipient": { "id": recipient }, "isDirectionToVehicle": true, "messageContent": { "contentType": "Normal", "message": "Hello" },
        } })
    };
    let id = bench.call("Add", &message(&user["id"]));
    let found = bench.get("TextMessage", &json!({ "id": id }));
    assert_eq!((found.len(), &found[0]["recipient"]["id"]), (1, &user["id"]));
    assert_eq!(fault(&bench.reply("Add", &message(&json!("typo")))), "ArgumentException");
}
