//! `GET /v2/orgs/invitations/{invitation_id}`

use gateway::{ApiError, Call, Caller, Context, Json, Operation};
use model::fleet::Fleet;
use model::invitation::InvitationStatus;
use store::control::Key;

use super::{Id, InvitationRead, Tokens, find, find_by_secret};

/// One invitation. Knowing the id is enough to read it; only its owner's clients that may read invitations see tokens, as long as
/// the agreement lasts, and the callback URL.
pub struct Get;

impl Operation for Get {
    type Input = Id;
    type Output = Json<InvitationRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let invitation = match call.caller {
            Caller::Anonymous => find_by_secret(context, &call, id).await?,
            _ => find(context, id).await?,
        };
        let read = InvitationRead::at(call.now, invitation.clone(), context.config());
        let owner = matches!(call.caller, Caller::Partner { id, .. } if id == invitation.partner_id);
        if !owner {
            return Ok(Json(read.public()));
        }
        let accepted = invitation.fleet_id.filter(|_| invitation.status == InvitationStatus::Accepted);
        let Some(fleet_id) = accepted else {
            return Ok(Json(read));
        };
        let parties = (fleet_id, invitation.partner_id);
        let agreement = context.store().agreement_between(parties, Some(id), None).await?;
        let Some(agreement) = agreement.filter(|agreement| !agreement.has_ended_at(call.now)) else {
            return Ok(Json(read));
        };
        let fleet: Option<Fleet> = context.store().get(Key::fleet(fleet_id)).await?;
        let name = fleet.map(|fleet| fleet.name).unwrap_or_default();
        Ok(Json(read.with_tokens(Tokens::issue(context, &agreement, &name, call.now).await?)))
    }
}
