//! EventBridge Scheduler groups.

use anyhow::Result;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::create_schedule_group::CreateScheduleGroupError;

use super::{CreatedClient, Ready};

pub(super) async fn ensure(client: &Client, ready: &Ready<'_>) -> Result<CreatedClient> {
    let name = ready.named("Name");
    let made = client.create_schedule_group().name(&name).send().await;
    let arn = match made.map_err(aws_sdk_scheduler::error::SdkError::into_service_error) {
        Ok(made) => made.schedule_group_arn,
        Err(CreateScheduleGroupError::ConflictException(_)) => {
            client.get_schedule_group().name(&name).send().await?.arn.unwrap_or_default()
        }
        Err(error) => return Err(error.into()),
    };
    Ok(CreatedClient { reference: name, attributes: vec![("Arn", arn)] })
}
