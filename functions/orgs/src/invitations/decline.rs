//! `POST /v2/orgs/invitations/{invitation_id}/decline`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::InvitationId;
use model::invitation::{Invitation, InvitationStatus};
use store::control::Write;

use super::{InvitationRead, find};

/// The fleet declines; repeating the request changes nothing.
pub struct Decline;

/// The invitation and the reason, if the fleet gives one.
pub struct Request {
    id: InvitationId,
    reason: Option<String>,
}

impl Input for Request {
    const BODY: Body = Body::OptionalJson("InvitationDecline");

    fn read(reader: &mut Reader) -> Self {
        Self {
            id: reader.path("invitation_id"),
            reason: reader
                .body("decline_reason")
                .about("The reason, for the partner.")
                .example("We changed our insurer.")
                .text(0, 500),
        }
    }
}

impl Operation for Decline {
    type Input = Request;
    type Output = Json<InvitationRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let seen = find(context, request.id).await?;
        let next = match (seen.status, seen.status_at(call.now)) {
            (InvitationStatus::Declined, _) => seen,
            (_, InvitationStatus::Active) => {
                let next = Invitation {
                    status: InvitationStatus::Declined,
                    declined_at: Some(call.now),
                    decline_reason: request.reason.filter(|reason| !reason.is_empty()),
                    updated_at: call.now,
                    ..seen.clone()
                };
                context.store().commit(vec![Write::replace(&seen, &next)?]).await?;
                next
            }
            (_, InvitationStatus::Expired) => return Err(ApiError::conflict("invitation_expired", "the invitation has expired")),
            _ => return Err(ApiError::conflict("invitation_accepted", "the invitation has already been accepted")),
        };
        Ok(Json(InvitationRead::at(call.now, next, context.config()).public()))
    }
}
