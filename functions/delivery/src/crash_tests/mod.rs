//! Processes that die or are let down at any step between a change and its acknowledgement, against a plain model of what each
//! subscription has to be sent.
//!
//! A step is a request of a worker: to a table, to the queue, to the key service, to the receiver. A process dies before one is sent or
//! before its answer is read, and nothing that it would have done after that happens ([`Process`]); or only that request fails. Lambda
//! ([`Lambda`]) then hands over what was not answered for: the same batch of the stream, the same messages after a while, in another
//! order and some of them twice; it reads streams again from an earlier batch on. Meanwhile records change, receivers fail, are down for
//! hours, refuse or are gone, and an agreement ends.
//!
//! In the end each change was taken by each subscription that may see it, under one id, or is among its dead letters, and what a
//! subscription may not see was never sent.

mod clock;
mod cloud;
mod lambda;
mod receiver;
mod world_tests;

use std::collections::BTreeSet;

use serde_json::Value;
use store::control::{DeadLetter, Range, keys};
use testing::{Process, Random};

use self::lambda::{Accidents, Lambda};
use self::receiver::{Mood, subscription};
use self::world_tests::World;
use crate::message::Message;

/// Seeds of the test, where the environment variable `CRASH_SEEDS` does not say how many.
const SEEDS: u64 = 12;
/// What happens in a seed, before everything that is left is done without accidents.
const ROUNDS: u64 = 60;
/// How often time passes until something is due while processes still meet accidents: what was put off is done then, too.
const LEAPS: u64 = 40;
/// After how many seconds without a request to a receiver nothing is left: no message waits for longer than a day, and a stale
/// subscription for which nothing is kept is looked at every half hour without end.
const QUIET_SECONDS: f64 = 90_000.0;
/// From how many seeds on a process must have died before, and another one after, each of the steps.
const THOROUGH: u64 = 1_000;
/// The steps, by what their names begin with.
const STEPS: [&str; 18] = [
    "events.fan_out: Query CONNECTION",
    "events.fan_out: Query FLEET",
    "events.fan_out: Query PARTNER",
    "events.fan_out: TransactWriteItems webhook_numbered",
    "events.fan_out: PutItem claim",
    "events.fan_out: SendMessageBatch",
    "deliveries.send: GetItem WEBHOOK",
    "deliveries.send: BatchGetItem PARTNER",
    "deliveries.send: Decrypt",
    "deliveries.send: Query PARTNER",
    "deliveries.send: POST",
    "deliveries.send: DeleteItem WEBHOOK",
    "deliveries.send: SendMessageBatch",
    "deliveries.send: PutItem dead_letter",
    "deliveries.send: PutItem parked",
    "deliveries.send: BatchWriteItem delivery_log",
    "deliveries.wake: Query PARKED",
    "deliveries.wake: SendMessageBatch",
];

/// What tells a change from others: the event, the fleet, the record, and its state.
fn change(event: &str, fleet: &str, id: &str, stamp: &str) -> String {
    format!("{event} {fleet} {id} {stamp}")
}

/// The changes that a message tells of.
fn changes_of(envelope: &Value) -> BTreeSet<String> {
    let event = envelope["event_name"].as_str().unwrap();
    let of = |record: &Value| {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let (id, stamp) = match event.split('.').next() {
            Some("vehicle_location") => ("connection_id", "occurred_at"),
            Some("share_agreement") => ("id", "status"),
            _ => ("id", "updated_at"),
        };
        change(event, text("fleet_id"), text(id), text(stamp))
    };
    envelope["data"].as_array().unwrap().iter().map(of).collect()
}

/// What seeds came to.
#[derive(Debug, Default)]
struct Sum {
    invocations: usize,
    requests: usize,
    changes: usize,
    taken: usize,
    taken_again: usize,
    dead_letters: usize,
    given_up: usize,
    set_aside: usize,
}

async fn follow(seed: u64, sum: &mut Sum) -> Accidents {
    let mut random = Random::of(seed);
    let mut lambda = Lambda::new(&mut random).await;
    let mut world = World::new(lambda.context(&Process::new(None)), &lambda.receiver.url).await;
    lambda.receiver.state().moods = vec![Mood::Takes; world.webhooks.len()];
    if random.is_one_in(3) {
        lambda.receiver.state().moods[usize::try_from(random.below(8)).unwrap()] = Mood::Down;
    }
    lambda.receiver.state().forbidden = world.forbidden().collect();
    lambda.skip_streams();
    lambda.wake(&mut random).await;
    lambda.be_harsh(16);
    let end = random.below(ROUNDS * 3);
    for round in 0..ROUNDS {
        if round == end {
            world.end_agreement().await;
            lambda.receiver.state().forbidden = world.forbidden().collect();
        }
        step(&mut lambda, &mut world, &mut random).await;
    }
    lambda.be_harsh(24);
    for _ in 0..LEAPS {
        leap(&mut lambda, &mut random).await;
        for _ in 0..3 {
            lambda.stream(0, &mut random).await;
            lambda.stream(1, &mut random).await;
            lambda.queue(&mut random).await;
        }
    }
    settle(&mut lambda, &mut random).await;
    check(seed, &lambda, &world, sum).await;
    lambda.accidents
}

