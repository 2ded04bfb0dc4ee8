//! Connections opened while a sandbox starts, when Lambda does not throttle the CPU: the first TLS handshake is most of a
//! cold start.
//!
//! Each is one cheap call that the function's role allows. `WARM_CONNECTIONS=off` leaves them out, to measure what they
//! bring.

use std::fmt::Display;
use std::time::Duration;

use gateway::{Context, Permission};
use store::control::{Key, Revocation};

/// A start does not wait longer: the first invocation then connects by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens what the permissions name. Failures are logged, and the function goes on.
pub(crate) async fn up(context: &Context, permissions: &[Permission]) {
    if std::env::var("WARM_CONNECTIONS").is_ok_and(|wish| wish == "off") {
        return;
    }
    let may = |wanted: &[Permission]| permissions.iter().any(|held| wanted.contains(held));
    let store = async {
        if may(&[Permission::ReadControl]) {
            // No token has this id: a read of nothing.
            let nothing = context.store().get::<Revocation>(Key::revocation("none"));
            attempt("DynamoDB", nothing).await;
        }
    };
    let vault = async {
        if may(&[Permission::VerifyTokens, Permission::SignTokens]) {
            // Kept for all tokens of the sandbox's life.
            attempt("KMS", context.vault().keys()).await;
        }
    };
    tokio::join!(store, vault);
}

async fn attempt<T, E: Display>(service: &str, call: impl Future<Output = Result<T, E>>) {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(service, cause = %error, "connection not opened in advance"),
        Err(_) => tracing::warn!(service, cause = "no answer in time", "connection not opened in advance"),
    }
}
