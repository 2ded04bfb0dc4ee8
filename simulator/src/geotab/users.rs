//! Users: drivers, who have members that others lack, and the office.

use serde_json::{Value, json};

use super::wire::{NEVER, left, reference, time, user_id, without_nulls};
use super::{Request, user_name};
use crate::world::{Account, Driver, Millis};

const HOUR_MS: Millis = 3_600_000;
/// The user that programs sign in as, who is also who repairs.
pub(super) const OFFICE_ID: &str = "b1C9C380";

/// `User`: those who left stay listed.
pub(super) fn list(request: &Request<'_>) -> Vec<Value> {
    let drivers = request.account.drivers.iter().map(|driver| driver_body(request, driver));
    drivers.chain([office_body(request)]).collect()
}

/// What users of all roles have.
fn common(account: &Account, id: &str, name: &str, group: &str) -> Value {
    let company = [reference("GroupCompanyId")];
    json!({
        "id": id, "name": name, "comment": "", "designation": "", "employeeNo": "", "companyGroups": company,
        "privateUserGroups": [], "reportGroups": [], "securityGroups": [{ "id": group, "name": "**Security**" }],
        "phoneNumber": "", "phoneNumberExtension": "", "countryCode": "us", "language": "en", "isMetric": false,
        "userAuthenticationType": "BasicAuthentication", "isYardMoveEnabled": false, "isPersonalConveyanceEnabled": false,
        "isAdverseDrivingEnabled": true, "isExemptHOSEnabled": false, "companyName": account.name, "companyAddress": account.address,
        "authorityName": account.name, "authorityAddress": account.address, "carrierNumber": account.dot_number.to_string(),
        "activeTo": NEVER, "hosRuleSet": "None", "isDriver": false, "dateFormat": "MM/dd/yy HH:mm:ss", "mapViews": [],
    })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut body, more) {
        members.extend(more);
    }
    without_nulls(body)
}

fn driver_body(request: &Request<'_>, driver: &Driver) -> Value {
    let account = request.account;
    let (first, last) = driver.name.split_once(' ').unwrap_or((driver.name.as_str(), ""));
    let has_seat = driver.seat.is_some();
    let more = json!({
        "activeFrom": time(driver.created_ms), "activeTo": left(driver), "firstName": first, "lastName": last, "isDriver": true,
        "timeZoneId": driver.time_zone, "licenseProvince": driver.license.0, "licenseNumber": driver.license.1,
        "hosRuleSet": "America8Day", "isPersonalConveyanceEnabled": driver.seat.is_some_and(|seat| seat.number == 0),
        "driverGroups": [reference("GroupCompanyId")], "keys": [],
        "lastAccessDate": has_seat.then(|| time(request.now - request.now.rem_euclid(HOUR_MS))),
    });
    with(common(account, &user_id(driver), &driver.username, "GroupDriveUserSecurityId"), more)
}

/// The user that programs sign in as.
fn office_body(request: &Request<'_>) -> Value {
    let account = request.account;
    let created = account.vehicles.first().map(|vehicle| time(vehicle.created_ms));
    let more = json!({
        "activeFrom": created, "firstName": "Integration", "lastName": "User", "timeZoneId": "US/Pacific",
        "lastAccessDate": time(request.now),
    });
    with(common(account, OFFICE_ID, &user_name(account.login), "GroupEverythingSecurityId"), more)
}
