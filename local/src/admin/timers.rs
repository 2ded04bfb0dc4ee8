//! `catena admin timers`: timers that were lost.

use anyhow::ensure;
use aws_config::SdkConfig;
use bootstrap::timers::{self, Examined, Remedy, Timer};
use gateway::{Config, Context};
use model::Timestamp;
use serde_json::{Value, json};

use super::report::Report;

/// Compares all schedules of a table with the timers of the group that the environment names.
pub(super) async fn examine(aws: SdkConfig, table: &str, remedy: Remedy) -> anyhow::Result<Examined> {
    let config = Config { control_table: table.to_owned(), ..Config::from_environment() };
    ensure!(!config.schedule_group.is_empty(), "missing SCHEDULE_GROUP: the functions' variables say where timers lead");
    let leads_nowhere = config.schedule_target.is_empty() || config.schedule_role.is_empty() || config.schedule_dlq.is_empty();
    ensure!(!leads_nowhere, "missing SCHEDULE_TARGET_ARN, SCHEDULE_ROLE_ARN or SCHEDULE_DLQ_ARN");
    Ok(timers::examine(&Context::new(config, aws.into(), Timestamp::system), remedy).await?)
}

/// What was found, a line for each fault.
pub(super) fn report(examined: &Examined, remedy: Remedy) -> Report {
    let done = if remedy == Remedy::Repair { ", repaired" } else { "" };
    let faults: Vec<Value> = examined
        .faults
        .iter()
        .map(|(schedule, timer)| {
            json!({
                "schedule_id": schedule.id, "connection_id": schedule.connection_id, "resource": schedule.resource, "timer": word(*timer),
            })
        })
        .collect();
    let line = |(schedule, timer): &(model::schedule::Schedule, Timer)| {
        format!("{}  connection {}  {}: {}{done}", schedule.id, schedule.connection_id, schedule.resource, word(*timer))
    };
    let mut lines: Vec<String> = examined.faults.iter().map(line).collect();
    let refused = |(schedule, cause): &(model::schedule::Schedule, String)| {
        format!("{}  connection {}  {}: {cause}", schedule.id, schedule.connection_id, schedule.resource)
    };
    lines.extend(examined.refused.iter().map(refused));
    lines.push(format!("{} schedules, {} timers at fault{done}", examined.schedules, examined.faults.len()));
    if !examined.refused.is_empty() {
        lines.push(format!("{} timers are refused by EventBridge Scheduler", examined.refused.len()));
    }
    let is_repaired = remedy == Remedy::Repair;
    Report {
        lines: lines.join("\n"),
        json: json!({ "schedules": examined.schedules, "faults": faults, "refused": examined.refused.len(), "repaired": is_repaired }),
    }
}

fn word(timer: Timer) -> &'static str {
    match timer {
        Timer::Kept => "as it should be",
        Timer::Missing => "missing",
        Timer::Differs => "differs",
    }
}
