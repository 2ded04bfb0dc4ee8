//! Lambda, as it serves streams and queues: what a function did not answer for comes again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use gateway::{Aws, Config, Context, Stream, Trigger, Wanted, WorkerError};
use model::Timestamp;
use serde_json::{Value, json};
use testing::{Accident, Database, Fate, Process, Random, Step};

use super::clock;
use super::cloud::{ASIDE, Cloud, DELIVERIES, Queued};
use super::receiver::Receiver;

/// How long a message that was received is hidden, and how often it is received at most (`infra/base.yaml`).
const HIDDEN_SECONDS: i64 = 360;
const MOST_RECEIVES: u32 = 5;
/// Messages of a batch.
const BATCH: usize = 10;

/// The stream of a table, and how far it was read.
#[derive(Debug)]
pub(super) struct Shard {
    table: &'static str,
    wanted: &'static [Wanted],
    /// The last record that was read.
    last: Option<String>,
    /// The records that the function is invoked for.
    records: Vec<Value>,
    /// The batches that were read so far, and the place of the next one among them.
    batches: Vec<Range<usize>>,
    next: usize,
    /// What is left of a batch whose head succeeded.
    rest: Option<Range<usize>>,
}

/// A process, and for how many invocations it is kept.
struct Sandbox {
    process: Arc<Process>,
    context: Context,
    left: u64,
}

/// How often something happened at a step: deaths before it and after it, failures before it and after it.
pub(super) type Accidents = BTreeMap<String, [usize; 4]>;

pub(super) struct Lambda {
    pub(super) database: Database,
    pub(super) cloud: Cloud,
    pub(super) receiver: Receiver,
    pub(super) shards: [Shard; 2],
    sandbox: Option<Sandbox>,
    /// Within how many requests a new process meets an accident, if it does.
    accident_within: Option<u64>,
    pub(super) accidents: Accidents,
    pub(super) invocations: usize,
    /// What waits in the control table, by key, and until when.
    pub(super) parked: BTreeMap<String, Timestamp>,
    /// Messages that the queue gave up, and how many it has in all.
    dead: Vec<Queued>,
    pub(super) given_up: usize,
}

impl Shard {
    fn of(stream: &Stream) -> Self {
        let (table, wanted) = match stream.table {
            "ControlTable" => (testing::CONTROL, stream.wanted),
            _ => (testing::TELEMATICS, stream.wanted),
        };
        Self { table, wanted, last: None, records: Vec::new(), batches: Vec::new(), next: 0, rest: None }
    }

    /// The batch that is due: the one that failed, or was read before, or a new one.
    fn batch(&mut self, random: &mut Random) -> Option<Range<usize>> {
        if let Some(rest) = &self.rest {
            return Some(rest.clone());
        }
        if self.next == self.batches.len() {
            let start = self.batches.last().map_or(0, |batch| batch.end);
            let size = 1 + usize::try_from(random.below(12)).unwrap();
            let end = self.records.len().min(start + size);
            if start == end {
                return None;
            }
            self.batches.push(start..end);
        }
        self.batches.get(self.next).cloned()
    }

    /// Goes on where a batch succeeded up to.
    fn succeeded(&mut self, batch: Range<usize>, failed: Option<usize>) {
        self.rest = failed.map(|index| batch.start + index..batch.end);
        self.next += usize::from(self.rest.is_none());
    }

    /// Goes back to a batch that was read before.
    pub(super) fn replay(&mut self, random: &mut Random) {
        self.next = usize::try_from(random.below(self.next as u64 + 1)).unwrap();
        self.rest = None;
    }
}

impl Lambda {
    pub(super) async fn new(random: &mut Random) -> Self {
        let stream_of = |worker: gateway::Worker| match worker.trigger {
            Trigger::Streams(streams) => Some(streams),
            _ => None,
        };
        let streams = crate::workers().into_iter().find_map(stream_of).unwrap();
        let [control, telematics] = streams else { panic!("two streams") };
        Self {
            database: Database::open().await,
            cloud: Cloud::new(random.clone()),
            receiver: Receiver::listen(random.clone()).await,
            shards: [Shard::of(control), Shard::of(telematics)],
            sandbox: None,
            accident_within: None,
            accidents: Accidents::new(),
            invocations: 0,
            parked: BTreeMap::new(),
            dead: Vec::new(),
            given_up: 0,
        }
    }

