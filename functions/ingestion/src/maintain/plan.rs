//! How a schedule looks in EventBridge Scheduler.

use model::Timestamp;
use model::schedule::Schedule;
use serde_json::json;

/// The timer of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Its name: the schedule's id.
    pub(super) name: String,
    /// `rate(...)`.
    pub(super) expression: String,
    /// The event it sends.
    pub(super) input: String,
    /// First tick. Spread over one interval by the schedule's id, so that schedules made together do not fire together; a
    /// flexible window would spread them too, but then ticks of one schedule are no interval apart.
    pub(super) start: Timestamp,
}

impl Plan {
    /// The timer of a schedule, begun at `now`.
    pub(super) fn of(schedule: &Schedule, now: Timestamp) -> Self {
        let minutes = minutes(schedule.execution_interval_seconds);
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let input = json!({
            "connection_id": schedule.connection_id,
            "schedule_id": schedule.id,
            "scheduled_for": "<aws.scheduler.scheduled-time>",
        });
        let offset = schedule.id.uuid().as_u128() % (u128::from(minutes) * 60);
        Self {
            name: schedule.id.to_string(),
            expression: format!("rate({minutes} {unit})"),
            input: input.to_string(),
            start: now.plus_seconds(i64::try_from(offset).unwrap_or(0)),
        }
    }
}

/// Whole minutes, at least one: EventBridge Scheduler knows no seconds.
fn minutes(seconds: u32) -> u32 {
    seconds.div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use model::{ConnectionId, Resource};

    use super::*;

    #[test]
    fn expressions_are_whole_minutes() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let schedule = Schedule::new(ConnectionId::at(now), Resource::VehicleLocation, "samsara", now);
        let cases = [
            (10, "rate(1 minute)"),
            (60, "rate(1 minute)"),
            (61, "rate(2 minutes)"),
            (300, "rate(5 minutes)"),
            (86_400, "rate(1440 minutes)"),
        ];
        for (seconds, expected) in cases {
            let plan = Plan::of(&Schedule { execution_interval_seconds: seconds, ..schedule.clone() }, now);
            assert_eq!(plan.expression, expected);
            let wait = plan.start.seconds_since(now);
            assert!((0.0..=f64::from(seconds.max(120))).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn the_event_names_the_schedule_and_its_tick() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let schedule = Schedule::new(ConnectionId::at(now), Resource::Vehicle, "samsara", now);
        let request: crate::run::RunRequest = serde_json::from_str(&Plan::of(&schedule, now).input).unwrap();
        assert_eq!((request.connection_id, request.schedule_id), (schedule.connection_id, schedule.id));
        assert_eq!(request.scheduled_for.as_deref(), Some("<aws.scheduler.scheduled-time>"));
    }
}
