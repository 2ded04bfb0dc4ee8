//! `POST /v2/orgs/invitations/{invitation_id}/decline`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::InvitationId;
use model::invitation::{Invitation, InvitationStatus};
use store::control::Write;

use super::{InvitationRead, find};

/// The fleet says no; doing it again changes nothing.
pub struct Decline;

/// The reason, if the fleet gave one.
pub struct Refusal {
    id: InvitationId,
    reason: Option<String>,
}

impl Input for Refusal {
    const BODY: Body = Body::OptionalJson;

    fn read(reader: &mut Reader) -> Self {
        Self { id: reader.path("invitation_id"), reason: reader.body("decline_reason").text(0, 500) }
    }
}

impl Operation for Decline {
    type Input = Refusal;
    type Output = Json<InvitationRead>;

    async fn run(context: &Context, call: Call, refusal: Refusal) -> Result<Self::Output, ApiError> {
        let seen = find(context, refusal.id).await?;
        let next = match (seen.status, seen.status_at(call.now)) {
            (InvitationStatus::Declined, _) => seen,
            (_, InvitationStatus::Active) => {
                let next = Invitation {
                    status: InvitationStatus::Declined,
                    declined_at: Some(call.now),
                    decline_reason: refusal.reason.filter(|reason| !reason.is_empty()),
                    updated_at: call.now,
                    ..seen.clone()
                };
                context.store().commit(vec![Write::replace(&seen, &next)?]).await?;
                next
            }
            (_, InvitationStatus::Expired) => return Err(ApiError::conflict("the invitation has expired")),
            _ => return Err(ApiError::conflict("the invitation was accepted already")),
        };
        Ok(Json(InvitationRead::at(call.now, next, context.config()).for_anybody()))
    }
}
