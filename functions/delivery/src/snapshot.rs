//! Snapshots: a new subscription that asks for it gets the records that its owner may see already, page by page, before what changes.
//!
//! The change of the table that makes the subscription also asks for its snapshot ([`asked`]). Then one order at a time passes the queue
//! and sends pages, each after the one before it was taken. How far it came is an item, so an order that comes twice goes on where the
//! first one is. What happens meanwhile is kept like the messages of a stale subscription, and released after the end.

use std::collections::BTreeSet;

use aws_lambda_events::dynamodb::EventRecord;
use gateway::{Context, WorkerError, metrics};
use model::events::snapshot_of;
use model::telematics::RecordType;
use model::webhook::{Command, Order, Webhook, WebhookStatus};
use model::{FleetId, Timestamp};
use serde_json::{Map, Value};
use store::control::{Key, Keyed as _, Snapshot, Write};
use store::telematics::{Query, Row};
use store::{Bookmark, Grant, GrantedConnection, Page, StoreError};
use uuid::Uuid;
use webhooks::{Verdict, retry};

use crate::attempts::{self, Ended, Reason};
use crate::breaker;
use crate::message::{self, MAX_RECORDS, Message, Part};
use crate::secrets::{self, Secrets};
use crate::seek::{Sought, seek};
use crate::unresponsive::UNRESPONSIVE;
use crate::{orders, parking, stream};

/// For how many seconds pages are sent before the queue's other messages get their turn.
const TURN: f64 = 5.0;
/// Seconds until a subscription that was made stale is looked at again.
const AGAIN_SECONDS: i64 = 60;
/// An order that fails again and again ends in the dead-letter queue. So a snapshot is looked at about so often, in seconds, and if what comes
/// next is overdue by as much, its order was lost.
const WATCH_SECONDS: i64 = 900;
/// Seconds until the first page is read: by then, whatever changes finds the subscription.
pub(crate) const LEAD_SECONDS: i32 = 2;

/// The order that a change of the control table asks for: a subscription that has a snapshot is new, active again, or deleted while others
/// wait for it.
///
/// # Errors
/// [`WorkerError::Record`] for an image that does not match its kind.
pub(crate) fn asked(record: &EventRecord, now: Timestamp) -> Result<Option<Order>, WorkerError> {
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    if stream::kind(new) != Some(Webhook::KIND) {
        return Ok(None);
    }
    let (old, new) = (stream::entity::<Webhook>(old)?, stream::entity::<Webhook>(new)?);
    let is_asked = |webhook: &Webhook| {
        let has_changed = old.as_ref().is_none_or(|old| old.status != webhook.status);
        let is_ready = matches!(webhook.status, WebhookStatus::Active | WebhookStatus::Deleted);
        webhook.awaits == Some(webhook.id) && has_changed && is_ready
    };
    Ok(new.filter(is_asked).map(|webhook| orders::order(&webhook, Command::Snapshot, now)))
}

/// The messages of a page of a fleet, and where its next page starts, if there is one.
type Found = (Vec<Message>, Option<Bookmark>);

/// What a step did.
enum Step {
    /// A page was taken.
    Sent,
    /// Fleets without records were passed.
    Passed,
    /// The end was taken.
    Complete,
    /// The receiver failed, or is held back; the same page is due then.
    Later(Timestamp),
    /// Nothing is left to this order.
    Stopped,
}

/// Sends pages for a while; another order goes on.
///
/// # Errors
/// [`WorkerError`]; the queue then brings the order again.
pub(crate) async fn advance(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let begun = context.now();
    watch_later(context, webhook).await?;
    let secrets = secrets::of(context, webhook, begun).await?;
    loop {
        let due = match step(context, webhook, &secrets).await? {
            Step::Sent | Step::Passed if context.now().seconds_since(begun) < TURN => continue,
            Step::Sent | Step::Passed => context.now(),
            Step::Later(due) => due,
            Step::Complete => return end(context, webhook).await,
            Step::Stopped => return Ok(()),
        };
        return go_on(context, webhook, due).await;
    }
}

