//! Partners: administrators of the platform make, change and delete them; a partner reads itself, and a fleet the one that invited it.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod properties;
pub mod update;

use gateway::{ApiError, Call, Caller, Context, Input, Reader};
use model::partner::{Partner, PartnerCategory};
use model::{PartnerId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// A partner: a company that reads fleets' data.
#[derive(Serialize, JsonSchema)]
pub struct PartnerRead {
    /// Its name, as fleets see it.
    name: String,
    /// A description.
    description: Option<String>,
    /// Its websites.
    websites: Option<Vec<String>>,
    /// What it does with the data.
    categories: Vec<PartnerCategory>,
    /// Whether it is there to try things out.
    is_sandbox: bool,
    /// The partner with which it is billed and reported.
    parent_partner_id: Option<PartnerId>,
    /// Its short name, unique among partners.
    #[schemars(example = &"acme-logistics")]
    slug: Option<String>,
    /// The partner's id.
    id: PartnerId,
    /// When it was created.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

impl From<Partner> for PartnerRead {
    fn from(partner: Partner) -> Self {
        Self {
            name: partner.name,
            description: partner.description,
            websites: partner.websites,
            categories: partner.categories,
            is_sandbox: partner.is_sandbox,
            parent_partner_id: partner.parent_partner_id,
            slug: Some(partner.slug),
            id: partner.id,
            created_at: partner.created_at,
            updated_at: partner.updated_at.unwrap_or(partner.created_at),
        }
    }
}

/// The partner's id.
pub struct Id(pub(crate) PartnerId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("partner_id"))
    }
}

fn missing() -> ApiError {
    ApiError::not_found("partner")
}

/// A partner that is not deleted, if the caller may see it.
pub(crate) async fn find(context: &Context, call: &Call, id: PartnerId) -> Result<Partner, ApiError> {
    let is_seen = match call.caller {
        Caller::Admin { .. } => true,
        Caller::Partner { id: own, .. } | Caller::Fleet { partner: own, .. } => own == id,
        Caller::Anonymous => false,
    };
    if !is_seen {
        return Err(missing());
    }
    let found: Option<Partner> = context.store().get(Key::partner(id)).await?;
    found.filter(|partner| partner.deleted_at.is_none()).ok_or_else(missing)
}
