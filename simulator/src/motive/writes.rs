//! What the API takes: users and vehicles, made and changed, purchases of fuel, and messages.

use serde_json::{Map, Value, json};

use super::kinds::{MESSAGES, PURCHASES, USERS, VEHICLES};
use super::refusal::Refusal;
use super::wire::{time, with};
use super::{Answer, Request, lists, users};
use crate::http::Reply;

const VIN_LENGTH: usize = 17;
const FUEL_UNITS: [&str; 2] = ["gal", "ltr"];

fn members(request: &Request<'_>) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(request.body).map_err(|_| Refusal::Value("the body"))
}

fn text<'a>(sent: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Refusal> {
    sent.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Refusal::Blank(name))
}

fn made(wrapper: &str, record: &Value) -> Answer {
    Ok(Reply::json(201, &json!({ wrapper: record })))
}

/// Keeps a new record, with an id and the members that were sent.
fn make(request: &Request<'_>, kind: &'static str, defaults: Value, sent: Map<String, Value>) -> Value {
    let mut written = request.app.written();
    let now = time(request.now);
    let own = json!({ "id": written.next_id(), "created_at": now, "updated_at": now });
    let record = with(with(defaults, own), sent.into());
    written.make(kind, request.account.login, record.clone());
    record
}

fn change(request: &Request<'_>, kind: &'static str, wrapper: &str, all: Vec<Value>, mut sent: Map<String, Value>) -> Answer {
    let id: u64 = request.id.parse().map_err(|_| Refusal::NotFound)?;
    let found = all.into_iter().find(|record| record.get("id") == Some(&json!(id))).ok_or(Refusal::NotFound)?;
    sent.insert("updated_at".into(), json!(time(request.now)));
    let mut written = request.app.written();
    written.change(kind, request.id, sent);
    Ok(Reply::json(200, &json!({ wrapper: written.current(kind, found) })))
}

/// `POST /v1/users`. Names to log in with are unique within a company.
pub(super) fn make_user(request: &Request<'_>) -> Answer {
    let mut sent = members(request)?;
    text(&sent, "first_name")?;
    text(&sent, "last_name")?;
    let role = text(&sent, "role")?.to_owned();
    if !["driver", "fleet_user", "admin"].contains(&role.as_str()) {
        return Err(Refusal::Value("role"));
    }
    if role != "driver" {
        text(&sent, "email")?;
    }
    check_username(request, &sent, None)?;
    sent.remove("password");
    made("user", &make(request, USERS, json!({ "status": "active", "group_ids": [], "email": null, "phone": null }), sent))
}

fn check_username(request: &Request<'_>, sent: &Map<String, Value>, own: Option<&str>) -> Result<(), Refusal> {
    let Some(username) = sent.get("username").filter(|name| name.as_str() != Some("")) else { return Ok(()) };
    let others = users::all(request).into_iter().filter(|user| own != user.get("id").map(Value::to_string).as_deref());
    let is_taken = others.filter_map(|user| user.get("username").cloned()).any(|taken| taken == *username);
    if is_taken { Err(Refusal::Taken("username")) } else { Ok(()) }
}

/// `PUT /v1/users/{id}`.
pub(super) fn change_user(request: &Request<'_>) -> Answer {
    let sent = members(request)?;
    check_username(request, &sent, Some(request.id))?;
    change(request, USERS, "user", users::all(request), sent)
}

/// `POST /v1/vehicles`.
pub(super) fn make_vehicle(request: &Request<'_>) -> Answer {
    let sent = members(request)?;
    text(&sent, "number")?;
    text(&sent, "status")?;
    check_vin(&sent)?;
    let defaults =
        json!({ "company_id": lists::company_id(request.account), "metric_units": false, "group_ids": [], "eld_device": null });
    made("vehicle", &make(request, VEHICLES, defaults, sent))
}

fn check_vin(sent: &Map<String, Value>) -> Result<(), Refusal> {
    let is_vin = |vin: &str| vin.is_empty() || vin.len() == VIN_LENGTH;
    let fits = sent.get("vin").is_none_or(|vin| vin.as_str().is_some_and(is_vin));
    if fits { Ok(()) } else { Err(Refusal::Value("vin")) }
}

/// `PUT /v1/vehicles/{id}`.
pub(super) fn change_vehicle(request: &Request<'_>) -> Answer {
    let sent = members(request)?;
    check_vin(&sent)?;
    change(request, VEHICLES, "vehicle", lists::all_vehicles(request), sent)
}

fn known(request: &Request<'_>, sent: &Map<String, Value>, name: &'static str) -> Result<Value, Refusal> {
    let id = sent.get(name).filter(|id| id.is_u64()).ok_or(Refusal::Blank(name))?;
    let all = if name == "vehicle_id" { lists::all_vehicles(request) } else { users::all(request) };
    all.into_iter().find(|record| record.get("id") == Some(id)).ok_or(Refusal::Value(name))
}

/// `POST /v1/fuel_purchases`.
pub(super) fn file_purchase(request: &Request<'_>) -> Answer {
    let mut sent = members(request)?;
    let reference = |record: &Value, names: &[&str]| {
        let members = names.iter().map(|name| ((*name).to_owned(), record.get(*name).cloned().unwrap_or_default()));
        Value::Object(members.collect())
    };
    let vehicle = reference(&known(request, &sent, "vehicle_id")?, &["id", "number", "metric_units"]);
    let driver = reference(&known(request, &sent, "driver_id")?, &["id", "first_name", "last_name"]);
    for name in ["purchased_at", "jurisdiction", "fuel_type"] {
        text(&sent, name)?;
    }
    if !FUEL_UNITS.contains(&text(&sent, "fuel_unit")?) {
        return Err(Refusal::Value("fuel_unit"));
    }
    if sent.get("fuel").and_then(Value::as_f64).is_none_or(|fuel| fuel <= 0.0) {
        return Err(Refusal::Value("fuel"));
    }
    sent.retain(|name, _| !["vehicle_id", "driver_id"].contains(&name.as_str()));
    let defaults = json!({ "offline_id": null, "ref_no": null, "vehicle": vehicle, "driver": driver });
    made("fuel_purchase", &make(request, PURCHASES, defaults, sent))
}

/// `POST /v2/messages`: from a user of the office.
pub(super) fn send_message(request: &Request<'_>) -> Answer {
    let sent = members(request)?;
    let sender = known(request, &sent, "sender_id")?;
    if sender.get("role").and_then(Value::as_str) == Some("driver") {
        return Err(Refusal::Value("sender_id"));
    }
    let receivers = sent.get("receiver_ids").and_then(Value::as_array).filter(|ids| !ids.is_empty());
    let receivers = receivers.ok_or(Refusal::Blank("receiver_ids"))?.clone();
    let all = users::all(request);
    if !receivers.iter().all(|id| all.iter().any(|user| user.get("id") == Some(id))) {
        return Err(Refusal::Value("receiver_ids"));
    }
    let echo = json!({
        "sender_id": sender.get("id"), "recipient_ids": receivers, "body": text(&sent, "body")?, "sent_at": time(request.now),
    });
    made("message", &make(request, MESSAGES, echo, Map::new()))
}
