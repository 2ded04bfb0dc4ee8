//! The Samsara REST API, as of the OpenAPI description 2025-10-23 and what live tenants were seen to answer.

mod cursor;
mod hos;
mod lists;
mod positions;
mod query;
mod refusal;
mod scan;
mod stats;
mod wire;

use crate::app::App;
use crate::faults::{Delivery, Verdict};
use crate::http::{Call, Reply};
use crate::world::{Account, Millis};

use query::Query;
use refusal::Refusal;

/// What a burst of 429 answers asks to wait, in seconds; the fraction is what the real API sends.
const BURST_WAIT_S: f64 = 0.40235;

/// What every handler works on.
#[derive(Debug)]
struct Request<'a> {
    account: &'a Account,
    query: Query,
    delivery: Delivery,
    now: Millis,
}

type Answer = Result<Reply, Refusal>;

/// The endpoints; the order in [`Endpoint::find`] is that of the real API, where fixed names win over ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    Me,
    Vehicles,
    Vehicle(&'a str),
    Drivers,
    Driver(&'a str),
    Locations,
    LocationsFeed,
    LocationsHistory,
    Stats,
    StatsFeed,
    StatsHistory,
    HosLogs,
    HosClocks,
}

impl<'a> Endpoint<'a> {
    fn find(segments: &[&'a str]) -> Option<Self> {
        Some(match segments {
            ["me"] => Self::Me,
            ["fleet", "vehicles"] => Self::Vehicles,
            ["fleet", "vehicles", "locations"] => Self::Locations,
            ["fleet", "vehicles", "locations", "feed"] => Self::LocationsFeed,
            ["fleet", "vehicles", "locations", "history"] => Self::LocationsHistory,
            ["fleet", "vehicles", "stats"] => Self::Stats,
            ["fleet", "vehicles", "stats", "feed"] => Self::StatsFeed,
            ["fleet", "vehicles", "stats", "history"] => Self::StatsHistory,
            ["fleet", "vehicles", id] => Self::Vehicle(id),
            ["fleet", "drivers"] => Self::Drivers,
            ["fleet", "drivers", id] => Self::Driver(id),
            ["fleet", "hos", "logs"] => Self::HosLogs,
            ["fleet", "hos", "clocks"] => Self::HosClocks,
            _ => return None,
        })
    }

    fn route(self) -> &'static str {
        match self {
            Self::Me => "/me",
            Self::Vehicles => "/fleet/vehicles",
            Self::Vehicle(_) => "/fleet/vehicles/{id}",
            Self::Drivers => "/fleet/drivers",
            Self::Driver(_) => "/fleet/drivers/{id}",
            Self::Locations => "/fleet/vehicles/locations",
            Self::LocationsFeed => "/fleet/vehicles/locations/feed",
            Self::LocationsHistory => "/fleet/vehicles/locations/history",
            Self::Stats => "/fleet/vehicles/stats",
            Self::StatsFeed => "/fleet/vehicles/stats/feed",
            Self::StatsHistory => "/fleet/vehicles/stats/history",
            Self::HosLogs => "/fleet/hos/logs",
            Self::HosClocks => "/fleet/hos/clocks",
        }
    }

    fn answer(self, request: &Request<'_>) -> Answer {
        match self {
            Self::Me => Ok(lists::me(request)),
            Self::Vehicles => lists::vehicles(request),
            Self::Vehicle(id) => lists::vehicle(request, id),
            Self::Drivers => lists::drivers(request),
            Self::Driver(id) => lists::driver(request, id),
            Self::Locations => positions::latest(request),
            Self::LocationsFeed => positions::feed(request),
            Self::LocationsHistory => positions::history(request),
            Self::Stats => stats::latest(request),
            Self::StatsFeed => stats::feed(request),
            Self::StatsHistory => stats::history(request),
            Self::HosLogs => hos::logs(request),
            Self::HosClocks => hos::clocks(request),
        }
    }
}

/// Answers a request to the Samsara API.
pub(crate) fn serve(app: &App, call: &Call<'_>) -> Reply {
    let segments = call.segments();
    let endpoint = Endpoint::find(&segments);
    let mut reply = match admitted(app, call, endpoint) {
        Ok(reply) => reply,
        Err(refusal) => refusal.reply(app.request_number()),
    };
    if reply.status == 200 && app.board().truncates() {
        reply.body.truncate(reply.body.len() / 2);
    }
    reply.route = endpoint.map_or("/unmatched", Endpoint::route);
    reply
}

fn admitted(app: &App, call: &Call<'_>, endpoint: Option<Endpoint<'_>>) -> Answer {
    let now = app.now();
    let token = call.bearer.ok_or(Refusal::Token)?;
    let account = app.world.account(token).ok_or(Refusal::Token)?;
    if app.board().faults().revoked_tokens.contains(token) {
        return Err(Refusal::Token);
    }
    app.limiter().take(token, now).map_err(Refusal::TooMany)?;
    match app.board().verdict() {
        Verdict::Pass => {}
        Verdict::RateLimit => return Err(Refusal::TooMany(BURST_WAIT_S)),
        Verdict::ServerError => return Err(Refusal::Broken),
    }
    let endpoint = endpoint.ok_or(Refusal::NotFound)?;
    if call.method != "GET" {
        return Err(Refusal::Method);
    }
    let delivery = app.board().delivery();
    endpoint.answer(&Request { account, query: Query::parse(call.query)?, delivery, now })
}

#[cfg(test)]
mod tests;
