//! What no route leads to: paths that do not exist, methods that a path does not have, and `OPTIONS`.

use std::collections::BTreeSet;

use gateway::{
    ApiError, BoxFuture, Call, Context, Describe, Endpoint, Incoming, MemberSpec, Response, ResponseSchemas, Route, Serve,
    Service,
};
use http::{Method, StatusCode};
use schemars::SchemaGenerator;

/// The service of the one row.
pub(crate) const SERVICE: Service =
    Service { name: "routes", title: "Routes", description: "What no other route answers.", tags: &[], endpoints };

fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::default_route("routes.unmatched", &Unmatched).summary("Answer what no other route does")]
}

struct Unmatched;

impl Describe for Unmatched {
    fn members(&self) -> Vec<MemberSpec> {
        Vec::new()
    }

    fn responses(&self, _: &mut SchemaGenerator) -> ResponseSchemas {
        Vec::new()
    }
}

impl Serve for Unmatched {
    fn call<'a>(&'a self, context: &'a Context, _: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            match answer(&routes(), &incoming.method, &incoming.raw_path) {
                Err(error) if is_below(&incoming.raw_path, "/docs") => {
                    Ok(page(&error, documentation::error_page(context, incoming, &error)))
                }
                Err(error) if is_page(&incoming.raw_path) => Ok(page(&error, connect::error_page(context, incoming, &error))),
                answered => answered,
            }
        })
    }
}

/// Whether a fleet asks, with a browser.
fn is_page(path: &str) -> bool {
    path == "/" || ["/connect", "/embed"].iter().any(|root| is_below(path, root))
}

fn is_below(path: &str, root: &str) -> bool {
    path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

fn page(error: &ApiError, mut page: Response) -> Response {
    if let Some(allow) = error.header("allow") {
        page.set("allow", allow);
    }
    page
}

/// Every route. Of the documentation no more is known here: its texts are no part of this artifact.
fn routes() -> Vec<Route> {
    let served = crate::api_services().into_iter().flat_map(|service| (service.endpoints)());
    let read = documentation::PATHS.map(|path| Route { method: Method::GET, path });
    served.map(|row| row.route()).chain(read).collect()
}

fn answer(routes: &[Route], method: &Method, path: &str) -> Result<Response, ApiError> {
    let methods: BTreeSet<String> =
        routes.iter().filter(|row| row.is_at(path)).flat_map(|row| row.methods()).map(|method| method.to_string()).collect();
    if methods.is_empty() {
        return Err(ApiError::no_such_path(meant(routes, path).as_deref()));
    }
    let allow: Vec<String> = methods.into_iter().chain([Method::OPTIONS.to_string()]).collect();
    let allow = allow.join(", ");
    if *method != Method::OPTIONS {
        return Err(ApiError::method_not_allowed(method, &allow));
    }
    let mut response = Response::empty(StatusCode::NO_CONTENT);
    response.set("allow", &allow);
    Ok(response)
}

/// The path that differs from the one that was sent only in slashes, in capitals, or in `_` for `-`.
fn meant(routes: &[Route], sent: &str) -> Option<String> {
    let sent: Vec<&str> = sent.split('/').filter(|part| !part.is_empty()).collect();
    routes.iter().find_map(|row| {
        let own: Vec<&str> = row.path.split('/').skip(1).collect();
        let pairs = || own.iter().zip(&sent);
        let is_meant = !sent.is_empty()
            && own.len() == sent.len()
            && pairs().all(|(own, sent)| own.starts_with('{') || own.eq_ignore_ascii_case(&sent.replace('_', "-")));
        let spelled = pairs().map(|(own, sent)| if own.starts_with('{') { *sent } else { *own });
        is_meant.then(|| spelled.fold(String::new(), |path, part| path + "/" + part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, path: &str, expected: (u16, Option<&str>)) {
        let answered = answer(&routes(), &method, path);
        let (status, allow) = match answered {
            Ok(response) => (response.status, response.headers.get("allow").map(|allow| allow.to_str().unwrap().to_owned())),
            Err(error) => (error.status(), error.header("allow").map(str::to_owned)),
        };
        assert_eq!((status.as_u16(), allow.as_deref()), expected, "{method} {path}");
    }

    #[test]
    fn a_path_answers_its_methods() {
        let fleets = Some("GET, HEAD, OPTIONS");
        check(Method::OPTIONS, "/v2/orgs/fleets", (204, fleets));
        check(Method::DELETE, "/v2/orgs/fleets", (405, fleets));
        check(Method::OPTIONS, "/v2/orgs/invitations", (204, Some("GET, HEAD, POST, OPTIONS")));
        check(Method::PUT, "/v2/orgs/share_agreements/1", (405, Some("DELETE, GET, HEAD, PATCH, OPTIONS")));
        check(Method::HEAD, "/realms/other/protocol/openid-connect/token", (405, Some("POST, OPTIONS")));
        check(Method::POST, "/", (405, fleets));
        for path in ["/v2/orgs/fleets/", "/v2/orgs", "/v2/orgs/fleets/1/2", "", "*", "/$default"] {
            check(Method::OPTIONS, path, (404, None));
        }
    }

    #[test]
    fn a_path_that_is_almost_right_gets_a_hint() {
        for (sent, expected) in [
            ("/v2/orgs/fleets/", Some("/v2/orgs/fleets")),
            ("//v2/orgs//fleets", Some("/v2/orgs/fleets")),
            ("/V2/Orgs/Fleets/a_B/", Some("/v2/orgs/fleets/a_B")),
            ("/v2/telematics/hos_events", Some("/v2/telematics/hos-events")),
            ("/v2/orgs/fleet", None),
            ("/", None),
        ] {
            assert_eq!(meant(&routes(), sent).as_deref(), expected, "{sent}");
        }
    }
}