/// Something happens.
async fn step(lambda: &mut Lambda, world: &mut World, random: &mut Random) {
    match random.below(40) {
        0..10 => world.go_on(random).await,
        10..15 => drop(lambda.stream(0, random).await),
        15..20 => drop(lambda.stream(1, random).await),
        20..32 => drop(lambda.queue(random).await),
        32 => lambda.wake(random).await,
        33 => lambda.shards[usize::try_from(random.below(2)).unwrap()].replay(random),
        34 if random.is_one_in(4) => world.write_malformed(&lambda.database.client()).await,
        35 => {
            let (subscription, mood) = (random.below(world.webhooks.len() as u64), random.below(16));
            let mood = match mood {
                0 => Mood::Gone,
                1 | 2 => Mood::Refuses,
                3..8 => Mood::Down,
                8..12 => Mood::Fails,
                _ => Mood::Takes,
            };
            lambda.receiver.state().moods[usize::try_from(subscription).unwrap()] = mood;
        }
        36 if random.is_one_in(3) => clock::pass(1_200),
        36..39 => clock::pass(30),
        _ => clock::pass(3),
    }
}

/// Where time has got to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leap {
    /// Something in the queue is due.
    Queued,
    /// Something that was parked was looked for.
    Woken,
}

/// Lets time pass until something is due in the queue or among what is parked; `None` if nothing is there.
async fn leap(lambda: &mut Lambda, random: &mut Random) -> Option<Leap> {
    lambda.read_streams();
    let queued = lambda.cloud.state().deliveries.iter().map(|message| message.due).min();
    let parked = lambda.parked.values().min().copied();
    match (queued, parked) {
        (None, None) => None,
        (Some(due), parked) if parked.is_none_or(|parked| due <= parked) => {
            clock::reach(due);
            Some(Leap::Queued)
        }
        (_, parked) => {
            let lead = i64::try_from(random.below(60)).unwrap();
            clock::reach(parked.unwrap().plus_seconds(-lead));
            lambda.wake(random).await;
            lambda.read_streams();
            Some(Leap::Woken)
        }
    }
}

/// Does everything that is left, that in the dead-letter queue of the queue, too. Receivers that are down come back; those that are gone
/// stay so.
async fn settle(lambda: &mut Lambda, random: &mut Random) {
    lambda.be_safe();
    for mood in lambda.receiver.state().moods.iter_mut().filter(|mood| matches!(mood, Mood::Down | Mood::Fails)) {
        *mood = Mood::Takes;
    }
    let (mut requests, mut since) = (0, clock::now());
    while clock::now().seconds_since(since) < QUIET_SECONDS {
        while lambda.stream(0, random).await || lambda.stream(1, random).await || lambda.queue(random).await {}
        lambda.redrive();
        let Some(leap) = leap(lambda, random).await else { return };
        let soon = clock::now().plus_seconds(60);
        let is_late = leap == Leap::Woken && lambda.parked.values().any(|due| *due <= soon);
        assert!(!is_late, "still parked at {soon}: {:?}", lambda.parked);
        let made = lambda.receiver.state().requests;
        if made != requests {
            (requests, since) = (made, clock::now());
        }
    }
}

async fn check(seed: u64, lambda: &Lambda, world: &World, sum: &mut Sum) {
    let state = lambda.receiver.state().clone();
    assert_eq!(state.faults, Vec::<String>::new(), "seed {seed}");
    let mut kept: BTreeSet<(usize, String)> = BTreeSet::new();
    for webhook in &world.webhooks {
        let range = Range::table(keys::deliveries(webhook.id), "DEAD#");
        let dead_letters: Vec<DeadLetter> = world.store().all(&range).await.unwrap();
        sum.dead_letters += dead_letters.len();
        for dead_letter in dead_letters {
            let message: Message = serde_json::from_str(&dead_letter.message.text().unwrap()).unwrap();
            let told = serde_json::json!({ "event_name": message.event_name, "data": message.data });
            kept.extend(changes_of(&told).into_iter().map(|change| (subscription(webhook), change)));
        }
    }
    let is_safe = |told: &&(usize, String)| state.taken.contains_key(*told) || kept.contains(*told);
    let lost: Vec<&(usize, String)> = world.expected.iter().filter(|told| !is_safe(told)).collect();
    assert!(lost.is_empty(), "seed {seed}: lost {lost:#?}");
    let renamed: Vec<_> = state.taken.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(renamed.is_empty(), "seed {seed}: under several ids {renamed:#?}");
    let aside: BTreeSet<String> = lambda.cloud.state().aside.iter().map(|record| record["keys"].to_string()).collect();
    assert_eq!(aside.len(), world.malformed, "seed {seed}: {aside:?}");
    sum.invocations += lambda.invocations;
    sum.requests += state.requests;
    sum.changes += world.expected.len();
    sum.taken += state.taken.len();
    sum.taken_again += state.again;
    sum.given_up += lambda.given_up;
    sum.set_aside += aside.len();
}

#[tokio::test]
async fn no_change_is_lost_and_none_changes_its_id_wherever_a_process_dies() {
    let seeds = std::env::var("CRASH_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let (mut sum, mut accidents) = (Sum::default(), Accidents::new());
    for seed in 1..=seeds {
        for (step, counts) in follow(seed, &mut sum).await {
            let known = accidents.entry(step).or_default();
            known.iter_mut().zip(counts).for_each(|(known, more)| *known += more);
        }
    }
    println!("{seeds} seeds, {sum:?}; deaths before and after, failures before and after:");
    accidents.iter().for_each(|(step, counts)| println!("  {step}: {counts:?}"));
    let deaths: usize = accidents.values().map(|[before, after, ..]| before + after).sum();
    assert!(deaths as u64 > seeds * 2, "{deaths} deaths");
    let is_met = |step: &&&str| {
        let of_step = accidents.iter().filter(|(name, _)| name.starts_with(**step)).map(|(_, counts)| counts);
        let [before, after] = of_step.fold([0, 0], |[first, second], [before, after, ..]| [first + before, second + after]);
        before > 0 && after > 0
    };
    let spared: Vec<&&str> = STEPS.iter().filter(|step| !is_met(step)).collect();
    assert!(seeds < THOROUGH || spared.is_empty(), "no process died before and after {spared:#?}");
}
