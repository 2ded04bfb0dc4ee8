//! Webhook subscriptions, as their owner sees them.

pub mod act;
pub mod create;
pub mod delete;
pub mod events;
pub mod get;
pub mod list;
pub mod logs;
pub mod metrics;
pub mod replay;
pub mod rules;
pub mod update;

use gateway::{ApiError, Context, Input, Reader};
use model::webhook::{Encoding, Filters, Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// The text that replaces a masked value.
pub const MASK: &str = "*****";

/// A subscription to an event.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WebhookRead {
    /// The subscription's id.
    id: WebhookId,
    /// The URL for messages; its query, which often holds a token, is masked.
    #[schemars(example = &"https://partner.example/webhooks")]
    url: String,
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// The fleets whose events are sent; null = all.
    filters: Option<Filters>,
    /// Always masked.
    secret: &'static str,
    /// Its state.
    status: WebhookStatus,
    /// The encoding of bodies, if the subscription sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Encoding")]
    encoding: Option<Encoding>,
    /// Whether existing records were requested, if the subscription says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    snapshot: Option<bool>,
    /// Whether messages are numbered, if the subscription says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    sequence: Option<bool>,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

impl From<Webhook> for WebhookRead {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            url: masked_url(&webhook.url),
            event_name: webhook.event_name,
            filters: webhook.filters,
            secret: MASK,
            status: webhook.status,
            encoding: webhook.encoding,
            snapshot: webhook.snapshot,
            sequence: webhook.sequence,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// The url with its query masked: that is where tokens are. The rest tells its owner which of several subscriptions it is.
fn masked_url(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    match text.split_once('?') {
        Some((plain, _)) => format!("{plain}?{MASK}"),
        None => text.to_owned(),
    }
}

/// The subscription's id.
pub struct Id(WebhookId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("webhook_id"))
    }
}

fn missing() -> ApiError {
    ApiError::not_found("webhook")
}

/// A subscription of this partner that is not deleted.
async fn find(context: &Context, partner: PartnerId, id: WebhookId) -> Result<Webhook, ApiError> {
    let found: Option<Webhook> = context.store().get(Key::webhook(partner, id)).await?;
    found.filter(|webhook| webhook.status != WebhookStatus::Deleted).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_up_to_their_query() {
        let check = |url: &str, expected: &str| assert_eq!(masked_url(url), expected, "{url}");
        check("https://hooks.example/in?token=abc#x", "https://hooks.example/in?*****");
        check("https://hooks.example:8443/a/b", "https://hooks.example:8443/a/b");
        check("https://[2001:db8::1]/a#top", "https://[2001:db8::1]/a");
    }
}
