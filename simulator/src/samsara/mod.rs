//! The Samsara REST API, as of the OpenAPI description 2025-10-23 and what live tenants were seen to answer.

mod assignments;
mod changes;
mod cursor;
mod dvirs;
mod eld;
mod fault_codes;
mod hos;
mod ifta;
mod kinds;
mod limits;
mod lists;
mod messages;
mod positions;
mod query;
mod refusal;
mod safety;
mod scan;
mod stats;
mod trailer_assignments;
mod trailer_stats;
mod trailers;
mod violations;
mod wire;
mod writes;

use crate::app::App;
use crate::faults::Delivery;
use crate::http::{Call, Reply};
use crate::oauth::server::{Proof, Server};
use crate::provider::{self, Denied, Provider};
use crate::world::{Account, Millis, Vehicle};

use query::Query;
use refusal::Refusal;

/// What every handler works on.
#[derive(Debug)]
struct Request<'a> {
    app: &'a App,
    account: &'a Account,
    /// The route that answers.
    route: &'static str,
    /// What stands in the place of the path's `{id}`.
    id: &'a str,
    query: Query,
    body: &'a [u8],
    delivery: Delivery,
    now: Millis,
}

type Answer = Result<Reply, Refusal>;

impl<'a> Request<'a> {
    /// The vehicles that the query asks for.
    fn vehicles(&self) -> Vec<&'a Vehicle> {
        self.query.vehicles(&self.account.vehicles)
    }
}

/// An endpoint: its path, and what answers it.
struct Route {
    path: &'static str,
    answer: fn(&Request<'_>) -> Answer,
}

/// Fixed names stand before ids, which they win over.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    Route { path: "/me", answer: lists::me },
    Route { path: "/users", answer: lists::users },
    Route { path: "/users/{id}", answer: lists::user },
    Route { path: "/fleet/vehicles", answer: lists::vehicles },
    Route { path: "/fleet/vehicles/locations", answer: positions::latest },
    Route { path: "/fleet/vehicles/locations/feed", answer: positions::feed },
    Route { path: "/fleet/vehicles/locations/history", answer: positions::history },
    Route { path: "/fleet/vehicles/stats", answer: stats::latest },
    Route { path: "/fleet/vehicles/stats/feed", answer: stats::feed },
    Route { path: "/fleet/vehicles/stats/history", answer: stats::history },
    Route { path: "/fleet/vehicles/{id}", answer: lists::vehicle },
    Route { path: "/fleet/drivers", answer: lists::drivers },
    Route { path: "/fleet/drivers/{id}", answer: lists::driver },
    Route { path: "/fleet/trailers", answer: trailers::list },
    Route { path: "/fleet/trailers/stats", answer: trailer_stats::latest },
    Route { path: "/fleet/trailers/stats/feed", answer: trailer_stats::feed },
    Route { path: "/fleet/trailers/stats/history", answer: trailer_stats::history },
    Route { path: "/fleet/driver-vehicle-assignments", answer: assignments::list },
    Route { path: "/v1/fleet/trailers/assignments", answer: trailer_assignments::list },
    Route { path: "/fleet/reports/ifta/vehicle", answer: ifta::vehicles },
    Route { path: "/fleet/hos/logs", answer: hos::logs },
    Route { path: "/fleet/hos/clocks", answer: hos::clocks },
    Route { path: "/fleet/hos/violations", answer: violations::list },
    Route { path: "/fleet/hos/daily-logs", answer: eld::days },
    Route { path: "/v1/fleet/messages", answer: messages::list },
    Route { path: "/dvirs/stream", answer: dvirs::reports },
    Route { path: "/defects/stream", answer: dvirs::defects },
    Route { path: "/defect-types", answer: dvirs::types },
    Route { path: "/safety-events/stream", answer: safety::stream },
    Route { path: "/beta/fleet/hos/drivers/eld-events", answer: eld::events },
];

/// What is written, by method.
#[rustfmt::skip]
const WRITES: &[(&str, Route)] = &[
    ("POST", Route { path: "/fleet/drivers", answer: writes::make_driver }),
    ("PATCH", Route { path: "/fleet/drivers/{id}", answer: writes::change_driver }),
    ("PATCH", Route { path: "/fleet/vehicles/{id}", answer: writes::change_vehicle }),
    ("PATCH", Route { path: "/users/{id}", answer: writes::change_staff }),
    ("POST", Route { path: "/v1/fleet/messages", answer: writes::send_message }),
    ("POST", Route { path: "/fuel-purchase", answer: writes::file_purchase }),
];

impl Route {
    /// The route of a write.
    fn of_write<'a>(method: &str, segments: &[&'a str]) -> Option<(&'static Self, &'a str)> {
        let of_method = WRITES.iter().filter(|(own, _)| *own == method);
        of_method.map(|(_, route)| route).find_map(|route| Some((route, provider::id_in(route.path, segments)?)))
    }

    fn find<'a>(segments: &[&'a str]) -> Option<(&'static Self, &'a str)> {
        ROUTES.iter().find_map(|route| Some((route, provider::id_in(route.path, segments)?)))
    }
}

/// The simulated Samsara.
pub(crate) const SAMSARA: Provider = Provider {
    name: "samsara",
    key_prefix: "samsara_api_",
    credentials: |key| vec![("token", key.to_owned())],
    oauth: Some(OAUTH),
    serve,
};

/// As of "OAuth 2.0" in its developer guide. What an application may read is set where it is registered, so requests name no scopes.
/// Whether it knows challenges is not documented; one that does not would pass over them, and this one is the stricter of both.
const OAUTH: Server = Server {
    authorize: "/oauth2/authorize",
    token: "/oauth2/token",
    proof: Proof::Basic,
    challenges: true,
    token_prefix: "samsara_oauth_",
    token_seconds: 3_600,
    scopes: &[],
    tells_creation: false,
};

fn serve(app: &App, call: &Call<'_>) -> Reply {
    let segments = call.segments();
    let is_read = call.method == "GET";
    let written = if is_read { None } else { Route::of_write(call.method, &segments) };
    let route = written.or_else(|| Route::find(&segments));
    let mut reply = match answer(app, call, route, is_read || written.is_some()) {
        Ok(reply) => reply,
        Err(refusal) => refusal.reply(app.request_number()),
    };
    provider::distort(app, &mut reply);
    reply.route = route.map_or("/unmatched", |(route, _)| route.path);
    reply
}

fn answer(app: &App, call: &Call<'_>, route: Option<(&'static Route, &str)>, is_served: bool) -> Answer {
    let account = SAMSARA.admit(app, call.bearer)?;
    let (route, id) = route.ok_or(Refusal::NotFound)?;
    if !is_served {
        return Err(Refusal::Method);
    }
    app.take_of(&account.org_id, (route.path, limits::of(route.path))).map_err(Denied::TooMany)?;
    if app.board().breaks_write(call.method) {
        return Err(Denied::Broken.into());
    }
    let query = Query::parse(call.query)?;
    if query.one("after").is_some() && app.board().rejects_cursor() {
        return Err(Refusal::Cursor);
    }
    let delivery = app.board().delivery();
    (route.answer)(&Request { app, account, route: route.path, id, query, body: call.body, delivery, now: app.now() })
}

#[cfg(test)]
mod tests;
