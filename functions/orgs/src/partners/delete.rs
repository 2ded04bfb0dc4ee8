//! `DELETE /v2/orgs/partners/{partner_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::invitation::{Invitation, InvitationStatus};
use model::partner::Partner;
use model::webhook::{Webhook, WebhookStatus};
use model::{PartnerId, Timestamp};
use store::StoreError;
use store::control::{Key, Keyed, Range, Write, keys};

use super::{Id, find, missing};

/// Ends a partner that no fleet shares with any more: its clients get no tokens, its invitations and subscriptions are deleted.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        context.store().relist(&find(context, &call, id).await?).await?;
        if context.store().agreements(id).await?.iter().any(|agreement| !agreement.has_ended_at(call.now)) {
            return Err(ApiError::conflict("partner_in_use", "fleets share with the partner; their agreements end first"));
        }
        withdraw(context, id, call.now).await?;
        unsubscribe(context, id, call.now).await?;
        for key in context.store().embed_keys(id).await? {
            context.store().commit(vec![Write::delete(key.key())]).await?;
        }
        let deleted = |seen: &Partner| {
            seen.deleted_at.is_none().then(|| Partner { deleted_at: Some(call.now), updated_at: Some(call.now), ..seen.clone() })
        };
        context.store().update(Key::partner(id), deleted).await?.ok_or_else(missing)?;
        Ok(NoContent)
    }
}

/// Nobody accepts an invitation of a partner that is gone.
async fn withdraw(context: &Context, id: PartnerId, now: Timestamp) -> Result<(), StoreError> {
    let invitations: Vec<Invitation> = context.store().all(&Range::index_1(keys::invitations_of(id))).await?;
    for invitation in invitations {
        let deleted = |seen: &Invitation| {
            let is_open = matches!(seen.status, InvitationStatus::Active | InvitationStatus::Declined);
            is_open.then(|| Invitation { status: InvitationStatus::Deleted, updated_at: now, ..seen.clone() })
        };
        context.store().update(invitation.key(), deleted).await?;
    }
    Ok(())
}

async fn unsubscribe(context: &Context, id: PartnerId, now: Timestamp) -> Result<(), StoreError> {
    let webhooks: Vec<Webhook> = context.store().all(&Range::table(keys::partner(id), "WEBHOOK#")).await?;
    for webhook in webhooks {
        let deleted = |seen: &Webhook| {
            let is_there = seen.status != WebhookStatus::Deleted;
            is_there.then(|| Webhook { status: WebhookStatus::Deleted, updated_at: now, deleted_at: Some(now), ..seen.clone() })
        };
        context.store().update(webhook.key(), deleted).await?;
        context.store().commit(vec![Write::delete(Key::webhook_secret(id, webhook.id))]).await?;
    }
    Ok(())
}