    /// A context of a process.
    pub(super) fn context(&self, process: &Arc<Process>) -> Context {
        let config = Config {
            control_table: testing::CONTROL.into(),
            telematics_table: testing::TELEMATICS.into(),
            credentials_key: "key".into(),
            deliveries_queue: DELIVERIES.into(),
            stream_failures_queue: ASIDE.into(),
            connect_url: "https://connect.test".into(),
            allowed_addresses: "127.0.0.0/8".into(),
            ..Config::default()
        };
        let others = testing::connect("http://aws.test", process.http_client(self.cloud.http()));
        let aws = Aws { dynamodb: self.database.config(process.http_client(Database::http())), ..Aws::from(others) };
        Context::new(config, aws, clock::now)
    }

    /// New processes meet an accident from now on, within so many requests.
    pub(super) fn be_harsh(&mut self, within: u64) {
        (self.accident_within, self.sandbox) = (Some(within), None);
    }

    /// No more accidents.
    pub(super) fn be_safe(&mut self) {
        (self.accident_within, self.sandbox) = (None, None);
        self.cloud.state().is_moody = false;
    }

    /// An operator has the messages of the dead-letter queue sent again.
    pub(super) fn redrive(&mut self) {
        let again = self.dead.drain(..).map(|message| Queued { due: clock::now(), receives: 0, ..message });
        self.cloud.state().deliveries.extend(again);
    }

    /// Reads what was written to the tables.
    pub(super) fn read_streams(&mut self) {
        for shard in &mut self.shards {
            for record in self.database.changes(shard.table, shard.last.clone()) {
                shard.last = record["dynamodb"]["SequenceNumber"].as_str().map(String::from);
                note_parked(&mut self.parked, &record);
                if shard.wanted.iter().any(|wanted| is_wanted(*wanted, &record)) {
                    shard.records.push(record);
                }
            }
        }
    }

    /// Leaves out what was written so far.
    pub(super) fn skip_streams(&mut self) {
        self.read_streams();
        self.shards.iter_mut().for_each(|shard| shard.records.clear());
    }

    /// Hands a batch of a stream over; false if there is none.
    pub(super) async fn stream(&mut self, shard: usize, random: &mut Random) -> bool {
        self.read_streams();
        let Some(batch) = self.shards[shard].batch(random) else { return false };
        let records = self.shards[shard].records[batch.clone()].to_vec();
        let number = |record: &Value| record["dynamodb"]["SequenceNumber"].clone();
        let answer = self.invoke("events.fan_out", json!({ "Records": records }), random).await;
        // A batch without an answer comes again as it was.
        let Some(Ok(answer)) = answer else { return true };
        let failed = answer["batchItemFailures"].as_array().unwrap().first().map(|failure| failure["itemIdentifier"].clone());
        let index = failed.map(|failed| records.iter().position(|record| number(record) == failed).unwrap());
        self.shards[shard].succeeded(batch, index);
        true
    }

    /// Hands visible messages of the queue over; false if there is none.
    pub(super) async fn queue(&mut self, random: &mut Random) -> bool {
        let batch = self.receive(random);
        if batch.is_empty() {
            return false;
        }
        let record = |message: &Queued| json!({ "messageId": message.id, "body": message.body, "attributes": {} });
        let records: Vec<Value> = batch.iter().map(record).collect();
        let Some(Ok(answer)) = self.invoke("deliveries.send", json!({ "Records": records }), random).await else { return true };
        let failures = answer["batchItemFailures"].as_array().unwrap();
        let has_failed = |message: &Queued| failures.iter().any(|failure| failure["itemIdentifier"] == message.id.as_str());
        let mut state = self.cloud.state();
        for message in batch.iter().filter(|message| !has_failed(message)) {
            // A message that was deleted may be delivered once more.
            if self.accident_within.is_some() && random.is_one_in(12) {
                continue;
            }
            state.deliveries.retain(|queued| queued.id != message.id);
        }
        true
    }

