//! Fleets, for partners with an active agreement.

pub mod get;
pub mod list;

use model::agreement::Agreement;
use model::fleet::Fleet;
use model::{FleetId, InvitationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// A fleet, as a partner sees it that the fleet shares with.
#[derive(Serialize, JsonSchema)]
pub struct FleetRead {
    /// The fleet's name, as it gave it at acceptance.
    name: String,
    /// A text about the fleet.
    description: Option<String>,
    /// The name to show, where it differs from `name`.
    display_name: Option<String>,
    /// The registered name.
    legal_name: Option<String>,
    /// The name that it does business under.
    dba_name: Option<String>,
    /// Its websites.
    websites: Option<Vec<String>>,
    /// The invitation that it accepted.
    invitation_id: Option<InvitationId>,
    /// Your own id of the fleet, from the invitation.
    fleet_ref: String,
    /// Its number at the regulator, such as a USDOT number.
    regulatory_id: Option<String>,
    /// What kind of number that is, such as `usdot`.
    regulatory_id_type: Option<String>,
    /// The day on which the number was given.
    #[schemars(schema_with = "model::schema::nullable_date")]
    regulatory_id_date: Option<String>,
    /// The state of the number at the regulator.
    regulatory_id_status: Option<String>,
    /// E-mail address.
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
    country_code: Option<String>,
    /// The fleet's id.
    id: FleetId,
    /// When the fleet accepted.
    created_at: Timestamp,
    /// The last change.
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
