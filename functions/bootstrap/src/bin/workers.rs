//! The artifact of the functions that schedules, messages and table changes invoke.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    bootstrap::telemetry::log()?;
    bootstrap::run_worker().await
}
