//! Fleet organisations.

use serde::{Deserialize, Serialize};

use crate::{FleetId, InvitationId, Timestamp};

/// A fleet. How a partner calls it (`fleet_ref`) stands on the agreement, not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Its id.
    pub id: FleetId,
    /// Prefilled name, or `Fleet <invitation id>`.
    pub name: String,
    /// The invitation that brought it.
    pub invitation_id: Option<InvitationId>,
    /// Web sites; users are matched to them by e-mail domain.
    pub websites: Option<Vec<String>>,
    /// Registry number.
    pub regulatory_id: Option<String>,
    /// Which registry.
    pub regulatory_id_type: Option<String>,
    /// Contact.
    pub registered_email: Option<String>,
    /// Contact.
    pub registered_phone: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country_code: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
