//! The TSP catalogue.

pub mod get;
pub mod list;

use model::tsp::{Tsp, TspStatus};
use model::{Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// A TSP (contract `TspRead`).
#[derive(Serialize, JsonSchema)]
pub struct TspRead {
    name: String,
    description: Option<String>,
    websites: Option<Vec<String>>,
    #[schemars(schema_with = "model::schema::source_name")]
    source_name: String,
    status: TspStatus,
    #[schemars(schema_with = "model::schema::conn_type")]
    conn_type: String,
    is_sandbox: bool,
    logo_url: Option<String>,
    logo_dark_url: Option<String>,
    slug: String,
    id: TspId,
    created_at: Timestamp,
    updated_at: Timestamp,
    ext_tsp_id: Option<Uuid>,
    registry: Option<String>,
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
