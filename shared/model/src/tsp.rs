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
    /// One sentence about it.
    pub description: Option<String>,
    /// E-mail domains of its users are matched to these.
    pub websites: Option<Vec<String>>,
    /// The adapter.
    pub source_name: String,
    /// Whether it can be linked.
    pub status: TspStatus,
    /// Which credential form to show.
    pub conn_type: String,
    /// Test account provider.
    pub is_sandbox: bool,
    /// Logo on light ground.
    pub logo_url: Option<String>,
    /// Logo on dark ground.
    pub logo_dark_url: Option<String>,
    /// The brand's short name.
    pub slug: String,
    /// Where its API lives; `None` = the adapter's own default. Never published.
    pub base_url: Option<String>,
    /// Whether an operator set `base_url`: then it stays as it is.
    #[serde(default)]
    pub base_url_is_set: bool,
    /// When it was listed.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Whether a provider can be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TspStatusEnum")]
pub enum TspStatus {
    /// It can be linked.
    Active,
    /// Listed, not linkable now.
    Inactive,
    /// Hidden.
    Deleted,
}
