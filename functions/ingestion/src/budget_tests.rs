//! Budgets against the simulator and its limits, over HTTP and in real time, with the embedded database.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderMap, Method};
use model::budget::RequestBudget;
use model::connection::Connection;
use model::credentials::{Credentials, Form};
use model::schedule::Schedule;
use model::{Resource, Timestamp};
use providers::{
    Adapter, BoxFuture, Budget, Fetch, Http, HttpFailure, HttpResponse, Lane, Pause, ProviderError, Rate, Told, Unlimited,
    Unshared,
};
use serde_json::json;
use store::Store;
use store::control::{Key, Write};
use url::Url;
use webhooks::{AddressPolicy, GuardedClient};

use crate::budget::{AccountBudget, Time};
use crate::run::{Outcome, Source, run_with};
use crate::testing::database;

const VEHICLES: &str = "/fleet/vehicles";

/// Counts the statuses of answers.
struct Counted {
    client: GuardedClient,
    statuses: Mutex<Vec<u16>>,
}

impl Counted {
    fn refusals(&self) -> usize {
        self.statuses.lock().unwrap().iter().filter(|status| **status == 429).count()
    }
}

impl Http for Counted {
    fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            let answer = Http::send(&self.client, method, url, headers, body, deadline).await;
            if let Ok(answer) = &answer {
                self.statuses.lock().unwrap().push(answer.status.as_u16());
            }
            answer
        })
    }
}

/// An account of the simulated Samsara.
struct Account {
    store: Store,
    http: Counted,
    base: Url,
    credentials: Credentials,
    connection: Connection,
}

fn pause(wait: Duration) -> BoxFuture<'static, ()> {
    Box::pin(tokio::time::sleep(wait))
}

impl Account {
    async fn open() -> Self {
        let simulator = simulator::bind(simulator::Options::default(), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let provided = simulator.provider("samsara").unwrap();
        tokio::spawn(simulator.run(std::future::pending()));
        let connection = crate::testing::connection(Timestamp::system());
        let given = json!({ "token": provided.keys[0] });
        let store = database().await;
        let policy = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        store.commit(vec![Write::create(&connection).unwrap()]).await.unwrap();
        Self {
            store,
            http: Counted { client: GuardedClient::new(policy).unwrap(), statuses: Mutex::default() },
            base: Url::parse(&provided.url).unwrap(),
            credentials: Credentials::check(Form::of("token").unwrap(), given.as_object().unwrap()).unwrap(),
            connection,
        }
    }

    fn adapter(&self) -> &'static dyn Adapter {
        providers::adapter("samsara").unwrap()
    }

    fn rate(&self) -> Rate {
        self.adapter().capabilities().into_iter().find(|known| known.rate.class == VEHICLES).unwrap().rate
    }

    async fn schedule(&self, most_at_once: u32, settled: i64) -> Schedule {
        let at = Timestamp::system().plus_seconds(-settled);
        let new = Schedule::new(self.connection.id, Resource::Vehicle, "samsara", at);
        let schedule = Schedule { max_concurrent_executions: most_at_once, ..new };
        self.store.commit(vec![Write::create(&schedule).unwrap()]).await.unwrap();
        schedule
    }

    async fn run(&self, schedule: &Schedule, lane: Lane) -> Outcome {
        let source = Source {
            adapter: self.adapter(),
            http: &self.http,
            credentials: &self.credentials,
            refused: None,
            base: &self.base,
            pause: &pause,
            sessions: &Unshared,
            renewal: Duration::from_secs(15),
            lane,
        };
        run_with(&self.store, &Timestamp::system, &self.connection, schedule, Some(&source)).await.unwrap()
    }

    async fn bucket(&self) -> Option<RequestBudget> {
        self.store.get(Key::budget("samsara", "1", VEHICLES)).await.unwrap()
    }

    /// A page that is asked for without a budget.
    async fn page(&self) -> Result<providers::Fetched, ProviderError> {
        let fetch = Fetch {
            connection: self.connection.id,
            credentials: &self.credentials,
            base_url: &self.base,
            cursor: None,
            now: Timestamp::system(),
            last_data_at: None,
            pause: Pause(&pause),
            budget: &Unlimited,
            sessions: &Unshared,
            lane: Lane::Live,
        };
        self.adapter().fetch(&self.http, Resource::Vehicle, fetch).await
    }
}

#[tokio::test]
async fn fifty_executions_at_once_cause_no_more_refusals_than_one() {
    let account = Account::open().await;
    let alone = account.schedule(1, 600).await;
    assert_eq!(account.run(&alone, Lane::Live).await, Outcome::Fetched);
    assert_eq!(account.http.refusals(), 0);
    assert_eq!(account.bucket().await, None, "its allowance costs no write");
    let mut schedules = Vec::new();
    for index in 0..50 {
        schedules.push((account.schedule(2, 600).await, if index % 2 == 0 { Lane::Live } else { Lane::Backfill }));
    }
    let outcomes = join_all(schedules.iter().map(|(schedule, lane)| account.run(schedule, *lane))).await;
    assert_eq!(account.http.refusals(), 0);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Fetched | Outcome::Postponed { .. })), "{outcomes:?}");
    let fetched = outcomes.iter().filter(|outcome| **outcome == Outcome::Fetched).count();
    assert!(fetched >= 40, "{fetched} of 50 have run within the time that a run waits");
    // The limit is there: whoever does not keep to the budget meets it.
    let pages = join_all((0..50).map(|_| account.page())).await;
    let refused = pages.iter().filter(|page| matches!(page, Err(ProviderError::RateLimited { response: Some(_), .. }))).count();
    assert!(refused > 10 && account.http.refusals() == refused, "{refused}");
}

#[tokio::test]
async fn what_the_provider_refuses_holds_for_all() {
    let account = Account::open().await;
    let time = Time { clock: &Timestamp::system, pause: &pause, end: Timestamp::system().plus_seconds(20) };
    let of =
        |schedule: &Schedule| AccountBudget::new(&account.store, &account.connection, account.adapter(), time).of_run(schedule);
    let (first, other) = (account.schedule(1, 600).await, account.schedule(1, 600).await);
    of(&first).learn(account.rate(), Told::Refused(Duration::from_millis(1_500))).await;
    let (second, begun) = (of(&other), Timestamp::system());
    second.admit(account.rate(), Lane::Live, 1).await.unwrap();
    assert!(Timestamp::system().seconds_since(begun) > 1.3, "the wait holds for whoever asks the account");
    let bucket = account.bucket().await.unwrap();
    assert!(
        bucket.revision == 2 && bucket.share_at(Timestamp::system()) < 1_000,
        "allowances are void after a refusal: {bucket:?}"
    );
    // A wait that is longer than a run has is the schedule's.
    of(&first).learn(account.rate(), Told::UsedUp(Duration::from_mins(5))).await;
    let wait = of(&other).admit(account.rate(), Lane::Live, 1).await.unwrap_err();
    assert!((290..=302).contains(&wait.as_secs()), "{wait:?}");
}
