//! `GET /v2/notifications/webhooks/{webhook_id}/logs`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::webhook::{DeliveryLog, LogStatus};
use model::{MessageId, Timestamp, WebhookId};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Keyed, Range, keys};

use super::find;

/// The delivery attempts of a subscription, newest first.
pub struct Logs;

/// Filters and paging.
pub struct Filters {
    id: WebhookId,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    status: Option<LogStatus>,
    paging: Paging,
}

/// One attempt to deliver a message.
#[derive(Serialize, JsonSchema)]
pub struct WebhookLogRead {
    /// When the attempt ended.
    created_at: Timestamp,
    /// The subscription.
    webhook_id: WebhookId,
    /// The message: its `id`.
    message_id: MessageId,
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// How it ended.
    status: LogStatus,
    /// The receiver's HTTP status; 0 = no answer.
    status_code: u16,
    /// What went wrong.
    error_message: Option<String>,
    /// Milliseconds until the response.
    response_time_ms: Option<u64>,
}

impl From<DeliveryLog> for WebhookLogRead {
    fn from(log: DeliveryLog) -> Self {
        Self {
            created_at: log.created_at,
            webhook_id: log.webhook_id,
            message_id: log.message_id,
            event_name: log.event_name,
            status: log.status,
            status_code: log.status_code,
            error_message: log.error_message,
            response_time_ms: log.response_time_ms,
        }
    }
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let filters = Self {
            id: reader.path("webhook_id"),
            start_date: reader.query("start_date").about("Only attempts at this time or later.").instant(),
            end_date: reader.query("end_date").about("Only attempts before this time.").instant(),
            status: reader.query("status").about("Only attempts with this outcome.").code(),
            paging: Paging::read(reader, 1_000),
        };
        if let (Some(start), Some(end)) = (filters.start_date, filters.end_date)
            && start >= end
        {
            reader.problem("query.end_date", &end.to_string(), "time_range_empty", "must be later than start_date");
        }
        filters
    }
}

/// Whether a row is in `[start, end)` and has the status. DynamoDB deletes expired rows late, so they are filtered out here.
fn admits(window: (Option<Timestamp>, Option<Timestamp>), status: Option<LogStatus>, log: &DeliveryLog, now: Timestamp) -> bool {
    let (start, end) = window;
    start.is_none_or(|start| log.created_at >= start)
        && end.is_none_or(|end| log.created_at < end)
        && status.is_none_or(|wanted| wanted == log.status)
        && log.expires().is_none_or(|expiry| now < expiry)
}

impl Operation for Logs {
    type Input = Filters;
    type Output = Listing<WebhookLogRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let Filters { id, start_date, end_date, status, paging } = filters;
        find(context, call.caller.partner()?, id).await?;
        let cursor = paging.open(context, &call).await?;
        let range = Range::table(keys::deliveries(id), "LOG#").newest_first();
        let keep = |log: &DeliveryLog| admits((start_date, end_date), status, log, call.now);
        let slice = context.store().bounded_page(&range, &cursor.page(), keep).await?;
        Listing::of(&cursor, &slice.map(WebhookLogRead::from), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_half_open_and_ends_after_two_weeks() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let log = DeliveryLog {
            created_at: at,
            webhook_id: WebhookId::at(at),
            message_id: MessageId::at(at),
            event_name: "vehicle.added".into(),
            fleet_id: None,
            status: LogStatus::Failed,
            status_code: 500,
            error_message: None,
            response_time_ms: Some(3),
            attempt: 1,
        };
        let next = at.plus_seconds(1);
        assert!(admits((Some(at), Some(next)), None, &log, next));
        assert!(!admits((Some(next), None), None, &log, next));
        assert!(!admits((None, Some(at)), None, &log, next));
        assert!(!admits((None, None), Some(LogStatus::Success), &log, next));
        assert!(!admits((None, None), None, &log, at.plus_seconds(14 * 86_400)));
    }
}
