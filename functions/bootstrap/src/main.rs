//! The one artifact that every Lambda function runs.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::telemetry::log()?;
    bootstrap::run().await
}
