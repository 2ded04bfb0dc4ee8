//! `GET /v2/notifications/webhooks/{webhook_id}`

use gateway::{ApiError, Call, Context, Json, Operation};

use super::{Id, WebhookRead, find};

/// One subscription of the caller.
pub struct Get;

impl Operation for Get {
    type Input = Id;
    type Output = Json<WebhookRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let webhook = find(context, call.caller.partner()?, id).await?;
        Ok(Json(webhook.into()))
    }
}
