//! Fleets.

use serde::{Deserialize, Serialize};

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
    /// Websites; users are matched to them by email domain.
    pub websites: Option<Vec<String>>,
    /// Regulatory id, such as a US DOT number.
    pub regulatory_id: Option<String>,
    /// The registry of the regulatory id.
    pub regulatory_id_type: Option<String>,
    /// Contact email address.
    pub registered_email: Option<String>,
    /// Contact phone number.
    pub registered_phone: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
