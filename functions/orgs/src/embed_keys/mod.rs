//! Keys with which a partner shows Connect in pages of its own: administrators of the platform issue them, the partner reads its own.

pub mod create;
pub mod delete;
pub mod list;
pub mod update;

use gateway::{ApiError, Context, Input, Reader};
use model::embed::{EmbedKey, LONGEST_ORIGIN, MOST_ORIGINS, is_origin};
use model::{PartnerId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::Key;

/// A key that embeds Connect. It stands in the partner's pages and is no secret.
#[derive(Serialize, JsonSchema)]
pub struct EmbedKeyRead {
    /// The key.
    #[schemars(example = &"pk_live_4fK2mQ9sT7vXb1Zc8NdPw3Re")]
    key: String,
    /// The partner whose invitations it shows.
    partner_id: PartnerId,
    /// The origins of the pages that may show Connect.
    #[schemars(example = &["https://app.acme.example"])]
    origins: Vec<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When its origins were last changed.
    updated_at: Timestamp,
}

impl From<EmbedKey> for EmbedKeyRead {
    fn from(key: EmbedKey) -> Self {
        let EmbedKey { key, partner_id, origins, created_at, updated_at } = key;
        Self { key, partner_id, origins, created_at, updated_at }
    }
}

/// The partner's id and the key.
pub struct Ids {
    partner: PartnerId,
    key: String,
}

impl Input for Ids {
    fn read(reader: &mut Reader) -> Self {
        let key = reader.path_name("embed_key", "The key.", "pk_live_4fK2mQ9sT7vXb1Zc8NdPw3Re");
        Self { partner: reader.path("partner_id"), key }
    }
}

/// Reads origins, at least one.
fn origins(reader: &mut Reader) -> Vec<String> {
    let member = reader.body("origins").required();
    let member = member
        .about("The origins of the pages that may show Connect, such as https://app.acme.example: https, or http on localhost.");
    let Some(origins) = member.texts(MOST_ORIGINS, LONGEST_ORIGIN) else { return Vec::new() };
    if origins.is_empty() {
        reader.problem("body.origins", "0", "range", "must have at least one origin");
    }
    for (place, origin) in origins.iter().enumerate().filter(|(_, origin)| !is_origin(origin)) {
        let message = "must be an origin as browsers write it, without a path: https, or http on localhost";
        reader.problem(&format!("body.origins.{place}"), origin, "format", message);
    }
    origins
}

fn missing() -> ApiError {
    ApiError::not_found("embed key")
}

/// A key of this partner.
async fn find(context: &Context, ids: &Ids) -> Result<EmbedKey, ApiError> {
    let found: Option<EmbedKey> = context.store().get(Key::embed_key(&ids.key)).await?;
    found.filter(|key| key.partner_id == ids.partner).ok_or_else(missing)
}
