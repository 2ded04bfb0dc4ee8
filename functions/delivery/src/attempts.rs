//! One message: an attempt, and what becomes of it afterwards.

use std::time::Duration;

use gateway::{Context, Queue, WorkerError, metrics};
use model::events::SCHEMA_VERSION;
use model::webhook::{DeliveryLog, Encoding, LogStatus, Webhook, WebhookStatus};
use model::{MessageId, Timestamp, WebhookId};
use serde::Serialize;
use serde_json::Value;
use store::control::{DeadLetter, Key, Write};
use url::Url;
use webhooks::guarded::{HttpResponse, Limits, OverLimit, SendError};
use webhooks::{Delivery, SigningSecrets, Verdict, outcome, retry};

use crate::message::Message;
use crate::secrets::Secrets;
use crate::unresponsive::UNRESPONSIVE;

/// How long a receiver has to respond; its body is discarded.
const LIMITS: Limits = Limits { deadline: Duration::from_secs(3), max_body: 4_096, over: OverLimit::Cut };
/// The longest delay that SQS supports, in seconds.
const LONGEST_DELAY: f64 = 900.0;

/// The body of a delivery (contract section 13.4).
#[derive(Serialize)]
struct Envelope<'a> {
    version: &'static str,
    event_name: &'a str,
    data: &'a [Value],
    webhook_id: WebhookId,
    timestamp: Timestamp,
    id: MessageId,
    delivery_attempt: u32,
}

/// Attempts the message once. It is then delivered, given up, or back in the queue for its next attempt.
///
/// # Errors
/// [`WorkerError`] if the message cannot be stored or queued; failures of the receiver are not errors.
pub(crate) async fn attempt(
    context: &Context,
    webhook: &Webhook,
    secrets: &Secrets,
    mut message: Message,
) -> Result<(), WorkerError> {
    message.step = message.step.saturating_add(1);
    let verdict = match UNRESPONSIVE.held_until(webhook.id, context.now()) {
        Some(until) => {
            metrics::delivery_held();
            Verdict::Retry { not_before: Some(until) }
        }
        None => attempt_and_log(context, webhook, secrets, &mut message).await?,
    };
    let now = context.now();
    let first = *message.first_try_at.get_or_insert(now);
    let not_before = match verdict {
        Verdict::Delivered => return Ok(()),
        Verdict::Rejected => return move_to_dead_letters(context, message, "the receiver rejected the message", now).await,
        Verdict::Gone => {
            pause(context, webhook, now).await?;
            return move_to_dead_letters(context, message, "the receiver responded 410 Gone", now).await;
        }
        Verdict::Retry { not_before } => not_before,
    };
    let jitter = rand::random_range(-1.0..=1.0);
    let Some(delay) = retry::next_delay(message.step, first, now, not_before, jitter) else {
        return move_to_dead_letters(context, message, "retries exhausted", now).await;
    };
    message.not_before = Some(after(now, delay));
    requeue(context, message, now).await
}

/// One attempt, classified and logged.
async fn attempt_and_log(
    context: &Context,
    webhook: &Webhook,
    secrets: &Secrets,
    message: &mut Message,
) -> Result<Verdict, WorkerError> {
    message.attempts = message.attempts.saturating_add(1);
    let result = send_once(context, webhook, secrets, message).await?;
    let now = context.now();
    UNRESPONSIVE.record(webhook.id, !matches!(result, Err(SendError::Timeout)), now);
    let verdict = outcome::judge(&result, now);
    log(context, message, &result, outcome_of(&verdict), now).await;
    Ok(verdict)
}

/// One signed request.
async fn send_once(
    context: &Context,
    webhook: &Webhook,
    secrets: &Secrets,
    message: &Message,
) -> Result<Result<HttpResponse, SendError>, WorkerError> {
    let delivery = Delivery {
        webhook_id: webhook.id,
        message_id: message.message_id,
        event_name: message.event_name.clone(),
        schema_version: SCHEMA_VERSION.to_owned(),
        attempt: message.attempts,
        body: serde_json::to_vec(&envelope(message))?.into(),
        encoding: webhook.encoding.unwrap_or(Encoding::Gzip),
    };
    let url = Url::parse(&webhook.url).map_err(other)?;
    let unreadable = || WorkerError::Other(format!("secret of webhook {} is not UTF-8", webhook.id));
    let current = secrets.current.expose_text().ok_or_else(unreadable)?;
    let signing = SigningSecrets { current, previous: secrets.previous.as_ref().and_then(vault::Secret::expose_text) };
    let request = delivery.request(url, signing, uuid::Uuid::new_v4(), context.now()).map_err(other)?;
    Ok(context.guarded()?.send(request, LIMITS).await)
}

fn envelope(message: &Message) -> Envelope<'_> {
    Envelope {
        version: SCHEMA_VERSION,
        event_name: &message.event_name,
        data: &message.data,
        webhook_id: message.webhook_id,
        timestamp: message.timestamp,
        id: message.message_id,
        delivery_attempt: message.attempts,
    }
}

fn other(error: impl std::fmt::Display) -> WorkerError {
    WorkerError::Other(error.to_string())
}

/// The outcome of an attempt, as logs and metrics name it.
const fn outcome_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Delivered => "delivered",
        Verdict::Rejected => "refused",
        Verdict::Gone => "gone",
        Verdict::Retry { .. } => "failed",
    }
}

