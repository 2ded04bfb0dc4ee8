//! The TSP catalogue.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use gateway::ApiError;
use model::credentials::Form;
use model::tsp::{Tsp, TspStatus};
use model::{Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// A telematics provider (TSP) that fleets can connect.
#[derive(Serialize, JsonSchema)]
pub struct TspRead {
    /// The provider's name.
    #[schemars(example = &"Samsara")]
    name: String,
    /// A description of the provider.
    description: Option<String>,
    /// Its websites.
    websites: Option<Vec<String>>,
    /// Its adapter. Several brands can share one.
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    /// Whether it can be connected.
    status: TspStatus,
    /// The form of its credentials.
    #[schemars(schema_with = "model::schema::conn_type")]
    conn_type: String,
    /// Whether it is a simulator.
    is_sandbox: bool,
    /// Its logo.
    logo_url: Option<String>,
    /// Its logo for dark backgrounds.
    logo_dark_url: Option<String>,
    /// The brand's short name, unique among providers.
    #[schemars(example = &"samsara")]
    slug: String,
    /// The provider's id.
    id: TspId,
    /// When it was added.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
    /// Its entry in a registry of devices.
    ext_tsp_id: Option<Uuid>,
    /// The registry.
    registry: Option<String>,
    /// The compliance of its devices according to the registry.
    compliance_status: Compliance,
}

/// Whether the TSP's devices are listed in the registry.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TspComplianceStatusEnum")]
pub enum Compliance {
    /// At least one device is registered.
    Compliant,
    /// All registered devices are revoked.
    NonCompliant,
    /// Not linked to a registry, or no device registered.
    Unknown,
}

fn missing() -> ApiError {
    ApiError::not_found("tsp")
}

/// A TSP that can be linked needs an adapter, and a form for its credentials.
fn check(tsp: &Tsp) -> Result<(), ApiError> {
    if Form::of(&tsp.conn_type).is_none() {
        return Err(ApiError::invalid_member("body.conn_type", &tsp.conn_type, "enum", "there is no form for it"));
    }
    if tsp.status == TspStatus::Active && providers::accounts(&tsp.source_name).is_none() {
        let message = "there is no adapter for it yet; with the status inactive it is announced";
        return Err(ApiError::invalid_member("body.source_name", &tsp.source_name, "enum", message));
    }
    Ok(())
}

impl From<Tsp> for TspRead {
    fn from(tsp: Tsp) -> Self {
        Self {
            name: tsp.name,
            description: tsp.description,
            websites: tsp.websites,
            source_name: tsp.source_name,
            status: tsp.status,
            conn_type: tsp.conn_type,
            is_sandbox: tsp.is_sandbox,
            logo_url: tsp.logo_url,
            logo_dark_url: tsp.logo_dark_url,
            slug: tsp.slug,
            id: tsp.id,
            created_at: tsp.created_at,
            updated_at: tsp.updated_at,
            ext_tsp_id: None,
            registry: None,
            compliance_status: Compliance::Unknown,
        }
    }
}
