//! Kinds of records that have no time of their own in the other tests.

use super::*;

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
