//! `/_sim/`: the control interface for tests.
//!
//! - `GET /_sim/state`: requests per route and status, accounts, active faults.
//! - `PUT /_sim/faults`: replaces the faults by a JSON object; unknown fields are rejected.
//! - `DELETE /_sim/faults`: ends all faults.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::{App, Counts};
use crate::faults::{FaultError, Faults};
use crate::http::{Call, Reply};
use crate::providers::PROVIDERS;
use crate::world::{Account, Millis};

#[derive(Debug, Serialize)]
struct State {
    now_ms: Millis,
    requests: Counts,
    accounts: Vec<AccountState>,
    faults: Faults,
}

#[derive(Debug, Serialize)]
struct AccountState {
    /// What opens it, by provider.
    keys: BTreeMap<&'static str, String>,
    org_id: String,
    name: String,
    vehicles: usize,
    reporting_vehicles: usize,
    drivers: usize,
}

#[derive(Debug, Serialize)]
struct Problem {
    message: String,
}

pub(crate) fn serve(app: &App, call: &Call<'_>) -> Reply {
    match (call.method, call.segments().as_slice()) {
        ("GET", ["state"]) => Reply::json(200, &state(app)),
        ("PUT", ["faults"]) => put_faults(app, call.body),
        ("DELETE", ["faults"]) => match set(app, Faults::default()) {
            Ok(()) => Reply::text(204, ""),
            Err(error) => problem(400, &error),
        },
        (_, ["state" | "faults"]) => problem(405, &"method not allowed"),
        _ => problem(404, &"not found"),
    }
}

fn put_faults(app: &App, body: &[u8]) -> Reply {
    let faults: Faults = match serde_json::from_slice(body) {
        Ok(faults) => faults,
        Err(error) => return problem(400, &error),
    };
    match set(app, faults.clone()) {
        Ok(()) => Reply::json(200, &faults),
        Err(error) => problem(400, &error),
    }
}

fn set(app: &App, faults: Faults) -> Result<(), FaultError> {
    let now = app.now();
    app.board().set(faults, now)
}

fn state(app: &App) -> State {
    State {
        now_ms: app.now(),
        requests: app.counts(),
        accounts: app.world.accounts().iter().map(account_state).collect(),
        faults: app.board().faults().clone(),
    }
}

fn account_state(account: &Account) -> AccountState {
    AccountState {
        keys: PROVIDERS.iter().map(|provider| (provider.name, provider.key(account))).collect(),
        org_id: account.org_id.clone(),
        name: account.name.clone(),
        vehicles: account.vehicles.len(),
        reporting_vehicles: account.vehicles.iter().filter(|vehicle| vehicle.reports()).count(),
        drivers: account.drivers.len(),
    }
}

fn problem(status: u16, message: &impl ToString) -> Reply {
    Reply::json(status, &Problem { message: message.to_string() })
}
