//! `api`: endpoints through the gateway's dispatch, against the SDK calls that they make, alone.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use gateway::{Endpoint, Incoming, dispatch};
use serde_json::Value;

use crate::Runtimes;
use crate::figures::{Figure, figure, median, micros, percentile, thread_cpu};
use crate::replay::Read;
use crate::rig::{self, Ask, Rig};

/// One more than are listed, as the simulator's last vehicle never reports.
const VEHICLES: usize = 301;
const ROUNDS: usize = 9;
/// Requests per round and way.
const REQUESTS: usize = 60;

struct Case<'a> {
    name: &'a str,
    endpoint: &'a Endpoint,
    incoming: Incoming,
    reads: Vec<Read>,
}

pub(crate) fn run(runtimes: &Runtimes, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let rig = runtimes.around.block_on(Rig::start(VEHICLES))?;
    for resource in ["vehicle", "vehicle_location"] {
        let done = runtimes.ours.block_on(rig.work(&rig.context, "executions.run", rig.firing(resource)?))?;
        ensure!(done.pointer("/outcome").and_then(Value::as_str) == Some("success"), "{resource}: {done}");
    }
    let token = rig.fleet().token;
    let listed =
        runtimes.ours.block_on(rig.json("vehicles.list", &Ask { query: "size=300", token: &token, ..Ask::default() }))?;
    let rows = listed.pointer("/items").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(rows == 300, "300 vehicles were to be listed, not {rows}");
    let one = listed.pointer("/items/150/id").and_then(Value::as_str).context("a vehicle has no id")?;
    let cases = [
        ("vehicles_list_300", "vehicles.list", Ask { query: "size=300", token: &token, ..Ask::default() }),
        ("vehicles_list_25", "vehicles.list", Ask { query: "size=25", token: &token, ..Ask::default() }),
        ("vehicles_get", "vehicles.get", Ask { path: &[("vehicle_id", one)], token: &token, ..Ask::default() }),
        ("locations_latest_300", "vehicle_locations.list", Ask { query: "size=300", token: &token, ..Ask::default() }),
    ];
    for (name, handler, ask) in cases {
        let case = prepare(runtimes, &rig, name, handler, &ask)?;
        measure(runtimes, &rig, &case, print)?;
    }
    runtimes.around.block_on(rig.stop())
}

/// Finds out which reads the endpoint makes once its caches are filled.
fn prepare<'a>(runtimes: &Runtimes, rig: &'a Rig, name: &'a str, handler: &str, ask: &Ask<'_>) -> Result<Case<'a>> {
    let endpoint = rig.endpoint(handler)?;
    let incoming = rig::incoming(endpoint, ask)?;
    runtimes.ours.block_on(dispatch(&rig.metered, endpoint, &incoming));
    rig.proxy.drain();
    let answer = runtimes.ours.block_on(dispatch(&rig.metered, endpoint, &incoming));
    ensure!(answer.status.is_success(), "{name} answered {}", answer.status);
    // What counts requests is left out: it takes the more of them at once the more there are.
    let asked = rig.proxy.drain().into_iter().filter(|request| request.operation != "UpdateItem");
    let reads = asked.map(|request| Read::of(&request)).collect::<Result<Vec<_>>>()?;
    ensure!(!reads.is_empty(), "{name} reads nothing");
    Ok(Case { name, endpoint, incoming, reads })
}

/// Times of one way: milliseconds and CPU microseconds per request.
#[derive(Default)]
struct Times {
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu: Vec<f64>,
}

impl Times {
    fn round(&mut self, mut request: impl FnMut() -> Result<()>) -> Result<()> {
        let cpu = thread_cpu();
        let mut taken = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let start = Instant::now();
            request()?;
            taken.push(crate::figures::millis(start.elapsed()));
        }
        self.cpu.push(micros(thread_cpu() - cpu) / f64::from(u32::try_from(REQUESTS)?));
        self.p50.push(percentile(&taken, 50.0));
        self.p99.push(percentile(&taken, 99.0));
        Ok(())
    }

    fn print(&self, name: &str, print: &mut dyn FnMut(Figure)) {
        print(figure(format!("{name}_p50"), median(&self.p50), "ms"));
        print(figure(format!("{name}_p99"), median(&self.p99), "ms"));
        print(figure(format!("{name}_cpu"), median(&self.cpu), "us"));
    }
}

fn measure(runtimes: &Runtimes, rig: &Rig, case: &Case<'_>, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let client = &rig.cloud.clients.dynamodb;
    let ours = || {
        let answer = runtimes.ours.block_on(dispatch(&rig.context, case.endpoint, &case.incoming));
        ensure!(answer.status.is_success(), "{} answered {}", case.name, answer.status);
        Ok(())
    };
    let raw = || {
        runtimes.ours.block_on(async {
            for read in &case.reads {
                read.send(client).await?;
            }
            Ok(())
        })
    };
    let (mut own, mut reference) = (Times::default(), Times::default());
    own.round(ours)?;
    reference.round(raw)?;
    (own, reference) = (Times::default(), Times::default());
    for _ in 0..ROUNDS {
        own.round(ours)?;
        reference.round(raw)?;
    }
    let name = case.name;
    print(figure(format!("api_{name}_calls"), f64::from(u32::try_from(case.reads.len())?), "calls"));
    own.print(&format!("api_{name}"), print);
    reference.print(&format!("api_{name}_raw"), print);
    print(figure(format!("api_{name}_p50_to_raw"), median(&own.p50) / median(&reference.p50), "x"));
    let count = |work: &dyn Fn() -> Result<()>| allocation_counter::measure(|| drop(work())).count_total;
    print(figure(format!("api_{name}_allocations"), f64::from(u32::try_from(count(&ours))?), "1/request"));
    print(figure(format!("api_{name}_raw_allocations"), f64::from(u32::try_from(count(&raw))?), "1/request"));
    Ok(())
}
