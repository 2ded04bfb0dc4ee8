//! Fleets, for partners with an active agreement, and for themselves.

pub mod delete;
pub mod get;
pub mod list;
pub mod properties;
pub mod update;

use gateway::{ApiError, Call, Caller, Context};
use model::fleet::Fleet;
use model::{FleetId, InvitationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// A fleet, as seen by itself or by a partner that it shares data with.
#[derive(Serialize, JsonSchema)]
pub struct FleetRead {
    /// The fleet's name, from its acceptance.
    name: String,
    /// A description of the fleet.
    description: Option<String>,
    /// The display name, if it differs from `name`.
    display_name: Option<String>,
    /// The registered name.
    legal_name: Option<String>,
    /// The name under which it does business.
    dba_name: Option<String>,
    /// Its websites.
    websites: Option<Vec<String>>,
    /// The invitation that it accepted.
    invitation_id: Option<InvitationId>,
    /// Your own id of the fleet, from the invitation.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: String,
    /// Its regulatory id, such as a USDOT number.
    #[schemars(example = &"1234567")]
    regulatory_id: Option<String>,
    /// The kind of the regulatory id, such as `usdot`.
    #[schemars(example = &"usdot")]
    regulatory_id_type: Option<String>,
    /// The day on which the id was issued.
    #[schemars(schema_with = "model::schema::nullable_date")]
    regulatory_id_date: Option<String>,
    /// The status of the regulatory id.
    regulatory_id_status: Option<String>,
    /// Email address.
    registered_email: Option<String>,
    /// Phone number.
    registered_phone: Option<String>,
    /// Fax number.
    registered_fax: Option<String>,
    /// Street and number.
    address: Option<String>,
    /// City or town.
    city: Option<String>,
    /// State or province.
    province: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-3.
    #[schemars(example = &"USA")]
    country_code: Option<String>,
    /// The fleet's id.
    id: FleetId,
    /// When the fleet accepted.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

impl FleetRead {
    fn of(fleet: Fleet, fleet_ref: Option<String>) -> Self {
        Self {
            name: fleet.name,
            description: fleet.description,
            display_name: fleet.display_name,
            legal_name: fleet.legal_name,
            dba_name: fleet.dba_name,
            websites: fleet.websites,
            invitation_id: fleet.invitation_id,
            fleet_ref: fleet_ref.unwrap_or_default(),
            regulatory_id: fleet.regulatory_id,
            regulatory_id_type: fleet.regulatory_id_type,
            regulatory_id_date: fleet.regulatory_id_date,
            regulatory_id_status: fleet.regulatory_id_status,
            registered_email: fleet.registered_email,
            registered_phone: fleet.registered_phone,
            registered_fax: fleet.registered_fax,
            address: fleet.address,
            city: fleet.city,
            province: fleet.province,
            postal_code: fleet.postal_code,
            country_code: fleet.country_code,
            id: fleet.id,
            created_at: fleet.created_at,
            updated_at: fleet.updated_at,
        }
    }
}

fn missing() -> ApiError {
    ApiError::not_found("fleet")
}

/// A fleet, and what the caller calls it: a partner sees it while an agreement is in force, and a fleet sees itself.
async fn find(context: &Context, call: &Call, id: FleetId) -> Result<(Fleet, Option<String>), ApiError> {
    let fleet_ref = match call.caller {
        Caller::Fleet { id: own, .. } if own != id => return Err(missing()),
        Caller::Fleet { partner, invitation, .. } => {
            let agreement = context.store().agreement_between((id, partner), invitation, None).await?;
            agreement.and_then(|agreement| agreement.fleet_ref)
        }
        _ => {
            let agreements = context.store().cached_agreements(call.caller.partner()?, call.now).await?;
            let open = agreements.open_at(call.now).find(|agreement| agreement.fleet_id == id);
            open.ok_or_else(missing)?.fleet_ref.clone()
        }
    };
    let fleet: Option<Fleet> = context.store().get(Key::fleet(id)).await?;
    let fleet = fleet.filter(|fleet| fleet.deleted_at.is_none()).ok_or_else(missing)?;
    let own_ref = fleet.own_ref.clone().filter(|_| matches!(call.caller, Caller::Fleet { .. }));
    Ok((fleet, own_ref.or(fleet_ref)))
}

/// Requires that the caller is this fleet: nobody else changes its record.
fn require_own(call: &Call, id: FleetId) -> Result<(), ApiError> {
    if call.caller.fleet()? == id { Ok(()) } else { Err(missing()) }
}
