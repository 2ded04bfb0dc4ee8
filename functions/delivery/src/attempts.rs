//! One message: an attempt, and what becomes of it afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway::{Context, WorkerError, metrics};
use model::events::SCHEMA_VERSION;
use model::health::Attempt;
use model::webhook::{DeliveryLog, Encoding, LogStatus, Webhook, WebhookStatus};
use model::{MessageId, PartnerId, Timestamp, TraceId, WebhookId};
use serde::Serialize;
use serde_json::Value;
use store::control::{DeadLetter, Key, Packed, Shown, Way, Write};
use url::Url;
use webhooks::guarded::{HttpResponse, Limits, OverLimit, SendError};
use webhooks::{Delivery, SigningSecrets, Verdict, outcome, retry};

use crate::breaker::{self, Load};
use crate::message::{Message, Part, is_false};
use crate::secrets::Secrets;
use crate::unresponsive::UNRESPONSIVE;
use crate::{claims, parking};

/// How long a receiver has to respond; its body is discarded.
const LIMITS: Limits = Limits { deadline: Duration::from_secs(3), max_body: 4_096, over: OverLimit::Cut };

/// The body of a delivery (contract section 13.4).
#[derive(Serialize)]
struct Envelope<'a> {
    version: &'static str,
    event_name: &'a str,
    data: &'a [Value],
    webhook_id: WebhookId,
    timestamp: Timestamp,
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "is_false")]
    snapshot: bool,
    #[serde(skip_serializing_if = "is_false")]
    snapshot_complete: bool,
    delivery_attempt: u32,
}

/// How an attempt ended.
pub(crate) struct Ended {
    /// The message, with the attempt counted.
    pub(crate) message: Message,
    /// What becomes of it.
    pub(crate) verdict: Verdict,
    /// The attempt.
    pub(crate) attempt: Attempted,
}

/// What is kept of an attempt.
pub(crate) struct Attempted {
    /// As the subscription's health counts it.
    pub(crate) counted: Attempt,
    /// As its owner reads of it.
    row: DeliveryLog,
    trace: Option<TraceId>,
    /// Whose records the receiver took.
    taken: Option<(PartnerId, Shown)>,
}

/// Why a message is kept as a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The receiver's response is final.
    Rejected,
    /// The receiver does not exist any more.
    Gone,
    /// The retry schedule is over.
    Exhausted,
    /// The subscription is paused.
    Paused,
    /// The subscription is stale.
    Stale,
    /// The snapshot that comes first is not complete yet.
    Snapshot,
}

impl Reason {
    const fn text(self) -> &'static str {
        match self {
            Self::Rejected => "the receiver rejected the message",
            Self::Gone => "the receiver responded 410 Gone",
            Self::Exhausted => "retries exhausted",
            Self::Paused => "the subscription is paused",
            Self::Stale => "the subscription is stale",
            Self::Snapshot => "the snapshot is not complete",
        }
    }

    /// Whether the message is sent without its owner's doing once its subscription has recovered, or has had its snapshot.
    const fn waits(self) -> bool {
        matches!(self, Self::Stale | Self::Snapshot)
    }
}

/// Attempts the message once. It is then delivered, given up, or waits for its next attempt. Returns the attempt, unless the receiver is
/// held back.
///
/// # Errors
/// [`WorkerError`] if the message cannot be stored or queued; failures of the receiver are not errors.
pub(crate) async fn attempt(
    context: &Context,
    webhook: &Webhook,
    secrets: &Secrets,
    mut message: Message,
) -> Result<Option<Attempted>, WorkerError> {
    message.step = message.step.saturating_add(1);
    if let Some(until) = UNRESPONSIVE.held_until(webhook, context.now()) {
        metrics::delivery_held();
        return retry_later(context, message, Some(until)).await.map(|()| None);
    }
    let Ended { message, verdict, attempt } = attempt_once(context, webhook, secrets, message).await?;
    match verdict {
        Verdict::Delivered => claims::settle(context, &message).await?,
        Verdict::Rejected => move_to_dead_letters(context, message, Reason::Rejected).await?,
        Verdict::Gone => {
            pause(context, webhook).await?;
            move_to_dead_letters(context, message, Reason::Gone).await?;
        }
        Verdict::Retry { not_before } => retry_later(context, message, not_before).await?,
    }
    Ok(Some(attempt))
}

/// Lets a message wait for the next step of the retry schedule, or keeps it if there is none.
async fn retry_later(context: &Context, mut message: Message, not_before: Option<Timestamp>) -> Result<(), WorkerError> {
    let now = context.now();
    let first = *message.first_try_at.get_or_insert(now);
    let jitter = rand::random_range(-1.0..=1.0);
    let Some(delay) = retry::next_delay(message.step, first, now, not_before, jitter) else {
        return move_to_dead_letters(context, message, Reason::Exhausted).await;
    };
    message.not_before = Some(after(now, delay));
    wait(context, message).await
}

/// One attempt, classified. It is to be noted.
///
/// # Errors
/// [`WorkerError`] if there can be none; failures of the receiver are not errors.
pub(crate) async fn attempt_once(
    context: &Context,
    webhook: &Webhook,
    secrets: &Secrets,
    mut message: Message,
) -> Result<Ended, WorkerError> {
    message.attempts = message.attempts.saturating_add(1);
    let result = send_once(context, webhook, secrets, &message).await?;
    let now = context.now();
    UNRESPONSIVE.record(webhook, !matches!(result, Err(SendError::Timeout)), now);
    let verdict = outcome::judge(&result, now);
    let row = log_row(&message, &result, now);
    tell(&message, (&row, result.as_ref().err()), outcome_of(&verdict), now);
    let counted =
        Attempt { success: verdict == Verdict::Delivered, first: message.attempts == 1, response_ms: row.response_time_ms };
    let taken = taken(&message).filter(|_| counted.success);
    let attempt = Attempted { counted, row, trace: message.trace, taken };
    Ok(Ended { message, verdict, attempt })
}

