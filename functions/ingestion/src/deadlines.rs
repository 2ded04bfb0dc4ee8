//! `deadlines.enforce`: once a minute, invitations and agreements whose date has come begin or end, and writes that got lost fail.
//!
//! Readers treat an expired invitation or agreement as ended at once. This makes the end a stored fact, so that partners
//! are notified and schedules stop.

use gateway::{Context, WorkerError};
use model::Timestamp;
use model::agreement::{Agreement, AgreementStatus};
use model::invitation::{Invitation, InvitationStatus};
use model::resource_operation::ResourceOperation;
use serde_json::{Value, json};
use store::control::{Deadline, Enforced, Key, Keyed as _, Subject, Write};
use store::{Store, StoreError};

use crate::maintain::consent;

const HOUR: i64 = 3_600;

pub(crate) async fn enforce(context: &Context) -> Result<Value, WorkerError> {
    let ended = enforce_due(context.store(), context.now()).await?;
    Ok(json!({ "deadlines": ended }))
}

/// Stores when something must be re-evaluated; a deadline in the past is enforced with the next run.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn store_deadlines(store: &Store, deadlines: Vec<Deadline>, now: Timestamp) -> Result<(), StoreError> {
    for deadline in deadlines {
        store.commit(vec![Write::overwrite(&Deadline { at: deadline.at.max(now), ..deadline })?]).await?;
    }
    Ok(())
}

/// Enforces every deadline that has passed since the last run; returns how many there were.
async fn enforce_due(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let seen: Option<Enforced> = store.get(Key::enforced()).await?;
    let mut hour = seen.as_ref().map_or(now.plus_seconds(-HOUR), |seen| seen.until).hour_start();
    let mut count = 0;
    while hour <= now {
        for deadline in store.deadlines_due(hour, now).await? {
            apply(store, deadline.subject, now).await?;
            store.commit(vec![Write::delete(deadline.key())]).await?;
            count += 1;
        }
        hour = hour.plus_seconds(HOUR);
    }
    let until = now.hour_start();
    if seen.is_none_or(|seen| seen.until < until) {
        store.commit(vec![Write::overwrite(&Enforced { until })?]).await?;
    }
    Ok(count)
}

async fn apply(store: &Store, subject: Subject, now: Timestamp) -> Result<(), StoreError> {
    match subject {
        Subject::Invitation(id) => store.update(Key::invitation(id), |seen| expired(seen, now)).await.map(drop),
        Subject::Operation(connection, id) => {
            let key = Key::operation(connection, id);
            store.update(key, |seen: &ResourceOperation| seen.given_up(now)).await.map(drop)
        }
        Subject::Agreement(partner, id) => {
            let agreement = store.update(Key::agreement(partner, id), |seen| ended(seen, now)).await?;
            // An agreement that begins is not written to, so no stream record would activate its schedules.
            for link in agreement.iter().flat_map(|agreement| &agreement.connections) {
                if let Some(agreement) = &agreement {
                    consent::reconcile(store, link.connection_id, agreement, now).await?;
                }
            }
            Ok(())
        }
    }
}

fn expired(seen: &Invitation, now: Timestamp) -> Option<Invitation> {
    let status = InvitationStatus::Expired;
    (seen.status != status && seen.status_at(now) == status).then(|| Invitation { status, updated_at: now, ..seen.clone() })
}

fn ended(seen: &Agreement, now: Timestamp) -> Option<Agreement> {
    let status = AgreementStatus::Expired;
    (seen.status != status && seen.status_at(now) == status).then(|| Agreement { status, updated_at: now, ..seen.clone() })
}

#[cfg(test)]
#[path = "deadlines_tests.rs"]
mod tests;