/// Gives an order for what comes next if the one that there was is lost. A subscription that is paused or stale asks for its snapshot when it
/// is active again.
///
/// # Errors
/// [`WorkerError`].
pub(crate) async fn watch(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let Some(place) = context.store().get::<Snapshot>(Key::snapshot(webhook.id)).await? else { return Ok(()) };
    watch_later(context, webhook).await?;
    let now = context.now();
    if !place.is_overdue(now, WATCH_SECONDS) {
        return Ok(());
    }
    tracing::warn!(webhook.id = %webhook.id, partner.id = %webhook.partner_id, "the order for a snapshot was lost, and is given again");
    orders::send(context, &orders::order(webhook, Command::Snapshot, now), 0).await
}

/// Has a snapshot looked at. Whoever says so within the same quarter of an hour parks the same item.
async fn watch_later(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let due = Timestamp::from_millis((context.now().seconds() / WATCH_SECONDS + 2) * WATCH_SECONDS * 1_000);
    let id = Uuid::new_v5(&webhook.id.uuid(), b"watch");
    let parked = parking::parked(due, id, webhook.id, &orders::order(webhook, Command::Watch, due))?;
    Ok(context.store().commit(vec![Write::overwrite(&parked)?]).await?)
}

/// Tries a stale subscription with the next page of its snapshot. One that waits for another's snapshot has nothing to be tried with.
///
/// # Errors
/// [`WorkerError`].
pub(crate) async fn probe(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    if webhook.awaits != Some(webhook.id) {
        return breaker::probe_later(context, webhook).await;
    }
    let begun = context.now();
    let secrets = secrets::of(context, webhook, begun).await?;
    loop {
        return match step(context, webhook, &secrets).await? {
            Step::Passed if context.now().seconds_since(begun) < TURN => continue,
            Step::Passed => orders::send(context, &orders::order(webhook, Command::Probe, context.now()), 0).await,
            // Being active again, it asks for the rest.
            Step::Sent | Step::Complete => breaker::recover(context, webhook).await,
            Step::Later(_) | Step::Stopped => breaker::probe_later(context, webhook).await,
        };
    }
}

/// Releases what waited for a snapshot that is complete, or whose subscription was deleted.
///
/// # Errors
/// [`WorkerError`].
pub(crate) async fn end(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let (store, now) = (context.store(), context.now());
    let Some(place) = store.get::<Snapshot>(Key::snapshot(webhook.id)).await? else { return Ok(()) };
    for id in &place.waiting {
        let waiting = Webhook { id: *id, ..webhook.clone() };
        store.commit(vec![orders::release_later(&waiting, now)?]).await?;
        let released = |seen: &Webhook| {
            let waits = seen.awaits == Some(webhook.id);
            waits.then(|| Webhook { awaits: None, updated_at: now, ..seen.clone() })
        };
        store.update(Key::webhook(webhook.partner_id, *id), released).await?;
        orders::send(context, &orders::order(&waiting, Command::Release, now), 0).await?;
    }
    tracing::info!(webhook.id = %webhook.id, partner.id = %webhook.partner_id, "snapshot ended");
    Ok(store.commit(vec![Write::delete(place.key())]).await?)
}

/// Has another order go on at an instant.
async fn go_on(context: &Context, webhook: &Webhook, due: Timestamp) -> Result<(), WorkerError> {
    let (order, now) = (orders::order(webhook, Command::Snapshot, due), context.now());
    if due <= now.plus_seconds(parking::LONGEST_DELAY) {
        return orders::send(context, &order, parking::seconds_until(due, now)).await;
    }
    let parked = parking::parked(due, webhook.id.uuid(), webhook.id, &order)?;
    Ok(context.store().commit(vec![Write::overwrite(&parked)?]).await?)
}

