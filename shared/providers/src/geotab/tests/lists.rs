//! Vehicles and users.

use super::*;

fn groups() -> Answer {
    result(
        &json!([{ "id": "GroupVehicleId", "name": "Vehicle" }, { "id": "b44C2", "name": "North" }, { "id": "GroupCompanyId" }]),
    )
}

fn device() -> Value {
    json!({
        "id": "b8F3", "name": "Unit 7", "deviceType": "GO9", "serialNumber": "G9TEST00001", "productId": 120, "comment": "leased",
        "vehicleIdentificationNumber": "1FUJGLDR9CSBJ0000", "engineVehicleIdentificationNumber": "?", "licensePlate": "TST 100",
        "licenseState": "IN", "vinInfoMake": "Freightliner", "vinInfoModel": "Cascadia", "vinInfoYear": "2020",
        "groups": [{ "id": "GroupVehicleId" }, { "id": "b44C2" }, "b9999"], "activeFrom": "2024-09-10T22:44:05.119Z",
        "activeTo": "2050-01-01T00:00:00.000Z", "ignoreDownloadsUntil": "1986-01-01T00:00:00.000Z", "fuelTankCapacity": 378.5,
        "engineType": "EngineTypeGenericId", "timeZoneId": "America/Los_Angeles", "major": 45, "parameterVersion": 24,
    })
}

fn vehicles(rows: &[Value], counted: Answer) -> (Vec<Fetched>, Vec<Value>) {
    let http = signed_in(vec![result(&json!(rows)), counted, groups()]);
    let pages = asker().walk(&http, Resource::Vehicle);
    assert!(http.is_empty());
    let posted = http.posted();
    (pages, posted)
}

#[test]
fn check_vehicles() {
    let (pages, posted) = vehicles(&[device()], count(1));
    let params = &posted[1]["params"];
    assert_eq!((&params["typeName"], &params["resultsLimit"]), (&json!("Device"), &json!(1_000)));
    assert_eq!(params["sort"], json!({ "sortBy": "id", "sortDirection": "asc", "offset": null }));
    let [vehicle] = records(&pages[0]) else { panic!("{pages:?}") };
    assert_eq!((vehicle.source_id.as_str(), vehicle.is_partial), ("b8F3", false));
    let expected = json!({
        "vehicle_name": "Unit 7", "oem": "Freightliner", "model_type": "Cascadia", "model_year": 2020, "vin": "1FUJGLDR9CSBJ0000",
        "license_plate_region": "IN", "license_plate_number": "TST 100", "started_at": fields(vehicle)["started_at"], "is_active": true,
        "notes": "leased", "eld_id": "b8F3", "eld_serial_number": "G9TEST00001", "eld_device_type": "GO9", "eld_product_id": "120",
        "vehicle_groups": { "GroupVehicleId": "Vehicle", "b44C2": "North", "b9999": null }, "speed_unit": "km/h",
        "odometer_unit": "m", "fuel_unit": "l", "fuel_capacity": "378.5 l",
    });
    assert_eq!(fields(vehicle), expected);
    assert!(fields(vehicle)["started_at"].as_str().unwrap().starts_with("2024-09-10T22:44:05.119"));
    assert!(pages[0].complete_scan && pages[0].cursor.is_none() && !pages[0].more);
}

#[test]
fn trailers_are_no_vehicles_and_retired_ones_are() {
    let rows = [
        json!({ "id": "b1", "deviceType": "None", "tmpTrailerId": "a1", "groups": [{ "id": "GroupVehicleId" }] }),
        json!({ "id": "b2", "deviceType": "GO9", "groups": [{ "id": "GroupTrailerId" }] }),
        json!({ "id": "b3", "deviceType": "None" }),
        json!({ "id": "b4", "deviceType": "None", "groups": [{ "id": "GroupVehicleId" }], "activeTo": "2050-01-01T00:00:00Z" }),
        json!({ "id": "b5", "deviceType": "GO7", "activeFrom": "0001-01-01T00:00:00Z", "activeTo": "2021-11-05T13:35:43.215Z" }),
        json!({ "id": "b6", "deviceType": "GO7", "surprise": [1], "activeFrom": "2027-01-01T00:00:00Z", "vinInfoYear": "n/a" }),
    ];
    let (pages, _) = vehicles(&rows, count(6));
    let ids: Vec<&str> = records(&pages[0]).iter().map(|row| row.source_id.as_str()).collect();
    assert_eq!(ids, ["b4", "b5", "b6"]);
    assert!(pages[0].complete_scan, "what is something else was read all the same");
    let [bare, retired, future] = records(&pages[0]) else { panic!() };
    check_fields(bare, &json!({ "is_active": true, "ended_at": null, "eld_device_type": null }));
    check_fields(retired, &json!({ "is_active": false, "started_at": null }));
    assert!(fields(retired)["ended_at"].as_str().unwrap().starts_with("2021-11-05"));
    check_fields(future, &json!({ "is_active": false, "model_year": null }));
}

