//! Runs that take longer than a lease, against the embedded database.

use std::sync::atomic::{AtomicI64, Ordering};

use model::Resource;
use model::credentials::Form;
use model::schedule::LEASE_SECONDS;
use providers::{Account, Accounts, Brand, Capability, Fetch, Fetched, ProviderError};
use serde_json::json;

use super::tests::{Canned, Fixture, at, at_once, page};
use super::*;

/// A TSP that takes so long that the lease has to be renewed: it waits for that.
struct Slow {
    fixture: &'static Fixture,
    until: Timestamp,
}

impl Accounts for Slow {
    fn source_name(&self) -> &'static str {
        "samsara"
    }

    fn brands(&self) -> &'static [Brand] {
        &[]
    }

    fn default_base_url(&self) -> &'static str {
        "https://tsp.test/"
    }

    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }

    fn validate<'a>(&'a self, _: &'a dyn Http, _: &'a Url, _: &'a Credentials) -> BoxFuture<'a, Result<Account, ProviderError>> {
        Box::pin(async { Err(ProviderError::Timeout) })
    }
}

impl Adapter for Slow {
    fn fetch<'a>(&'a self, _: &'a dyn Http, _: Resource, _: Fetch<'a>) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
        Box::pin(async {
            while self.fixture.schedule().await.leases.values().all(|end| *end < self.until) {
                tokio::task::yield_now().await;
            }
            page(&["a"], None, false)
        })
    }
}

#[tokio::test]
async fn a_run_that_takes_long_keeps_its_lease() {
    let fixture: &Fixture = Box::leak(Box::new(Fixture::open().await));
    let seconds = AtomicI64::new(0);
    let clock = || at(seconds.fetch_add(10, Ordering::Relaxed));
    let (tsp, http) = (Slow { fixture, until: at(3 * LEASE_SECONDS) }, Canned::of(Vec::new()));
    let given = json!({ "token": "t" });
    let credentials = Credentials::check(Form::of("token").unwrap(), given.as_object().unwrap()).unwrap();
    let base = Url::parse("https://tsp.test/").unwrap();
    let renewal = Duration::from_millis(1);
    let source = Source { adapter: &tsp, http: &http, credentials: &credentials, base: &base, pause: &at_once, renewal };
    let (connection, schedule) = (fixture.connection().await, fixture.schedule().await);
    assert_eq!(run_with(&fixture.store, &clock, &connection, &schedule, &source).await.unwrap(), Outcome::Fetched);
    let ended = fixture.schedule().await;
    assert!(ended.leases.is_empty() && ended.revision > 3, "{ended:?}");
}

#[tokio::test]
async fn a_short_run_writes_its_schedule_twice() {
    let fixture = Fixture::open().await;
    fixture.run(0, vec![page(&["a"], None, false)]).await;
    assert_eq!(fixture.schedule().await.revision, 2, "the lease, and the end");
}
