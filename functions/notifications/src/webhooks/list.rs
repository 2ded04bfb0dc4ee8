//! `GET /v2/notifications/webhooks`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::codes::EVENT_NAMES;
use model::webhook::{Webhook, WebhookStatus};
use store::control::{Range, keys};

use super::WebhookRead;

/// The caller's subscriptions, oldest first. Deleted ones only on request.
pub struct List;

/// Filters and paging.
pub struct Filters {
    event_name: Option<&'static str>,
    status: Option<WebhookStatus>,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            event_name: reader.query("event_name").about("Only subscriptions to this event.").listed(EVENT_NAMES),
            status: reader
                .query("status")
                .about("Only subscriptions in this state; deleted ones are listed only with `deleted`.")
                .code(),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Filters {
    fn admits(event_name: Option<&str>, status: Option<WebhookStatus>, webhook: &Webhook) -> bool {
        let by_status = status.map_or(webhook.status != WebhookStatus::Deleted, |wanted| wanted == webhook.status);
        by_status && event_name.is_none_or(|wanted| wanted == webhook.event_name)
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<WebhookRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        let Filters { event_name, status, paging } = filters;
        let cursor = paging.open(context, &call).await?;
        let range = Range::table(keys::partner(partner), "WEBHOOK#");
        let keep = |webhook: &Webhook| Filters::admits(event_name, status, webhook);
        let slice = context.store().page(&range, &cursor.page(), keep).await?;
        Listing::of(&cursor, &slice.map(WebhookRead::from), None)
    }
}
