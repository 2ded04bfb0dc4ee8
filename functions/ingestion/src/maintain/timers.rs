//! Timers in EventBridge Scheduler: one per schedule that runs, named by its id.

use aws_sdk_scheduler::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::{
    DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState, Target,
};
use awserror::Fault;
use gateway::{Config, Context, WorkerError};
use model::ScheduleId;
use model::schedule::Schedule;

use super::plan::Plan;

/// How long the Scheduler tries to hand a firing over. A later one does the same work, so its usual day would be too long.
const PATIENCE_SECONDS: i32 = 300;

/// How a timer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// As its schedule wants it.
    Kept,
    /// Not there.
    Missing,
    /// With another interval, another target, or turned off.
    Differs,
}

/// There is a timer for the schedule, as the schedule wants it, and a group for it. Answers how it was before.
///
/// # Errors
/// Where the scheduler refuses or cannot be reached.
pub(super) async fn ensure(context: &Context, schedule: &Schedule) -> Result<Timer, WorkerError> {
    let plan = Plan::of(schedule, context.now());
    let create = context
        .scheduler()
        .create_schedule()
        .group_name(&context.config().schedule_group)
        .name(&plan.name)
        .schedule_expression(&plan.expression)
        .start_date(DateTime::from_secs(plan.start.seconds()))
        .flexible_time_window(punctual()?)
        .target(target(context.config(), &plan)?)
        .state(ScheduleState::Enabled);
    let mut made = create.clone().send().await;
    if made.as_ref().is_err_and(|error| error.as_service_error().is_some_and(|service| service.is_resource_not_found_exception()))
    {
        make_group(context).await?;
        made = create.send().await;
    }
    match made {
        Ok(_) => Ok(Timer::Missing),
        Err(error) if error.as_service_error().is_some_and(|service| service.is_conflict_exception()) => {
            adjust(context, &plan).await
        }
        Err(error) => Err(failed("create a timer", &error)),
    }
}

/// How the timer of a schedule is; nothing is changed.
///
/// # Errors
/// Where the scheduler refuses or cannot be reached.
pub(super) async fn look(context: &Context, schedule: &Schedule) -> Result<Timer, WorkerError> {
    let plan = Plan::of(schedule, context.now());
    let get = context.scheduler().get_schedule().group_name(&context.config().schedule_group).name(&plan.name);
    match get.send().await {
        Ok(found) if is_as_planned(&found, &plan, context.config()) => Ok(Timer::Kept),
        Ok(_) => Ok(Timer::Differs),
        Err(error) if error.as_service_error().is_some_and(|service| service.is_resource_not_found_exception()) => {
            Ok(Timer::Missing)
        }
        Err(error) => Err(failed("read a timer", &error)),
    }
}

/// The group of all timers, made anew: whoever deleted it deleted them.
async fn make_group(context: &Context) -> Result<(), WorkerError> {
    let group = &context.config().schedule_group;
    tracing::warn!(schedule.group = %group, "the schedule group is missing and is made anew");
    match context.scheduler().create_schedule_group().name(group).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|service| service.is_conflict_exception()) => Ok(()),
        Err(error) => Err(failed("create the schedule group", &error)),
    }
}

/// There is no timer for the schedule.
///
/// # Errors
/// Where the scheduler refuses or cannot be reached.
pub(super) async fn remove(context: &Context, id: ScheduleId) -> Result<(), WorkerError> {
    let delete = context.scheduler().delete_schedule().group_name(&context.config().schedule_group).name(id.to_string());
    match delete.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|service| service.is_resource_not_found_exception()) => Ok(()),
        Err(error) => Err(failed("delete a timer", &error)),
    }
}

/// The timer that is there already, changed where it differs.
async fn adjust(context: &Context, plan: &Plan) -> Result<Timer, WorkerError> {
    let group = &context.config().schedule_group;
    let get = context.scheduler().get_schedule().group_name(group).name(&plan.name);
    let found = get.send().await.map_err(|error| failed("read a timer", &error))?;
    if is_as_planned(&found, plan, context.config()) {
        return Ok(Timer::Kept);
    }
    let update = context
        .scheduler()
        .update_schedule()
        .group_name(group)
        .name(&plan.name)
        .schedule_expression(&plan.expression)
        .start_date(DateTime::from_secs(plan.start.seconds()))
        .flexible_time_window(punctual()?)
        .target(target(context.config(), plan)?)
        .state(ScheduleState::Enabled);
    update.send().await.map(|_| Timer::Differs).map_err(|error| failed("change a timer", &error))
}

fn is_as_planned(found: &GetScheduleOutput, plan: &Plan, config: &Config) -> bool {
    let leads_there = |target: &Target| {
        let dead_letters = target.dead_letter_config().and_then(DeadLetterConfig::arn);
        target.arn() == config.schedule_target
            && target.role_arn() == config.schedule_role
            && target.input() == Some(plan.input.as_str())
            && dead_letters == Some(config.schedule_dlq.as_str())
    };
    let enabled = found.state().is_none_or(|state| *state == ScheduleState::Enabled);
    enabled && found.target().is_some_and(leads_there) && found.schedule_expression() == Some(plan.expression.as_str())
}

fn punctual() -> Result<FlexibleTimeWindow, WorkerError> {
    FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(|error| unbuildable(&error))
}

fn target(config: &Config, plan: &Plan) -> Result<Target, WorkerError> {
    let target = Target::builder()
        .arn(&config.schedule_target)
        .role_arn(&config.schedule_role)
        .input(&plan.input)
        .retry_policy(RetryPolicy::builder().maximum_event_age_in_seconds(PATIENCE_SECONDS).build())
        .dead_letter_config(DeadLetterConfig::builder().arn(&config.schedule_dlq).build());
    target.build().map_err(|error| unbuildable(&error))
}

fn unbuildable(error: &BuildError) -> WorkerError {
    WorkerError::Other(format!("timer is not complete: {error}"))
}

fn failed<E: ProvideErrorMetadata + std::error::Error + 'static>(what: &str, error: &SdkError<E>) -> WorkerError {
    WorkerError::Other(format!("scheduler failed to {what}: {}", Fault::of(error).cause))
}
