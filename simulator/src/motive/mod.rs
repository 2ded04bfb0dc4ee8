//! The API of Motive, after its documentation and what live accounts were seen to answer.

mod assets;
mod days;
mod dispatches;
mod drives;
mod fault_codes;
mod kinds;
mod lists;
mod logs;
mod positions;
mod query;
mod refusal;
#[cfg(test)]
mod tests;
mod users;
mod wire;
mod writes;

use crate::app::App;
use crate::faults::Delivery;
use crate::http::{Call, Reply};
use crate::oauth::server::{Proof, Server};
use crate::provider::{self, Provider};
use crate::world::{Account, Millis};

use query::Query;
use refusal::Refusal;

/// What every handler works on.
#[derive(Debug)]
struct Request<'a> {
    account: &'a Account,
    /// What stands in the place of the path's `{id}`.
    id: &'a str,
    query: Query,
    body: &'a [u8],
    app: &'a App,
    delivery: Delivery,
    now: Millis,
}

type Answer = Result<Reply, Refusal>;

/// An endpoint: its path, and what answers it.
struct Route {
    path: &'static str,
    answer: fn(&Request<'_>) -> Answer,
}

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route { path: "/v1/companies", answer: lists::companies },
    Route { path: "/v1/groups", answer: lists::groups },
    Route { path: "/v1/vehicles", answer: lists::vehicles },
    Route { path: "/v1/users", answer: users::list },
    Route { path: "/v1/assets", answer: assets::list },
    Route { path: "/v1/asset_locations", answer: assets::latest },
    Route { path: "/v1/asset_locations/{id}", answer: assets::history },
    Route { path: "/v1/vehicle_locations", answer: positions::stale },
    Route { path: "/v2/vehicle_locations", answer: positions::stale },
    Route { path: "/v3/vehicle_locations", answer: positions::live },
    Route { path: "/v3/vehicle_locations/{id}", answer: positions::history },
    Route { path: "/v1/logs", answer: logs::list },
    Route { path: "/v2/logs", answer: logs::list },
    Route { path: "/v1/driving_periods", answer: drives::list },
    Route { path: "/v1/fault_codes", answer: fault_codes::list },
    Route { path: "/v1/fuel_purchases", answer: drives::purchases },
    Route { path: "/v1/dispatches", answer: dispatches::list },
    Route { path: "/v1/dispatch_locations", answer: dispatches::locations },
];

/// What is written, by method.
#[rustfmt::skip]
const WRITES: &[(&str, Route)] = &[
    ("POST", Route { path: "/v1/users", answer: writes::make_user }),
    ("PUT", Route { path: "/v1/users/{id}", answer: writes::change_user }),
    ("POST", Route { path: "/v1/vehicles", answer: writes::make_vehicle }),
    ("PUT", Route { path: "/v1/vehicles/{id}", answer: writes::change_vehicle }),
    ("POST", Route { path: "/v1/fuel_purchases", answer: writes::file_purchase }),
    ("POST", Route { path: "/v2/messages", answer: writes::send_message }),
];

/// The simulated Motive.
pub(crate) const MOTIVE: Provider = Provider {
    name: "motive",
    key_prefix: "motive_key_",
    credentials: |key| vec![("api_key", key.to_owned())],
    oauth: Some(OAUTH),
    serve,
};

/// As of "OAuth 2.0" in its developer documentation, which knows no challenges: the parameters are passed over.
const OAUTH: Server = Server {
    authorize: "/oauth/authorize",
    token: "/oauth/token",
    proof: Proof::Form,
    challenges: false,
    token_prefix: "motive_oauth_",
    token_seconds: 7_200,
    scopes: &[
        "companies.read",
        "vehicles.read",
        "users.read",
        "hos_logs.logs",
        "hos_logs.available_time",
        "hos_logs.hours_of_service",
        "hos_logs.hos_violation",
        "locations.vehicle_locations_list",
        "locations.vehicle_locations_single",
        "locations.driver_locations",
        "locations.asset_locations",
        "inspection_reports.read",
        "driver_performance_events.read",
        "fault_codes.read",
        "fuel_purchases.read",
        "assets.read",
        "dispatches.read",
        "geofences.read",
        "company_webhooks.manage",
    ],
    tells_creation: true,
};

fn serve(app: &App, call: &Call<'_>) -> Reply {
    let segments = call.segments();
    let at = |route: &'static Route| Some((route, provider::id_in(route.path, &segments)?));
    let written = WRITES.iter().filter(|(method, _)| *method == call.method).find_map(|(_, route)| at(route));
    let is_write = written.is_some();
    let route = written.or_else(|| ROUTES.iter().find_map(at));
    let mut reply = match answer(app, call, route, is_write) {
        Ok(reply) => reply,
        Err(refusal) => refusal.reply(),
    };
    provider::distort(app, &mut reply);
    reply.route = route.map_or("/unmatched", |(route, _)| route.path);
    reply
}

fn answer(app: &App, call: &Call<'_>, route: Option<(&'static Route, &str)>, is_write: bool) -> Answer {
    let account = MOTIVE.admit(app, call.api_key.or(call.bearer))?;
    let (route, id) = route.ok_or(Refusal::NotFound)?;
    if call.method != "GET" && !is_write {
        return Err(Refusal::Method);
    }
    if app.board().breaks_write(call.method) {
        return Err(provider::Denied::Broken.into());
    }
    let query = Query::parse(call.query)?;
    let delivery = app.board().delivery();
    (route.answer)(&Request { account, id, query, body: call.body, app, delivery, now: app.now() })
}
