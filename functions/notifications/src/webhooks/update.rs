//! `PATCH /v2/notifications/webhooks/{webhook_id}`

use gateway::{ApiError, Body, Call, Context, Input, Json, LIST_BODY, Operation, Patch, Reader};
use model::webhook::{Filters, Webhook, WebhookStatus};
use model::{Timestamp, WebhookId};
use store::control::{Key, WebhookClaim, WebhookSecret, Write};
use store::{Attempts, StoreError};

use super::{WebhookRead, act, find, missing, rules};

/// Changes url or filters, rotates the secret; the deprecated member `status` still works.
pub struct Update;

/// What to change.
pub struct Changes {
    id: WebhookId,
    url: Option<String>,
    filters: Patch<Filters>,
    secret: Option<String>,
    status: Option<WebhookStatus>,
}

const DEPRECATED_STATUSES: &[&str] = &["active", "inactive", "paused"];

impl Input for Changes {
    const BODY: Body = Body::Json("WebhookUpdate");
    const MAX_BODY: usize = LIST_BODY;

    fn read(reader: &mut Reader) -> Self {
        let status = reader.body("status").deprecated().about("Use `activate` or `pause` instead.").listed(DEPRECATED_STATUSES);
        Self {
            id: reader.path("webhook_id"),
            url: reader
                .body("url")
                .about("The URL for messages; https.")
                .example("https://partner.example/webhooks")
                .text(1, 2_083),
            filters: reader
                .body("filters")
                .about("Only events of these fleets; null = all fleets.")
                .patch(|member| member.object(rules::read_filters)),
            secret: rules::read_secret(reader),
            status: status.map(|name| if name == "active" { WebhookStatus::Active } else { WebhookStatus::Paused }),
        }
    }
}

impl Changes {
    /// The subscription after the changes. The secret is stored elsewhere, so a rotation alone changes only `updated_at`.
    fn over(&self, seen: &Webhook, now: Timestamp) -> Webhook {
        let next = Webhook {
            url: self.url.clone().unwrap_or_else(|| seen.url.clone()),
            filters: self.filters.clone().over(seen.filters.clone()),
            ..seen.clone()
        };
        let next = self.status.and_then(|status| act::with_status(&next, status, now)).unwrap_or(next);
        let changed = next != *seen || self.secret.is_some();
        Webhook { updated_at: if changed { now } else { seen.updated_at }, ..next }
    }
}

impl Operation for Update {
    type Input = Changes;
    type Output = Json<WebhookRead>;

    async fn run(context: &Context, call: Call, changes: Changes) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        if let Some(url) = &changes.url {
            rules::check_url(context, url)?;
        }
        let mut attempts = Attempts::default();
        loop {
            let seen = find(context, partner, changes.id).await?;
            let next = changes.over(&seen, call.now);
            if next == seen {
                return Ok(Json(seen.into()));
            }
            let claim = moved_claim(&seen, &next);
            let writes = changes.writes(context, (&seen, &next), claim.as_ref()).await?;
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) => {
                    if let Some(duplicate) = duplicate(context, claim.map(|(_, taken)| taken)).await? {
                        return Err(duplicate);
                    }
                    if !attempts.again().await {
                        return Err(StoreError::Conflict.into());
                    }
                }
                result => return Ok(result.map(|()| Json(next.into()))?),
            }
        }
    }
}

impl Changes {
    async fn writes(
        &self,
        context: &Context,
        (seen, next): (&Webhook, &Webhook),
        claim: Option<&(String, WebhookClaim)>,
    ) -> Result<Vec<Write>, ApiError> {
        let mut writes = vec![Write::replace(seen, next)?];
        if let Some((released, taken)) = claim {
            writes.extend([Write::delete(Key::webhook_unique(seen.partner_id, released)), Write::create(taken)?]);
        }
        if let Some(secret) = &self.secret {
            writes.push(rotation(context, seen, secret, next.updated_at).await?);
        }
        Ok(writes)
    }
}

/// The digest that becomes free and the claim of the new one, if event, url or filters changed.
fn moved_claim(seen: &Webhook, next: &Webhook) -> Option<(String, WebhookClaim)> {
    let digest = |webhook: &Webhook| rules::digest(&webhook.event_name, &webhook.url, webhook.filters.as_ref());
    let (released, taken) = (digest(seen), digest(next));
    (released != taken).then(|| (released, rules::claim(next.partner_id, next.id, taken)))
}

async fn rotation(context: &Context, seen: &Webhook, secret: &str, now: Timestamp) -> Result<Write, ApiError> {
    let key = Key::webhook_secret(seen.partner_id, seen.id);
    let stored: WebhookSecret = context.store().get(key).await?.ok_or_else(missing)?;
    let current = rules::sealed(context, seen.id, secret).await?;
    Ok(Write::replace(&stored, &rules::rotated(&stored, current, now))?)
}

/// The error of a subscription that exists already, if that is why the change failed.
async fn duplicate(context: &Context, claim: Option<WebhookClaim>) -> Result<Option<ApiError>, ApiError> {
    match claim {
        Some(wanted) => rules::duplicate(context, &[wanted]).await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use model::PartnerId;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn seen() -> Webhook {
        let filters = Filters { fleet_ids: None, fleet_refs: Some(vec!["a".into()]) };
        Webhook {
            id: WebhookId::at(now()),
            partner_id: PartnerId::at(now()),
            url: "https://hooks.example/in".into(),
            event_name: "vehicle.added".into(),
            filters: Some(filters),
            status: WebhookStatus::Active,
            encoding: None,
            snapshot: None,
            sequence: None,
            awaits: None,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        }
    }

    fn changes() -> Changes {
        Changes { id: seen().id, url: None, filters: Patch::Keep, secret: None, status: None }
    }

    #[test]
    fn absent_members_stay_and_null_clears_filters() {
        let seen = seen();
        let later = now().plus_seconds(5);
        assert_eq!(changes().over(&seen, later), seen);
        let cleared = Changes { filters: Patch::Clear, ..changes() }.over(&seen, later);
        assert_eq!((cleared.filters.clone(), cleared.updated_at), (None, later));
        let (released, taken) = moved_claim(&seen, &cleared).unwrap();
        assert_ne!(released, taken.digest);
        let paused = Changes { status: Some(WebhookStatus::Paused), ..changes() }.over(&seen, later);
        assert_eq!(paused.status, WebhookStatus::Paused);
        assert!(moved_claim(&seen, &paused).is_none());
    }

    #[test]
    fn a_rotation_counts_as_a_change() {
        let rotated = Changes { secret: Some("correct horse".into()), ..changes() }.over(&seen(), now().plus_seconds(5));
        assert_eq!(rotated.updated_at, now().plus_seconds(5));
    }
}