/// Sends what comes next: a page, or the end.
async fn step(context: &Context, webhook: &Webhook, secrets: &Secrets) -> Result<Step, WorkerError> {
    let Some(place) = context.store().get::<Snapshot>(Key::snapshot(webhook.id)).await? else { return Ok(Step::Stopped) };
    if place.is_complete {
        return Ok(Step::Complete);
    }
    let (messages, next) = match page(context, webhook, &place).await? {
        Sought::Found(fleet, (messages, after)) => (messages, place.past(fleet, after.as_ref())),
        Sought::Passed(fleet) => {
            let next = place.past(fleet, None).due(context.now());
            return Ok(if save(context, &place, &next).await? { Step::Passed } else { Step::Stopped });
        }
        Sought::End => (vec![message(webhook, "end", Part::End, context.now())], place.completed()),
    };
    let verdict = match send(context, (webhook, secrets), &place, messages).await? {
        Sent::Judged(verdict) => verdict,
        Sent::Held(until) => {
            let next = place.waited().due(until);
            return Ok(if save(context, &place, &next).await? { Step::Later(until) } else { Step::Stopped });
        }
    };
    match verdict {
        Verdict::Delivered | Verdict::Rejected => {
            let done = if next.is_complete { Step::Complete } else { Step::Sent };
            Ok(if save(context, &place, &next.due(context.now())).await? { done } else { Step::Stopped })
        }
        Verdict::Gone => attempts::pause(context, webhook).await.map(|()| Step::Stopped),
        Verdict::Retry { not_before } => failed(context, webhook, &place, not_before).await,
    }
}

/// Notes a failed attempt. At the end of the retry schedule the subscription becomes stale.
async fn failed(
    context: &Context,
    webhook: &Webhook,
    place: &Snapshot,
    not_before: Option<Timestamp>,
) -> Result<Step, WorkerError> {
    let now = context.now();
    let next = place.failed(now);
    let jitter = rand::random_range(-1.0..=1.0);
    let delay = retry::next_delay(next.step, next.first_try_at.unwrap_or(now), now, not_before, jitter);
    let next = if delay.is_some() { next } else { place.restarted() };
    let next = next.due(delay.map_or(now.plus_seconds(AGAIN_SECONDS), |delay| attempts::after(now, delay)));
    if !save(context, place, &next).await? {
        return Ok(Step::Stopped);
    }
    match delay {
        Some(delay) => Ok(Step::Later(attempts::after(now, delay))),
        // It asks again when it is active again; this is for the case that its owner changed it at this moment.
        None => breaker::stop(context, webhook).await.map(|()| Step::Later(now.plus_seconds(AGAIN_SECONDS))),
    }
}

/// Whether the place was still where it was read: another order may be ahead. A write that was sent twice may conflict with itself.
async fn save(context: &Context, place: &Snapshot, next: &Snapshot) -> Result<bool, WorkerError> {
    match context.store().commit(vec![Write::replace(place, next)?]).await {
        Err(StoreError::Conflict) => Ok(context.store().get::<Snapshot>(next.key()).await?.as_ref() == Some(next)),
        result => Ok(result.map(|()| true)?),
    }
}

/// How messages were sent.
enum Sent {
    /// How the receiver answered the last one that was attempted.
    Judged(Verdict),
    /// This sandbox attempts nothing until then. That is no failure of the receiver.
    Held(Timestamp),
}

/// Sends messages, one after the other, until the receiver fails. What it refuses is kept for its owner.
async fn send(
    context: &Context,
    (webhook, secrets): (&Webhook, &Secrets),
    place: &Snapshot,
    messages: Vec<Message>,
) -> Result<Sent, WorkerError> {
    for message in messages {
        if let Some(until) = UNRESPONSIVE.held_until(webhook, context.now()) {
            metrics::delivery_held();
            return Ok(Sent::Held(until));
        }
        let message = Message { attempts: place.step, ..message };
        let Ended { message, verdict, attempt } = attempts::attempt_once(context, webhook, secrets, message).await?;
        attempts::note(context, webhook, attempt).await;
        match verdict {
            Verdict::Delivered => {}
            Verdict::Rejected => attempts::move_to_dead_letters(context, message, Reason::Rejected).await?,
            Verdict::Gone | Verdict::Retry { .. } => return Ok(Sent::Judged(verdict)),
        }
    }
    Ok(Sent::Judged(Verdict::Delivered))
}

