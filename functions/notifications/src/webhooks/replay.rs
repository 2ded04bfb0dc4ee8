//! `POST /v2/notifications/webhooks/{webhook_id}/replay`

use gateway::{ApiError, Call, Context, Operation, Outgoing, Output, Queue, Response};
use http::StatusCode;
use model::webhook::{Command, Order, WebhookStatus};
use schemars::{Schema, SchemaGenerator};

use super::{Id, find};

/// Resends the dead letters of a subscription. The worker that delivers messages does it: there may be more than a request has time for.
pub struct Replay;

/// 202 without a body.
pub struct Accepted;

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
            return Err(ApiError::conflict("webhook_not_active", "the subscription is not active"));
        }
        let order = Order { command: Command::Replay, partner_id: webhook.partner_id, webhook_id: id, before: call.now };
        let outgoing = Outgoing { group: Some(id.to_string()), body: order, trace: context.trace() };
        context.send(Queue::Deliveries, &[outgoing], 0).await?;
        Ok(Accepted)
    }
}
