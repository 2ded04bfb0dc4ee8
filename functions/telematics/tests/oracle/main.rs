//! Everything that partners read, against a plain model of what is stored: the same rows, in the same order, with the same totals.
//!
//! A seed makes a world ([`world`]): partners, fleets, connections that fleets share, and agreements that begin, end, are paused, and
//! share some resources; then TSPs report rows of each resource, change them and take them back. All worlds are in one database.
//! Each list, each get and each operation of analytics is asked by each partner, with filters, windows and orders, forwards
//! and backwards in pages of some size; some lists while TSPs report ([`meanwhile`]). The model keeps its own rows and agreements, and
//! answers by filtering and sorting all of them.
//!
//! An operation of the service that reads and that no table here has fails the test.

#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod analytics;
mod lists;
mod meanwhile;
mod platform;
mod rows;
mod segments;
mod world;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use model::PartnerId;
use serde_json::{Map, Value, json};
use testing::Random;

use self::analytics::{COUNTS, SUMMARIES};
use self::lists::{GETS, LISTS, pick};
use self::platform::{Answer, Ask, Platform, now, reach};
use self::world::World;

/// Seeds of the test, where the environment variable `ORACLE_SEEDS` does not say how many.
const SEEDS: u64 = 2;
/// How often the agreements of a world change.
const CHANGES: usize = 2;

/// What seeds came to.
#[derive(Debug, Default)]
struct Sum {
    worlds: usize,
    stored: usize,
    requests: usize,
    scans: usize,
    rows: usize,
    not_found: usize,
    empty: usize,
    /// Dates at which an agreement began or ended between two requests.
    dates: usize,
    /// Batches that were stored while lists were read, and rows that were there throughout.
    batches: usize,
    throughout: usize,
}

/// A list that is asked for, and what it has to answer.
struct Question {
    ask: Ask,
    expected: Vec<Map<String, Value>>,
    compared: Compared,
}

/// What is compared of rows.
#[derive(Clone, Copy, Debug)]
enum Compared {
    /// Everything.
    Whole,
    /// The members that the TSP told, of rows with others that follow from them.
    Told,
    /// The members of the expected row, also where they are null.
    Named,
}

/// A partner that asks.
struct Reader<'p> {
    platform: &'p Platform,
    token: String,
    /// What failures begin with.
    seed: u64,
}

impl Reader<'_> {
    async fn page(&self, ask: &Ask, sum: &mut Sum) -> Answer {
        sum.requests += 1;
        self.platform.ask(&self.token, ask).await
    }

    /// Fails with the request and the first difference.
    fn compare(&self, ask: &Ask, what: &str, got: &[Map<String, Value>], expected: &[Map<String, Value>]) {
        let names = |rows: &[Map<String, Value>]| rows.iter().map(|row| row.get("id").cloned()).collect::<Vec<_>>();
        let first = (0..got.len().max(expected.len())).find(|row| got.get(*row) != expected.get(*row));
        if let Some(row) = first {
            panic!(
                "seed {}: {ask:?}, {what}: row {row} of {} is\n{:?}\ninstead of, of {},\n{:?}\nall: {:?}\ninstead of {:?}",
                self.seed,
                got.len(),
                got.get(row),
                expected.len(),
                expected.get(row),
                names(got),
                names(expected),
            );
        }
    }

    /// Goes through a list in pages, there and back.
    async fn scan(&self, question: &Question, size: u64, sum: &mut Sum) {
        let Question { ask, expected, compared } = question;
        let mut ask = ask.clone();
        ask.query.push(("size", size.to_string()));
        let (mut there, mut back) = (Vec::new(), Vec::new());
        let mut page = self.page(&ask, sum).await;
        for (list, next) in [(&mut there, "next_page"), (&mut back, "previous_page")] {
            loop {
                assert_eq!(page.status, StatusCode::OK, "seed {}: {ask:?}: {}", self.seed, page.body);
                assert_eq!(page.body["total"], json!(expected.len()), "seed {}: total of {ask:?}", self.seed);
                let items = page.body["items"].as_array().unwrap().iter().map(|item| item.as_object().unwrap().clone());
                let items: Vec<Map<String, Value>> = items.collect();
                list.splice(if next == "next_page" { list.len()..list.len() } else { 0..0 }, items);
                let Some(cursor) = page.body[next].as_str() else { break };
                ask.query.retain(|(name, _)| *name != "cursor");
                ask.query.push(("cursor", cursor.to_owned()));
                page = self.page(&ask, sum).await;
            }
        }
        for (what, rows) in [("forwards", there), ("backwards", back)] {
            let rows = rows.into_iter().enumerate().map(|(place, row)| compared.of(row, expected.get(place)));
            let rows: Vec<_> = rows.collect();
            self.compare(&ask, what, &rows, expected);
        }
        sum.scans += 1;
        sum.rows += expected.len() * 2;
        sum.empty += usize::from(expected.is_empty());
    }

    /// Asks for an entity of any connection.
    async fn get(
        &self,
        world: &World,
        partner: PartnerId,
        get: &(&'static str, model::Resource, &'static str),
        random: &mut Random,
        sum: &mut Sum,
    ) {
        let (handler, resource, parameter) = *get;
        let record = resource.record_type().unwrap();
        let rows: Vec<_> = world.rows.of(record, pick(&world.connections, random).id).collect();
        if rows.is_empty() {
            return;
        }
        let id = pick(&rows, random).id;
        let ask = Ask { handler, path: vec![(parameter, id.to_string())], query: Vec::new() };
        let answer = self.page(&ask, sum).await;
        let seen = world.seen(partner, resource);
        let shown = world.shown(&seen, record).into_iter().filter(|shown| shown.row.id == id);
        // One that several fleets share is that of the first that has the connection still.
        let first = shown.min_by_key(|shown| (shown.through.until.is_some(), shown.through.fleet));
        match first {
            Some(shown) => {
                let row = answer.body.as_object().unwrap().clone();
                self.compare(&ask, "the row", &[Compared::Whole.of(row, None)], &[shown.published()]);
                sum.rows += 1;
            }
            None => {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "seed {}: {ask:?}: {}", self.seed, answer.body);
                sum.not_found += 1;
            }
        }
    }
}

