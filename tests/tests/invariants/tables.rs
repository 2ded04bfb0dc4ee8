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
        assert!(seen.insert(handler), "two functions are called {handler}");
        let is_plain = handler.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter == '.');
        assert!(is_plain && handler.matches('.').count() == 1, "{handler} is not service.operation");
    }
}

#[test]
fn routes_are_unique() {
    let mut seen = BTreeSet::new();
    for endpoint in bootstrap::endpoints() {
        for path in endpoint.paths() {
            assert!(seen.insert((endpoint.method.to_string(), path.clone())), "{} {path} is served twice", endpoint.method);
        }
    }
}

#[test]
fn functions_that_look_at_tokens_may_verify_them() {
    for endpoint in bootstrap::endpoints().iter().filter(|endpoint| endpoint.access != Access::Public) {
        for needed in [Permission::VerifyTokens, Permission::ReadControl] {
            assert!(endpoint.permissions.contains(&needed), "{} lacks {needed:?}", endpoint.handler);
        }
    }
}

#[test]
fn everything_says_what_it_is() {
    for endpoint in bootstrap::endpoints() {
        assert!(!endpoint.summary.is_empty(), "{} has no summary", endpoint.handler);
    }
    for worker in bootstrap::workers() {
        assert!(!worker.summary.is_empty(), "{} has no summary", worker.handler);
    }
}
