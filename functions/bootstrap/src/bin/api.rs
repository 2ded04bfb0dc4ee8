//! The artifact of the functions that answer HTTP requests.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::telemetry::log()?;
    bootstrap::run_endpoint().await
}