    /// Takes some of the visible messages, in any order, and hides them for a while.
    fn receive(&mut self, random: &mut Random) -> Vec<Queued> {
        let mut state = self.cloud.state();
        let (now, mut batch) = (clock::now(), Vec::new());
        let most = 1 + usize::try_from(random.below(BATCH as u64)).unwrap();
        while batch.len() < most {
            let visible: Vec<usize> = (0..state.deliveries.len()).filter(|index| state.deliveries[*index].due <= now).collect();
            if visible.is_empty() {
                break;
            }
            let index = visible[usize::try_from(random.below(visible.len() as u64)).unwrap()];
            if state.deliveries[index].receives == MOST_RECEIVES {
                self.dead.push(state.deliveries.remove(index));
                self.given_up += 1;
                continue;
            }
            let message = &mut state.deliveries[index];
            message.receives += 1;
            message.due = now.plus_seconds(HIDDEN_SECONDS);
            batch.push(message.clone());
        }
        batch
    }

    /// Starts the timer's worker.
    pub(super) async fn wake(&mut self, random: &mut Random) {
        self.invoke("deliveries.wake", json!({}), random).await;
    }

    /// Invokes a worker in a process that may meet an accident. `None` if it died.
    async fn invoke(&mut self, handler: &'static str, event: Value, random: &mut Random) -> Option<Result<Value, WorkerError>> {
        self.invocations += 1;
        let sandbox = match self.sandbox.take() {
            Some(sandbox) => sandbox,
            None => self.start(random).await,
        };
        let worker = crate::workers().into_iter().find(|worker| worker.handler == handler).unwrap();
        let met_before = sandbox.process.met();
        let done = sandbox.process.run(handler, (worker.call)(&sandbox.context, event)).await;
        for step in sandbox.process.steps() {
            self.accidents.entry(step).or_default();
        }
        let met = sandbox.process.met().filter(|_| met_before.is_none());
        met.into_iter().for_each(|step| self.count(step));
        let is_kept = !sandbox.process.is_dead() && sandbox.left > 0;
        self.sandbox = is_kept.then(|| Sandbox { left: sandbox.left - 1, ..sandbox });
        done
    }

    async fn start(&self, random: &mut Random) -> Sandbox {
        let fate = Fate {
            after: random.below(self.accident_within.unwrap_or(1)),
            accident: if random.is_one_in(3) { Accident::Failure } else { Accident::Death },
            is_sent: random.is_one_in(2),
        };
        let process = Process::new(Some(fate).filter(|_| self.accident_within.is_some()));
        self.receiver.serves(&process).await;
        Sandbox { context: self.context(&process), process, left: random.below(6) }
    }

    fn count(&mut self, step: Step) {
        let column = usize::from(step.fate.is_sent) + if step.fate.accident == Accident::Failure { 2 } else { 0 };
        self.accidents.entry(step.name).or_default()[column] += 1;
    }
}

fn note_parked(parked: &mut BTreeMap<String, Timestamp>, record: &Value) {
    let change = &record["dynamodb"];
    let (pk, sk) = (text(&change["Keys"]["pk"]), text(&change["Keys"]["sk"]));
    let due = sk.split('#').next().and_then(Timestamp::parse).filter(|_| pk.starts_with("PARKED#"));
    let Some(due) = due else { return };
    if record["eventName"] == "REMOVE" {
        parked.remove(&format!("{pk} {sk}"));
    } else {
        parked.insert(format!("{pk} {sk}"), due);
    }
}

/// What the filters of an event-source mapping let through (`Wanted::pattern`).
fn is_wanted(wanted: Wanted, record: &Value) -> bool {
    let (event, change) = (record["eventName"].as_str().unwrap(), &record["dynamodb"]);
    let is_in = |names: &[&str], value: &Value| names.contains(&text(value));
    let new = &change["NewImage"];
    match wanted {
        Wanted::Written(kinds) => event != "REMOVE" && is_in(kinds, &new["kind"]),
        Wanted::WrittenAs(kinds, states) => event != "REMOVE" && is_in(kinds, &new["kind"]) && is_in(states, &new["status"]),
        Wanted::WrittenWith(kinds, name) => event != "REMOVE" && is_in(kinds, &new["kind"]) && new[name]["S"].is_string(),
        Wanted::Created(kinds) => event == "INSERT" && is_in(kinds, &new["kind"]),
        Wanted::Removed(kinds) => event == "REMOVE" && is_in(kinds, &change["OldImage"]["kind"]),
        Wanted::WrittenUnder(start) => event != "REMOVE" && text(&change["Keys"]["pk"]).starts_with(start),
        Wanted::CreatedWith(name) => event == "INSERT" && new[name]["S"].is_string(),
    }
}

fn text(value: &Value) -> &str {
    value["S"].as_str().unwrap_or_default()
}
