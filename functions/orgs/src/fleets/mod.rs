//! Fleets, for partners with an active agreement.

pub mod get;
pub mod list;

use model::agreement::Agreement;
use model::fleet::Fleet;
use model::{FleetId, InvitationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// A fleet (contract `FleetRead`); `fleet_ref` is the caller's own reference.
#[derive(Serialize, JsonSchema)]
pub struct FleetRead {
    name: String,
    description: Option<String>,
    display_name: Option<String>,
    legal_name: Option<String>,
    dba_name: Option<String>,
    websites: Option<Vec<String>>,
    invitation_id: Option<InvitationId>,
    fleet_ref: String,
    regulatory_id: Option<String>,
    regulatory_id_type: Option<String>,
    #[schemars(schema_with = "model::schema::nullable_date")]
    regulatory_id_date: Option<String>,
    regulatory_id_status: Option<String>,
    registered_email: Option<String>,
    registered_phone: Option<String>,
    registered_fax: Option<String>,
    address: Option<String>,
    city: Option<String>,
    province: Option<String>,
    postal_code: Option<String>,
    country_code: Option<String>,
    id: FleetId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl FleetRead {
    fn of(fleet: Fleet, agreement: &Agreement) -> Self {
        Self {
            name: fleet.name,
            description: None,
            display_name: None,
            legal_name: None,
            dba_name: None,
            websites: fleet.websites,
            invitation_id: fleet.invitation_id,
            fleet_ref: agreement.fleet_ref.clone().unwrap_or_default(),
            regulatory_id: fleet.regulatory_id,
            regulatory_id_type: fleet.regulatory_id_type,
            regulatory_id_date: None,
            regulatory_id_status: None,
            registered_email: fleet.registered_email,
            registered_phone: fleet.registered_phone,
            registered_fax: None,
            address: None,
            city: None,
            province: None,
            postal_code: None,
            country_code: fleet.country_code,
            id: fleet.id,
            created_at: fleet.created_at,
            updated_at: fleet.updated_at,
        }
    }
}
