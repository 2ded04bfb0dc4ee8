//! `POST /v2/notifications/webhooks/{webhook_id}/activate | pause`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::Timestamp;
use model::webhook::{Webhook, WebhookStatus};
use store::control::Key;

use super::{Id, WebhookRead, missing};

/// Reactivates a paused or stale subscription.
pub struct Activate;
/// Pauses a subscription.
pub struct Pause;

impl Operation for Activate {
    type Input = Id;
    type Output = Json<WebhookRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act(context, &call, id, WebhookStatus::Active).await
    }
}

impl Operation for Pause {
    type Input = Id;
    type Output = Json<WebhookRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act(context, &call, id, WebhookStatus::Paused).await
    }
}

async fn act(context: &Context, call: &Call, id: model::WebhookId, status: WebhookStatus) -> Result<Json<WebhookRead>, ApiError> {
    let key = Key::webhook(call.caller.partner()?, id);
    let after: Option<Webhook> = context.store().update(key, |seen: &Webhook| with_status(seen, status, call.now)).await?;
    let webhook = after.filter(|webhook| webhook.status != WebhookStatus::Deleted).ok_or_else(missing)?;
    Ok(Json(webhook.into()))
}

/// The subscription in another state; `None` if nothing changes, and for deleted ones, which stay deleted.
pub(super) fn with_status(seen: &Webhook, status: WebhookStatus, now: Timestamp) -> Option<Webhook> {
    let unchanged = seen.status == status || seen.status == WebhookStatus::Deleted;
    (!unchanged).then(|| Webhook { status, updated_at: now, ..seen.clone() })
}

#[cfg(test)]
mod tests {
    use model::{PartnerId, WebhookId};

    use super::*;

    #[test]
    fn deleted_subscriptions_do_not_come_back() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let webhook = |status| Webhook {
            id: WebhookId::at(now),
            partner_id: PartnerId::at(now),
            url: "https://hooks.example/in".into(),
            event_name: "vehicle.added".into(),
            filters: None,
            status,
            encoding: None,
            snapshot: None,
            sequence: None,
            awaits: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        use WebhookStatus::{Active, Deleted, Paused, Stale};
        let cases = [
            (Active, Active, None),
            (Active, Paused, Some(Paused)),
            (Paused, Active, Some(Active)),
            (Stale, Active, Some(Active)),
            (Stale, Paused, Some(Paused)),
            (Deleted, Active, None),
        ];
        for (from, to, expected) in cases {
            let after = with_status(&webhook(from), to, now).map(|webhook| webhook.status);
            assert_eq!(after, expected, "{from:?} {to:?}");
        }
    }
}
