//! `POST /v2/notifications/webhooks/{webhook_id}/replay`

use gateway::{ApiError, Call, Context, Operation, Outgoing, Output, Queue, Response};
use http::StatusCode;
use model::WebhookId;
use model::webhook::WebhookStatus;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use store::control::{DeadLetter, Key, Range, Write, keys};
use store::{Page, StoreError};

use super::{Id, find};

/// Resends the dead letters of a subscription.
pub struct Replay;

/// 202 without a body.
pub struct Accepted;

/// Messages per batch. Each batch is delayed by one second more than the last, so the receiver gets about this many a second.
const BATCH: usize = 10;
/// Batches per request. The dead letters that remain are sent by another request.
const BATCHES: i32 = 100;

impl Output for Accepted {
    fn into_response(self) -> Response {
        Response::empty(StatusCode::ACCEPTED)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        vec![(202, None)]
    }
}

impl Operation for Replay {
    type Input = Id;
    type Output = Accepted;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let webhook = find(context, call.caller.partner()?, id).await?;
        if webhook.status != WebhookStatus::Active {
            return Err(ApiError::conflict("the subscription is not active"));
        }
        for delay_seconds in 0..BATCHES {
            if !send_batch(context, id, delay_seconds).await? {
                break;
            }
        }
        Ok(Accepted)
    }
}

/// Sends the oldest dead letters and deletes them; false if none are left. Message ids sort by time.
async fn send_batch(context: &Context, id: WebhookId, delay_seconds: i32) -> Result<bool, ApiError> {
    let range = Range::table(keys::deliveries(id), "DEAD#");
    let found = context.store().page(&range, &Page::first(BATCH), |_: &DeadLetter| true).await?;
    let dead_letters: Vec<DeadLetter> = found.rows.into_iter().map(|(dead_letter, _)| dead_letter).collect();
    if dead_letters.is_empty() {
        return Ok(false);
    }
    let outgoing = |body| Outgoing { group: Some(id.to_string()), body, trace: context.trace() };
    let messages =
        dead_letters.iter().map(|dead_letter| message(dead_letter).map(outgoing)).collect::<Result<Vec<_>, ApiError>>()?;
    context.send(Queue::Deliveries, &messages, delay_seconds).await?;
    // Sent before they are deleted: a duplicate does less harm than a lost message.
    let deletions = dead_letters.iter().map(|dead_letter| Write::delete(Key::dead_letter(id, dead_letter.message_id))).collect();
    match context.store().commit(deletions).await {
        Err(StoreError::Conflict) => Ok(false),
        result => Ok(result.map(|()| found.after)?),
    }
}

/// The queue message, stored as JSON text.
fn message(dead_letter: &DeadLetter) -> Result<Value, ApiError> {
    match &dead_letter.message {
        Value::String(text) => serde_json::from_str(text).map_err(ApiError::internal),
        other => Ok(other.clone()),
    }
}
