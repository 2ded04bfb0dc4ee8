//! `POST /v2/orgs/invitations/{invitation_id}/accept`

use gateway::{ApiError, Call, Context, Json, Operation};
use model::agreement::{Agreement, AgreementStatus};
use model::fleet::Fleet;
use model::invitation::{Invitation, InvitationStatus};
use model::{AgreementId, FleetId, Timestamp};
use store::control::Write;
use store::{Attempts, StoreError};

use super::{Id, InvitationRead, Tokens, find, find_by_secret};

/// The fleet accepts: the fleet and its share agreement are created together with the acceptance, exactly once.
pub struct Accept;

impl Operation for Accept {
    type Input = Id;
    type Output = Json<InvitationRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        find_by_secret(context, &call, id).await?;
        context.count_answer(id, call.now).await?;
        let mut attempts = Attempts::default();
        loop {
            let seen = find(context, id).await?;
            refuse_unless_open(&seen, call.now)?;
            let fleet = fleet_of(&seen, call.now);
            let agreement = agreement_of(&seen, &fleet, call.now);
            let next = Invitation {
                status: InvitationStatus::Accepted,
                accepted_at: Some(call.now),
                fleet_id: Some(fleet.id),
                updated_at: call.now,
                ..seen.clone()
            };
            let writes = vec![Write::replace(&seen, &next)?, Write::create(&fleet)?, Write::create(&agreement)?];
            // Signed first: KMS may fail, and a committed acceptance cannot be repeated. Nobody sees these tokens if the commit fails.
            let tokens = Tokens::issue(context, &agreement, &fleet.name, call.now).await?;
            match context.store().commit(writes).await {
                Err(StoreError::Conflict) if attempts.again().await => continue,
                done => done?,
            }
            return Ok(Json(InvitationRead::at(call.now, next, context.config()).public().with_tokens(tokens)));
        }
    }
}

fn refuse_unless_open(seen: &Invitation, now: Timestamp) -> Result<(), ApiError> {
    match seen.status_at(now) {
        InvitationStatus::Active => Ok(()),
        InvitationStatus::Accepted => Err(ApiError::conflict("invitation_accepted", "the invitation has already been accepted")),
        InvitationStatus::Declined => Err(ApiError::conflict("invitation_declined", "the invitation has been declined")),
        InvitationStatus::Expired | InvitationStatus::Deleted => {
            Err(ApiError::conflict("invitation_expired", "the invitation has expired"))
        }
    }
}

fn fleet_of(invitation: &Invitation, now: Timestamp) -> Fleet {
    let prefill = &invitation.prefill;
    let name = prefill.name.clone().unwrap_or_else(|| format!("Fleet {}", invitation.id));
    Fleet {
        invitation_id: Some(invitation.id),
        websites: prefill.website.clone().map(|website| vec![website]),
        regulatory_id: prefill.regulatory_id.clone(),
        regulatory_id_type: prefill.regulatory_id_type.clone(),
        registered_email: prefill.email.clone(),
        registered_phone: prefill.phone.clone(),
        country_code: prefill.country_code.clone(),
        ..Fleet::new(FleetId::at(now), name, now)
    }
}

fn agreement_of(invitation: &Invitation, fleet: &Fleet, now: Timestamp) -> Agreement {
    Agreement {
        id: AgreementId::at(now),
        fleet_id: fleet.id,
        partner_id: invitation.partner_id,
        invitation_id: Some(invitation.id),
        fleet_ref: Some(invitation.fleet_ref.clone()),
        status: AgreementStatus::Active,
        paused_by: None,
        effective_date: now,
        expiration_date: None,
        scopes: invitation.permissions.clone(),
        connections: Vec::new(),
        created_at: now,
        updated_at: now,
    }
}
