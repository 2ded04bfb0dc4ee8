//! Users: drivers, with members that others lack, and the office.

use serde_json::{Value, json};

use super::days::Zone;
use super::kinds::USERS;
use super::wire::{names, number, status, time, with};
use super::{Answer, Request};
use crate::world::{Account, Driver, Employment, Millis, Seat};

/// Office staff: first and last name, role.
const OFFICE: [(&str, &str, &str); 2] = [("Dana", "Whitfield", "admin"), ("Omar", "Reyes", "fleet_user")];
const HOUR_MS: Millis = 3_600_000;

enum Person<'a> {
    Driver(&'a Driver),
    Office(usize),
}

/// `GET /v1/users`: all, those who left too, unless `role` or `status` say otherwise.
pub(super) fn list(request: &Request<'_>) -> Answer {
    let mut all = all(request);
    for name in ["role", "status"] {
        if let Some(wanted) = request.query.one(name) {
            all.retain(|body| body.get(name).and_then(Value::as_str) == Some(wanted));
        }
    }
    Ok(request.query.page("users", "user", &all, Value::clone))
}

/// The users as they are now, those that were made among them.
pub(super) fn all(request: &Request<'_>) -> Vec<Value> {
    let written = request.app.written();
    let drivers = request.account.drivers.iter().map(Person::Driver);
    let people = drivers.chain((0..OFFICE.len()).map(Person::Office));
    let own = people.map(|person| written.current(USERS, body(request, &person)));
    own.chain(written.made(USERS, request.account.login)).collect()
}

fn body(request: &Request<'_>, person: &Person<'_>) -> Value {
    match person {
        Person::Driver(driver) => driver_body(request, driver),
        Person::Office(index) => office_body(request.account, *index),
    }
}

/// What users of all roles have.
fn common(id: u64, (first, last): (&str, &str), role: &str, status: &str, created: Millis) -> Value {
    json!({
        "id": id, "first_name": first, "last_name": last, "email": null, "phone": null, "phone_country_code": null, "phone2": null,
        "phone_country_code2": null, "phone_ext": null, "company_reference_id": null, "time_zone": super::days::COMPANY.name,
        "metric_units": false, "role": role, "status": status, "group_ids": [], "created_at": time(created),
        "updated_at": time(created), "mobile_current_sign_in_at": null, "mobile_last_active_at": null, "mobile_last_sign_in_at": null,
        "web_current_sign_in_at": null, "web_last_active_at": null, "web_last_sign_in_at": null, "associated_dispatcher_id": null,
        "expires_at": null, "external_ids": null,
    })
}

fn office_body(account: &Account, index: usize) -> Value {
    let (first, last, role) = OFFICE.get(index).copied().unwrap_or_default();
    let id = account.org_id.parse::<u64>().unwrap_or_default() * 10 + u64::try_from(index).unwrap_or_default();
    let created = account.vehicles.first().map_or(0, |vehicle| vehicle.created_ms);
    let email = format!("{}@{}.example.com", first.to_lowercase(), account.org_id);
    with(common(id, (first, last), role, "active", created), json!({ "email": email }))
}

fn driver_body(request: &Request<'_>, driver: &Driver) -> Value {
    let account = request.account;
    let body = common(number(driver.id), names(driver), "driver", status(driver), driver.created_ms);
    // The app signs in anew each day, and is active every few minutes.
    let has_app = driver.employment == Employment::Active && driver.seat.is_some();
    let every = |span: Millis| has_app.then(|| time(request.now - request.now.rem_euclid(span)));
    let personal = driver.seat.is_some_and(|Seat { number, .. }| number == 0);
    let more = json!({
        "time_zone": Zone::of(driver.time_zone).name, "mobile_current_sign_in_at": every(24 * HOUR_MS),
        "mobile_last_active_at": every(HOUR_MS / 12), "username": driver.username, "driver_company_id": null, "drivers_license_number": driver.license.1,
        "drivers_license_state": driver.license.0, "joined_at": time(driver.created_ms).get(..10), "duty_status": "off_duty",
        "eld_mode": "logs", "cycle": "70_8", "cycle2": "70_8_2020", "violation_alerts": "1_hour", "carrier_name": account.name,
        "carrier_street": account.address.split(", ").next(), "carrier_city": account.address.split(", ").nth(1),
        "carrier_state": account.address.split(", ").nth(2).and_then(|rest| rest.get(..2)),
        "carrier_zip": account.address.split(", ").nth(2).and_then(|rest| rest.get(3..)), "terminal_street": null,
        "terminal_city": null, "terminal_state": null, "terminal_zip": null, "exception_24_hour_restart": false,
        "exception_8_hour_break": false, "exception_adverse_driving": false, "exception_ca_farm_school_bus": false,
        "exception_short_haul": false, "exception_wait_time": false, "minute_logs": true, "manual_driving_enabled": false,
        "personal_conveyance_enabled": personal, "yard_moves_enabled": false,
    });
    with(body, more)
}
