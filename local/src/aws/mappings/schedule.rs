//! Schedules of the template: `rate(...)` only.

use std::time::Duration;

use super::MappingContext;
use crate::aws::template::ScheduleEvent;

/// Invokes a handler at a fixed rate, first after one period, as AWS does.
pub(super) async fn run(context: MappingContext, handler: String, schedule: ScheduleEvent) {
    let Some(period) = period(&schedule.expression) else {
        tracing::warn!(
            handler,
            schedule.expression,
            "the local run supports only rate(...) expressions; this schedule does not run"
        );
        return;
    };
    while context.pause(period).await {
        if let Err(reason) = context.invoke(&handler, schedule.input.clone()).await {
            tracing::warn!(handler, error.reason = reason, "a scheduled event failed");
        }
    }
}

fn period(expression: &str) -> Option<Duration> {
    let inside = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inside.trim().split_once(' ')?;
    let seconds = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(count.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        let check = |expression: &str, seconds: Option<u64>| {
            assert_eq!(period(expression), seconds.map(Duration::from_secs), "{expression}")
        };
        check("rate(1 minute)", Some(60));
        check("rate(6 hours)", Some(21_600));
        check("cron(0 12 * * ? *)", None);
    }
}
