//! Share agreements, for the partner and the fleet of each.

pub mod act;
pub mod backfill;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use gateway::{ApiError, Caller, Context, Input, Reader};
use model::agreement::{Action, Agreement, AgreementStatus, Party, TransitionError};
use model::{AgreementId, FleetId, PartnerId, Scopes, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// A share agreement: what a fleet shares with a partner, and until when.
#[derive(Serialize, JsonSchema)]
pub struct ShareAgreementRead {
    /// The agreement's id.
    id: AgreementId,
    /// The fleet that shares.
    fleet_id: FleetId,
    /// The partner that reads.
    partner_id: PartnerId,
    /// The partner's own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
    /// Its current state. Data is accessible while it is `active` and between the two dates.
    status: AgreementStatus,
    /// When data access begins.
    effective_date: Timestamp,
    /// When data access ends; null = unlimited.
    expiration_date: Option<Timestamp>,
    /// The shared resources with their levels.
    #[schemars(schema_with = "model::schema::scopes")]
    scopes: Scopes,
}

impl ShareAgreementRead {
    fn at(now: Timestamp, agreement: Agreement) -> Self {
        Self {
            id: agreement.id,
            fleet_id: agreement.fleet_id,
            partner_id: agreement.partner_id,
            status: agreement.status_at(now),
            fleet_ref: agreement.fleet_ref,
            effective_date: agreement.effective_date,
            expiration_date: agreement.expiration_date,
            scopes: agreement.scopes,
        }
    }
}

/// The agreement's id.
pub struct Id(AgreementId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("share_agreement_id"))
    }
}

fn missing() -> ApiError {
    ApiError::not_found("share agreement")
}

/// The caller's party and its agreements, except deleted ones.
async fn agreements(context: &Context, caller: &Caller) -> Result<(Party, Vec<Agreement>), ApiError> {
    match caller {
        Caller::Partner { id, .. } => Ok((Party::Partner, context.store().agreements(*id).await?)),
        Caller::Fleet { id, .. } => {
            let mut found = context.store().agreements_of_fleet(*id).await?;
            found.retain(|agreement| agreement.status != AgreementStatus::Deleted);
            Ok((Party::Fleet, found))
        }
        Caller::Anonymous | Caller::Admin { .. } => Err(caller.partner().err().unwrap_or_else(missing)),
    }
}

/// The caller's party and the key of its agreement; 404 for agreements of others.
async fn find(context: &Context, caller: &Caller, id: AgreementId) -> Result<(Party, Key), ApiError> {
    match caller {
        Caller::Partner { id: partner, .. } => Ok((Party::Partner, Key::agreement(*partner, id))),
        _ => {
            let (party, found) = agreements(context, caller).await?;
            let own = found.iter().find(|agreement| agreement.id == id).ok_or_else(missing)?;
            Ok((party, Key::agreement(own.partner_id, id)))
        }
    }
}

/// A fleet that paused sharing resumes it in Connect: its partner can read its other tokens.
fn check_resumption(seen: &Agreement, action: Action, party: Party, consents: bool) -> Result<(), ApiError> {
    let is_own = party == Party::Fleet && seen.paused_by == Some(Party::Fleet);
    if action == Action::Activate && is_own && !consents {
        return Err(ApiError::forbidden("consent_required", "a fleet resumes sharing in Connect"));
    }
    Ok(())
}

fn transition_error(error: TransitionError) -> ApiError {
    match error {
        TransitionError::Deleted => missing(),
        TransitionError::Ended => ApiError::conflict("share_agreement_ended", error.to_string()),
        TransitionError::PausedByOtherParty => ApiError::conflict("paused_by_other_party", error.to_string()),
    }
}
