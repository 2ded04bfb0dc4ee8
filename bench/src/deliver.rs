//! `deliver`: webhook messages at a fixed rate, open loop, from the instant a message was meant to be sent to its arrival.
//!
//! Messages reach `deliveries.send` as Lambda hands them over: so many pollers as the template allows, each with a batch of
//! what waits. The queue itself is left out, as the emulator's does not carry these rates.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use catena::aws::template::Event;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::Runtimes;
use crate::figures::{Figure, figure, median, millis, percentile, thread_cpu};
use crate::receiver::Receiver;
use crate::rig::{Ask, Rig};

/// Subscriptions that messages go to in turn.
const SUBSCRIPTIONS: usize = 8;
const RUNS: usize = 3;
const SECONDS: usize = 8;
/// Positions in one message.
const RECORDS: usize = 10;
/// How long the last messages may take to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(30);

/// One subscription's message without its id.
struct MessageTemplate {
    before: String,
    after: String,
}

/// How messages are handed over: pollers, and messages per batch.
#[derive(Clone, Copy)]
struct Polling {
    pollers: usize,
    batch: usize,
}

/// The results of runs.
#[derive(Default)]
struct Results {
    p50: Vec<f64>,
    p99: Vec<f64>,
    p999: Vec<f64>,
    cpu: Vec<f64>,
    received: Vec<f64>,
    /// Percent of those that could arrive.
    arrived: Vec<f64>,
}

/// A stream of messages: so many a second, every `hanging`th of them to the subscription that never responds.
#[derive(Clone, Copy)]
struct Load {
    rate: usize,
    hanging: Option<usize>,
}

pub(crate) fn run(runtimes: &Runtimes, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let rig = runtimes.around.block_on(Rig::start(RECORDS + 1))?;
    let receiver = runtimes.around.block_on(Receiver::open())?;
    let polling = polling(&rig)?;
    let templates = runtimes.ours.block_on(templates(&rig, &receiver))?;
    let bytes = templates.first().map_or(0, |template| template.before.len() + template.after.len() + 36);
    print(figure("deliver_message_bytes", f64::from(u32::try_from(bytes)?), "bytes"));
    let bench = Bench { runtimes, rig: &rig, receiver: &receiver, templates: &templates, polling };
    bench.pass(Load { rate: 100, hanging: None }, &mut Results::default())?;
    for rate in [100, 400, 800] {
        bench.runs(Load { rate, hanging: None })?.print(&format!("deliver_{rate}"), print);
    }
    let hanging = bench.runs(Load { rate: 100, hanging: Some(20) })?;
    hanging.print("deliver_100_neighbour_hangs", print);
    runtimes.around.block_on(rig.stop())
}

/// Batch and concurrency of the deliveries queue's mapping, as the template sets them.
fn polling(rig: &Rig) -> Result<Polling> {
    let function = rig.cloud.functions.iter().find(|function| function.handler == "deliveries.send");
    let events = function.map(|function| function.events.as_slice()).unwrap_or_default();
    let queue = events.iter().find_map(|event| if let Event::Queue(queue) = event { Some(queue) } else { None });
    let queue = queue.context("deliveries.send reads no queue")?;
    Ok(Polling { pollers: queue.concurrency, batch: queue.batch_size })
}

/// Subscribes, and writes a message for each subscription; the last one is for the receiver that hangs.
async fn templates(rig: &Rig, receiver: &Receiver) -> Result<Vec<MessageTemplate>> {
    let done = rig.work(&rig.context, "executions.run", rig.firing("vehicle_location")?).await?;
    ensure!(done.pointer("/outcome").and_then(Value::as_str) == Some("success"), "the execution did not succeed: {done}");
    let token = rig.fleet().token;
    let listed = rig.json("vehicle_locations.list", &Ask { token: &token, ..Ask::default() }).await?;
    let rows = listed.pointer("/items").cloned().context("there are no positions")?;
    let mut found = Vec::new();
    for number in 0..=SUBSCRIPTIONS {
        let path = if number < SUBSCRIPTIONS { format!("prompt/{number}") } else { "hanging".to_owned() };
        let body = json!({
            "url": format!("{}/{path}", receiver.url()),
            "event_name": "vehicle_location.added",
            "secret": catena::demo::WEBHOOK_SECRET,
        });
        let made = rig.json("webhooks.create", &Ask { token: &token, json: Some(body), ..Ask::default() }).await?;
        let message = json!({
            "webhook_id": made.get("id"), "partner_id": made.get("partner_id"), "message_id": "MESSAGE",
            "event_name": "vehicle_location.added", "timestamp": crate::rig::now(), "data": rows,
            "fleet_id": rows.pointer("/0/fleet_id"), "resource": "vehicle_location",
        });
        let text = message.to_string();
        let (before, after) = text.split_once("MESSAGE").context("the message has no id")?;
        found.push(MessageTemplate { before: before.to_owned(), after: after.to_owned() });
    }
    Ok(found)
}

