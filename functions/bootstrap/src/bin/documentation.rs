//! The artifact of the functions that serve guides, the reference and the OpenAPI documents.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::telemetry::log()?;
    bootstrap::run_documentation().await
}
