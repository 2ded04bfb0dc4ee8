//! A mirror of records that a partner keeps by webhooks alone: what exists comes first, then what changes. The receiver fails, takes
//! messages twice and out of order, the platform is killed, and in the end the mirror holds what the API answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::Stdio;

use catena::api::Api;
use catena::demo;
use model::webhook::Webhook;
use reqwest::Method;
use serde_json::{Map, Value, json};
use store::control::{Key, Snapshot, Write};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::endpoint::{Endpoint, Seen};
use crate::world::{WEBHOOKS, World, text, until};

/// What is mirrored, and where the API has it.
const MIRRORED: [(&str, &str); 3] = [("vehicle", "vehicles"), ("user", "users"), ("trailer", "trailers")];
const POSITIONS: &str = "vehicle_location";

/// `catena run` as a process that can be killed.
struct Process {
    child: Child,
    partner: Api,
}

impl Process {
    async fn start(state: &Path, ports: [u16; 2]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_catena"))
            .args(["run", "--receiver-port", "0", "--vehicles", "1", "--state"])
            .arg(state)
            .args(["--port", &ports[0].to_string(), "--simulator-port", &ports[1].to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.next_line().await.unwrap().unwrap().contains("Press Ctrl-C") {}
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://localhost:{}", ports[0]);
        Self { child, partner: Api::sign_in(&url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap() }
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Subscribes to all events of a subject, and returns the subscriptions by event.
    async fn subscribe(&self, subject: &str, url: &str) -> HashMap<String, String> {
        let body = json!({ "url": url, "event_name": format!("{subject}.*"), "snapshot": true });
        let made = self.partner.send_json(Method::POST, WEBHOOKS, &body).await.unwrap().expect(&[200]).unwrap();
        let made = made.as_array().cloned().unwrap_or_else(|| vec![made]);
        made.iter().map(|webhook| (text(webhook, "/event_name"), text(webhook, "/id"))).collect()
    }

    /// Every row of a list.
    async fn rows(&self, list: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.partner.get(&format!("/v2/telematics/{list}size=1000{cursor}")).await.unwrap();
            rows.extend(page["items"].as_array().unwrap().iter().filter(|row| row["deleted_at"].is_null()).cloned());
            match page["next_page"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// Every row that is mirrored, by id.
    async fn all(&self) -> BTreeMap<String, Value> {
        let mut rows = Vec::new();
        for (_, list) in MIRRORED {
            rows.extend(self.rows(&format!("{list}?")).await);
        }
        let from = model::Timestamp::system().plus_seconds(-40 * 86_400);
        for vehicle in self.rows("vehicles?").await {
            let id = text(&vehicle, "/id");
            let history = format!("vehicle-locations?only_latest=false&vehicle_ids={id}&from_datetime={from}&");
            rows.extend(self.rows(&history).await);
        }
        rows.into_iter().map(|row| (text(&row, "/id"), row)).collect()
    }
}

/// Of one message in twelve the receiver fails the first attempt, and the second one although it took the message; of another one in
/// twelve it does that with the first.
fn answer(_: usize, envelope: &Value) -> u16 {
    let lot = text(envelope, "/id").bytes().fold(0_u32, |lot, byte| lot.wrapping_mul(31).wrapping_add(byte.into())) % 12;
    match (envelope["delivery_attempt"].as_u64(), lot) {
        (Some(1), 0) => 503,
        (Some(1), 1) | (Some(2), 0) => 500,
        _ => 200,
    }
}

/// The records that a receiver holds which keeps the newest of each: by when it was changed.
fn mirror(seen: &[Seen]) -> BTreeMap<String, Value> {
    let mut newest: BTreeMap<String, (String, Option<Value>)> = BTreeMap::new();
    for Seen { envelope, .. } in seen.iter().filter(|seen| seen.status != 503) {
        let is_removal = text(envelope, "/event_name").ends_with(".removed");
        for record in envelope["data"].as_array().unwrap() {
            let (id, at) = (text(record, "/id"), text(record, "/updated_at"));
            if newest.get(&id).is_none_or(|(known, _)| *known <= at) {
                newest.insert(id, (at, (!is_removal).then(|| record.clone())));
            }
        }
    }
    newest.into_iter().filter_map(|(id, (_, record))| Some((id, record?))).collect()
}

/// The members that an event's record and a row of the API share.
fn shared(of: &Value, with: &Value) -> Map<String, Value> {
    of.as_object().unwrap().clone().into_iter().filter(|(name, _)| with.get(name).is_some()).collect()
}

fn are_equal(mirror: &BTreeMap<String, Value>, rows: &BTreeMap<String, Value>) -> bool {
    mirror.len() == rows.len()
        && mirror.iter().all(|(id, record)| rows.get(id).is_some_and(|row| shared(record, row) == shared(row, record)))
}

/// What waits for a snapshot comes after its end, and existing records before it.
fn check_order(seen: &[Seen], subscriptions: &HashMap<String, String>) {
    let of = |seen: &&Seen| subscriptions.values().any(|id| seen.envelope["webhook_id"] == id.as_str());
    let taken: Vec<&Value> = seen.iter().filter(of).filter(|seen| seen.status != 503).map(|seen| &seen.envelope).collect();
    let ends: Vec<&&Value> = taken.iter().filter(|envelope| envelope["snapshot_complete"] == true).collect();
    let ids: HashSet<&Value> = ends.iter().map(|envelope| &envelope["id"]).collect();
    assert!(ids.len() == 1 && ends.iter().all(|end| end["data"] == json!([])), "{ends:?}");
    let end = taken.iter().position(|envelope| envelope["snapshot_complete"] == true).unwrap();
    assert!(taken[..end].iter().all(|envelope| envelope["snapshot"] == true), "something came before the end of the snapshot");
    assert!(taken[..end].iter().all(|envelope| text(envelope, "/event_name").ends_with(".added")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_holds_what_the_api_answers() {
    let state = tempfile::tempdir().unwrap();
    let ports = [free_port().await, free_port().await];
    let endpoint = Endpoint::deciding(answer).await;
    let mut process = Process::start(state.path(), ports).await;
    let partner = process.partner.clone();
    until("positions", async || !partner.get("/v2/telematics/vehicle-locations").await.unwrap()["items"][0].is_null()).await;

    let mut subscriptions = Vec::new();
    for subject in MIRRORED.map(|(subject, _)| subject).into_iter().chain([POSITIONS]) {
        subscriptions.push(process.subscribe(subject, &endpoint.url).await);
    }
    for messages in [2, 12] {
        until("messages", async || endpoint.seen().len() >= messages).await;
        process.kill().await;
        process = Process::start(state.path(), ports).await;
    }
    let is_complete = |seen: &Seen| seen.status != 503 && seen.envelope["snapshot_complete"] == true;
    let complete = || endpoint.seen().into_iter().filter(is_complete).map(|seen| text(&seen.envelope, "/webhook_id"));
    until("the ends", async || complete().collect::<HashSet<_>>().len() == subscriptions.len()).await;
    // Positions go on coming meanwhile; between two of them, both are equal.
    until("the mirror", async || are_equal(&mirror(&endpoint.seen()), &process.all().await)).await;

    let seen = endpoint.seen();
    subscriptions.iter().for_each(|subscriptions| check_order(&seen, subscriptions));
    let held = mirror(&seen);
    println!(
        "{} requests, {} refused, {} records",
        seen.len(),
        seen.iter().filter(|seen| seen.status != 200).count(),
        held.len()
    );
    assert!(held.len() > 10);
    process.kill().await;
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_without_records_has_no_snapshot() {
    let world = World::start().await;
    for event in ["vehicle.modified", "invitation.*", "tsp.created"] {
        let body = json!({ "url": "http://127.0.0.1:9/in", "event_name": event, "snapshot": true });
        let refused = world.partner.send_json(Method::POST, WEBHOOKS, &body).await.unwrap().expect(&[422]).unwrap();
        assert!(refused.to_string().contains("body.snapshot"), "{refused}");
    }
    a_lost_order_is_given_again(&world).await;
    world.stop().await;
}

/// A snapshot whose order was given up, as it is stored an hour later.
async fn a_lost_order_is_given_again(world: &World) {
    let endpoint = Endpoint::answering(200).await;
    let subscription =
        world.subscribe_with(json!({ "url": endpoint.url, "event_name": "vehicle.added", "snapshot": true })).await;
    let (id, context) = (text(&subscription, "/id").parse().unwrap(), world.platform.context());
    let (store, key) = (context.store(), Key::webhook(world.partner_id().await, id));
    let ends = || endpoint.seen().iter().filter(|seen| seen.envelope["snapshot_complete"] == true).count();
    let awaits = async || store.get::<Webhook>(key.clone()).await.unwrap().unwrap().awaits;
    until("the end", async || ends() == 1 && awaits().await.is_none()).await;

    let now = context.now();
    let waiting = |seen: &Webhook| Some(Webhook { awaits: Some(id), updated_at: now, ..seen.clone() });
    store.update(key.clone(), waiting).await.unwrap();
    let abandoned = Snapshot::begin(id, vec![id], now.plus_seconds(-3_600));
    store.commit(vec![Write::create(&abandoned).unwrap()]).await.unwrap();
    world.order(model::webhook::Command::Watch, id, now).await;
    until("the other end", async || ends() == 2 && awaits().await.is_none()).await;
}
