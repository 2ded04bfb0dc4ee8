//! The platform's applications at TSPs, by which customers sign in there.

use std::env;
use std::io::{self, Read as _};

use anyhow::{Context as _, bail, ensure};
use aws_config::SdkConfig;
use gateway::{Config, Context};
use model::Timestamp;
use model::tsp::Tsp;
use store::Store;
use store::control::{Key, Write};

/// The application's secret. It is no argument: other users of a machine see those.
pub(super) fn secret() -> anyhow::Result<String> {
    let mut text = env::var("SIGN_IN_SECRET").unwrap_or_default();
    if text.is_empty() {
        io::stdin().read_to_string(&mut text).context("failed to read the secret from standard input")?;
    }
    let secret = text.trim();
    ensure!(!secret.is_empty(), "the secret is empty");
    Ok(secret.to_owned())
}

/// What seals under a key, for a table.
pub(super) fn context(aws: SdkConfig, table: &str, credentials_key: String) -> Context {
    let config = Config { control_table: table.to_owned(), credentials_key, ..Config::from_environment() };
    Context::new(config, aws.into(), Timestamp::system)
}

/// Registers an application at a TSP, in place of any other.
///
/// # Errors
/// If there is no such TSP, nobody signs in there, or the table or the key cannot be used.
pub(super) async fn set(context: &Context, slug: &str, client_id: &str, secret: &str) -> anyhow::Result<Tsp> {
    let tsp = known(context.store(), slug).await?;
    let can = providers::accounts(&tsp.source_name).is_some_and(|accounts| accounts.oauth().is_some());
    ensure!(can, "customers of {slug} cannot sign in there");
    if let Err(error) = context.set_sign_in_client((slug, &tsp.source_name), client_id, secret).await {
        bail!("failed to keep the application: {}", error.cause().unwrap_or("unknown"));
    }
    Ok(tsp)
}

/// Forgets an application.
///
/// # Errors
/// If there is no such TSP, or the table cannot be written.
pub(super) async fn remove(store: &Store, slug: &str) -> anyhow::Result<Tsp> {
    let tsp = known(store, slug).await?;
    store.commit(vec![Write::delete(Key::sign_in_client(slug))]).await?;
    Ok(tsp)
}

async fn known(store: &Store, slug: &str) -> anyhow::Result<Tsp> {
    store.get::<Tsp>(Key::tsp(slug)).await?.with_context(|| format!("there is no TSP {slug} in this table"))
}
