//! The data of endpoints and workers for the template.

use gateway::{Access, DEFAULT_ROUTE, Endpoint, Permission, Trigger, Worker};

use super::policies;

/// One function.
#[derive(Clone, Debug)]
pub struct Row {
    /// The service: functions of one service share a stack.
    pub service: &'static str,
    /// `service.operation`.
    pub handler: &'static str,
    /// A one-line description.
    pub summary: &'static str,
    /// What invokes it.
    pub cause: Cause,
    /// What its role may do.
    pub permissions: &'static [Permission],
}

/// What invokes a function.
#[derive(Clone, Debug)]
pub enum Cause {
    /// Requests.
    Http {
        /// The method in capitals.
        method: String,
        /// Every path; most have one.
        paths: Vec<String>,
        /// The authorization of the routes.
        auth: RouteAuth,
    },
    /// Schedules, messages or table changes.
    Trigger(Trigger),
}

/// The authorization of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteAuth {
    /// No token is required.
    None,
    /// The JWT authorizer requires a valid token.
    Jwt,
}

/// All functions, in the order of the tables.
pub(super) fn all() -> Vec<Row> {
    let services = bootstrap::services().into_iter();
    let endpoints =
        services.flat_map(|service| (service.endpoints)().into_iter().map(move |row| of_endpoint(service.name, &row)));
    let workers = bootstrap::worker_services()
        .into_iter()
        .flat_map(|(service, rows)| rows.into_iter().map(move |row| of_worker(service, &row)));
    endpoints.chain(workers).collect()
}

fn of_endpoint(service: &'static str, endpoint: &Endpoint) -> Row {
    let auth = match endpoint.access {
        // A JWT authorizer cannot be optional: such functions verify the token themselves.
        Access::Public | Access::Optional(_) => RouteAuth::None,
        Access::Token | Access::Scope(_) => RouteAuth::Jwt,
    };
    let cause = Cause::Http { method: endpoint.method.to_string(), paths: endpoint.paths(), auth };
    Row { service, handler: endpoint.handler, summary: endpoint.summary, cause, permissions: endpoint.permissions }
}

fn of_worker(service: &'static str, worker: &Worker) -> Row {
    let cause = Cause::Trigger(worker.trigger);
    Row { service, handler: worker.handler, summary: worker.summary, cause, permissions: worker.permissions }
}

impl Row {
    /// `ShareAgreementsList` for `share_agreements.list`: the start of its logical ids.
    pub(super) fn id(&self) -> String {
        self.handler.split(['.', '_']).map(capitalized).collect()
    }

    /// `share-agreements-list`: the end of its function name.
    pub(super) fn name(&self) -> String {
        self.handler.replace(['.', '_'], "-")
    }

    /// `GET /v2/orgs/fleets`, and `HEAD` of it: the keys of its routes.
    pub(super) fn routes(&self) -> Vec<String> {
        let Cause::Http { method, paths, .. } = &self.cause else { return Vec::new() };
        let of_method = |method| paths.iter().map(move |path| route_key(method, path));
        methods(method).into_iter().flat_map(of_method).collect()
    }

    /// Seconds that one invocation may take.
    pub(super) fn timeout(&self) -> Option<u32> {
        match (&self.cause, self.handler) {
            // These wait for a TSP's response; the API itself times out after 30 s.
            (Cause::Http { .. }, "connections.create" | "connections.update") => Some(29),
            (Cause::Http { method, .. }, handler) if handler.starts_with("connect.") && method == "POST" => Some(29),
            // These may wait for the result of a write.
            (Cause::Http { method, .. }, _) if self.service == "telematics" && method != "GET" => Some(29),
            (Cause::Http { .. }, _) => None,
            (Cause::Trigger(Trigger::Scheduler | Trigger::Queue("ExecutionsQueue" | "WritesQueue")), _) => Some(120),
            (Cause::Trigger(_), _) => Some(60),
        }
    }

    /// Megabytes, where they differ from the stack's. Lambda gives CPU by memory. An execution or a write waits for its TSP for most of its
    /// time: 500 vehicles take 16 ms of a core and 14 MB, which is a tenth of a second with the seventh of a core that it gets here.
    /// A tick queries once, in a sandbox that stays warm.
    pub(super) fn memory(&self) -> Option<u32> {
        match self.cause {
            Cause::Trigger(Trigger::Scheduler | Trigger::Queue("ExecutionsQueue" | "WritesQueue")) => Some(256),
            Cause::Trigger(Trigger::Rate(_)) => Some(128),
            Cause::Http { .. } | Cause::Trigger(_) => None,
        }
    }

    /// Whether it sends messages to the queue that invokes it.
    pub(super) fn sends_to_itself(&self) -> bool {
        let Cause::Trigger(Trigger::Queue(own)) = self.cause else { return false };
        self.permissions.iter().any(|permission| policies::queue_of(*permission) == Some(own))
    }
}

pub(super) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The methods of a row's routes: where there is GET, there is HEAD.
pub(super) fn methods(method: &str) -> Vec<&str> {
    if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] }
}

/// A route's key as API Gateway writes it.
pub(super) fn route_key(method: &str, path: &str) -> String {
    if path == DEFAULT_ROUTE { path.to_owned() } else { format!("{method} {path}") }
}
