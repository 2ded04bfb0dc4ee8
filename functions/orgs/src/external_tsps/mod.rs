//! Providers that fleets know, whether or not they can be linked, and the requests of fleets for them.

pub mod list;
mod registry;
pub mod request;
pub mod requests;
mod search;

use gateway::{ApiError, Context};
use model::integration_request::IntegrationRequest;
use model::tsp::{Tsp, TspStatus};
use model::{FleetId, InvitationId, PartnerId, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::tsps::Compliance;
use registry::{AS_OF, ENTRIES, Entry};

/// A provider of telematics, as a registry of devices has it.
#[derive(Serialize, JsonSchema)]
pub struct ExtTspRead {
    /// The entry's id.
    id: Uuid,
    /// The provider's name.
    #[schemars(example = &"Samsara")]
    name: String,
    /// The registry.
    registry: Registry,
    /// Email address.
    email: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// Website.
    website: Option<String>,
    /// When the entry was made.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// The TSPs by which it can be linked; none = not yet.
    integrated_tsp_ids: Vec<TspId>,
}

/// A registry of devices.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExtTspRegistryEnum")]
pub enum Registry {
    /// That of the Federal Motor Carrier Safety Administration of the United States.
    Fmcsa,
}

/// A fleet's request for a provider.
#[derive(Serialize, JsonSchema)]
pub struct ExtTspIntegrationRequestRead {
    /// The request's id.
    id: Uuid,
    /// The provider's entry.
    ext_tsp_id: Uuid,
    /// Its name when the fleet asked.
    ext_tsp_name: String,
    /// The compliance of its devices when the fleet asked.
    ext_tsp_compliance_status: Compliance,
    /// The fleet.
    fleet_id: FleetId,
    /// The partner's own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: String,
    /// The partner that invited it.
    partner_id: PartnerId,
    /// The invitation.
    invitation_id: InvitationId,
    /// Whom to ask about it at the fleet.
    fleet_contact_name: Option<String>,
    /// What the fleet says about it.
    fleet_contact_notes: Option<String>,
    /// When the fleet asked.
    created_at: Timestamp,
    /// The same: requests are not changed.
    updated_at: Timestamp,
    /// The TSPs by which the provider can be linked; none = not yet.
    integrated_tsp_ids: Vec<TspId>,
}

impl Entry {
    /// The same in every installation.
    fn id(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:catena:ext-tsp:{}", self.slug).as_bytes())
    }

    fn read(&self, tsps: &[Tsp]) -> ExtTspRead {
        let as_of = Timestamp::parse(AS_OF).unwrap_or_else(|| Timestamp::from_millis(0));
        ExtTspRead {
            id: self.id(),
            name: self.name.to_owned(),
            registry: Registry::Fmcsa,
            email: None,
            phone: None,
            website: self.website.map(str::to_owned),
            created_at: as_of,
            updated_at: as_of,
            integrated_tsp_ids: integrated(tsps, self),
        }
    }
}

/// The TSPs of the catalogue that are this provider, and can be linked.
fn integrated(tsps: &[Tsp], entry: &Entry) -> Vec<TspId> {
    let linkable = tsps.iter().filter(|tsp| tsp.status == TspStatus::Active && tsp.slug == entry.slug);
    linkable.map(|tsp| tsp.id).collect()
}

fn entry(id: Uuid) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.id() == id)
}

impl ExtTspIntegrationRequestRead {
    fn of(request: IntegrationRequest, tsps: &[Tsp]) -> Self {
        Self {
            id: request.id,
            ext_tsp_id: request.ext_tsp_id,
            ext_tsp_name: request.ext_tsp_name,
            ext_tsp_compliance_status: Compliance::Unknown,
            fleet_id: request.fleet_id,
            fleet_ref: request.fleet_ref,
            partner_id: request.partner_id,
            invitation_id: request.invitation_id,
            fleet_contact_name: request.contact_name,
            fleet_contact_notes: request.contact_notes,
            created_at: request.created_at,
            updated_at: request.created_at,
            integrated_tsp_ids: entry(request.ext_tsp_id).map(|entry| integrated(tsps, entry)).unwrap_or_default(),
        }
    }
}

/// The catalogue, by which providers are integrated.
async fn catalogue(context: &Context) -> Result<Vec<Tsp>, ApiError> {
    Ok(context.store().tsps().await?)
}
