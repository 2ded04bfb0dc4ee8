//! What became of a subscription's attempts. One small item per subscription holds what runs; an hour that is over becomes an item of
//! its own for fourteen days. So an attempt costs a share of one write, and no window costs a walk through the log.

use model::health::{Attempt, Health, HealthHour};
use model::webhook::RETENTION_DAYS;
use model::{Timestamp, WebhookId};

use super::items::Keyed;
use super::keys::{self, Key};
use super::query::Range;
use super::write::Write;
use crate::{Store, StoreError};

/// How often a write is tried that others come before.
const MAX_ATTEMPTS: usize = 5;

impl Keyed for Health {
    const KIND: &'static str = "webhook_health";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::health(self.webhook_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.updated_at.plus_seconds(RETENTION_DAYS * 86_400))
    }
}

impl Keyed for HealthHour {
    const KIND: &'static str = "webhook_hour";
    const VERSION: &'static str = "start";

    fn key(&self) -> Key {
        Key::health_hour(self.webhook_id, self.start)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.start.plus_seconds((RETENTION_DAYS * 24 + 1) * 3_600))
    }
}

impl Store {
    /// The running counts of a subscription.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn health(&self, id: WebhookId) -> Result<Option<Health>, StoreError> {
        self.get(Key::health(id)).await
    }

    /// The hours of a subscription that are over, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn health_hours(&self, id: WebhookId) -> Result<Vec<HealthHour>, StoreError> {
        self.all(&Range::table(keys::deliveries(id), "HOUR#")).await
    }

    /// Adds attempts to a subscription's counts and returns them; `epoch` is when the subscription was last changed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if others wrote at the same time again and again: nothing is added.
    pub async fn add_attempts(
        &self,
        id: WebhookId,
        attempts: &[Attempt],
        epoch: Timestamp,
        now: Timestamp,
    ) -> Result<Health, StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let seen = self.health(id).await?;
            let before = seen.clone().unwrap_or_else(|| Health::new(id, epoch, now));
            let (next, over) = before.after(attempts, epoch, now);
            let mut writes = vec![match &seen {
                Some(seen) => Write::replace(seen, &next)?,
                None => Write::create(&next)?,
            }];
            if let Some(over) = over {
                writes.push(Write::overwrite(&over)?);
            }
            match self.commit(writes).await {
                Err(StoreError::Conflict) => {}
                result => return result.map(|()| next),
            }
        }
        Err(StoreError::Conflict)
    }
}
