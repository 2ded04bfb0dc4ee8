//! The signing secrets of subscriptions.

use std::collections::HashMap;

use gateway::{Context, WorkerError};
use model::webhook::{Webhook, WebhookStatus};
use model::{Timestamp, WebhookId};
use serde_json::Value;
use store::control::{Key, WebhookSecret};
use vault::{Sealed, Secret};

/// The decrypted signing secrets of a subscription.
pub(crate) struct Secrets {
    pub(crate) current: Secret,
    pub(crate) previous: Option<Secret>,
}

/// The decrypted secrets of the active subscriptions. One that cannot be decrypted is left out, so that the messages of other
/// subscriptions are still delivered.
pub(crate) async fn read(
    context: &Context,
    webhooks: &HashMap<WebhookId, Webhook>,
    now: Timestamp,
) -> Result<HashMap<WebhookId, Secrets>, WorkerError> {
    let active = webhooks.values().filter(|webhook| webhook.status == WebhookStatus::Active);
    let keys: Vec<Key> = active.map(|webhook| Key::webhook_secret(webhook.partner_id, webhook.id)).collect();
    let stored: Vec<WebhookSecret> = context.store().get_many(&keys).await?;
    let mut decrypted = HashMap::with_capacity(stored.len());
    for secret in stored {
        match decrypt(context, &secret, now).await {
            Ok(secrets) => {
                decrypted.insert(secret.webhook_id, secrets);
            }
            // Its messages find no secret and are redelivered.
            Err(error) => {
                tracing::error!(webhook.id = %secret.webhook_id, cause = %error, "failed to decrypt the webhook secret")
            }
        }
    }
    Ok(decrypted)
}

/// The decrypted secrets of one subscription.
///
/// # Errors
/// [`WorkerError`] if they are missing or cannot be decrypted.
pub(crate) async fn of(context: &Context, webhook: &Webhook, now: Timestamp) -> Result<Secrets, WorkerError> {
    let stored: Option<WebhookSecret> = context.store().get(Key::webhook_secret(webhook.partner_id, webhook.id)).await?;
    let stored = stored.ok_or_else(|| WorkerError::Other(format!("webhook {} has no secret", webhook.id)))?;
    decrypt(context, &stored, now).await
}

async fn decrypt(context: &Context, stored: &WebhookSecret, now: Timestamp) -> Result<Secrets, WorkerError> {
    let overlaps = stored.previous_until.is_some_and(|end| now < end);
    let previous = match stored.previous.as_ref().filter(|_| overlaps) {
        Some(sealed) => Some(open(context, stored.webhook_id, sealed).await?),
        None => None,
    };
    Ok(Secrets { current: open(context, stored.webhook_id, &stored.current).await?, previous })
}

async fn open(context: &Context, id: WebhookId, sealed: &Value) -> Result<Secret, WorkerError> {
    let sealed: Sealed = serde_json::from_value(sealed.clone())?;
    let bound = id.to_string();
    Ok(context.vault().open(&[("webhook_id", &bound)], &sealed).await?)
}
