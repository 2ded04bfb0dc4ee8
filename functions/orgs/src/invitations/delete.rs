//! `DELETE /v2/orgs/invitations/{invitation_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::invitation::{Invitation, InvitationStatus};
use model::{InvitationId, PartnerId, Timestamp};
use store::control::{Key, Write};
use store::{Attempts, StoreError};

use super::{Id, find, missing};

/// Withdraws an invitation that has not been accepted; its `fleet_ref` can be used again.
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

async fn plan(context: &Context, partner: PartnerId, id: InvitationId, now: Timestamp) -> Result<Vec<Write>, ApiError> {
    let seen = find(context, id).await?;
    if seen.partner_id != partner {
        return Err(missing());
    }
    if seen.status == InvitationStatus::Accepted {
        let detail = "an accepted invitation cannot be withdrawn; cancel its share agreement instead";
        return Err(ApiError::conflict("invitation_accepted", detail));
    }
    let next = Invitation { status: InvitationStatus::Deleted, updated_at: now, ..seen.clone() };
    let mut writes = vec![Write::replace(&seen, &next)?];
    let claim = context.store().invitation_for(partner, &seen.fleet_ref).await?;
    if claim.is_some_and(|(claim, _)| claim.invitation_id == id) {
        writes.push(Write::delete(Key::invitation_ref(partner, &seen.fleet_ref)));
    }
    Ok(writes)
}
