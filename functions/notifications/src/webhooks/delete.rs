//! `DELETE /v2/notifications/webhooks/{webhook_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::webhook::{Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use store::control::{Key, Write};
use store::{Attempts, StoreError};

use super::{Id, find, rules};

/// Deletes a subscription and its secret; the same subscription may be created again.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let mut attempts = Attempts::default();
        loop {
            match context.store().commit(plan(context, partner, id, call.now).await?).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                result => return Ok(result.map(|()| NoContent)?),
            }
        }
    }
}

async fn plan(context: &Context, partner: PartnerId, id: WebhookId, now: Timestamp) -> Result<Vec<Write>, ApiError> {
    let seen = find(context, partner, id).await?;
    let digest = rules::digest(&seen.event_name, &seen.url, seen.filters.as_ref());
    let next = Webhook { status: WebhookStatus::Deleted, updated_at: now, deleted_at: Some(now), ..seen.clone() };
    Ok(vec![
        Write::replace(&seen, &next)?,
        Write::delete(Key::webhook_secret(partner, id)),
        Write::delete(Key::webhook_unique(partner, &digest)),
    ])
}