#[test]
fn a_list_that_is_not_as_long_as_it_is_counted_removes_nothing() {
    let row = |id: &str| json!({ "id": id, "deviceType": "GO9" });
    let complete = |answers: Vec<Answer>| {
        let http = signed_in(answers);
        let pages = asker().walk(&http, Resource::Vehicle);
        assert!(http.is_empty());
        let offsets: Vec<String> = http.posted().iter().map(|body| body["params"]["sort"]["offset"].to_string()).collect();
        (pages.iter().map(|page| records(page).len()).sum::<usize>(), pages.last().unwrap().complete_scan, offsets[1..].join(" "))
    };
    let none = || result(&json!([]));
    let (found, is_complete, _) = complete(vec![none(), count(0), groups()]);
    assert_eq!((found, is_complete), (0, false), "a user who may see nothing gets nothing, without a word");
    // A page was cut: the list goes on behind it.
    let cut = vec![result(&json!([row("b1"), row("b2")])), count(3), groups(), result(&json!([row("b3")])), count(3), groups()];
    let (found, is_complete, offsets) = complete(cut);
    assert_eq!((found, is_complete), (3, true));
    assert_eq!(offsets, r#"null null null "b2" null null"#);
    let (found, is_complete, _) = complete(vec![result(&json!([row("b1")])), count(2), groups(), none(), count(2), groups()]);
    assert_eq!((found, is_complete), (1, false), "it ends too soon");
    let (found, is_complete, _) = complete(vec![result(&json!([row("b1"), { "name": "?" }])), count(2), groups()]);
    assert_eq!((found, is_complete), (1, false), "one could not be read");
    let (_, is_complete, _) = complete(vec![result(&json!([row("b1")])), fault("GenericException", "down"), groups()]);
    assert!(!is_complete, "nobody counted");
}

#[test]
fn a_long_list_is_read_in_pages() {
    let rows = |from: usize, to: usize| result(&(from..to).map(|id| json!({ "id": format!("b{id:05}") })).collect());
    let http = signed_in(vec![rows(0, 1_000), groups(), rows(1_000, 1_400), count(1_400), groups()]);
    let pages = asker().walk(&http, Resource::Vehicle);
    assert_eq!(pages.iter().map(|page| records(page).len()).collect::<Vec<_>>(), [1_000, 400]);
    assert!(pages[1].complete_scan && http.is_empty());
    let http = signed_in(vec![rows(0, 1_000), groups(), rows(0, 1_000)]);
    let asker = asker();
    let first = asker.ask(&http, Resource::Vehicle, None).unwrap();
    let again = asker.ask(&http, Resource::Vehicle, first.cursor.as_deref());
    assert!(matches!(again, Err(ProviderError::Malformed { .. })), "a list that does not move on");
}

#[test]
fn what_a_device_is_set_to_does_not_modify_its_vehicle_and_the_name_of_a_group_does() {
    let hash = |device: &Value, groups: Answer, now: &str| {
        let http = signed_in(vec![result(&json!([device])), count(1), groups]);
        let pages = Asker { now: at(now), ..asker() }.walk(&http, Resource::Vehicle);
        (records(&pages[0])[0].source_hash.clone(), records(&pages[0])[0].is_partial)
    };
    let now = "2026-11-21T12:00:00Z";
    let first = hash(&device(), groups(), now);
    let mut newer = device();
    (newer["major"], newer["parameterVersion"]) = (json!(46), json!(25));
    assert_eq!(hash(&newer, groups(), now), first);
    let renamed = result(&json!([{ "id": "GroupVehicleId", "name": "Vehicle" }, { "id": "b44C2", "name": "South" }]));
    assert_ne!(hash(&device(), renamed, now), first);
    let (_, is_partial) = hash(&device(), fault("GenericException", "down"), now);
    assert!(is_partial && !first.1, "names that are down replace nothing");
    let mut ending = device();
    ending["activeTo"] = json!("2026-12-01T00:00:00Z");
    assert_ne!(hash(&ending, groups(), now).0, hash(&ending, groups(), "2026-12-02T00:00:00Z").0, "it went out of use");
}

#[test]
fn check_users() {
    let rows = json!([
        {
            "id": "b5CE1", "name": "driver7@example.com", "firstName": "Ada", "lastName": "Test", "isDriver": true,
            "companyGroups": [{ "id": "GroupCompanyId" }, { "id": "b44C2" }], "privateUserGroups": [], "licenseProvince": "OH",
            "licenseNumber": "L1", "countryCode": "ca", "phoneNumber": "+1 5550000003", "phoneNumberExtension": "12", "comment": "",
            "employeeNo": "E-7", "designation": "Driver", "hosRuleSet": "America8DayBig", "isYardMoveEnabled": true,
            "isPersonalConveyanceEnabled": false, "isAdverseDrivingEnabled": true, "authorityName": "Example Fleet",
            "authorityAddress": "1 Example Way", "companyName": "Example Fleet", "companyAddress": "1 Example Way",
            "carrierNumber": "1000001", "timeZoneId": "US/Pacific", "lastAccessDate": "2026-11-20T13:16:19.215Z",
            "activeFrom": "2020-11-20T17:05:22.587Z", "activeTo": "2050-01-01T00:00:00.000Z",
            "securityGroups": [{ "id": "GroupDriveUserSecurityId", "name": "**DriveUserSecurity**" }],
        },
        { "id": "b12", "name": "#EUR0001", "firstName": "", "isDriver": false, "hosRuleSet": "None", "activeTo": "2022-01-01T00:00:00Z" },
    ]);
    let http = signed_in(vec![result(&rows), count(2), groups()]);
    let pages = asker().walk(&http, Resource::User);
    assert_eq!(methods(&http), ["Authenticate", "Get User", "GetCountOf User", "Get Group"]);
    let [driver, office] = records(&pages[0]) else { panic!("{pages:?}") };
    let expected = json!({
        "username": "driver7@example.com", "user_email": "driver7@example.com", "is_active": true, "is_driver": true,
        "user_designation": "Driver", "first_name": "Ada", "last_name": "Test", "phone_number": "+1 5550000003 x12",
        "country_code": "CAN", "license_country": "USA", "license_region": "OH", "license_number": "L1", "employee_number": "E-7",
        "company_groups": { "GroupCompanyId": null, "b44C2": "North" }, "private_user_groups": null,
        "security_groups": { "GroupDriveUserSecurityId": null }, "authority_name": "Example Fleet", "carrier_number": "1000001",
        "hos_ruleset_code": "US_INT_PROP_70_8_BIG", "allow_yard_move": true, "allow_personal_conveyance": false,
        "allow_adverse_driving": true, "default_time_zone": "America/Los_Angeles", "notes": null, "ended_at": null,
    });
    check_fields(driver, &expected);
    assert!(fields(driver)["last_tsp_login"].as_str().unwrap().starts_with("2026-11-20T13:16:19"));
    let expected = json!({
        "username": "#EUR0001", "user_email": null, "first_name": null, "is_active": false, "is_driver": false, "hos_ruleset_code": null,
    });
    check_fields(office, &expected);
    let looked = |time: &str| {
        let row = json!({ "id": "b1", "lastAccessDate": time });
        let pages = asker().walk(&signed_in(vec![result(&json!([row])), count(1), groups()]), Resource::User);
        records(&pages[0])[0].source_hash.clone()
    };
    assert_eq!(looked("2026-11-20T00:00:00Z"), looked("2026-11-21T00:00:00Z"), "a look modifies nobody");
}

#[test]
fn check_trailers() {
    let rows = json!([
        device(),
        {
            "id": "b99", "name": "Trailer 9", "deviceType": "None", "tmpTrailerId": "a9", "groups": [{ "id": "GroupTrailerId" }],
            "licensePlate": "TR 9", "licenseState": "ON", "serialNumber": "S-9", "vehicleIdentificationNumber": "?", "comment": "reefer",
            "activeFrom": "2024-01-01T00:00:00Z", "activeTo": "2050-01-01T00:00:00Z",
        },
        { "id": "b9A", "deviceType": "GO9", "groups": ["GroupTrailerId"], "activeTo": "2020-01-01T00:00:00Z" },
    ]);
    let pages = asker().walk(&signed_in(vec![result(&rows), count(3), groups()]), Resource::Trailer);
    let [bare, tracked] = records(&pages[0]) else { panic!("{pages:?}") };
    let expected = json!({
        "trailer_name": "Trailer 9", "license_plate_number": "TR 9", "license_plate_region": "ON", "license_plate_country": "CA",
        "vin": null, "eld_id": null, "eld_serial_number": "S-9", "eld_device_type": null, "is_active": true, "notes": "reefer",
        "trailer_groups": { "GroupTrailerId": null }, "ended_at": null,
    });
    check_fields(bare, &expected);
    check_fields(tracked, &json!({ "eld_id": "b9A", "eld_device_type": "GO9", "is_active": false }));
    assert!(pages[0].complete_scan);
}
