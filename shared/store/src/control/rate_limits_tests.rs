use futures::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::control::testing::database;

fn limit(per_second: u32, burst: u32) -> RateLimit {
    RateLimit { per_second: NonZeroU32::new(per_second).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

/// So many milliseconds after some instant.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis)
}

/// A store that nobody answers for.
fn nowhere() -> Store {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
    let keys = Credentials::new("test", "test", None, None, "test");
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    let config = config.credentials_provider(keys).endpoint_url("http://127.0.0.1:9").build();
    Store::new(aws_sdk_dynamodb::Client::from_conf(config), "control", "telematics")
}

/// How many of the requests a sandbox lets through.
async fn passed(sandbox: &Shares, store: &Store, limit: RateLimit, requests: u32, now: Timestamp) -> u32 {
    let mut passed = 0;
    for _ in 0..requests {
        passed += u32::from(sandbox.pass(store, "a", limit, now).await.is_ok());
    }
    passed
}

#[tokio::test]
async fn those_who_take_at_once_take_what_there_is_and_no_more() {
    let store = database().await;
    let limit = limit(50, 100);
    let take = |wanted, now| store.take_requests("a", (limit, wanted), None, now);
    let taken = join_all((0..60).map(|number| take(1 + number % 4, at(0)))).await;
    let counts: Vec<u32> = taken.into_iter().map(|taken| taken.unwrap().count).collect();
    assert_eq!(counts.iter().sum::<u32>(), 100, "{counts:?}");
    assert_eq!(take(5, at(19)).await.unwrap().count, 0);
    assert_eq!(take(5, at(20)).await.unwrap().count, 1);
    assert_eq!(take(5, at(1_020)).await.unwrap().count, 5);
    assert_eq!(take(u32::MAX, at(60_000)).await.unwrap().count, 100, "it holds so many, however long nobody asks");
    assert_eq!(store.take_requests("b", (limit, 7), None, at(0)).await.unwrap().count, 7, "others have their own");
}

/// One whose clock was far ahead does not close a bucket for long.
#[tokio::test]
async fn an_instant_that_cannot_be_is_not_believed() {
    let store = database().await;
    let take = |now| store.take_requests("a", (limit(1, 10), 10), None, now);
    assert_eq!(take(at(0)).await.unwrap().count, 10);
    assert_eq!(take(at(-50_000)).await.unwrap().count, 0, "clocks are not the same everywhere");
    assert_eq!(take(at(-80_000)).await.unwrap().count, 10);
}

/// Lambda starts a sandbox for each request of a burst: each has a part of it.
#[tokio::test]
async fn a_burst_over_many_sandboxes_is_served_whole_and_no_further() {
    let store = database().await;
    let sandboxes: Vec<Shares> = (0..130).map(|_| Shares::default()).collect();
    let limit = limit(50, 100);
    let served = join_all(sandboxes.iter().map(|sandbox| sandbox.pass(&store, "a", limit, at(0)))).await;
    assert_eq!(served.iter().filter(|served| served.is_ok()).count(), 100);
    let waits: Vec<Duration> = served.into_iter().filter_map(Result::err).collect();
    assert!(waits.iter().all(|wait| *wait == Duration::from_millis(500)), "{waits:?}");
    assert_eq!(sandboxes[129].pass(&store, "a", limit, at(600)).await, Ok(()), "the limit renews");
    assert_eq!(sandboxes[129].pass(&store, "b", limit, at(600)).await, Ok(()));
}

#[tokio::test]
async fn sandboxes_let_through_together_what_the_limit_allows() {
    let store = database().await;
    let limit = limit(50, 100);
    let sandboxes: Vec<Shares> = (0..5).map(|_| Shares::default()).collect();
    let mut total = 0;
    // Twice what is allowed, for twenty seconds.
    for tick in 0..200 {
        let tick = join_all(sandboxes.iter().map(|sandbox| passed(sandbox, &store, limit, 2, at(tick * 100)))).await;
        total += tick.into_iter().sum::<u32>();
    }
    assert!((950..=1_100).contains(&total), "{total} of 2,000 in 20 seconds: 50 a second, and 100 at once");
}

/// What is counted in DynamoDB, by how much it was moved: the requests that shares were taken for.
async fn taken(store: &Store) -> i64 {
    let found = store.client.get_item().table_name("control").set_key(Some(Key::rate_limit("a").attributes())).send().await;
    stored(found.unwrap().item.as_ref()).unwrap() - at(0).micros()
}

#[tokio::test]
async fn a_share_grows_with_what_is_served_and_lapses() {
    let store = database().await;
    let (sandbox, limit) = (Shares::default(), limit(1, 1_000));
    let mut sizes = Vec::new();
    for _ in 0..15 {
        assert_eq!(passed(&sandbox, &store, limit, 1, at(0)).await, 1);
        sizes.push(taken(&store).await / SECOND);
    }
    assert_eq!(sizes, [1, 3, 3, 7, 7, 7, 7, 15, 15, 15, 15, 15, 15, 15, 15]);
    assert_eq!(passed(&sandbox, &store, limit, 1, at(1)).await, 1);
    assert_eq!(taken(&store).await / SECOND, 31);
    assert_eq!(passed(&sandbox, &store, limit, 1, at(20_000)).await, 1);
    assert_eq!(taken(&store).await / SECOND, 32, "one of sixteen was used, and the others have lapsed");
    assert_eq!(passed(&sandbox, &store, limit, 1_000, at(20_001)).await, 1_000 - 32 + 20, "nothing else was lost");
}

/// A process that serves several requests at once does not take them in the order in which they came.
#[tokio::test]
async fn a_share_serves_a_request_that_came_before_it_was_taken() {
    let (store, sandbox, limit) = (database().await, Shares::default(), limit(1, 1_000));
    assert_eq!(passed(&sandbox, &store, limit, 2, at(100)).await, 2);
    let before = taken(&store).await;
    assert_eq!(passed(&sandbox, &store, limit, 1, at(0)).await, 1);
    assert_eq!(taken(&store).await, before);
    assert_eq!(passed(&sandbox, &store, limit, 1, at(-20_000)).await, 1);
    assert_ne!(taken(&store).await, before, "a clock that was set back");
}

#[tokio::test]
async fn a_caller_that_is_refused_costs_no_request_until_it_may_come_again() {
    let (store, limit) = (database().await, limit(1, 3));
    let sandbox = Shares::default();
    assert_eq!(passed(&sandbox, &store, limit, 9, at(0)).await, 3);
    assert_eq!(sandbox.pass(&nowhere(), "a", limit, at(400)).await, Err(Duration::from_millis(600)));
    assert_eq!(passed(&sandbox, &store, limit, 9, at(1_000)).await, 1);
}

#[tokio::test]
async fn a_sandbox_counts_for_itself_while_dynamodb_does_not_answer() {
    let (store, limit) = (database().await, limit(5, 10));
    let sandbox = Shares::default();
    assert_eq!(passed(&sandbox, &nowhere(), limit, 30, at(0)).await, 25, "what five seconds allow");
    assert_eq!(passed(&sandbox, &store, limit, 9, at(4_999)).await, 0);
    assert_eq!(passed(&sandbox, &nowhere(), limit, 9, at(5_000)).await, 9);
    assert_eq!(passed(&sandbox, &store, limit, 20, at(10_000)).await, 10, "then it is counted with the others again");
}

#[tokio::test]
async fn a_sandbox_remembers_so_many_callers() {
    let (store, sandbox) = (nowhere(), Shares::default());
    for caller in 0..=MOST_CALLERS {
        sandbox.of(&caller.to_string()).lock().await.closed_until = at(1_000).micros();
    }
    assert!(sandbox.0.lock().unwrap().len() <= MOST_CALLERS);
    assert!(sandbox.pass(&store, &MOST_CALLERS.to_string(), limit(1, 1), at(500)).await.is_err());
}

proptest! {
    #[test]
    fn nothing_is_left_of_an_empty_bucket_and_all_of_a_full_one(per_second in 1_u32..100_000, burst in 1_u32..100_000) {
        let (limit, now) = (limit(per_second, burst), at(0).micros());
        prop_assert_eq!(limit.left(None, now), burst);
        prop_assert_eq!(limit.left(Some(now), now), burst);
        prop_assert_eq!(limit.left(Some(now + limit.depth()), now), 0);
        prop_assert_eq!(limit.left(Some(now + limit.depth()), now + limit.interval()), 1);
        prop_assert!(limit.pause(Some(now + limit.depth()), now) >= limit.interval().min(SECOND));
    }
}
