//! The TSP catalogue.

use model::tsp::{Tsp, TspStatus};
use model::{Timestamp, TspId};
use store::control::Write;
use store::{Store, StoreError};
use uuid::Uuid;

/// Adds the TSPs that are missing in the table and returns their slugs. Existing ones are unchanged.
///
/// # Errors
/// If the table cannot be written.
pub async fn add_catalogue(store: &Store, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let mut added = Vec::new();
    for tsp in catalogue(now) {
        match store.commit(vec![Write::create(&tsp)?]).await {
            Err(StoreError::Conflict) => {}
            result => {
                result?;
                added.push(tsp.slug);
            }
        }
    }
    Ok(added)
}

/// An id that is the same in every installation.
#[must_use]
pub(crate) fn stable(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:catena:local:{name}").as_bytes())
}

/// The known TSPs. Other TSPs than Samsara are announced only.
#[must_use]
pub fn catalogue(now: Timestamp) -> Vec<Tsp> {
    let tsp = |slug: &str, name: &str, source_name: &str, conn_type: &str, status, base_url: Option<&str>| Tsp {
        id: TspId::from_uuid(stable(&format!("tsp:{slug}"))),
        name: name.into(),
        description: None,
        websites: None,
        source_name: source_name.into(),
        status,
        conn_type: conn_type.into(),
        is_sandbox: false,
        logo_url: None,
        logo_dark_url: None,
        slug: slug.into(),
        base_url: base_url.map(str::to_owned),
        base_url_is_set: false,
        created_at: now,
        updated_at: now,
    };
    use TspStatus::{Active, Inactive};
    vec![
        tsp("samsara", "Samsara", "samsara", "token", Active, None),
        tsp("samsara-ca", "Samsara Canada", "samsara", "token", Active, Some("https://api.ca.samsara.com")),
        tsp("samsara-eu", "Samsara Europe", "samsara", "token", Active, Some("https://api.eu.samsara.com")),
        tsp("motive", "Motive", "motive", "api_key", Inactive, None),
        tsp("geotab", "Geotab", "geotab", "geotab", Inactive, None),
    ]
}