struct Bench<'a> {
    runtimes: &'a Runtimes,
    rig: &'a Rig,
    receiver: &'a Receiver,
    templates: &'a [MessageTemplate],
    polling: Polling,
}

impl Bench<'_> {
    fn runs(&self, load: Load) -> Result<Results> {
        let mut results = Results::default();
        (0..RUNS).try_for_each(|_| self.pass(load, &mut results))?;
        Ok(results)
    }

    /// One run: everything sent, and everything received that ever will be.
    fn pass(&self, load: Load, results: &mut Results) -> Result<()> {
        let total = load.rate * SECONDS;
        let base = uuid::Uuid::now_v7();
        self.receiver.expect(base);
        let (sender, queue) = mpsc::unbounded_channel();
        let start = Instant::now() + Duration::from_millis(50);
        let due = |index: usize| start + Duration::from_secs_f64(index as f64 / load.rate as f64);
        let cpu = thread_cpu();
        let wanted = total - load.hanging.map_or(0, |every| total / every);
        std::thread::scope(|scope| {
            scope.spawn(|| send(self.templates, load, total, base, &due, sender));
            self.runtimes.ours.block_on(self.deliver(queue, wanted))
        })?;
        let cpu = thread_cpu() - cpu;
        let arrivals = self.receiver.arrivals();
        ensure!(!arrivals.is_empty(), "no message arrived");
        results.arrived.push(100.0 * arrivals.len() as f64 / wanted as f64);
        let latencies: Vec<f64> = arrivals.iter().map(|(index, at)| millis(at.saturating_duration_since(due(*index)))).collect();
        let last = arrivals.iter().map(|(_, at)| *at).max().unwrap_or(start);
        results.p50.push(percentile(&latencies, 50.0));
        results.p99.push(percentile(&latencies, 99.0));
        results.p999.push(percentile(&latencies, 99.9));
        results.cpu.push(cpu.as_secs_f64() * 1_000_000.0 / total as f64);
        results.received.push(arrivals.len() as f64 / last.saturating_duration_since(start).as_secs_f64());
        Ok(())
    }

    /// Pollers, until all messages that can arrive have done so.
    async fn deliver(&self, queue: mpsc::UnboundedReceiver<String>, wanted: usize) -> Result<()> {
        let queue = Mutex::new(queue);
        let mut pollers: FuturesUnordered<_> = (0..self.polling.pollers).map(|_| self.poll(&queue)).collect();
        let work = async {
            while let Some(done) = pollers.next().await {
                done?;
            }
            Ok(())
        };
        let arrived = tokio::time::timeout(ARRIVAL_TIMEOUT, self.receiver.wait_for(wanted));
        // Whatever waits for the receiver that hangs is dropped with its pollers; so is what an overload put off for later.
        tokio::select! {
            done = work => done,
            _ = arrived => Ok(()),
        }
    }

    async fn poll(&self, queue: &Mutex<mpsc::UnboundedReceiver<String>>) -> Result<()> {
        loop {
            let mut bodies = Vec::with_capacity(self.polling.batch);
            if queue.lock().await.recv_many(&mut bodies, self.polling.batch).await == 0 {
                return Ok(());
            }
            let answer = self.rig.work(&self.rig.context, "deliveries.send", event(bodies)).await?;
            ensure!(answer == json!({ "batchItemFailures": [] }), "messages failed: {answer}");
        }
    }
}

/// A batch as Lambda hands it over.
fn event(bodies: Vec<String>) -> Value {
    let record = |(number, body): (usize, String)| {
        json!({
            "messageId": number.to_string(), "receiptHandle": "handle", "body": body, "attributes": {}, "messageAttributes": {},
            "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench",
            "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.into_iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// Sends each message when it is due, whatever became of those before.
fn send(
    templates: &[MessageTemplate],
    load: Load,
    total: usize,
    base: uuid::Uuid,
    due: &dyn Fn(usize) -> Instant,
    sender: mpsc::UnboundedSender<String>,
) {
    for index in 0..total {
        let is_hanging = load.hanging.is_some_and(|every| index % every == every - 1);
        let number = if is_hanging { SUBSCRIPTIONS } else { index % SUBSCRIPTIONS };
        let Some(template) = templates.get(number) else { return };
        let id = Receiver::id(base, index);
        let body = format!("{}{id}{}", template.before, template.after);
        std::thread::sleep(due(index).saturating_duration_since(Instant::now()));
        if sender.send(body).is_err() {
            return;
        }
    }
}

impl Results {
    fn print(&self, name: &str, print: &mut dyn FnMut(Figure)) {
        print(figure(format!("{name}_p50"), median(&self.p50), "ms"));
        print(figure(format!("{name}_p99"), median(&self.p99), "ms"));
        print(figure(format!("{name}_p999"), median(&self.p999), "ms"));
        print(figure(format!("{name}_received"), median(&self.received), "1/s"));
        print(figure(format!("{name}_arrived"), median(&self.arrived), "%"));
        print(figure(format!("{name}_cpu"), median(&self.cpu), "us/message"));
    }
}
