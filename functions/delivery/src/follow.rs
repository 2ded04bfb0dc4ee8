//! Carries out orders: work on a whole subscription that passes through the queue beside its messages. They are a probe of a stale
//! one, sending kept messages, and sending a snapshot.

use gateway::{Context, WorkerError};
use model::webhook::{Command, Order, Webhook, WebhookStatus};
use store::control::{DeadLetter, Key, Range, Write, keys};
use store::{Page, StoreError};
use webhooks::Verdict;

use crate::attempts::{self, Ended, Reason};
use crate::breaker;
use crate::message::Message;
use crate::permitted::Permitted;
use crate::{claims, orders, secrets, snapshot};

/// Messages that are sent together. Each batch is delayed by a second more than the last, so the receiver gets about this many a second.
const BATCH: usize = 10;
/// Batches of one order; what is left is another order, for the second after the last batch.
const BATCHES: i32 = 60;
/// Kept messages among which one is looked for that a stale receiver's owner may see, and how many at once.
const MAX_CANDIDATES: usize = 1_000;
const CANDIDATES: usize = 20;

/// Does what an order says.
///
/// # Errors
/// [`WorkerError`]; the queue then brings it again.
pub(crate) async fn follow(context: &Context, order: Order) -> Result<(), WorkerError> {
    let found: Option<Webhook> = context.store().get(Key::webhook(order.partner_id, order.webhook_id)).await?;
    let Some(webhook) = found else { return Ok(()) };
    match (order.command, webhook.status) {
        (Command::Probe, WebhookStatus::Stale) if webhook.awaits.is_some() => snapshot::probe(context, &webhook).await,
        (Command::Probe, WebhookStatus::Stale) => probe(context, &webhook).await,
        (Command::Snapshot, WebhookStatus::Active) => snapshot::advance(context, &webhook).await,
        (Command::Snapshot, WebhookStatus::Deleted) => snapshot::end(context, &webhook).await,
        (Command::Watch, WebhookStatus::Active | WebhookStatus::Deleted) => snapshot::watch(context, &webhook).await,
        (Command::Release, WebhookStatus::Active) => resend(context, &order, |dead_letter| dead_letter.waits).await,
        (Command::Replay, WebhookStatus::Active) => resend(context, &order, |_| true).await,
        _ => {
            tracing::debug!(webhook.id = %order.webhook_id, command = ?order.command, "order dropped: the subscription changed");
            Ok(())
        }
    }
}

/// Tries the oldest kept message. A receiver that takes it gets the others, too; else it is tried again later.
async fn probe(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let Some(message) = candidate(context, webhook).await? else { return breaker::probe_later(context, webhook).await };
    let secrets = secrets::of(context, webhook, context.now()).await?;
    let Ended { message, verdict, attempt } = attempts::attempt_once(context, webhook, &secrets, message).await?;
    attempts::note(context, webhook, attempt).await;
    match verdict {
        Verdict::Delivered => {
            context.store().commit(vec![Write::delete(Key::dead_letter(webhook.id, message.message_id))]).await?;
            breaker::recover(context, webhook).await
        }
        Verdict::Gone => attempts::pause(context, webhook).await,
        // It would be refused the next time, too: another message is tried then. This one waits for its owner.
        Verdict::Rejected => {
            attempts::move_to_dead_letters(context, message, Reason::Rejected).await?;
            breaker::probe_later(context, webhook).await
        }
        Verdict::Retry { .. } => breaker::probe_later(context, webhook).await,
    }
}

/// The oldest kept message that its owner may see now.
async fn candidate(context: &Context, webhook: &Webhook) -> Result<Option<Message>, WorkerError> {
    let range = Range::table(keys::deliveries(webhook.id), "DEAD#");
    let mut bookmark = None;
    for _ in 0..MAX_CANDIDATES / CANDIDATES {
        let page = Page { bookmark, ..Page::first(CANDIDATES) };
        let found = context.store().page(&range, &page, |dead_letter: &DeadLetter| dead_letter.waits).await?;
        let messages = found.rows.iter().map(|(dead_letter, _)| read(dead_letter)).collect::<Result<Vec<Message>, _>>()?;
        let permitted = Permitted::read(context, messages.iter()).await?;
        let now = context.now();
        let mut visible = messages.into_iter().map(|message| Message { data: permitted.records(&message, now), ..message });
        let candidate = visible.find(|message| !message.data.is_empty());
        if candidate.is_some() || !found.after {
            return Ok(candidate);
        }
        bookmark = found.rows.last().map(|(_, mark)| mark.clone());
    }
    Ok(None)
}

/// Sends dead letters from before the order to the queue, oldest first, and removes them.
async fn resend(context: &Context, order: &Order, keep: impl Fn(&DeadLetter) -> bool + Copy) -> Result<(), WorkerError> {
    let range = Range::table(keys::deliveries(order.webhook_id), "DEAD#");
    let mut bookmark = None;
    for delay_seconds in 0..BATCHES {
        let page = Page { bookmark, ..Page::first(BATCH) };
        let is_meant = |dead_letter: &DeadLetter| dead_letter.created_at < order.before && keep(dead_letter);
        let found = context.store().page(&range, &page, is_meant).await?;
        let messages = found.rows.iter().map(|(dead_letter, _)| read(dead_letter)).collect::<Result<Vec<_>, _>>()?;
        if !messages.is_empty() {
            claims::send(context, messages, delay_seconds).await?;
            // Sent before they are removed: a duplicate does less harm than a lost message.
            for (dead_letter, _) in &found.rows {
                remove(context, dead_letter).await?;
            }
        }
        if !found.after {
            return Ok(());
        }
        bookmark = found.rows.last().map(|(_, mark)| mark.clone());
    }
    orders::send(context, order, BATCHES).await
}

/// Removes a dead letter that was sent. One that is there again, because the message was given up meanwhile, stays.
async fn remove(context: &Context, sent: &DeadLetter) -> Result<(), WorkerError> {
    match context.store().commit(vec![Write::delete_seen(sent)?]).await {
        Err(StoreError::Conflict) => Ok(()),
        result => Ok(result?),
    }
}

/// The message of a dead letter, at the start of another round.
fn read(dead_letter: &DeadLetter) -> Result<Message, WorkerError> {
    let text = dead_letter.message.text().map_err(|error| WorkerError::Other(error.to_string()))?;
    Ok(serde_json::from_str(&text)?)
}
