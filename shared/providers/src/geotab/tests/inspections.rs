//! Inspection reports, and the defects in them.

use super::positions::feed;
use super::*;

/// The devices of an account, as they are walked through, and their count.
pub(super) fn devices() -> Vec<Answer> {
    let devices = json!([
        { "id": "b8A1", "deviceType": "GO9", "groups": [{ "id": "GroupVehicleId" }] },
        { "id": "b179", "deviceType": "None", "groups": [{ "id": "GroupTrailerId" }], "tmpTrailerId": "aTrailer1" },
    ]);
    vec![result(&devices), count(2)]
}

fn report() -> Value {
    json!({
        "authorityAddress": "100 Example Plaza, Sampletown", "authorityName": "Example Authority", "certifyRemark": "Defects corrected.",
        "dateTime": "2026-11-20T05:45:00.000Z", "defectList": { "children": [], "id": "bDL41", "name": "Truck Defects" },
        "device": { "id": "b8A1" }, "driver": { "id": "b4C11" }, "driverRemark": "No issues observed.", "duration": "00:12:30",
        "engineHours": 5_400, "id": "b24c201", "isInspectedByDriver": true, "isSafeToOperate": false,
        "location": { "location": { "x": -140.25, "y": 35.5 } }, "logType": "PreTrip", "odometer": 482_099.7,
        "version": "00000000000024c1", "dvirDefects": [{ "id": "d1" }, { "id": "d2" }],
    })
}

