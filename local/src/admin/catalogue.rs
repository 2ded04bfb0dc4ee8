//! The TSP catalogue.

use model::tsp::{Tsp, TspStatus};
use model::{Timestamp, TspId};
use providers::Brand;
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

/// The known TSPs: those that the adapters read.
#[must_use]
pub fn catalogue(now: Timestamp) -> Vec<Tsp> {
    let tsp = |source_name: &str, brand: &Brand| Tsp {
        id: TspId::from_uuid(stable(&format!("tsp:{}", brand.slug))),
        name: brand.name.into(),
        description: None,
        websites: None,
        source_name: source_name.into(),
        status: TspStatus::Active,
        conn_type: brand.conn_type.into(),
        is_sandbox: false,
        logo_url: None,
        logo_dark_url: None,
        slug: brand.slug.into(),
        base_url: brand.base_url.map(str::to_owned),
        base_url_is_set: false,
        created_at: now,
        updated_at: now,
    };
    providers::brands().map(|(source_name, brand)| tsp(source_name, brand)).collect()
}
