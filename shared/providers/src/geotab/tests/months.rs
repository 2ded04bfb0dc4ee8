//! Months for fuel tax.

use super::*;

fn detail(jurisdiction: &str, enter: &str, odometers: [f64; 4], more: &Value) -> Value {
    let [enter_odometer, exit_odometer, enter_gps, exit_gps] = odometers;
    let mut detail = json!({
        "id": "b18e401", "device": { "id": "b8D9" }, "driver": "UnknownDriverId", "jurisdiction": jurisdiction, "authority": jurisdiction,
        "enterTime": enter, "exitTime": "2026-10-14T08:30:00.000Z", "enterOdometer": enter_odometer, "exitOdometer": exit_odometer,
        "enterGpsOdometer": enter_gps, "exitGpsOdometer": exit_gps, "isNegligible": false, "isEnterOdometerInterpolated": false,
        "isExitOdometerInterpolated": false, "hasHourlyData": false, "versions": ["00000000000018e1"],
    });
    detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    detail
}

fn devices() -> Value {
    json!([
        { "id": "b8D9", "deviceType": "GO9", "activeTo": "2050-01-01T00:00:00.000Z" },
        { "id": "b8DA", "deviceType": "None", "groups": [{ "id": "GroupVehicleId" }] },
        { "id": "b8DB", "deviceType": "GO9", "activeTo": "2026-10-12T00:00:00.000Z" },
        { "id": "b8DC", "deviceType": "GO9", "tmpTrailerId": "aTrailer1" },
    ])
}

#[test]
fn check_months_for_fuel_tax() {
    let none = json!({});
    let details = json!([
        detail("KS", "2026-10-14T06:00:00.000Z", [118_102.75, 118_253.25, 118_100.25, 118_250.75], &none),
        detail("KS", "2026-10-20T06:00:00.000Z", [118_300.0, 118_310.5, 0.0, 0.0], &none),
        detail("MO", "2026-10-15T06:00:00.000Z", [1.0, 900.0, 10.0, 20.0], &json!({ "isExitOdometerInterpolated": true })),
        detail("MO", "2026-10-16T06:00:00.000Z", [500.0, 400.0, 10.0, 11.0], &none),
        detail("IA", "2026-10-15T06:00:00.000Z", [1.0, 2.0, 1.0, 2.0], &json!({ "isNegligible": true })),
        detail("NE", "2026-09-30T23:00:00.000Z", [1.0, 2.0, 1.0, 2.0], &none),
        detail("NE", "2026-11-01T00:00:00.000Z", [1.0, 2.0, 1.0, 2.0], &none),
        detail("NE", "0001-01-01T00:00:00Z", [1.0, 2.0, 1.0, 2.0], &none),
    ]);
    let october = [result(&devices()), result(&json!([details, []])), result(&json!([]))];
    let november = [result(&devices()), result(&json!([[]])), result(&json!([]))];
    let http = signed_in([october, november].concat());
    let pages = asker().walk(&http, Resource::IftaSummary);
    assert_eq!(pages.iter().map(|page| page.more).collect::<Vec<_>>(), [true, true, true, false]);
    let calls = http.posted()[2]["params"]["calls"].clone();
    let search = json!({
        "deviceSearch": { "id": "b8D9" }, "fromDate": "2026-10-01T00:00:00.000000Z", "toDate": "2026-11-01T00:00:00.000000Z",
        "includeBoundaries": false,
    });
    assert_eq!((&calls[0]["params"]["search"], calls.as_array().unwrap().len()), (&search, 2), "of trailers there is nothing");
    assert_eq!(http.posted()[5]["params"]["calls"].as_array().unwrap().len(), 1, "one left in October");
    let [row] = records(&pages[0]) else { panic!("{pages:?}") };
    assert_eq!((row.source_id.as_str(), row.occurred_at), ("ifta_summary:b8D9:2026-10-01", Some(at("2026-10-01T00:00:00Z"))));
    check_fields(row, &json!({ "source_vehicle_id": "b8D9", "month": 10, "year": 2026 }));
    let sums = json!([{ "jurisdiction": "KS", "distance": 161_000.0 }, { "jurisdiction": "MO", "distance": 11_000.0 }]);
    assert_eq!(row.extras.as_ref().unwrap()["jurisdictions"], sums);
    assert!(pages[1..].iter().all(|page| records(page).is_empty()));
}