/// Counts the attempt and writes its log row. Failing to write the row does not justify a second delivery.
async fn log(
    context: &Context,
    message: &Message,
    result: &Result<HttpResponse, SendError>,
    outcome: &'static str,
    now: Timestamp,
) {
    let row = log_row(message, result, now);
    let duration_ms = row.response_time_ms.unwrap_or_default();
    let age_seconds = now.seconds_since(message.timestamp);
    let cause = result.as_ref().err().map(tracing::field::display);
    tracing::info!(
        attempt = row.attempt,
        status_code = row.status_code,
        duration_ms,
        age_seconds,
        outcome,
        cause,
        "delivery attempt"
    );
    metrics::delivery_attempt(outcome, message.timestamp, now);
    let written = match Write::overwrite(&row) {
        Ok(write) => context.store().commit(vec![write]).await,
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        tracing::error!(cause = %error, "failed to write the delivery log");
    }
}

fn log_row(message: &Message, result: &Result<HttpResponse, SendError>, now: Timestamp) -> DeliveryLog {
    let (status_code, error_message, elapsed) = match result {
        Ok(response) if response.status.is_success() => (response.status.as_u16(), None, Some(response.elapsed)),
        Ok(response) => {
            (response.status.as_u16(), Some(format!("receiver responded {}", response.status.as_u16())), Some(response.elapsed))
        }
        Err(error) => (0, Some(error.told()), None),
    };
    DeliveryLog {
        created_at: now,
        webhook_id: message.webhook_id,
        message_id: message.message_id,
        event_name: message.event_name.clone(),
        status: if error_message.is_none() { LogStatus::Success } else { LogStatus::Failed },
        status_code,
        error_message,
        response_time_ms: elapsed.map(|elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
        attempt: message.attempts,
    }
}

/// Stores a message as a dead letter of its subscription, for replay.
///
/// # Errors
/// [`WorkerError::Store`].
pub(crate) async fn move_to_dead_letters(
    context: &Context,
    message: Message,
    reason: &str,
    now: Timestamp,
) -> Result<(), WorkerError> {
    tracing::warn!(attempts = message.attempts, reason, "message moved to dead letters");
    metrics::dead_letter();
    let message = message.rewound();
    let dead_letter = DeadLetter {
        webhook_id: message.webhook_id,
        message_id: message.message_id,
        // As text, because DynamoDB maps do not support every name and depth that members from TSPs have.
        message: Value::String(serde_json::to_string(&message)?),
        reason: reason.to_owned(),
        created_at: now,
    };
    Ok(context.store().commit(vec![Write::overwrite(&dead_letter)?]).await?)
}

/// Returns a message to the queue until it is due, or for the longest delay that the queue supports.
///
/// # Errors
/// [`WorkerError::Other`] if the queue rejects it.
pub(crate) async fn requeue(context: &Context, message: Message, now: Timestamp) -> Result<(), WorkerError> {
    let delay = delay_seconds(message.not_before, now);
    Ok(context.send(Queue::Deliveries, &[message.outgoing()], delay).await?)
}

/// Whole seconds until `due`, rounded up, at most [`LONGEST_DELAY`].
fn delay_seconds(due: Option<Timestamp>, now: Timestamp) -> i32 {
    let left = due.map_or(0.0, |due| due.seconds_since(now)).clamp(0.0, LONGEST_DELAY).ceil();
    (0..=900).find(|seconds| f64::from(*seconds) >= left).unwrap_or(900)
}

fn after(now: Timestamp, delay: Duration) -> Timestamp {
    let micros = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

async fn pause(context: &Context, webhook: &Webhook, now: Timestamp) -> Result<(), WorkerError> {
    let key = Key::webhook(webhook.partner_id, webhook.id);
    let paused = |seen: &Webhook| {
        let active = seen.status == WebhookStatus::Active;
        active.then(|| Webhook { status: WebhookStatus::Paused, updated_at: now, ..seen.clone() })
    };
    context.store().update(key, paused).await?;
    tracing::warn!("subscription paused: its receiver responded 410 Gone");
    metrics::subscription_paused();
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::PartnerId;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    fn message() -> Message {
        Message {
            webhook_id: WebhookId::at(now()),
            partner_id: PartnerId::at(now()),
            message_id: MessageId::at(now()),
            event_name: "vehicle.added".into(),
            timestamp: now(),
            data: vec![serde_json::json!({ "id": 1 })],
            fleet_id: None,
            resource: None,
            trace: None,
            attempts: 2,
            step: 2,
            first_try_at: Some(now()),
            not_before: None,
        }
    }

    #[test]
    fn envelopes_have_the_contract_members() {
        let json = serde_json::to_value(envelope(&message())).unwrap();
        let mut members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["data", "delivery_attempt", "event_name", "id", "timestamp", "version", "webhook_id"]);
        assert_eq!((json["version"].as_str(), json["delivery_attempt"].as_u64()), (Some("3.0"), Some(2)));
    }

    #[test]
    fn a_missing_response_is_logged_as_status_zero() {
        let row = log_row(&message(), &Err(SendError::Timeout), now());
        assert_eq!((row.status, row.status_code, row.response_time_ms, row.attempt), (LogStatus::Failed, 0, None, 2));
        assert_eq!(row.error_message.as_deref(), Some("timed out"));
        let told = |error| log_row(&message(), &Err(error), now()).error_message;
        assert_eq!(told(SendError::Refused("internal.example".into())), told(SendError::Connect), "no probe of internal names");
    }

    #[test]
    fn long_delays_pass_through_the_queue_several_times() {
        let in_seconds = |seconds| delay_seconds(Some(now().plus_seconds(seconds)), now());
        assert_eq!((in_seconds(-5), in_seconds(60), in_seconds(900), in_seconds(43_200)), (0, 60, 900, 900));
        let half = Timestamp::from_micros(now().micros() + 1_500_000);
        assert_eq!(delay_seconds(Some(half), now()), 2);
        assert_eq!(delay_seconds(None, now()), 0);
    }
}
