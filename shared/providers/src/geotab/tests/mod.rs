//! The adapter against canned responses, in the shapes that the provider documents and that were recorded, with values of our own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use model::telematics::readings::Readings;
use model::telematics::series::Cells as _;
use model::telematics::{Batch, VehiclePosition};
use model::{Resource, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Answer, Asker, Canned, check_fields, credentials, fields, records, response, run};
use crate::{Accounts as _, Fetched, HttpFailure};

mod calls;
mod engines;
mod faults;
mod hours;
mod inspections;
mod lists;
mod messages;
mod months;
mod positions;
mod trailers;
mod violations;
mod writes;

pub(super) const BASE: &str = "https://my.geotab.com/";
const PASSWORD: &str = "hidden-password";
const SESSION: &str = "Session-1-hidden";

/// An account that nobody else asks: sessions are remembered.
pub(super) fn asker() -> Asker<'static> {
    at_base(BASE)
}

fn at_base(base: &str) -> Asker<'static> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let user = format!("api{}@example.com", NUMBER.fetch_add(1, Ordering::Relaxed));
    let given = json!({ "username": user, "password": PASSWORD, "database": "ExampleDB" });
    let credentials = credentials("geotab", &given);
    Asker { adapter: &Geotab, base: base.parse().unwrap(), credentials, now: at("2026-11-21T12:00:00Z"), newest: None }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The answer to a login.
pub(super) fn opened(path: &str) -> Answer {
    let credentials = json!({ "database": "exampledb", "userName": "api@example.com", "sessionId": SESSION });
    result(&json!({ "credentials": credentials, "path": path }))
}

pub(super) fn result(result: &Value) -> Answer {
    response(200, &json!({ "result": result, "jsonrpc": "2.0" }).to_string())
}

/// An error, which comes with status 200.
pub(super) fn fault(name: &str, message: &str) -> Answer {
    let error = json!({
        "message": message, "code": -32_000, "name": "JSONRPCError", "errors": [{ "message": message, "name": name }],
        "data": { "id": "5a1c", "type": name, "requestIndex": 0 },
    });
    response(200, &json!({ "error": error, "jsonrpc": "2.0", "requestIndex": 0 }).to_string())
}

/// The methods of what was asked, each with its kind of records.
pub(super) fn methods(http: &Canned) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |body: &Value| format!("{} {}", text(&body["method"]), text(&body["params"]["typeName"])).trim_end().to_owned();
    http.posted().iter().map(told).collect()
}

pub(super) fn count(count: usize) -> Answer {
    result(&json!(count))
}

/// The answers behind a login.
pub(super) fn signed_in(answers: Vec<Answer>) -> Canned {
    Canned::new([opened("ThisServer")].into_iter().chain(answers).collect())
}

#[test]
fn tables_say_how_it_is_read() {
    let kinds: Vec<(Resource, &str)> = Geotab.capabilities().iter().map(|row| (row.record.resource, row.kind)).collect();
    assert!(kinds.contains(&(Resource::Vehicle, "walk")) && kinds.contains(&(Resource::VehicleLocation, "versions")));
}
