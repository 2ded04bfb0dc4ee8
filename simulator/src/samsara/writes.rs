//! What the API takes: drivers, changes of drivers, vehicles and the staff, and messages.

use serde_json::{Map, Value, json};

use super::kinds::{DRIVERS, MESSAGES, STAFF, VEHICLES};
use super::refusal::Refusal;
use super::wire::{Single, time};
use super::{Answer, Request, lists, messages};
use crate::http::Reply;

/// The members of a driver that can be written.
const DRIVER: &[&str] = &[
    "name",
    "username",
    "password",
    "phone",
    "licenseNumber",
    "licenseState",
    "notes",
    "timezone",
    "eldExempt",
    "eldPcEnabled",
    "eldYmEnabled",
    "eldAdverseWeatherExemptionEnabled",
    "driverActivationStatus",
];
const VEHICLE: &[&str] = &["name", "vin", "licensePlate", "notes"];
const STAFF_MEMBERS: &[&str] = &["name"];
const VIN_LENGTH: usize = 17;
const PASSWORD_LENGTH: usize = 8;

/// The members of a purchase of fuel: those that it must have, and others.
const PURCHASE: &[&str] = &[
    "fuelQuantityLiters",
    "transactionLocation",
    "transactionReference",
    "transactionTime",
    "transactionPrice",
    "driverId",
    "vehicleId",
    "iftaFuelType",
    "fuelGrade",
    "merchantName",
    "discount",
    "source",
];
const CURRENCIES: &[&str] = &["usd", "gbp", "cad", "eur", "chf", "mxn"];

/// The members of a body, all of which have to be known.
fn members(request: &Request<'_>, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
    let members: Map<String, Value> = serde_json::from_slice(request.body).map_err(|_| Refusal::Value("the body"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(Refusal::Unknown(unknown.clone())),
        None => Ok(members),
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Refusal> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Refusal::Missing(name))
}

fn reply(data: Value) -> Answer {
    Ok(Reply::json(200, &Single { data }))
}

/// `POST /fleet/drivers`. Names to log in with are unique within an account.
pub(super) fn make_driver(request: &Request<'_>) -> Answer {
    let mut sent = members(request, DRIVER)?;
    text(&sent, "name")?;
    let username = text(&sent, "username")?.to_owned();
    if text(&sent, "password")?.len() < PASSWORD_LENGTH {
        return Err(Refusal::Value("password"));
    }
    if lists::all_drivers(request).iter().any(|driver| driver.get("username") == Some(&json!(username))) {
        return Err(Refusal::Taken("username"));
    }
    sent.remove("password");
    let mut written = request.app.written();
    let now = time(request.now);
    let mut driver = json!({
        "id": written.next_id().to_string(), "driverActivationStatus": "active", "isDeactivated": false, "timezone": "America/New_York",
        "createdAtTime": now, "updatedAtTime": now,
    });
    if let Some(members) = driver.as_object_mut() {
        members.extend(sent);
    }
    written.make(DRIVERS, request.account.login, driver.clone());
    reply(driver)
}

/// `PATCH /fleet/drivers/{id}`.
pub(super) fn change_driver(request: &Request<'_>) -> Answer {
    let mut sent = members(request, DRIVER)?;
    let found = lists::all_drivers(request).into_iter().find(|driver| driver.get("id") == Some(&json!(request.id)));
    let found = found.ok_or(Refusal::NotFound)?;
    if let Some(status) = sent.get("driverActivationStatus").cloned() {
        sent.insert("isDeactivated".into(), json!(status == "deactivated"));
    }
    changed(request, DRIVERS, found, sent)
}

/// `PATCH /fleet/vehicles/{id}`.
pub(super) fn change_vehicle(request: &Request<'_>) -> Answer {
    let sent = members(request, VEHICLE)?;
    let is_vin = |vin: &Value| vin.as_str().is_some_and(|vin| vin.is_empty() || vin.len() == VIN_LENGTH);
    if sent.get("vin").is_some_and(|vin| !is_vin(vin)) {
        return Err(Refusal::Value("vin"));
    }
    let found = lists::one_vehicle(request).ok_or(Refusal::NotFound)?;
    changed(request, VEHICLES, found, sent)
}

/// `PATCH /users/{id}`.
pub(super) fn change_staff(request: &Request<'_>) -> Answer {
    let sent = members(request, STAFF_MEMBERS)?;
    let found = lists::all_staff(request).into_iter().find(|user| user.get("id") == Some(&json!(request.id)));
    changed(request, STAFF, found.ok_or(Refusal::NotFound)?, sent)
}

fn changed(request: &Request<'_>, kind: &'static str, record: Value, mut sent: Map<String, Value>) -> Answer {
    if kind != STAFF {
        sent.insert("updatedAtTime".into(), json!(time(request.now)));
    }
    let mut written = request.app.written();
    written.change(kind, request.id, sent);
    reply(written.current(kind, record))
}

/// `POST /v1/fleet/messages`: to drivers of the account.
pub(super) fn send_message(request: &Request<'_>) -> Answer {
    let sent = members(request, &["driverIds", "text"])?;
    let text = text(&sent, "text")?;
    let ids = sent.get("driverIds").and_then(Value::as_array).ok_or(Refusal::Missing("driverIds"))?;
    let drivers = lists::all_drivers(request);
    let is_known = |id: &Value| drivers.iter().any(|driver| driver.get("id") == Some(&json!(id.to_string())));
    if ids.is_empty() || !ids.iter().all(is_known) {
        return Err(Refusal::Value("driverIds"));
    }
    let mut written = request.app.written();
    for id in ids.iter().filter_map(Value::as_u64) {
        written.make(MESSAGES, request.account.login, messages::dispatched(id, text, request.now));
    }
    let data: Vec<Value> = ids.iter().map(|id| json!({ "driverId": id, "text": text })).collect();
    reply(json!(data))
}

/// `POST /fuel-purchase`: answers an id. Purchases are not listed.
pub(super) fn file_purchase(request: &Request<'_>) -> Answer {
    let sent = members(request, PURCHASE)?;
    for name in ["fuelQuantityLiters", "transactionLocation", "transactionReference", "transactionTime"] {
        text(&sent, name)?;
    }
    if text(&sent, "fuelQuantityLiters")?.parse::<f64>().is_err() {
        return Err(Refusal::Value("fuelQuantityLiters"));
    }
    let price = sent.get("transactionPrice").and_then(Value::as_object).ok_or(Refusal::Missing("transactionPrice"))?;
    text(price, "amount")?;
    if !CURRENCIES.contains(&text(price, "currency")?) {
        return Err(Refusal::Value("currency"));
    }
    let is_driver = |id: &Value| lists::all_drivers(request).iter().any(|driver| driver.get("id") == Some(id));
    if sent.get("driverId").is_some_and(|id| !is_driver(id)) {
        return Err(Refusal::Value("driverId"));
    }
    reply(json!({ "uuid": format!("00000000-0000-4000-8000-{:012}", request.app.written().next_id()) }))
}
