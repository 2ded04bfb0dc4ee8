//! `ingest`: whole executions of `vehicle_location`, a minute apart, from the simulator to the table.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use gateway::Context;
use serde_json::Value;

use crate::Runtimes;
use crate::figures::{Figure, figure, median, thread_cpu};
use crate::lambda::Function;
use crate::metering_proxy::RecordedRequest;
use crate::rig::{self, Rig};

const RESOURCE: &str = "vehicle_location";
/// Executions per fleet; every second one is metered by the proxy, the others are timed.
const EXECUTIONS: usize = 24;

pub(crate) fn run(runtimes: &Runtimes, artifact: &Path, print: &mut dyn FnMut(Figure)) -> Result<()> {
    [5, 50, 500].into_iter().try_for_each(|vehicles| fleet(runtimes, artifact, vehicles, print))
}

/// What executions took.
#[derive(Default)]
struct Taken {
    /// Positions stored by timed executions, and the CPU seconds of each.
    timed: Vec<(f64, f64)>,
    /// Positions stored by counted executions, and what they consumed.
    counted: Vec<(f64, Units)>,
    /// What all of them left in the table.
    kept: Kept,
}

/// Positions in the table, and the bytes of their items.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    positions: f64,
    bytes: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Units {
    records: f64,
    bookkeeping: f64,
    reads: f64,
}

fn fleet(runtimes: &Runtimes, artifact: &Path, vehicles: usize, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let rss = runtimes.around.block_on(first(vehicles, artifact))?;
    rig::jump_to_midday();
    let rig = runtimes.around.block_on(Rig::start(vehicles))?;
    let interval = rig.fleet().schedules.get(RESOURCE).map(|(_, seconds)| *seconds).context("there is no schedule")?;
    let mut taken = Taken::default();
    // The first two fill caches: keys of the vault, connections.
    let begun = kept(runtimes, &rig)?;
    let mut before = begun;
    for number in 0..EXECUTIONS + 2 {
        rig::advance(interval);
        let is_counted = number % 2 == 1;
        let cpu = execute(runtimes, &rig, if is_counted { &rig.metered } else { &rig.context })?;
        let consumed = units(&rig, &rig.proxy.drain());
        let now = kept(runtimes, &rig)?;
        let positions = now.positions - before.positions;
        before = now;
        match number {
            0 | 1 => {}
            _ if is_counted => taken.counted.push((positions, consumed)),
            _ => taken.timed.push((positions, cpu)),
        }
    }
    taken.kept = Kept { positions: before.positions - begun.positions, bytes: before.bytes - begun.bytes };
    report(vehicles, &taken, rss, print);
    runtimes.around.block_on(rig.stop())
}

fn report(vehicles: usize, taken: &Taken, rss: f64, print: &mut dyn FnMut(Figure)) {
    let name = format!("ingest_{vehicles}");
    let positions: Vec<f64> = taken.timed.iter().map(|(positions, _)| *positions).collect();
    let rates: Vec<f64> = taken.timed.iter().map(|(positions, cpu)| positions / cpu).collect();
    let cpu: Vec<f64> = taken.timed.iter().map(|(_, cpu)| cpu * 1_000.0).collect();
    let sum = |of: fn(&(f64, Units)) -> f64| taken.counted.iter().map(of).sum::<f64>();
    let counted = sum(|(positions, _)| *positions);
    let executions = sum(|_| 1.0);
    print(figure(format!("{name}_positions_per_execution"), median(&positions), "records"));
    print(figure(format!("{name}_records_per_core"), median(&rates), "1/s"));
    print(figure(format!("{name}_cpu_per_execution"), median(&cpu), "ms"));
    let per_thousand = 1_000.0 * sum(|(_, units)| units.records) / counted;
    print(figure(format!("{name}_write_units_per_1000_positions"), per_thousand, "units"));
    let kept = taken.kept.bytes / taken.kept.positions;
    print(figure(format!("{name}_kept_bytes_per_position"), kept, "bytes"));
    let bookkeeping = sum(|(_, units)| units.bookkeeping) / executions;
    print(figure(format!("{name}_bookkeeping_write_units_per_execution"), bookkeeping, "units"));
    print(figure(format!("{name}_read_units_per_execution"), sum(|(_, units)| units.reads) / executions, "units"));
    print(figure(format!("{name}_rss"), rss, "MB"));
}

/// The first execution, by the deployed artifact, whose clock is the machine's; returns its peak RSS in MB.
async fn first(vehicles: usize, artifact: &Path) -> Result<f64> {
    rig::return_to_now();
    let rig = Rig::start(vehicles).await?;
    let mut function = Function::start(artifact, "executions.run", &rig.variables("executions.run")).await?;
    function.init().await?;
    let (answer, _) = function.handle(rig.firing(RESOURCE)?).await?;
    succeeded(&answer)?;
    let rss = function.peak_rss_mb()?;
    function.end().await?;
    rig.stop().await?;
    Ok(rss)
}

/// One execution; returns its CPU seconds.
fn execute(runtimes: &Runtimes, rig: &Rig, context: &Context) -> Result<f64> {
    let event = rig.firing(RESOURCE)?;
    let start = thread_cpu();
    let answer = runtimes.ours.block_on(rig.work(context, "executions.run", event))?;
    let cpu = (thread_cpu() - start).as_secs_f64();
    succeeded(&answer)?;
    Ok(cpu)
}

fn succeeded(answer: &Value) -> Result<()> {
    ensure!(answer.pointer("/outcome").and_then(Value::as_str) == Some("success"), "the execution did not succeed: {answer}");
    Ok(())
}

/// Write units of both tables, and read units.
fn units(rig: &Rig, requests: &[RecordedRequest]) -> Units {
    let mut found = Units::default();
    let control = &rig.context.config().control_table;
    for request in requests {
        for (table, units) in &request.units {
            match (request.is_write(), table == control) {
                (false, _) => found.reads += units,
                (true, true) => found.bookkeeping += units,
                (true, false) => found.records += units,
            }
        }
    }
    found
}

/// Positions in the table: what its blocks say that they hold, and their bytes as DynamoDB bills them.
fn kept(runtimes: &Runtimes, rig: &Rig) -> Result<Kept> {
    /// DynamoDB bills so many bytes for an item beside its attributes.
    const ITEM: usize = 100;
    runtimes.around.block_on(async {
        let scan = rig.cloud.clients.dynamodb.scan().table_name(&rig.context.config().telematics_table);
        let mut pages = scan.into_paginator().items().send();
        let mut kept = Kept::default();
        while let Some(item) = pages.next().await {
            let item = item?;
            let is_block = item
                .get("pk")
                .and_then(|pk| pk.as_s().ok())
                .is_some_and(|pk| pk.starts_with("L#") && pk.matches('#').count() == 3);
            if is_block {
                let held = item.get("n").and_then(|count| count.as_n().ok()?.parse::<f64>().ok());
                kept.positions += held.unwrap_or_default();
                kept.bytes += (ITEM + item.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>()) as f64;
            }
        }
        Ok(kept)
    })
}

fn bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::B(value) => value.as_ref().len(),
        AttributeValue::S(value) => value.len(),
        AttributeValue::N(value) => value.len().div_ceil(2) + 1,
        _ => 1,
    }
}