/// Whose records a message carries, if it carries any.
fn taken(message: &Message) -> Option<(PartnerId, Shown)> {
    let parties = message.fleet_id.zip(message.resource).filter(|_| !message.data.is_empty());
    parties.map(|(fleet, resource)| (message.partner_id, Shown { fleet, resource }))
}

/// Notes one attempt: its log row, and the subscription's counts.
pub(crate) async fn note(context: &Context, webhook: &Webhook, attempt: Attempted) {
    let counted = vec![attempt.counted];
    write_logs(context, vec![attempt]).await;
    breaker::count_one(context, webhook, counted, Load::Light).await;
}

/// Writes what is kept of attempts: their log rows, and whose records were taken. Failing to write them does not justify a second delivery.
pub(crate) async fn write_logs(context: &Context, attempts: Vec<Attempted>) {
    let mut accesses: BTreeMap<PartnerId, Vec<Shown>> = BTreeMap::new();
    for (partner, shown) in attempts.iter().filter_map(|attempt| attempt.taken) {
        accesses.entry(partner).or_default().push(shown);
    }
    let rows = attempts.into_iter().map(|attempt| (attempt.row, attempt.trace));
    if let Err(error) = context.store().overwrite_each(rows).await {
        tracing::error!(cause = %error, "failed to write the delivery log");
    }
    for (partner, shown) in accesses {
        // The next message that is taken is noted in its place.
        if let Err(error) = context.store().note_accesses((partner, Way::Delivered), shown, context.now()).await {
            metrics::access_not_noted();
            tracing::error!(partner.id = %partner, cause = %error, "failed to note whose records were delivered");
        }
    }
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
        sequence: message.sequence,
        snapshot: message.snapshot == Some(Part::Records),
        snapshot_complete: message.snapshot == Some(Part::End),
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

/// Counts the attempt, and tells the platform's log of it.
fn tell(message: &Message, (row, error): (&DeliveryLog, Option<&SendError>), outcome: &'static str, now: Timestamp) {
    let duration_ms = row.response_time_ms.unwrap_or_default();
    let age_seconds = now.seconds_since(message.timestamp);
    let cause = error.map(tracing::field::display);
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
        fleet_id: message.fleet_id,
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
pub(crate) async fn move_to_dead_letters(context: &Context, message: Message, reason: Reason) -> Result<(), WorkerError> {
    tracing::warn!(attempts = message.attempts, reason = reason.text(), "message moved to dead letters");
    metrics::dead_letter();
    let claim = message.claimed.then(|| Write::delete(Key::claim(message.webhook_id, message.message_id)));
    let message = message.rewound();
    let packed = Packed::of(&serde_json::to_string(&message)?).map_err(other)?;
    let dead_letter = DeadLetter {
        webhook_id: message.webhook_id,
        message_id: message.message_id,
        message: packed,
        reason: reason.text().to_owned(),
        waits: reason.waits(),
        created_at: context.now(),
    };
    let writes = [Write::overwrite(&dead_letter)?].into_iter().chain(claim).collect();
    Ok(context.store().commit(writes).await?)
}

/// Lets a message wait until it is due: in the queue if that delays it for long enough, else parked.
///
/// # Errors
/// [`WorkerError`] if the queue or the table does not take it.
pub(crate) async fn wait(context: &Context, message: Message) -> Result<(), WorkerError> {
    let now = context.now();
    let due = message.not_before.unwrap_or(now);
    if due <= now.plus_seconds(parking::LONGEST_DELAY) {
        return claims::send(context, vec![message], parking::seconds_until(due, now)).await;
    }
    let message = claims::claimed(context, message).await?;
    let parked = parking::parked(due, message.message_id.uuid(), message.webhook_id, &message)?;
    Ok(context.store().commit(vec![Write::overwrite(&parked)?]).await?)
}

/// The instant after a delay.
pub(crate) fn after(now: Timestamp, delay: Duration) -> Timestamp {
    let micros = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

/// Pauses a subscription whose receiver does not exist any more.
///
/// # Errors
/// [`WorkerError::Store`].
pub(crate) async fn pause(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let (key, now) = (Key::webhook(webhook.partner_id, webhook.id), context.now());
    let paused = |seen: &Webhook| {
        let may_pause = matches!(seen.status, WebhookStatus::Active | WebhookStatus::Stale);
        may_pause.then(|| Webhook { status: WebhookStatus::Paused, updated_at: now, ..seen.clone() })
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
            claimed: false,
            sequence: None,
            snapshot: None,
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
        let numbered = Message { sequence: Some(7), ..message() };
        assert_eq!(serde_json::to_value(envelope(&numbered)).unwrap()["sequence"], 7);
        let told = |part| serde_json::to_value(envelope(&Message { snapshot: Some(part), ..message() })).unwrap();
        assert_eq!(told(Part::Records)["snapshot"], true);
        assert!(told(Part::End)["snapshot_complete"] == true && told(Part::End).get("snapshot").is_none());
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
    fn only_what_was_kept_for_a_subscription_that_waits_is_sent_without_its_owners_doing() {
        use Reason::{Exhausted, Gone, Paused, Rejected, Snapshot, Stale};
        let waiting = [Rejected, Gone, Exhausted, Paused, Stale, Snapshot].map(Reason::waits);
        assert_eq!(waiting, [false, false, false, false, true, true]);
    }
}
