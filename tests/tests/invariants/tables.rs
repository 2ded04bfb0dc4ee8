//! The tables of endpoints and workers.

use std::collections::BTreeSet;

use gateway::{Access, Permission};

#[test]
fn handlers_are_unique() {
    let endpoints = bootstrap::endpoints();
    let workers = bootstrap::workers();
    let handlers = endpoints.iter().map(|endpoint| endpoint.handler).chain(workers.iter().map(|worker| worker.handler));
    let mut seen = BTreeSet::new();
    for handler in handlers {
        assert!(seen.insert(handler), "two functions have the handler {handler}");
        let is_plain = handler.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter == '.');
        assert!(is_plain && handler.matches('.').count() == 1, "{handler} is not service.operation");
    }
}

#[test]
fn routes_are_unique() {
    let mut seen = BTreeSet::new();
    for key in bootstrap::endpoints().iter().flat_map(gateway::Endpoint::route_keys) {
        assert!(seen.insert(key.clone()), "{key} is served twice");
    }
    assert!(seen.len() <= 284, "an HTTP API may have 300 routes, and has {}", seen.len());
}

#[test]
fn functions_that_read_tokens_may_verify_them() {
    for endpoint in bootstrap::endpoints().iter().filter(|endpoint| endpoint.access != Access::Public) {
        for needed in [Permission::VerifyTokens, Permission::ReadControl] {
            assert!(endpoint.permissions.contains(&needed), "{} lacks {needed:?}", endpoint.handler);
        }
        let counts = [Permission::CountRequests, Permission::WriteControl].map(|one| endpoint.permissions.contains(&one));
        assert_ne!(counts, [false, false], "{} cannot count requests", endpoint.handler);
        assert_ne!(counts, [true, true], "{} may count requests as it may write the table", endpoint.handler);
    }
}

#[test]
fn everything_has_a_summary() {
    for endpoint in bootstrap::endpoints() {
        assert!(!endpoint.summary.is_empty(), "{} has no summary", endpoint.handler);
    }
    for worker in bootstrap::workers() {
        assert!(!worker.summary.is_empty(), "{} has no summary", worker.handler);
    }
}

/// The public routes (GET stands for HEAD as well), which docs/operations.md lists too. Adding a route here deserves a second look.
const OPEN_ROUTES: &[&str] = &[
    "$default",
    "GET /",
    "GET /connect/assets/{name}",
    "GET /connect/s/{visit}/accounts",
    "GET /connect/s/{visit}/accounts/{connection_id}/remove",
    "GET /connect/s/{visit}/consent",
    "GET /connect/s/{visit}/decline",
    "GET /connect/s/{visit}/done",
    "GET /connect/s/{visit}/ledger.csv",
    "GET /connect/s/{visit}/proof",
    "GET /connect/s/{visit}/providers",
    "GET /connect/s/{visit}/providers/{slug}",
    "GET /connect/s/{visit}/providers/{slug}/sign-in",
    "GET /connect/s/{visit}/stop",
    "GET /connect/sign-in",
    "GET /docs",
    "GET /docs/assets/{name}",
    "GET /docs/guides/{name}",
    "GET /docs/reference/{service}",
    "GET /embed/probe",
    "GET /embed/probe/{step}",
    "GET /realms/{realm}/.well-known/openid-configuration",
    "GET /realms/{realm}/protocol/openid-connect/certs",
    "GET /v2/integrations/tsps",
    "GET /v2/integrations/tsps/{tsp_id}",
    "GET /v2/orgs/invitations/{invitation_id}",
    "GET /v2/orgs/tsps",
    "GET /v2/orgs/tsps/{tsp_id}",
    "GET /v2/{service}/openapi.json",
    "POST /connect/open",
    "POST /connect/s/{visit}/accept",
    "POST /connect/s/{visit}/accounts/{connection_id}/remove",
    "POST /connect/s/{visit}/decline",
    "POST /connect/s/{visit}/pause",
    "POST /connect/s/{visit}/proof/{connection_id}",
    "POST /connect/s/{visit}/providers/{slug}",
    "POST /connect/s/{visit}/resume",
    "POST /connect/s/{visit}/stop",
    "POST /realms/{realm}/protocol/openid-connect/revoke",
    "POST /realms/{realm}/protocol/openid-connect/token",
    "POST /v2/orgs/invitations/{invitation_id}/accept",
    "POST /v2/orgs/invitations/{invitation_id}/decline",
];

#[test]
fn routes_without_the_authorizer_are_listed() {
    let open = bootstrap::endpoints().into_iter().filter(|endpoint| !matches!(endpoint.access, Access::Scope(_) | Access::Token));
    let keys = open.flat_map(|endpoint| endpoint.route_keys());
    let mut routes: Vec<String> = keys.filter(|key| !key.starts_with("HEAD ")).collect();
    routes.sort_unstable();
    assert_eq!(routes, OPEN_ROUTES);
}
