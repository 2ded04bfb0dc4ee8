//! The simulated MyGeotab: JSON-RPC at one address, a login before everything else, errors with status 200.

mod attachments;
mod devices;
mod drives;
mod dvirs;
mod fault_data;
mod feed;
mod fuel_tax;
mod hos;
mod kinds;
mod limits;
mod messages;
mod record;
mod rpc;
mod search;
mod telemetry;
#[cfg(test)]
mod tests;
mod users;
mod wire;
mod writes;

use std::cell::Cell;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::faults::Delivery;
use crate::http::{Call, Reply};
use crate::limiter::Left;
use crate::provider::{self, Denied, Provider};
use crate::world::{Account, Millis};
use kinds::Kind;
use rpc::Fault;

/// What every method works on.
struct Request<'a> {
    app: &'a App,
    account: &'a Account,
    params: &'a Map<String, Value>,
    delivery: Delivery,
    now: Millis,
    /// What is left of the limit that the last call counted against.
    left: &'a Cell<Option<Left>>,
}

type Answer = Result<Value, Fault>;

const KEY_PREFIX: &str = "geotab_password_";
const PATH: &str = "/apiv1";

/// The simulated MyGeotab. The password of a database is its key.
pub(crate) const GEOTAB: Provider = Provider { name: "geotab", key_prefix: KEY_PREFIX, credentials, oauth: None, serve };

/// The user that programs sign in as.
fn user_name(database: &str) -> String {
    format!("api@{database}.example.com")
}

/// A password tells its database; one that is wrong is tried with the first.
fn credentials(key: &str) -> Vec<(&'static str, String)> {
    let database = key.strip_prefix(KEY_PREFIX).unwrap_or("demo");
    vec![("username", user_name(database)), ("password", key.to_owned()), ("database", database.to_owned())]
}

fn serve(app: &App, call: &Call<'_>) -> Reply {
    let is_known = call.path.trim_end_matches('/') == PATH;
    let left = Cell::new(None);
    let mut reply = match answer(app, call, is_known, &left) {
        Ok(result) => Reply::json(200, &json!({ "result": result, "jsonrpc": "2.0" })),
        Err(fault) => fault.reply(app.request_number()),
    };
    if let Some(left) = left.get() {
        limits::tell(&mut reply, left);
    }
    provider::distort(app, &mut reply);
    reply.route = if is_known { PATH } else { "/unmatched" };
    reply
}

fn answer(app: &App, call: &Call<'_>, is_known: bool, left: &Cell<Option<Left>>) -> Answer {
    if !is_known || call.method != "POST" {
        return Err(Fault::NotFound);
    }
    let body: Value = serde_json::from_slice(call.body).map_err(|_| Fault::NoJson)?;
    let method = body.get("method").and_then(Value::as_str).ok_or(Fault::NoMethod)?;
    let none = Map::new();
    let params = body.get("params").and_then(Value::as_object).unwrap_or(&none);
    if method == "Authenticate" {
        return login(app, params, left);
    }
    let account = session(app, params)?;
    let delivery = app.board().delivery();
    dispatch(method, &Request { app, account, params, delivery, now: app.now(), left })
}

/// `Authenticate`: a session, and where calls go from here on.
fn login(app: &App, params: &Map<String, Value>, left: &Cell<Option<Left>>) -> Answer {
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let database = text("database").to_lowercase();
    let account = app.world.account(&database).ok_or_else(|| Fault::UnknownDatabase(text("database").to_owned()))?;
    left.set(limits::take(app, account.login, "Authenticate", "")?);
    let is_right = text("password") == GEOTAB.key(account) && text("userName").eq_ignore_ascii_case(&user_name(&database));
    if !is_right {
        return Err(Fault::User("Incorrect login credentials".into()));
    }
    let account = GEOTAB.admit(app, Some(text("password"))).map_err(refused)?;
    let credentials = json!({
        "database": account.login, "userName": user_name(account.login),
        "sessionId": format!("{}{}", session_prefix(account), app.request_number()),
    });
    Ok(json!({ "credentials": credentials, "path": "ThisServer" }))
}

fn session_prefix(account: &Account) -> String {
    format!("Simulated{}Session", account.org_id)
}

/// The account of a session.
fn session<'a>(app: &'a App, params: &Map<String, Value>) -> Result<&'a Account, Fault> {
    let text = |name: &str| params.get("credentials").and_then(|all| all.get(name)?.as_str()).unwrap_or_default();
    let database = text("database");
    let invalid = || Fault::User(format!("Invalid session @ '{database}'"));
    let account = app.world.account(&database.to_lowercase()).ok_or_else(invalid)?;
    if !text("sessionId").starts_with(&session_prefix(account)) || app.board().ends_session() {
        return Err(invalid());
    }
    GEOTAB.admit(app, Some(&GEOTAB.key(account))).map_err(refused)
}

fn refused(denied: Denied) -> Fault {
    match denied {
        Denied::Key => Fault::User("Incorrect login credentials".into()),
        Denied::TooMany(wait_s) => Fault::OverLimit(wait_s.ceil().max(1.0)),
        Denied::Burst => Fault::OverLimit(1.0),
        Denied::Broken => Fault::Broken,
    }
}

fn dispatch(method: &str, request: &Request<'_>) -> Answer {
    let kind = request.params.get("typeName").and_then(Value::as_str).unwrap_or_default();
    if let Some(left) = limits::take(request.app, request.account.login, method, kind)? {
        request.left.set(Some(left));
    }
    match method {
        "GetVersion" => Ok("11.108.214.0".into()),
        "Get" => Ok(Kind::of(request)?.get(request)),
        "GetCountOf" => Ok(Kind::of(request)?.count(request).into()),
        "GetFeed" => feed::page(Kind::of(request)?, request),
        "Set" => writes::set(request),
        "Add" => writes::add(request),
        "ExecuteMultiCall" => multi_call(request),
        other => Err(Fault::Method(other.to_owned())),
    }
}

/// `ExecuteMultiCall`: the results of several calls, or the error of the first that fails.
fn multi_call(request: &Request<'_>) -> Answer {
    let calls = request.params.get("calls").and_then(Value::as_array).ok_or(Fault::Argument("calls"))?;
    let one = |call: &Value| {
        let method = call.get("method").and_then(Value::as_str).ok_or(Fault::NoMethod)?;
        let params = call.get("params").and_then(Value::as_object).ok_or(Fault::Argument("params"))?;
        if method == "ExecuteMultiCall" {
            return Err(Fault::Argument("calls"));
        }
        dispatch(method, &Request { params, delivery: request.delivery.clone(), ..*request })
    };
    calls.iter().map(one).collect::<Result<Vec<Value>, Fault>>().map(Value::Array)
}