impl Compared {
    fn of(self, mut row: Map<String, Value>, expected: Option<&Map<String, Value>>) -> Map<String, Value> {
        let is_expected = |name: &String| expected.is_none_or(|row| row.contains_key(name));
        match self {
            Self::Whole => row.retain(|_, value| !value.is_null()),
            Self::Told => row.retain(|name, value| !value.is_null() && is_expected(name)),
            Self::Named => {
                row.retain(|name, _| is_expected(name));
                for name in expected.into_iter().flat_map(Map::keys) {
                    row.entry(name).or_insert(Value::Null);
                }
            }
        }
        row
    }
}

async fn follow(platform: &Platform, seed: u64, sum: &mut Sum) {
    let mut random = Random::of(seed);
    let mut world = World::make(platform, &mut random).await;
    for turn in 0..CHANGES {
        world.report(platform, &mut random, 2).await;
        world.go_on(platform, &mut random).await;
        for (place, partner) in world.partners.clone().into_iter().enumerate() {
            let reader = Reader { platform, token: platform.token(partner, "telematics:read"), seed };
            for list in LISTS.iter().skip((place + turn) % 2).step_by(2) {
                reader.scan(&list.question(&world, partner, &mut random), 3 + random.below(20), sum).await;
            }
            segments::work_out(platform, &world).await;
            reader.scan(&segments::question(&world, partner, &mut random), 3 + random.below(20), sum).await;
            for one in SUMMARIES {
                let (ask, expected) = analytics::summary(&world, partner, *one, &mut random);
                let question = Question { ask, expected, compared: Compared::Named };
                reader.scan(&question, 3 + random.below(20), sum).await;
            }
            for handler in COUNTS {
                let (ask, expected) = analytics::count(&world, partner, handler, &mut random);
                let answer = reader.page(&ask, sum).await;
                assert_eq!(answer.body, expected, "seed {seed}: {ask:?}");
            }
            for get in GETS {
                reader.get(&world, partner, get, &mut random, sum).await;
            }
            let list = pick(LISTS, &mut random);
            // What an agreement opens before its date, and from that instant on: the agreements are kept in memory by then.
            if let Some(date) = world.next_date(partner) {
                sum.dates += 1;
                for early in [10, 5, 0] {
                    reach(date.plus_seconds(-early));
                    for list in [&LISTS[0], list] {
                        let everything = list.everything(&mut random, &world);
                        reader.scan(&everything.question(&world, partner), 100, sum).await;
                    }
                }
            }
            reader.scan_meanwhile((&mut world, partner), list, &mut random, sum).await;
        }
    }
    sum.worlds += 1;
    sum.stored += world.rows.len();
}

#[tokio::test]
async fn partners_read_what_their_agreements_share_and_nothing_else() {
    let seeds = std::env::var("ORACLE_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let platform = Platform::start().await;
    let mut sum = Sum::default();
    for seed in 1..=seeds {
        follow(&platform, seed, &mut sum).await;
    }
    println!("{seeds} seeds, {sum:?}");
    assert!(sum.not_found > 0 && sum.empty > 0 && sum.rows > sum.scans, "{sum:?}");
}

#[tokio::test]
async fn every_operation_that_reads_is_asked_and_needs_its_scope() {
    let platform = Platform::start().await;
    let reads = platform.endpoints.values().filter(|endpoint| endpoint.method == Method::GET).map(|endpoint| endpoint.handler);
    let reads: BTreeSet<&str> = reads.filter(|handler| !handler.starts_with("tables.")).collect();
    let of_analytics = SUMMARIES.iter().map(|one| one.0).chain(COUNTS.iter().copied());
    let of_records = LISTS.iter().map(|list| list.handler).chain(GETS.iter().map(|get| get.0));
    let asked: BTreeSet<&str> = of_records.chain(of_analytics).chain([segments::HANDLER]).collect();
    assert_eq!(asked, reads);
    let token = platform.token(PartnerId::at(now()), "telematics:write fleet:read");
    for handler in reads {
        let answer = platform.ask(&token, &Ask { handler, path: Vec::new(), query: Vec::new() }).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{handler} without its scope: {}", answer.body);
    }
}
