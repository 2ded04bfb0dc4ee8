//! The breaker: a subscription whose receiver fails too much becomes stale, its messages are kept, and one of them is tried every half
//! hour until the receiver takes it. Its state is the subscription's, and the counts that it judges by are an item, so all sandboxes share
//! both.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use gateway::{Context, WorkerError, metrics};
use model::health::Attempt;
use model::webhook::{Command, Webhook, WebhookStatus};
use model::{Timestamp, WebhookId};
use store::StoreError;
use store::control::Write;

use crate::{orders, parking};

/// Attempts that this sandbox has not added to the shared counts yet.
static UNCOUNTED: LazyLock<Uncounted> = LazyLock::new(Uncounted::default);
/// For how many seconds the successes of a busy subscription wait to be counted together.
const TOGETHER_SECONDS: f64 = 1.0;

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// The queue had fewer messages than a batch holds.
    Light,
    /// There is more to come at once.
    Heavy,
}

#[derive(Default)]
struct Uncounted(Mutex<HashMap<WebhookId, Waiting>>);

struct Waiting {
    attempts: Vec<Attempt>,
    since: Timestamp,
}

impl Uncounted {
    /// The attempts that are to be counted now, with these. Under load, successes wait for a second: a busy subscription would cost a
    /// write per batch, and sandboxes would wait for each other.
    fn with(&self, id: WebhookId, attempts: Vec<Attempt>, load: Load, now: Timestamp) -> Vec<Attempt> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = known.entry(id).or_insert(Waiting { attempts: Vec::new(), since: now });
        waiting.attempts.extend(attempts);
        let has_failed = waiting.attempts.iter().any(|attempt| !attempt.success);
        if load == Load::Heavy && !has_failed && now.seconds_since(waiting.since) < TOGETHER_SECONDS {
            return Vec::new();
        }
        known.remove(&id).map(|waiting| waiting.attempts).unwrap_or_default()
    }
}

/// Seconds from one try of a stale subscription to the next.
const PROBE_SECONDS: i64 = 1_800;

/// Adds the attempts of a batch to the counts of their subscriptions, and stops deliveries to receivers that fail too much.
pub(crate) async fn count(
    context: &Context,
    webhooks: &HashMap<WebhookId, Webhook>,
    attempts: HashMap<WebhookId, Vec<Attempt>>,
    load: Load,
) {
    let counted = attempts.into_iter().filter_map(|(id, attempts)| Some((webhooks.get(&id)?, attempts)));
    futures::future::join_all(counted.map(|(webhook, attempts)| count_one(context, webhook, attempts, load))).await;
}

/// The same for one subscription. Its messages are delivered or wait already, so what fails here is logged and not repeated.
pub(crate) async fn count_one(context: &Context, webhook: &Webhook, attempts: Vec<Attempt>, load: Load) {
    let due = UNCOUNTED.with(webhook.id, attempts, load, context.now());
    if due.is_empty() {
        return;
    }
    if let Err(error) = judge(context, webhook, &due).await {
        tracing::warn!(webhook.id = %webhook.id, cause = %error, "failed to count the attempts");
    }
}

async fn judge(context: &Context, webhook: &Webhook, attempts: &[Attempt]) -> Result<(), WorkerError> {
    let now = context.now();
    let health = context.store().add_attempts(webhook.id, attempts, webhook.updated_at, now).await?;
    let has_failed = attempts.iter().any(|attempt| !attempt.success);
    if has_failed && webhook.status == WebhookStatus::Active && health.is_failing(now) {
        stop(context, webhook).await?;
    }
    Ok(())
}

/// Makes a subscription stale, and parks its first try.
///
/// # Errors
/// [`WorkerError`] if it cannot be stored.
pub(crate) async fn stop(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let now = context.now();
    let stale = Webhook { status: WebhookStatus::Stale, updated_at: now, ..webhook.clone() };
    let writes = vec![Write::replace(webhook, &stale)?, Write::overwrite(&probe(webhook, now)?)?];
    match context.store().commit(writes).await {
        // Its owner changed it, or another sandbox was faster.
        Err(StoreError::Conflict) => Ok(()),
        result => {
            result?;
            tracing::warn!(
                webhook.id = %webhook.id,
                partner.id = %webhook.partner_id,
                "subscription stale: its receiver fails too much"
            );
            metrics::subscription_staled();
            Ok(())
        }
    }
}

/// Parks the next try of a stale subscription.
///
/// # Errors
/// [`WorkerError`] if it cannot be stored.
pub(crate) async fn probe_later(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let parked = probe(webhook, context.now())?;
    Ok(context.store().commit(vec![Write::overwrite(&parked)?]).await?)
}

fn probe(webhook: &Webhook, now: Timestamp) -> Result<store::control::Parked, WorkerError> {
    let due = now.plus_seconds(PROBE_SECONDS);
    parking::parked(due, webhook.id.uuid(), webhook.id, &orders::order(webhook, Command::Probe, due))
}

/// Makes a subscription active again if it is stale still. The kept messages are sent by an order, and
/// by another one some minutes later, which is stored together with the change: for those that a batch keeps which still saw the
/// subscription stale, and for the case that the first order is lost.
///
/// # Errors
/// [`WorkerError`] if it cannot be stored.
pub(crate) async fn recover(context: &Context, webhook: &Webhook) -> Result<(), WorkerError> {
    let now = context.now();
    let active = Webhook { status: WebhookStatus::Active, updated_at: now, ..webhook.clone() };
    let stragglers = orders::release_later(webhook, now)?;
    match context.store().commit(vec![Write::replace(webhook, &active)?, stragglers]).await {
        Err(StoreError::Conflict) => Ok(()),
        result => {
            result?;
            tracing::info!(
                webhook.id = %webhook.id,
                partner.id = %webhook.partner_id,
                "subscription active again: its receiver took a message"
            );
            orders::send(context, &orders::order(webhook, Command::Release, now), 0).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Attempt = Attempt { success: true, first: true, response_ms: Some(5) };

    #[test]
    fn successes_under_load_are_counted_once_a_second() {
        let uncounted = Uncounted::default();
        let at = |millis: i64| Timestamp::from_millis(1_790_000_000_000 + millis);
        let id = WebhookId::at(at(0));
        let due = |attempts: &[Attempt], load, millis| uncounted.with(id, attempts.to_vec(), load, at(millis)).len();
        assert_eq!(due(&[OK; 10], Load::Heavy, 0), 0);
        assert_eq!(due(&[OK; 10], Load::Heavy, 900), 0);
        assert_eq!(due(&[OK; 10], Load::Heavy, 1_000), 30);
        assert_eq!(due(&[OK; 10], Load::Heavy, 1_001), 0);
        assert_eq!(due(&[OK; 3], Load::Light, 1_002), 13, "the last of a burst");
        assert_eq!(due(&[OK, Attempt { success: false, ..OK }], Load::Heavy, 1_003), 2, "a failure");
        assert_eq!(due(&[], Load::Light, 9_000), 0);
    }
}