fn with_member(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

#[test]
fn check_reports() {
    let trailers = json!({
        "id": "b24c202", "dateTime": "2026-11-20T18:15:00.000Z", "driver": "UnknownDriverId", "trailer": { "id": "aTrailer1" },
        "logType": "InTrip", "driverRemark": "", "odometer": 0, "location": { "location": { "x": 0, "y": 0 } },
        "defects": [{ "id": "bPart" }], "repairDate": "1986-01-01T00:00:00.000Z",
    });
    let both = with_member(report(), "trailer", json!({ "id": "aTrailer1" }));
    let unlinked = json!({ "id": "b24c204", "trailer": { "id": "aTrailer9" }, "dateTime": "2050-01-01T00:00:00.000Z" });
    let data = [report(), trailers, with_member(both, "id", json!("b24c203")), unlinked, json!({ "logType": "PreTrip" })];
    let http = signed_in([vec![feed(&data, "24c4")], devices()].concat());
    let page = asker().walk(&http, Resource::DvirLog).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed DVIRLog", "Get Device", "GetCountOf Device"]);
    let rows: Vec<Value> = records(&page).iter().map(fields).collect();
    assert_eq!(rows.len(), 4);
    let expected = json!({
        "source_vehicle_id": "b8A1", "source_driver_id": "b4C11", "log_type": "pre_trip", "authority_name": "Example Authority",
        "authority_address": "100 Example Plaza, Sampletown", "duration_seconds": 750.0, "odometer_km": 482.0997,
        "odometer": 482_099.7, "engine_hours": 1.5, "certify_comment": "Defects corrected.",
        "driver_comment": "No issues observed.", "defect_count": 2, "version": "00000000000024c1", "is_safety_critical": true,
    });
    check_fields(&records(&page)[0], &expected);
    assert_eq!(rows[0]["location"]["coordinates"], json!([-140.25, 35.5]));
    assert_eq!(records(&page)[0].occurred_at, Some(at("2026-11-20T05:45:00Z")));
    assert_eq!(records(&page)[0].extras.as_ref().unwrap()["defectList"]["name"], "Truck Defects");
    check_fields(&records(&page)[1], &json!({ "source_trailer_id": "b179", "log_type": "unknown", "defect_count": 1 }));
    for absent in ["source_vehicle_id", "source_driver_id", "odometer", "location", "driver_comment", "is_safety_critical"] {
        assert!(rows[1].get(absent).is_none(), "{absent}");
    }
    check_fields(&records(&page)[2], &json!({ "source_vehicle_id": "b8A1", "source_trailer_id": "b179" }));
    check_fields(&records(&page)[3], &json!({ "source_trailer_id": "aTrailer9", "defect_count": 0 }));
    assert_eq!((records(&page)[3].occurred_at, records(&page)[3].is_partial), (None, false));
}

#[test]
fn trailers_are_looked_up_once_and_again_when_there_is_a_new_one() {
    let named = |trailer: &str| feed(&[json!({ "id": "b1", "trailer": trailer })], "01");
    let asker = asker();
    let more = vec![result(&json!([{ "id": "b180", "tmpTrailerId": { "id": "aTrailer2" } }])), count(1)];
    let http = signed_in([vec![named("aTrailer1")], devices(), vec![named("aTrailer1"), feed(&[], "01")]].concat());
    let read = |http: &Canned| asker.ask(http, Resource::DvirLog, None).unwrap();
    let trailer = |page: &Fetched| fields(&records(page)[0])["source_trailer_id"].clone();
    assert_eq!((trailer(&read(&http)), trailer(&read(&http))), (json!("b179"), json!("b179")));
    assert!(records(&read(&http)).is_empty() && http.is_empty(), "no trailer, no question");
    // One that was not there is none for a while.
    let http = Canned::new([vec![named("aTrailer2")], more].concat());
    assert_eq!((trailer(&read(&http)), http.is_empty()), (json!("aTrailer2"), false));
}

#[test]
fn reports_do_not_wait_for_trailers_and_leave_stored_ones_as_they_are() {
    let data = [json!({ "id": "b1", "trailer": { "id": "aTrailer1" } }), report()];
    let asker = asker();
    let http = signed_in(vec![feed(&data, "01"), fault("GenericException", "down")]);
    let page = asker.ask(&http, Resource::DvirLog, None).unwrap();
    assert_eq!(fields(&records(&page)[0])["source_trailer_id"], "aTrailer1");
    assert_eq!(records(&page).iter().map(|row| row.is_partial).collect::<Vec<_>>(), [true, false]);
    let http = Canned::new(vec![feed(&data, "01"), fault("OverLimitException", "busy")]);
    assert!(matches!(asker.ask(&http, Resource::DvirLog, None), Err(crate::ProviderError::RateLimited { .. })));
}

fn defective() -> Value {
    json!({
        "id": "aLog1", "dateTime": "2026-11-20T05:45:00.000Z", "driver": { "id": "b4C11" },
        "dvirDefects": [
            {
                "id": "aD1", "defect": { "id": "bDefect1" }, "part": { "id": "bPart1" }, "repairStatus": "Repaired",
                "repairDateTime": "2026-11-20T09:00:00.000Z", "repairUser": { "id": "b4C99" },
                "defectRemarks": [
                    { "remark": "Left one is cracked", "user": { "id": "b4C11" } }, { "remark": "Replaced.", "user": "b4C99" },
                    { "remark": "", "user": "b4C99" }, { "remark": "Bad" },
                ],
            },
            { "id": "aD2", "defect": "bDefect2", "part": { "id": "bPart2", "name": "Ashtray" }, "repairStatus": "NotRepaired" },
            { "id": "aD3" }, { "defect": "bDefect1" },
        ],
    })
}

fn named() -> [Answer; 2] {
    let groups = json!([
        { "id": "bPart1", "name": "Wheels / Rims" }, { "id": "bDefect1", "name": "Cracked" }, { "id": "bPart3", "name": "Mirrors" },
    ]);
    let defects = json!([
        { "id": "bDefect1", "name": "Cracked", "severity": "Critical" }, { "id": "bDefect2", "name": "Full", "severity": "Unregulated" },
        { "id": "bDefect3", "name": "Missing", "severity": "Normal" },
    ]);
    [result(&groups), result(&defects)]
}

#[test]
fn check_defects() {
    let whole = json!([[{
        "id": "aD3", "defect": { "id": "bDefect3" }, "part": { "id": "bPart3" }, "repairStatus": "NotNecessary",
        "repairDateTime": "0001-01-01T00:00:00Z",
    }]]);
    let http = signed_in([vec![feed(&[report_without_defects(), defective()], "01"), result(&whole)], named().to_vec()].concat());
    let page = asker().walk(&http, Resource::DvirLogDefect).remove(0);
    assert_eq!(methods(&http), ["Authenticate", "GetFeed DVIRLog", "ExecuteMultiCall", "Get Group", "Get Defect"]);
    assert_eq!(http.posted()[2]["params"]["calls"].as_array().unwrap().len(), 1, "one of which there is but an id");
    let [one, other, third] = records(&page) else { panic!("{page:?}") };
    let expected = json!({
        "source_dvir_log_id": "aLog1", "defect_type": "wheels_rims", "defect_code": "bDefect1", "defect_name": "Cracked",
        "description": "Left one is cracked\nBad", "status": "resolved", "is_safety_critical": true,
        "resolved_at": "2026-11-20T09:00:00.000000Z", "notes": "Replaced.",
    });
    check_fields(one, &expected);
    assert_eq!((one.source_id.as_str(), one.occurred_at), ("aD1", Some(at("2026-11-20T05:45:00Z"))));
    check_fields(other, &json!({ "defect_type": "other", "defect_name": "Full", "status": "active" }));
    assert_eq!((fields(other).get("is_safety_critical"), fields(other).get("resolved_at")), (None, None));
    check_fields(third, &json!({ "defect_type": "mirrors", "status": "resolved", "is_safety_critical": false }));
    assert_eq!(fields(third).get("resolved_at"), None);
}

fn report_without_defects() -> Value {
    with_member(report(), "dvirDefects", json!([]))
}

#[test]
fn defects_do_not_wait_for_their_names() {
    let read = |answers: [Answer; 2]| {
        let missing = fault("MissingMethodException", "no DVIRDefect");
        let http = signed_in([vec![feed(&[defective()], "01"), missing], answers.to_vec()].concat());
        asker().ask(&http, Resource::DvirLogDefect, None).unwrap()
    };
    let [groups, defects] = named();
    let down = read([groups.clone(), fault("GenericException", "down")]);
    assert_eq!(fields(&records(&down)[0])["defect_name"], "Cracked");
    assert!(records(&down).iter().all(|row| row.is_partial), "nobody says how severe they are");
    let lacks = read([groups, fault("MissingMethodException", "no Defect")]);
    assert!(records(&lacks).iter().all(|row| !row.is_partial), "the account has no such list");
    assert_eq!(fields(&records(&lacks)[2]).get("status"), None);
    let renamed = read([result(&json!([])), defects]);
    assert_ne!(records(&renamed)[0].source_hash, records(&lacks)[0].source_hash, "another name of a part modifies a defect");
}
