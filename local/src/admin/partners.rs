//! Partners and their machine clients.

use anyhow::{Context as _, bail};
use model::partner::{Client, InvitationDefaults, PARTNER_SCOPES, Partner};
use model::{PartnerId, Timestamp};
use serde::Serialize;
use store::control::{Key, Write};
use store::{Store, StoreError};
use uuid::Uuid;

/// A partner to make.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// Name shown to fleets.
    pub name: String,
    /// Short name in tokens and invitations; the partner's id follows from it.
    pub slug: String,
    /// Why it wants the data, shown on the consent page.
    pub purpose: Option<String>,
    /// Logo shown to fleets.
    pub logo_url: Option<String>,
}

/// What was made, or was there.
#[derive(Serialize)]
pub struct Made {
    /// The partner.
    pub partner_id: PartnerId,
    /// The machine client.
    pub client_id: String,
    /// Its secret, shown this once; `None` where the client was there already.
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("partner_id", &self.partner_id).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The slug of a name: its letters and digits in lower case, everything else a dash.
#[must_use]
pub fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The id of the partner with this slug: the same wherever and however often it is made.
#[must_use]
pub fn partner_id(slug: &str) -> PartnerId {
    PartnerId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("urn:catena:partner:{slug}").as_bytes()))
}

/// A machine client that may do all that partners may.
#[must_use]
pub fn client(partner_id: PartnerId, client_id: &str, secret: &str) -> Client {
    Client {
        client_id: client_id.to_owned(),
        secret_hash: vault::hash_secret(secret),
        partner_id,
        scopes: PARTNER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

/// Makes a partner and its first client, whose id is the slug. What is there already stays as it is: its secret is not
/// known any more, and is not replaced.
///
/// # Errors
/// If the slug is empty or belongs to a partner of another name, or the table cannot be written.
pub async fn create_partner(store: &Store, new: NewPartner, now: Timestamp) -> anyhow::Result<Made> {
    if new.slug.is_empty() || new.slug != slug(&new.slug) {
        bail!("a slug has small letters, digits and dashes: give one with --slug");
    }
    let id = partner_id(&new.slug);
    let partner = Partner {
        id,
        name: new.name,
        slug: new.slug,
        logo_url: new.logo_url,
        purpose: new.purpose,
        defaults: InvitationDefaults::default(),
        created_at: now,
    };
    match store.commit(vec![Write::create(&partner)?]).await {
        Err(StoreError::Conflict) => {
            let kept = existing(store, id).await?;
            if kept.name != partner.name {
                bail!("the slug {} belongs to {:?}: give another one with --slug", kept.slug, kept.name);
            }
        }
        done => done?,
    }
    create_client(store, &partner.slug, &partner.slug).await
}

/// Makes a further client of a partner. One that is there already stays as it is.
///
/// # Errors
/// If there is no such partner, the id belongs to another one's client, or the table cannot be written.
pub async fn create_client(store: &Store, slug: &str, client_id: &str) -> anyhow::Result<Made> {
    let partner_id = existing(store, partner_id(slug)).await?.id;
    let secret = vault::random_secret();
    let made = |client_secret| Made { partner_id, client_id: client_id.to_owned(), client_secret };
    match store.commit(vec![Write::create(&client(partner_id, client_id, &secret))?]).await {
        Err(StoreError::Conflict) => match existing_client(store, client_id).await? {
            kept if kept.partner_id == partner_id => Ok(made(None)),
            _ => bail!("the client id {client_id} is another partner's"),
        },
        done => done.map(|()| made(Some(secret))).map_err(Into::into),
    }
}

/// Gives a client a new secret. The old one ends at once; tokens that it fetched live on until they expire.
///
/// # Errors
/// If there is no such client, or the table cannot be written.
pub async fn rotate_client(store: &Store, client_id: &str) -> anyhow::Result<Made> {
    let kept = existing_client(store, client_id).await?;
    let secret = vault::random_secret();
    let next = Client { secret_hash: vault::hash_secret(&secret), ..kept };
    store.commit(vec![Write::overwrite(&next)?]).await?;
    Ok(Made { partner_id: next.partner_id, client_id: next.client_id, client_secret: Some(secret) })
}

/// Ends a client. Tokens that it fetched live on until they expire.
///
/// # Errors
/// If there is no such client, or the table cannot be written.
pub async fn revoke_client(store: &Store, client_id: &str) -> anyhow::Result<()> {
    existing_client(store, client_id).await?;
    Ok(store.commit(vec![Write::delete(Key::client(client_id))]).await?)
}

async fn existing(store: &Store, id: PartnerId) -> anyhow::Result<Partner> {
    store.get(Key::partner(id)).await?.context("there is no such partner in this table")
}

async fn existing_client(store: &Store, client_id: &str) -> anyhow::Result<Client> {
    store.get(Key::client(client_id)).await?.context("there is no such client in this table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_of_names() {
        for (name, expected) in [("Acme Insurance", "acme-insurance"), ("  A&B  Co. ", "a-b-co"), ("acme-2", "acme-2"), ("…", "")]
        {
            assert_eq!(slug(name), expected);
        }
        assert_eq!(partner_id("acme"), partner_id("acme"));
        assert_ne!(partner_id("acme"), partner_id("acme-2"));
    }

    #[test]
    fn secrets_are_not_in_debug() {
        let made = Made { partner_id: partner_id("a"), client_id: "a".into(), client_secret: Some("hidden".into()) };
        assert!(!format!("{made:?}").contains("hidden"));
    }
}
