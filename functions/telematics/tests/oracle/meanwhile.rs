//! Lists that are read while TSPs report: what is there throughout is found once, in order.

use std::cell::Cell;
use std::collections::BTreeSet;

use http::StatusCode;
use model::PartnerId;
use serde_json::Value;
use testing::Random;

use crate::lists::{Everything, Listed};
use crate::platform::Ask;
use crate::world::World;
use crate::{Reader, Sum};

type Key = [Value; 3];

impl Reader<'_> {
    /// Goes through all of a list, there and back, while rows come, change, move and are taken back.
    pub(crate) async fn scan_meanwhile(
        &self,
        (world, partner): (&mut World, PartnerId),
        list: &Listed,
        random: &mut Random,
        sum: &mut Sum,
    ) {
        let everything = list.everything(random, world);
        let before = everything.keys(world, partner);
        let mut ask = everything.ask.clone();
        ask.query.push(("size", (4 + random.below(8)).to_string()));
        let is_done = Cell::new(false);
        let read = async {
            let found = self.there_and_back(&everything, ask, sum).await;
            is_done.set(true);
            found
        };
        let write = async {
            let mut batches = 0;
            while !is_done.get() && batches < 10 {
                let connection = world.connections[usize::try_from(random.below(world.connections.len() as u64)).unwrap()].id;
                world.rows.report(self.platform, everything.record(), connection, random).await;
                // What is taken back stays in lists, but for those of newest rows.
                if !everything.latest {
                    world.rows.withdraw(self.platform, everything.record(), connection, random).await;
                }
                batches += 1;
            }
            batches
        };
        let (found, batches) = tokio::join!(read, write);
        sum.batches += batches;
        let after = everything.keys(world, partner);
        let stayed: Vec<Key> = before.iter().filter(|row| after.contains(row)).map(|(key, _)| key.clone()).collect();
        let known: BTreeSet<String> = before.iter().chain(&after).map(|(key, _)| format!("{key:?}")).collect();
        for (way, keys) in ["forwards", "backwards"].into_iter().zip(found) {
            let place = format!("seed {}, {way} while rows are stored: {:?}", self.seed, everything.ask);
            let foreign: Vec<&Key> = keys.iter().filter(|key| !known.contains(&format!("{key:?}"))).collect();
            assert!(foreign.is_empty(), "{place}: {foreign:?} were never to be seen");
            let there: Vec<&Key> = keys.iter().filter(|key| stayed.contains(key)).collect();
            assert_eq!(there, stayed.iter().collect::<Vec<_>>(), "{place}");
            sum.throughout += stayed.len();
        }
    }

    async fn there_and_back(&self, everything: &Everything, mut ask: Ask, sum: &mut Sum) -> [Vec<Key>; 2] {
        let (mut there, mut back): (Vec<Key>, Vec<Key>) = (Vec::new(), Vec::new());
        let mut page = self.page(&ask, sum).await;
        for (list, next) in [(&mut there, "next_page"), (&mut back, "previous_page")] {
            loop {
                assert_eq!(page.status, StatusCode::OK, "seed {}: {ask:?}: {}", self.seed, page.body);
                let items = page.body["items"].as_array().unwrap();
                let keys = items.iter().map(|item| everything.key(item.as_object().unwrap()));
                let keys: Vec<Key> = if next == "next_page" { keys.collect() } else { keys.rev().collect() };
                list.extend(keys);
                let Some(cursor) = page.body[next].as_str() else { break };
                ask.query.retain(|(name, _)| *name != "cursor");
                ask.query.push(("cursor", cursor.to_owned()));
                page = self.page(&ask, sum).await;
            }
        }
        back.reverse();
        [there, back]
    }
}
