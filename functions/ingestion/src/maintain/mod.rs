//! Follows the control table: timers mirror active schedules, schedules mirror consent, deadlines mirror dates, and links end with consent.
//!
//! A change says only that something happened; what is done follows from the state as it is now. So a change that is redelivered
//! or late does no harm, and timers exist only for schedules that run: active ones, and inactive ones,
//! which are tried until their TSP is back.

pub(crate) mod consent;
mod ended;
mod plan;
mod timers;
pub(crate) mod walk;

pub use timers::Timer;
pub use walk::{Examined, Remedy, examine};

use gateway::{Context, Wanted, WorkerError};
use model::Timestamp;
use model::agreement::Agreement;
use model::invitation::Invitation;
use model::resource_operation::{OperationStatus, ResourceOperation};
use model::schedule::{Schedule, ScheduleStatus};
use store::control::{Deadline, Key, Keyed};

use crate::deadlines;
use crate::events::{Change, StreamRecord};
use crate::run::{self, Reason};
use crate::writes;

/// The changes that are followed. Which members of a schedule changed no filter can tell.
pub(crate) const WANTED: &[Wanted] = &[
    Wanted::Written(&[Schedule::KIND, Agreement::KIND, Invitation::KIND]),
    Wanted::Removed(&[Schedule::KIND, Agreement::KIND]),
    Wanted::Created(&[ResourceOperation::KIND]),
    Wanted::WrittenAs(&[ResourceOperation::KIND], &["success", "failed"]),
];

/// Handles one change of the control table.
///
/// # Errors
/// Where storage, the scheduler or the queue fails; the record should be redelivered.
pub async fn handle_change(context: &Context, record: &StreamRecord) -> Result<(), WorkerError> {
    let change = &record.change;
    match change.kind() {
        Some(Invitation::KIND | ResourceOperation::KIND) if change.is_removal() => Ok(()),
        Some(Schedule::KIND) => schedule_changed(context, &images(change)?).await,
        Some(Agreement::KIND) => agreement_changed(context, &images(change)?).await,
        Some(Invitation::KIND) => invitation_changed(context, &images(change)?).await,
        Some(ResourceOperation::KIND) => operation_changed(context, &images(change)?).await,
        _ => Ok(()),
    }
}

/// An entity before and after.
type Images<T> = (Option<T>, Option<T>);

fn images<T: serde::de::DeserializeOwned>(change: &Change) -> Result<Images<T>, WorkerError> {
    change.images().map_err(|error| WorkerError::Record(format!("image is not readable: {error}")))
}

async fn schedule_changed(context: &Context, (old, new): &Images<Schedule>) -> Result<(), WorkerError> {
    let Some(new) = new else {
        return match old {
            Some(old) => timers::remove(context, old.id).await,
            None => Ok(()),
        };
    };
    if old
        .as_ref()
        .is_some_and(|old| (old.status, old.execution_interval_seconds) == (new.status, new.execution_interval_seconds))
    {
        return Ok(());
    }
    let now = context.store().get::<Schedule>(Key::schedule(new.connection_id, new.id)).await?;
    let Some(now) = now.filter(Schedule::runs) else {
        return timers::remove(context, new.id).await;
    };
    timers::ensure(context, &now).await?;
    match begins(old.as_ref(), new) {
        Some(reason) => run::enqueue(context, &now, reason, 0).await,
        None => Ok(()),
    }
}

/// Why the schedule should run at once, if it should.
fn begins(old: Option<&Schedule>, new: &Schedule) -> Option<Reason> {
    match (old.map(|old| old.status), new.status) {
        (Some(ScheduleStatus::Active), _) => None,
        (Some(ScheduleStatus::CancelledInsufficientScope), ScheduleStatus::Active) => Some(Reason::ConsentRestored),
        (_, ScheduleStatus::Active) => Some(Reason::Activated),
        _ => None,
    }
}

async fn agreement_changed(context: &Context, (old, new): &Images<Agreement>) -> Result<(), WorkerError> {
    let Some(agreement) = new.as_ref().or(old.as_ref()) else { return Ok(()) };
    if let (Some(old), Some(new)) = (old, new)
        && is_same_consent(old, new)
    {
        return Ok(());
    }
    if let Some(new) = new
        && old.as_ref().is_none_or(|old| dates(old) != dates(new))
    {
        deadlines::store_deadlines(context.store(), Deadline::of_agreement(new), context.now()).await?;
    }
    if agreement.has_ended_at(context.now()) {
        ended::unlink(context.store(), agreement, context.now()).await?;
    }
    for link in &agreement.connections {
        consent::reconcile(context.store(), link.connection_id, agreement, context.now()).await?;
    }
    Ok(())
}

async fn invitation_changed(context: &Context, (old, new): &Images<Invitation>) -> Result<(), WorkerError> {
    let expires_at = |invitation: &Invitation| invitation.expires_at;
    match new {
        Some(new) if old.as_ref().map(expires_at) != Some(new.expires_at) => {
            Ok(deadlines::store_deadlines(context.store(), vec![Deadline::of_invitation(new)], context.now()).await?)
        }
        _ => Ok(()),
    }
}

/// What was asked for is attempted, and has an end even if its messages get lost. What ended makes way for the next write of its record.
async fn operation_changed(context: &Context, (old, new): &Images<ResourceOperation>) -> Result<(), WorkerError> {
    match (old, new) {
        (None, Some(new)) => {
            writes::enqueue(context, new, 0).await?;
            Ok(deadlines::store_deadlines(context.store(), vec![Deadline::of_operation(new)], context.now()).await?)
        }
        (Some(_), Some(ended)) if ended.status != OperationStatus::Pending => writes::make_way(context, ended).await,
        _ => Ok(()),
    }
}

fn dates(agreement: &Agreement) -> (Timestamp, Option<Timestamp>) {
    (agreement.effective_date, agreement.expiration_date)
}

fn is_same_consent(old: &Agreement, new: &Agreement) -> bool {
    let effective = |agreement: &Agreement| (agreement.status, agreement.effective_date, agreement.expiration_date);
    effective(old) == effective(new) && old.scopes == new.scopes && old.connections == new.connections
}
