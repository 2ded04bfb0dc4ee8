//! `DELETE /v2/notifications/webhooks/{webhook_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::webhook::{Webhook, WebhookStatus};
use store::control::{Key, Write};

use super::{Id, find, rules};

/// Deletes a subscription and its secret; the same subscription may be created again.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let seen = find(context, partner, id).await?;
        let digest = rules::digest(&seen.event_name, &seen.url, seen.filters.as_ref());
        let status = WebhookStatus::Deleted;
        let next = Webhook { status, updated_at: call.now, deleted_at: Some(call.now), ..seen.clone() };
        let writes = vec![
            Write::replace(&seen, &next)?,
            Write::delete(Key::webhook_secret(partner, id)),
            Write::delete(Key::webhook_unique(partner, &digest)),
        ];
        context.store().commit(writes).await?;
        Ok(NoContent)
    }
}
