//! Partners and their machine clients, and those of the platform's administrators.

use anyhow::{Context as _, bail, ensure};
pub use model::partner::slug;
use model::partner::{ADMIN_SCOPES, Client, PARTNER_SCOPES, Partner};
use model::{PartnerId, Timestamp};
use serde::Serialize;
use store::control::{Key, Write};
use store::{Store, StoreError};

/// A partner to create.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// Name shown to fleets.
    pub name: String,
    /// Short name in tokens and invitations; the partner's id is derived from it.
    pub slug: String,
    /// Why it wants the data, shown on the consent page.
    pub purpose: Option<String>,
    /// Logo shown to fleets.
    pub logo_url: Option<String>,
}

/// A client that was created, or that existed already.
#[derive(Serialize)]
pub struct CreatedClient {
    /// The partner; `None` for administrators.
    pub partner_id: Option<PartnerId>,
    /// The machine client.
    pub client_id: String,
    /// Its secret, shown this once; `None` if the client existed already.
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for CreatedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedClient")
            .field("partner_id", &self.partner_id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The id of the partner with this slug: the same in every installation.
#[must_use]
pub fn partner_id(slug: &str) -> PartnerId {
    PartnerId::of_slug(slug)
}

/// A machine client with all scopes of partners.
#[must_use]
pub fn client(partner_id: PartnerId, client_id: &str, secret: &str) -> Client {
    Client {
        client_id: client_id.to_owned(),
        secret_hash: vault::hash_secret(secret),
        partner_id: Some(partner_id),
        is_admin: false,
        scopes: owned(PARTNER_SCOPES),
    }
}

/// A machine client with all scopes of the platform's administrators.
fn admin_client(client_id: &str, secret: &str) -> Client {
    Client {
        client_id: client_id.to_owned(),
        secret_hash: vault::hash_secret(secret),
        partner_id: None,
        is_admin: true,
        scopes: owned(ADMIN_SCOPES),
    }
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

/// Creates a partner and its first client, whose id is the slug. Existing ones are unchanged; the secret of an existing client
/// cannot be shown again.
///
/// # Errors
/// If the slug is empty or belongs to a partner of another name, or the table cannot be written.
pub async fn create_partner(store: &Store, new: NewPartner, now: Timestamp) -> anyhow::Result<CreatedClient> {
    if new.slug.is_empty() || new.slug != slug(&new.slug) {
        bail!("a slug consists of lower-case letters, digits and dashes: set one with --slug");
    }
    let is_shown = |logo: &String| logo.starts_with("https://") && url::Url::parse(logo).is_ok();
    ensure!(new.logo_url.as_ref().is_none_or(is_shown), "a logo is an https:// URL: Connect shows no other");
    let id = partner_id(&new.slug);
    let partner = Partner { logo_url: new.logo_url, purpose: new.purpose, ..Partner::new(new.name, new.slug, now) };
    match store.commit(vec![Write::create(&partner)?]).await {
        Err(StoreError::Conflict) => {
            let existing = existing(store, id).await?;
            if existing.name != partner.name {
                bail!("the slug {} belongs to {:?}: set another one with --slug", existing.slug, existing.name);
            }
            store.relist(&existing).await?;
        }
        result => result?,
    }
    create_client(store, &partner.slug, &partner.slug).await
}

/// Creates another client of a partner. An existing one is unchanged.
///
/// # Errors
/// If there is no such partner, the id belongs to another one's client, or the table cannot be written.
pub async fn create_client(store: &Store, slug: &str, client_id: &str) -> anyhow::Result<CreatedClient> {
    let partner_id = existing(store, partner_id(slug)).await?.id;
    let secret = vault::random_secret();
    stored(store, client(partner_id, client_id, &secret), secret).await
}

/// Creates a client of the platform's administrators. An existing one is unchanged.
///
/// # Errors
/// If the id belongs to a partner's client, or the table cannot be written.
pub async fn create_admin(store: &Store, client_id: &str) -> anyhow::Result<CreatedClient> {
    let secret = vault::random_secret();
    stored(store, admin_client(client_id, &secret), secret).await
}

async fn stored(store: &Store, client: Client, secret: String) -> anyhow::Result<CreatedClient> {
    let client_id = client.client_id.clone();
    // The token endpoint knows no longer ones.
    ensure!((1..=200).contains(&client_id.chars().count()), "a client's id has 1 to 200 characters");
    match store.commit(vec![Write::create(&client)?]).await {
        Err(StoreError::Conflict) => {
            let is_same = existing_client(store, &client_id).await?.holder() == client.holder();
            ensure!(is_same, "the client id {client_id} belongs to somebody else");
            Ok(CreatedClient { partner_id: client.partner_id, client_id, client_secret: None })
        }
        done => {
            done?;
            Ok(CreatedClient { partner_id: client.partner_id, client_id, client_secret: Some(secret) })
        }
    }
}

/// Gives a client a new secret. The old one is invalid immediately; tokens issued with it remain valid until they expire.
///
/// # Errors
/// If there is no such client, or the table cannot be written.
pub async fn rotate_client(store: &Store, client_id: &str) -> anyhow::Result<CreatedClient> {
    let existing = existing_client(store, client_id).await?;
    let secret = vault::random_secret();
    let next = Client { secret_hash: vault::hash_secret(&secret), ..existing };
    store.commit(vec![Write::overwrite(&next)?]).await?;
    Ok(CreatedClient { partner_id: next.partner_id, client_id: next.client_id, client_secret: Some(secret) })
}

/// Deletes a client. Its tokens remain valid until they expire.
///
/// # Errors
/// If there is no such client, or the table cannot be written.
pub async fn revoke_client(store: &Store, client_id: &str) -> anyhow::Result<()> {
    existing_client(store, client_id).await?;
    Ok(store.commit(vec![Write::delete(Key::client(client_id))]).await?)
}

async fn existing(store: &Store, id: PartnerId) -> anyhow::Result<Partner> {
    store.get(Key::partner(id)).await?.context("the table has no such partner")
}

async fn existing_client(store: &Store, client_id: &str) -> anyhow::Result<Client> {
    store.get(Key::client(client_id)).await?.context("the table has no such client")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_derived_from_names() {
        for (name, expected) in [("Acme Insurance", "acme-insurance"), ("  A&B  Co. ", "a-b-co"), ("acme-2", "acme-2"), ("…", "")]
        {
            assert_eq!(slug(name), expected);
        }
        assert_eq!(partner_id("acme"), partner_id("acme"));
        assert_ne!(partner_id("acme"), partner_id("acme-2"));
    }

    #[test]
    fn secrets_are_not_in_debug() {
        let created =
            CreatedClient { partner_id: Some(partner_id("a")), client_id: "a".into(), client_secret: Some("hidden".into()) };
        assert!(!format!("{created:?}").contains("hidden"));
    }
}
