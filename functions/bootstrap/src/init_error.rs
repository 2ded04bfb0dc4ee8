//! Reports to Lambda why a sandbox cannot start. The runtime library reports errors of invocations, but none before the first
//! one.

use lambda_runtime::Error;
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use serde_json::json;

/// Logs the cause and reports it to Lambda.
pub(crate) async fn report(kind: &str, cause: &str) {
    tracing::error!(cause, "failed to initialize the function");
    if let Err(error) = send(kind, cause).await {
        tracing::error!(cause = %error, "failed to report the initialization error to Lambda");
    }
}

async fn send(kind: &str, cause: &str) -> Result<(), Error> {
    let body = json!({ "errorType": kind, "errorMessage": cause, "stackTrace": [] });
    let request = http::Request::post("/2018-06-01/runtime/init/error")
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", kind)
        .body(Body::from(body.to_string()))?;
    let endpoint = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
    PooledClient::builder().with_endpoint(endpoint.parse()?).build().call(request).await?;
    Ok(())
}
