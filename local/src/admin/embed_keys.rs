//! Keys with which partners show Connect in pages of their own.

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use model::Timestamp;
use model::embed::{EmbedKey, MOST_KEYS, MOST_ORIGINS, RANDOM_CHARACTERS, is_origin};
use model::partner::Partner;
use serde_json::json;
use store::Store;
use store::control::{Key, Write};

use super::partners::partner_id;
use super::report::Report;

/// What is done with keys.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Task {
    /// Issue a key to a partner, for pages of these origins.
    Create {
        /// The partner's slug, or its id.
        #[arg(long)]
        partner: String,
        /// Such as https://app.acme.example, as browsers write it: https, or http on localhost. May be repeated.
        #[arg(long = "origin", required = true)]
        origins: Vec<String>,
    },
    /// Show the keys of a partner.
    List {
        /// The partner's slug, or its id.
        #[arg(long)]
        partner: String,
    },
    /// Replace the origins of a key.
    Set {
        /// The key.
        #[arg(long)]
        key: String,
        /// Its origins from now on. May be repeated.
        #[arg(long = "origin", required = true)]
        origins: Vec<String>,
    },
    /// Revoke a key: from the next page on it is like one that never was.
    Revoke {
        /// The key.
        #[arg(long)]
        key: String,
    },
}

impl Task {
    /// Executes the task.
    ///
    /// # Errors
    /// If there is no such partner or key, an origin is none, or the table cannot be used.
    pub(super) async fn run(self, store: &Store, now: Timestamp) -> anyhow::Result<Report> {
        let keys = match self {
            Self::Create { partner, origins } => vec![create(store, &partner, checked(origins)?, now).await?],
            Self::List { partner } => store.embed_keys(known(store, &partner).await?.id).await?,
            Self::Set { key, origins } => vec![set(store, &key, checked(origins)?, now).await?],
            Self::Revoke { key } => {
                existing(store, &key).await?;
                store.commit(vec![Write::delete(Key::embed_key(&key))]).await?;
                return Ok(Report { lines: format!("revoked {key}"), json: json!({ "key": key }) });
            }
        };
        let lines: Vec<String> = keys.iter().map(|key| format!("{}  {}", key.key, key.origins.join(" "))).collect();
        Ok(Report { lines: lines.join("\n"), json: json!({ "embed_keys": keys }) })
    }
}

fn checked(origins: Vec<String>) -> anyhow::Result<Vec<String>> {
    for origin in &origins {
        ensure!(
            is_origin(origin),
            "{origin} is not an origin as browsers write it: https://host or https://host:port without a path, or http on localhost"
        );
    }
    ensure!(origins.len() <= MOST_ORIGINS, "a key has at most {MOST_ORIGINS} origins");
    Ok(origins)
}

async fn create(store: &Store, named: &str, origins: Vec<String>, now: Timestamp) -> anyhow::Result<EmbedKey> {
    let partner = known(store, named).await?;
    let held = store.embed_keys(partner.id).await?.len();
    ensure!(held < MOST_KEYS, "a partner has at most {MOST_KEYS} keys; revoke one first");
    let key = EmbedKey::new(&partner, origins, &vault::random_name(RANDOM_CHARACTERS), now);
    store.commit(vec![Write::create(&key)?]).await?;
    Ok(key)
}

async fn set(store: &Store, key: &str, origins: Vec<String>, now: Timestamp) -> anyhow::Result<EmbedKey> {
    let seen = existing(store, key).await?;
    let next = seen.with_origins(origins, now);
    store.commit(vec![Write::replace(&seen, &next)?]).await?;
    Ok(next)
}

async fn known(store: &Store, named: &str) -> anyhow::Result<Partner> {
    let id = named.parse().unwrap_or_else(|_| partner_id(named));
    let partner: Option<Partner> = store.get(Key::partner(id)).await?;
    partner.filter(|partner| partner.deleted_at.is_none()).context("the table has no such partner")
}

async fn existing(store: &Store, key: &str) -> anyhow::Result<EmbedKey> {
    store.get(Key::embed_key(key)).await?.context("the table has no such key")
}
