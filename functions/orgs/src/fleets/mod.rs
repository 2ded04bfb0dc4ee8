//! Fleets, for partners with an active agreement.

pub mod get;
pub mod list;

use model::agreement::Agreement;
use model::fleet::Fleet;
use model::{FleetId, InvitationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// A fleet, as seen by a partner that it shares data with.
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
