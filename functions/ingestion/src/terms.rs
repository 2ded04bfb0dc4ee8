//! `terms.enforce`: once a minute, what ends or begins by date does so.
//!
//! Readers treat a lapsed invitation or agreement as ended at once. This makes the end a fact that is stored, so that partners
//! hear of it and schedules stop.

use gateway::{Context, WorkerError};
use model::Timestamp;
use model::agreement::{Agreement, AgreementStatus};
use model::invitation::{Invitation, InvitationStatus};
use serde_json::{Value, json};
use store::control::{Enforced, Key, Keyed as _, Subject, Term, Write};
use store::{Store, StoreError};

use crate::maintain::consent;

const HOUR: i64 = 3_600;

pub(crate) async fn enforce(context: &Context) -> Result<Value, WorkerError> {
    let ended = sweep(context.store(), context.now()).await?;
    Ok(json!({ "terms": ended }))
}

/// Writes down when to look at an invitation or agreement again; in the past means at the next look.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn note(store: &Store, terms: Vec<Term>, now: Timestamp) -> Result<(), StoreError> {
    for term in terms {
        store.commit(vec![Write::overwrite(&Term { at: term.at.max(now), ..term })?]).await?;
    }
    Ok(())
}

/// Enforces every term that has come since the last time, and says how many there were.
async fn sweep(store: &Store, now: Timestamp) -> Result<usize, StoreError> {
    let seen: Option<Enforced> = store.get(Key::enforced()).await?;
    let mut hour = seen.as_ref().map_or(now.plus_seconds(-HOUR), |seen| seen.until).hour_start();
    let mut count = 0;
    while hour <= now {
        for term in store.terms_due(hour, now).await? {
            apply(store, term.subject, now).await?;
            store.commit(vec![Write::delete(term.key())]).await?;
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
        Subject::Invitation(id) => store.update(Key::invitation(id), |seen| lapsed(seen, now)).await.map(drop),
        Subject::Agreement(partner, id) => {
            let agreement = store.update(Key::agreement(partner, id), |seen| ended(seen, now)).await?;
            // One that begins changes nothing about itself, so no change of it would bring its schedules to life.
            for link in agreement.iter().flat_map(|agreement| &agreement.connections) {
                if let Some(agreement) = &agreement {
                    consent::reconcile(store, link.connection_id, agreement, now).await?;
                }
            }
            Ok(())
        }
    }
}

fn lapsed(seen: &Invitation, now: Timestamp) -> Option<Invitation> {
    let status = InvitationStatus::Expired;
    (seen.status != status && seen.status_at(now) == status).then(|| Invitation { status, updated_at: now, ..seen.clone() })
}

fn ended(seen: &Agreement, now: Timestamp) -> Option<Agreement> {
    let status = AgreementStatus::Expired;
    (seen.status != status && seen.status_at(now) == status).then(|| Agreement { status, updated_at: now, ..seen.clone() })
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
