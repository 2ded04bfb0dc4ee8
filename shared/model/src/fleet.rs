//! Fleets.

use serde::{Deserialize, Serialize};

use crate::property::{FleetPropertyKey, Property};
use crate::{FleetId, InvitationId, Timestamp};

/// A fleet. A partner's own reference for it (`fleet_ref`) is part of the agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Its id.
    pub id: FleetId,
    /// Prefilled name, or `Fleet <invitation id>`.
    pub name: String,
    /// The invitation that it accepted.
    pub invitation_id: Option<InvitationId>,
    /// What it calls itself in its own systems.
    #[serde(default)]
    pub own_ref: Option<String>,
    /// A description.
    #[serde(default)]
    pub description: Option<String>,
    /// The name to show, where it differs.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The registered name.
    #[serde(default)]
    pub legal_name: Option<String>,
    /// The name under which it does business.
    #[serde(default)]
    pub dba_name: Option<String>,
    /// Websites; users are matched to them by email domain.
    pub websites: Option<Vec<String>>,
    /// Regulatory id, such as a US DOT number.
    pub regulatory_id: Option<String>,
    /// The registry of the regulatory id.
    pub regulatory_id_type: Option<String>,
    /// The day on which the regulatory id was issued, as `YYYY-MM-DD`.
    #[serde(default)]
    pub regulatory_id_date: Option<String>,
    /// The status of the regulatory id.
    #[serde(default)]
    pub regulatory_id_status: Option<String>,
    /// Contact email address.
    pub registered_email: Option<String>,
    /// Contact phone number.
    pub registered_phone: Option<String>,
    /// Contact fax number.
    #[serde(default)]
    pub registered_fax: Option<String>,
    /// Street and number.
    #[serde(default)]
    pub address: Option<String>,
    /// City or town.
    #[serde(default)]
    pub city: Option<String>,
    /// State or province.
    #[serde(default)]
    pub province: Option<String>,
    /// Postal code.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
    /// Its properties.
    #[serde(default)]
    pub properties: Vec<Property<FleetPropertyKey>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it deleted itself.
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
}

impl Fleet {
    /// A fleet of which nothing is known but its name.
    #[must_use]
    pub fn new(id: FleetId, name: String, now: Timestamp) -> Self {
        Self {
            id,
            name,
            invitation_id: None,
            own_ref: None,
            description: None,
            display_name: None,
            legal_name: None,
            dba_name: None,
            websites: None,
            regulatory_id: None,
            regulatory_id_type: None,
            regulatory_id_date: None,
            regulatory_id_status: None,
            registered_email: None,
            registered_phone: None,
            registered_fax: None,
            address: None,
            city: None,
            province: None,
            postal_code: None,
            country_code: None,
            properties: Vec::new(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }
}
