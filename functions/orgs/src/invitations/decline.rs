//! `POST /v2/orgs/invitations/{invitation_id}/decline`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::invitation::{Invitation, InvitationStatus};
use model::{InvitationId, Timestamp};
use store::control::Key;

use super::{InvitationRead, find_by_secret, missing};

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
                .paragraph(0, 500),
        }
    }
}

impl Operation for Decline {
    type Input = Request;
    type Output = Json<InvitationRead>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        find_by_secret(context, &call, request.id).await?;
        context.count_answer(request.id, call.now).await?;
        let declined = |seen: &Invitation| request.declined(seen, call.now);
        let after = context.store().try_update(Key::invitation(request.id), declined).await?.ok_or_else(missing)?;
        Ok(Json(InvitationRead::at(call.now, after, context.config()).public()))
    }
}

impl Request {
    /// The invitation after this; `None` if it was declined before.
    fn declined(&self, seen: &Invitation, now: Timestamp) -> Result<Option<Invitation>, ApiError> {
        match (seen.status, seen.status_at(now)) {
            (InvitationStatus::Declined, _) => Ok(None),
            (InvitationStatus::Deleted, _) => Err(missing()),
            (_, InvitationStatus::Active) => Ok(Some(Invitation {
                status: InvitationStatus::Declined,
                declined_at: Some(now),
                decline_reason: self.reason.clone().filter(|reason| !reason.is_empty()),
                updated_at: now,
                ..seen.clone()
            })),
            (_, InvitationStatus::Expired) => Err(ApiError::conflict("invitation_expired", "the invitation has expired")),
            _ => Err(ApiError::conflict("invitation_accepted", "the invitation has already been accepted")),
        }
    }
}
