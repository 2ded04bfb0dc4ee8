//! A partner's server, and what it was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::webhook::Webhook;
use serde_json::Value;
use testing::{Process, Random};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::changes_of;

/// How a subscription's receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Takes,
    /// Now and then, as a server that restarts.
    Fails,
    /// Always, until it is another mood's turn.
    Down,
    Refuses,
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    /// Whose requests come now.
    pub(super) process: Arc<Process>,
    pub(super) moods: Vec<Mood>,
    /// Subscriptions that may be sent nothing any more.
    pub(super) forbidden: BTreeSet<usize>,
    /// The ids under which each change was taken, by subscription.
    pub(super) taken: BTreeMap<(usize, String), BTreeSet<String>>,
    /// What each message carried, and its number.
    pub(super) messages: BTreeMap<String, (usize, BTreeSet<String>, Option<u64>)>,
    pub(super) requests: usize,
    /// How often a change was taken that had been taken before.
    pub(super) again: usize,
    /// What must not have happened.
    pub(super) faults: Vec<String>,
    random: Random,
}

#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) url: String,
    address: String,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(super) async fn listen(random: Random) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = State {
            process: Process::new(None),
            moods: Vec::new(),
            forbidden: BTreeSet::new(),
            taken: BTreeMap::new(),
            messages: BTreeMap::new(),
            requests: 0,
            again: 0,
            faults: Vec::new(),
            random,
        };
        let receiver = Self { url: format!("http://{address}"), address, state: Arc::new(Mutex::new(state)) };
        let server = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let process = Arc::clone(&server.state().process);
                tokio::spawn(server.clone().serve(stream, process));
            }
        });
        receiver
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets another process make the requests that come from now on; those that were made before are still of the one before it.
    pub(super) async fn serves(&self, process: &Arc<Process>) {
        let mut last = TcpStream::connect(&self.address).await.unwrap();
        last.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        last.read_to_end(&mut Vec::new()).await.unwrap();
        self.state().process = Arc::clone(process);
    }

    async fn serve(self, mut stream: TcpStream, process: Arc<Process>) {
        let Some((head, body)) = read(&mut stream).await else { return };
        let status = if head.starts_with("POST") {
            // It is too late to ask whether a process is dead that has made its request.
            process.request("POST", async { self.state().answer(&head, &body) }).await.unwrap_or(502)
        } else {
            200
        };
        let answer = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        // Whether it is still read is the process's affair.
        drop(stream.write_all(answer.as_bytes()).await);
    }
}

impl State {
    fn answer(&mut self, head: &str, body: &[u8]) -> u16 {
        self.requests += 1;
        let path = head.split(' ').nth(1).unwrap();
        let subscription: usize = path.trim_start_matches('/').parse().unwrap();
        let envelope: Value = serde_json::from_slice(body).unwrap();
        let id = envelope["id"].as_str().unwrap().to_owned();
        let changes = changes_of(&envelope);
        let message = (subscription, changes.clone(), envelope["sequence"].as_u64());
        let known = self.messages.entry(id.clone()).or_insert_with(|| message.clone());
        if *known != message {
            self.faults.push(format!("message {id} is {message:?}, and was {known:?}"));
        }
        if head.lines().find_map(|line| line.strip_prefix("webhook-id: ")) != Some(&id) {
            self.faults.push(format!("message {id} has another id in its head: {head}"));
        }
        if self.forbidden.contains(&subscription) {
            self.faults.push(format!("subscription {subscription} may not see {changes:?} any more"));
        }
        let status = match self.moods[subscription] {
            Mood::Takes => 200,
            Mood::Fails if self.random.is_one_in(2) => 200,
            Mood::Fails | Mood::Down => 503,
            Mood::Refuses => 400,
            Mood::Gone => 410,
        };
        if status == 200 {
            for change in changes {
                let ids = self.taken.entry((subscription, change)).or_default();
                self.again += usize::from(!ids.is_empty());
                ids.insert(id.clone());
            }
        }
        status
    }
}

/// The URL at which a subscription is served.
pub(super) fn url(base: &str, subscription: usize) -> String {
    format!("{base}/{subscription}")
}

/// The subscription that a URL serves.
pub(super) fn subscription(webhook: &Webhook) -> usize {
    webhook.url.rsplit('/').next().unwrap().parse().unwrap()
}

async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            let body = &bytes[end + 4..];
            if body.len() >= length {
                return Some((head, body.to_vec()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
