//! The catalogue of telematics providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, TspId};

/// A provider a fleet can link. `slug` is the brand, `source_name` the adapter; brands can share an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tsp {
    /// Its id.
    pub id: TspId,
    /// Brand name.
    pub name: String,
    /// A one-sentence description.
    pub description: Option<String>,
    /// Websites; users are matched to them by email domain.
    pub websites: Option<Vec<String>>,
    /// The adapter.
    pub source_name: String,
    /// Whether it can be linked.
    pub status: TspStatus,
    /// Its credential form.
    pub conn_type: String,
    /// Whether it is a test provider.
    pub is_sandbox: bool,
    /// Logo for light backgrounds.
    pub logo_url: Option<String>,
    /// Logo for dark backgrounds.
    pub logo_dark_url: Option<String>,
    /// The brand's short name.
    pub slug: String,
    /// Base URL of its API; `None` = the adapter's default. Never published.
    pub base_url: Option<String>,
    /// Whether an operator set `base_url`; then it is not updated automatically.
    #[serde(default)]
    pub base_url_is_set: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Whether a provider can be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TspStatusEnum")]
pub enum TspStatus {
    /// It can be linked.
    Active,
    /// Listed, but it cannot be linked yet.
    Inactive,
    /// Hidden.
    Deleted,
}
