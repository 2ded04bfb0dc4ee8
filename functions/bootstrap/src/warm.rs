//! Connections opened while a sandbox starts, when Lambda does not throttle the CPU: the first TLS handshake is most of a
//! cold start.
//!
//! Each is one cheap call that the function's role allows. `WARM_CONNECTIONS=off` skips them, to measure what they
//! gain.

use std::fmt::Display;
use std::time::Duration;

use gateway::{Context, Permission};
use store::control::{Key, Revocation};

/// How long a start waits for a connection; if it takes longer, the first invocation connects itself.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens connections to the services that the permissions name. Failures are logged and otherwise ignored.
pub(crate) async fn open_connections(context: &Context, permissions: &[Permission]) {
    if std::env::var("WARM_CONNECTIONS").is_ok_and(|value| value == "off") {
        return;
    }
    let has_any = |wanted: &[Permission]| permissions.iter().any(|held| wanted.contains(held));
    let store = async {
        if has_any(&[Permission::ReadControl]) {
            // No token has this id, so the read finds nothing.
            let nothing = context.store().get::<Revocation>(Key::revocation("none"));
            attempt("DynamoDB", nothing).await;
        }
    };
    let vault = async {
        if has_any(&[Permission::VerifyTokens, Permission::SignTokens]) {
            // The keys are cached for the lifetime of the sandbox.
            attempt("KMS", context.vault().keys()).await;
        }
    };
    tokio::join!(store, vault);
}

async fn attempt<T, E: Display>(service: &str, call: impl Future<Output = Result<T, E>>) {
    match tokio::time::timeout(CONNECT_TIMEOUT, call).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(service, cause = %error, "failed to open a connection in advance"),
        Err(_) => tracing::warn!(service, cause = "timed out", "failed to open a connection in advance"),
    }
}
