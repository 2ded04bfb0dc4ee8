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

/// Sends the kept messages of a subscription again.
pub struct Replay;

/// 202 without a body.
pub struct Accepted;

/// Messages per step; each step waits longer in the queue, so the receiver gets about this many a second.
const STEP: usize = 10;
/// Steps per request. What is left stays kept, and another request sends it.
const STEPS: i32 = 100;

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
        for step in 0..STEPS {
            if !send_some(context, id, step).await? {
                break;
            }
        }
        Ok(Accepted)
    }
}

/// Sends the oldest kept messages and forgets them; false where none are left. Message ids sort by time.
async fn send_some(context: &Context, id: WebhookId, delay_seconds: i32) -> Result<bool, ApiError> {
    let range = Range::table(keys::deliveries(id), "DEAD#");
    let found = context.store().page(&range, &Page::first(STEP), |_: &DeadLetter| true).await?;
    let letters: Vec<DeadLetter> = found.rows.into_iter().map(|(letter, _)| letter).collect();
    if letters.is_empty() {
        return Ok(false);
    }
    let outgoing = |body| Outgoing { group: Some(id.to_string()), body, trace: context.trace() };
    let messages = letters.iter().map(|letter| message(letter).map(outgoing)).collect::<Result<Vec<_>, ApiError>>()?;
    context.send(Queue::Deliveries, &messages, delay_seconds).await?;
    // Sent first: a letter that is sent twice does less harm than one that is lost.
    let gone = letters.iter().map(|letter| Write::delete(Key::dead_letter(id, letter.message_id))).collect();
    match context.store().commit(gone).await {
        Err(StoreError::Conflict) => Ok(false),
        done => Ok(done.map(|()| found.after)?),
    }
}

/// The queue message, kept as JSON text.
fn message(letter: &DeadLetter) -> Result<Value, ApiError> {
    match &letter.message {
        Value::String(text) => serde_json::from_str(text).map_err(ApiError::internal),
        other => Ok(other.clone()),
    }
}
