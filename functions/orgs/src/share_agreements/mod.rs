//! Share agreements, as the partner and the fleet of each see them.

pub mod act;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use gateway::{ApiError, Caller, Context, Input, Reader};
use model::agreement::{Agreement, AgreementStatus, Refusal, Side};
use model::{AgreementId, FleetId, PartnerId, Scopes, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// A share agreement (contract `ShareAgreementRead`).
#[derive(Serialize, JsonSchema)]
pub struct ShareAgreementRead {
    id: AgreementId,
    fleet_id: FleetId,
    partner_id: PartnerId,
    #[schemars(required)]
    fleet_ref: Option<String>,
    status: AgreementStatus,
    effective_date: Timestamp,
    #[schemars(required)]
    expiration_date: Option<Timestamp>,
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

/// The caller's agreements, deleted ones left out.
async fn agreements(context: &Context, caller: &Caller) -> Result<(Side, Vec<Agreement>), ApiError> {
    match caller {
        Caller::Partner { id, .. } => Ok((Side::Partner, context.store().agreements(*id).await?)),
        Caller::Fleet { id, .. } => {
            let mut found = context.store().agreements_of_fleet(*id).await?;
            found.retain(|agreement| agreement.status != AgreementStatus::Deleted);
            Ok((Side::Fleet, found))
        }
        Caller::Anonymous => Err(missing()),
    }
}

/// Where the caller's agreement lives and on which side the caller stands; 404 for anybody else's.
async fn find(context: &Context, caller: &Caller, id: AgreementId) -> Result<(Side, Key), ApiError> {
    match caller {
        Caller::Partner { id: partner, .. } => Ok((Side::Partner, Key::agreement(*partner, id))),
        _ => {
            let (side, found) = agreements(context, caller).await?;
            let own = found.iter().find(|agreement| agreement.id == id).ok_or_else(missing)?;
            Ok((side, Key::agreement(own.partner_id, id)))
        }
    }
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Gone => missing(),
        Refusal::Ended | Refusal::NotYours => ApiError::conflict(refusal.to_string()),
    }
}
