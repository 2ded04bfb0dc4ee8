//! `GET /v2/notifications/webhooks/{webhook_id}/metrics`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::health::{Health, HealthHour, Tally};
use model::{Timestamp, WebhookId};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Range, keys};

use super::{Id, find};

/// How well a subscription's receiver takes its messages.
pub struct Metrics;

/// The fewest messages of which a share is told.
const LEAST_MESSAGES: u64 = 200;
const HOUR: i64 = 3_600;

/// A number for each of four windows that end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimePeriodMetric {
    /// The last 6 hours, to the quarter of an hour.
    #[serde(rename = "6h")]
    six_hours: Option<u64>,
    /// The last 24 hours, to the hour.
    #[serde(rename = "24h")]
    day: Option<u64>,
    /// The last 7 days, to the hour.
    #[serde(rename = "7d")]
    week: Option<u64>,
    /// The last 14 days, to the hour.
    #[serde(rename = "14d")]
    fortnight: Option<u64>,
}

/// Metrics of a subscription.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookMetrics {
    /// The subscription.
    webhook_id: WebhookId,
    /// Requests, retries included.
    http_attempts: TimePeriodMetric,
    /// Requests that were answered 2xx.
    http_success_attempts: TimePeriodMetric,
    /// Requests that were answered otherwise, or not at all.
    http_failure_attempts: TimePeriodMetric,
    /// Messages that were tried for the first time.
    message_count: TimePeriodMetric,
    /// Messages that were delivered, at the first attempt or a later one.
    message_success_count: TimePeriodMetric,
    /// Delivered messages of all, in whole percent; null under 200 messages.
    success_rate: TimePeriodMetric,
    /// Milliseconds to the response, on average; null without any.
    avg_response_time_ms: TimePeriodMetric,
    /// The share of attempts that succeeded, 0 to 1, where the newest weigh most; null without attempts since the last change. Under
    /// 0.95 for a minute, a busy subscription becomes stale.
    ewma_success_rate: Option<f64>,
    /// Dead letters, which wait for `replay` or for the receiver to recover.
    dlq_count: u64,
}

/// The counts of the four windows.
struct Windows([Tally; 4]);

impl Windows {
    fn at(now: Timestamp, running: Option<&Health>, hours: &[HealthHour]) -> Self {
        let within = |hours_back: i64| {
            let start = now.plus_seconds(-hours_back * HOUR);
            let over = hours.iter().filter(|hour| hour.start > start).map(|hour| hour.tally);
            let runs = running.map(|health| health.hour).filter(|(begun, _)| *begun > start).map(|(_, tally)| tally);
            over.chain(runs).fold(Tally::default(), Tally::plus)
        };
        let six = running.map(|health| health.recent(now)).unwrap_or_default();
        Self([six, within(24), within(7 * 24), within(14 * 24)])
    }

    fn of(&self, number: impl Fn(&Tally) -> Option<u64>) -> TimePeriodMetric {
        let [six_hours, day, week, fortnight] = self.0.each_ref().map(number);
        TimePeriodMetric { six_hours, day, week, fortnight }
    }
}

fn success_rate(tally: &Tally) -> Option<u64> {
    // A message may be delivered in a window that it was first tried before.
    let delivered = tally.delivered.min(tally.messages);
    (tally.messages >= LEAST_MESSAGES).then(|| delivered * 100 / tally.messages)
}

impl Operation for Metrics {
    type Input = Id;
    type Output = Json<WebhookMetrics>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        find(context, call.caller.partner()?, id).await?;
        let store = context.store();
        let running = store.health(id).await?;
        let windows = Windows::at(call.now, running.as_ref(), &store.health_hours(id).await?);
        Ok(Json(WebhookMetrics {
            webhook_id: id,
            http_attempts: windows.of(|tally| Some(tally.attempts)),
            http_success_attempts: windows.of(|tally| Some(tally.successes)),
            http_failure_attempts: windows.of(|tally| Some(tally.attempts.saturating_sub(tally.successes))),
            message_count: windows.of(|tally| Some(tally.messages)),
            message_success_count: windows.of(|tally| Some(tally.delivered)),
            success_rate: windows.of(success_rate),
            avg_response_time_ms: windows.of(|tally| tally.response_ms.checked_div(tally.responses)),
            ewma_success_rate: running.and_then(|health| health.ewma),
            dlq_count: store.count(&Range::table(keys::deliveries(id), "DEAD#")).await?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use model::health::Attempt;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::parse("2026-11-21T05:10:00Z").unwrap().plus_seconds(hours * HOUR)
    }

    /// A subscription with three attempts in each of these hours, the first of which failed.
    fn history(hours: impl Iterator<Item = i64>) -> (Option<Health>, Vec<HealthHour>) {
        let good = Attempt { success: true, first: false, response_ms: Some(40) };
        let bad = Attempt { success: false, first: true, response_ms: None };
        let mut health = Health::new(WebhookId::at(at(0)), at(0), at(0));
        let mut over = Vec::new();
        for hour in hours {
            let (next, ended) = health.after(&[bad, good, good], at(0), at(hour));
            over.extend(ended);
            health = next;
        }
        (Some(health), over)
    }

    #[test]
    fn windows_end_now_and_hold_what_lies_in_them() {
        let (running, hours) = history(0..=400);
        let windows = Windows::at(at(400), running.as_ref(), &hours);
        let expected = TimePeriodMetric { six_hours: Some(18), day: Some(72), week: Some(504), fortnight: Some(1_008) };
        assert_eq!(windows.of(|tally| Some(tally.attempts)), expected);
        let shares = TimePeriodMetric { six_hours: None, day: None, week: None, fortnight: Some(100) };
        assert_eq!(windows.of(success_rate), shares, "of fewer than 200 messages there is none");
    }

    #[test]
    fn a_subscription_without_attempts_has_zeros_and_no_averages() {
        let windows = Windows::at(at(0), None, &[]);
        let zero = TimePeriodMetric { six_hours: Some(0), day: Some(0), week: Some(0), fortnight: Some(0) };
        assert_eq!(windows.of(|tally| Some(tally.messages)), zero);
        let none = TimePeriodMetric { six_hours: None, day: None, week: None, fortnight: None };
        assert_eq!((windows.of(success_rate), windows.of(|tally| tally.response_ms.checked_div(tally.responses))), (none, none));
    }
}
