//! Requests of fleets for telematics providers that cannot be linked yet.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FleetId, InvitationId, PartnerId, Timestamp};

/// A fleet's request for a provider of the registry. What the registry says of it is kept as of that moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntegrationRequest {
    /// Its id.
    pub id: Uuid,
    /// The provider's entry in the registry.
    pub ext_tsp_id: Uuid,
    /// Its name.
    pub ext_tsp_name: String,
    /// The fleet that asks.
    pub fleet_id: FleetId,
    /// The partner's own id of the fleet.
    pub fleet_ref: String,
    /// The partner that invited the fleet.
    pub partner_id: PartnerId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// Whom to ask about it at the fleet.
    pub contact_name: Option<String>,
    /// That person's email address; never published.
    pub contact_email: Option<String>,
    /// What the fleet says about it.
    pub contact_notes: Option<String>,
    /// When the fleet asked.
    pub created_at: Timestamp,
}