/// The next page: its messages, and where the fleet's next one starts.
async fn page(context: &Context, webhook: &Webhook, place: &Snapshot) -> Result<Sought<Found>, WorkerError> {
    let Some(record) = snapshot_of(&webhook.event_name) else { return Ok(Sought::End) };
    let grant = context.store().grant(webhook.partner_id, record, context.now()).await?;
    let grant = &grant.narrowed(|granted| place.lacks(granted.fleet) && is_meant(webhook, granted));
    let fleets: BTreeSet<FleetId> = grant.connections().iter().map(|granted| granted.fleet).collect();
    seek(fleets.into_iter(), |fleet| of_fleet(context, webhook, grant, (fleet, place.bookmark(fleet)))).await
}

/// A page of a fleet. `None` if nothing is left of it.
async fn of_fleet(
    context: &Context,
    webhook: &Webhook,
    grant: &Grant,
    (fleet, bookmark): (FleetId, Option<Bookmark>),
) -> Result<Option<Found>, WorkerError> {
    let grant = grant.clone().narrowed(|granted| granted.fleet == fleet);
    let record = grant.record();
    let (data, after) = records(context, record, &grant, Page { bookmark, ..Page::first(MAX_RECORDS) }).await?;
    if data.is_empty() && after.is_none() {
        return Ok(None);
    }
    let part = |data: Vec<Value>| {
        let ids: Vec<&str> = data.iter().filter_map(|record| record.get("id")?.as_str()).collect();
        let message = message(webhook, &format!("{fleet}|{}", ids.join("|")), Part::Records, context.now());
        Message { data, fleet_id: Some(fleet), resource: Some(record.resource), ..message }
    };
    Ok(Some((message::chunks(data).into_iter().map(part).collect(), after)))
}

fn is_meant(webhook: &Webhook, granted: &GrantedConnection) -> bool {
    webhook.filters.as_ref().is_none_or(|filters| filters.matches(Some(granted.fleet), granted.fleet_ref.as_deref()))
}

/// Existing records as the event tells of them, and where the next page starts. Deleted ones exist no more.
async fn records(
    context: &Context,
    record: &RecordType,
    grant: &Grant,
    page: Page,
) -> Result<(Vec<Value>, Option<Value>), WorkerError> {
    let store = context.store();
    let query = Query { from: store.retention().since(record.resource, context.now()), ..Query::default() };
    let found = store.list_rows(grant, &query, &page, false).await?;
    let after = found.rows.last().map(|(_, mark)| mark.clone()).filter(|_| found.after);
    let rows = found.rows.iter().map(|(row, _)| Row::members(row)).collect::<Result<Vec<_>, _>>()?;
    let exists = |row: &Map<String, Value>| row.get("deleted_at").is_none_or(Value::is_null);
    let rows = rows.into_iter().filter(exists).map(|row| Value::Object(model::events::payload_record(record, row)));
    Ok((rows.collect(), after))
}

/// A message of the snapshot. Its id follows from what it holds, so receivers can detect one that comes twice.
fn message(webhook: &Webhook, content: &str, part: Part, now: Timestamp) -> Message {
    Message {
        webhook_id: webhook.id,
        partner_id: webhook.partner_id,
        message_id: message::id(webhook.created_at, &format!("snapshot|{content}"), &webhook.event_name, webhook.id, 0),
        event_name: webhook.event_name.clone(),
        timestamp: now,
        data: Vec::new(),
        fleet_id: None,
        resource: None,
        trace: None,
        claimed: false,
        sequence: None,
        snapshot: Some(part),
        attempts: 0,
        step: 0,
        first_try_at: None,
        not_before: None,
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
