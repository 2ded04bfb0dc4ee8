//! What handlers reach the world with. Clients are made when first asked for, so a function builds only what it uses.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use model::Timestamp;
use serde::Serialize;
use store::Store;
use store::control::{Key, PlatformSecrets, Write};
use store::cursor::CursorKey;
use tokio::sync::OnceCell;
use vault::{KeyIds, Sealed, Secret, SigningKey, Vault};
use webhooks::guarded::GuardedClient;

use crate::limits::Limits;
use crate::{ApiError, Config};

/// How each AWS service is reached: all alike when deployed, each at its own endpoint locally.
#[derive(Clone, Debug)]
pub struct Aws {
    /// DynamoDB.
    pub dynamodb: SdkConfig,
    /// SQS.
    pub sqs: SdkConfig,
    /// KMS.
    pub kms: SdkConfig,
    /// EventBridge Scheduler.
    pub scheduler: SdkConfig,
}

impl From<SdkConfig> for Aws {
    fn from(all: SdkConfig) -> Self {
        Self { dynamodb: all.clone(), sqs: all.clone(), kms: all.clone(), scheduler: all }
    }
}

/// Settings, clients and the clock of one function.
pub struct Context {
    config: Config,
    aws: Aws,
    clock: fn() -> Timestamp,
    store: OnceLock<Store>,
    vault: OnceLock<Vault>,
    guarded: OnceLock<GuardedClient>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    scheduler: OnceLock<aws_sdk_scheduler::Client>,
    secret: OnceCell<Secret>,
    limits: Limits,
}

/// A queue we send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Webhook messages.
    Deliveries,
    /// Runs to start or to continue.
    Executions,
}

/// The encryption context of the platform's own secrets.
const PLATFORM: &[(&str, &str)] = &[("purpose", "platform")];

impl Context {
    /// A context over settings and AWS configuration; `clock` is the only source of now.
    #[must_use]
    pub fn new(config: Config, aws: Aws, clock: fn() -> Timestamp) -> Self {
        Self {
            limits: Limits::new(&config),
            config,
            aws,
            clock,
            store: OnceLock::new(),
            vault: OnceLock::new(),
            guarded: OnceLock::new(),
            sqs: OnceLock::new(),
            scheduler: OnceLock::new(),
            secret: OnceCell::new(),
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// What callers have asked for lately.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// DynamoDB.
    pub fn store(&self) -> &Store {
        self.store
            .get_or_init(|| Store::from_config(&self.aws.dynamodb, &self.config.control_table, &self.config.telematics_table))
    }

    /// KMS.
    pub fn vault(&self) -> &Vault {
        self.vault.get_or_init(|| {
            let keys = KeyIds { credentials: self.config.credentials_key.clone(), signing: self.config.token_keys.clone() };
            Vault::from_config(&self.aws.kms, keys)
        })
    }

    /// The client for every outbound URL.
    ///
    /// # Errors
    /// 500 if the allowed address ranges are not readable or TLS cannot start.
    pub fn guarded(&self) -> Result<&GuardedClient, ApiError> {
        if let Some(client) = self.guarded.get() {
            return Ok(client);
        }
        let policy = self.address_policy()?;
        let client = GuardedClient::new(policy).map_err(ApiError::internal)?;
        Ok(self.guarded.get_or_init(|| client))
    }

    /// Which addresses outbound calls may reach.
    ///
    /// # Errors
    /// 500 if the setting is not readable.
    pub fn address_policy(&self) -> Result<webhooks::target::AddressPolicy, ApiError> {
        self.config.allowed_addresses.parse().map_err(ApiError::internal)
    }

    /// EventBridge Scheduler.
    pub fn scheduler(&self) -> &aws_sdk_scheduler::Client {
        self.scheduler.get_or_init(|| aws_sdk_scheduler::Client::new(&self.aws.scheduler))
    }

    /// The key that signs page cursors.
    ///
    /// # Errors
    /// 500 if the platform's secret cannot be read or made.
    pub async fn cursor_key(&self) -> Result<CursorKey, ApiError> {
        Ok(CursorKey::derive(self.platform_secret().await?.expose()))
    }

    /// The key that signs refresh tokens.
    ///
    /// # Errors
    /// 500 if the platform's secret cannot be read or made.
    pub async fn refresh_key(&self) -> Result<SigningKey, ApiError> {
        let root = SigningKey::new(self.platform_secret().await?.expose().to_vec());
        Ok(SigningKey::new(root.sign(b"catena refresh tokens v1").to_vec()))
    }

    /// The platform's own secret: made once, sealed in the control table, the root of cursor and refresh-token keys.
    ///
    /// # Errors
    /// 500 if it cannot be read or made.
    pub async fn platform_secret(&self) -> Result<&Secret, ApiError> {
        self.secret.get_or_try_init(|| self.load_platform_secret()).await
    }

    async fn load_platform_secret(&self) -> Result<Secret, ApiError> {
        if let Some(kept) = self.store().get::<PlatformSecrets>(Key::platform_secrets()).await? {
            let sealed: Sealed = serde_json::from_value(kept.sealed).map_err(ApiError::internal)?;
            return Ok(self.vault().open(PLATFORM, &sealed).await?);
        }
        let fresh = vault::random_secret();
        let sealed = self.vault().seal(PLATFORM, fresh.as_bytes()).await?;
        let sealed = serde_json::to_value(sealed).map_err(ApiError::internal)?;
        let item = PlatformSecrets { sealed, updated_at: self.now() };
        match self.store().commit(vec![Write::create(&item)?]).await {
            Err(store::StoreError::Conflict) => Box::pin(self.load_platform_secret()).await,
            other => {
                other?;
                Ok(Secret::new(fresh.into_bytes()))
            }
        }
    }

    /// Sends messages, as many at a time as one request may carry; each may name its fair-queue group.
    ///
    /// # Errors
    /// 500 if the queue refuses any of them.
    pub async fn send<M: Serialize>(
        &self,
        queue: Queue,
        messages: &[(Option<String>, M)],
        delay_seconds: i32,
    ) -> Result<(), ApiError> {
        let client = self.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.aws.sqs));
        let url = match queue {
            Queue::Deliveries => &self.config.deliveries_queue,
            Queue::Executions => &self.config.executions_queue,
        };
        let mut bodies = Vec::with_capacity(messages.len());
        for (group, message) in messages {
            bodies.push((group.clone(), serde_json::to_string(message).map_err(ApiError::internal)?));
        }
        for batch in batches(bodies) {
            let mut entries = Vec::with_capacity(batch.len());
            for (place, (group, body)) in batch.into_iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(body);
                let entry = entry.set_message_group_id(group).set_delay_seconds((delay_seconds > 0).then_some(delay_seconds));
                entries.push(entry.build().map_err(ApiError::internal)?);
            }
            let sent = client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            let answer =
                sent.map_err(|error| ApiError::internal(format!("queue: {}", aws_sdk_sqs::error::DisplayErrorContext(error))))?;
            if let Some(failed) = answer.failed.first() {
                return Err(ApiError::internal(format!("queue refused a message: {}", failed.code)));
            }
        }
        Ok(())
    }
}

/// Most bytes of one request to a queue; the bound of all bodies together, not of each.
const BATCH_BYTES: usize = 250_000;

/// Bodies in runs of at most ten and [`BATCH_BYTES`]; one that is longer goes alone.
fn batches(bodies: Vec<(Option<String>, String)>) -> Vec<Vec<(Option<String>, String)>> {
    let mut found: Vec<Vec<(Option<String>, String)>> = Vec::new();
    let mut bytes = 0_usize;
    for entry in bodies {
        let size = entry.1.len();
        match found.last_mut().filter(|run| run.len() < 10 && bytes + size <= BATCH_BYTES) {
            Some(run) => {
                run.push(entry);
                bytes += size;
            }
            None => {
                found.push(vec![entry]);
                bytes = size;
            }
        }
    }
    found
}

#[cfg(test)]
mod batch_tests {
    use super::batches;

    #[test]
    fn requests_to_a_queue_stay_within_its_bounds() {
        let sizes = |lengths: &[usize]| {
            let bodies = lengths.iter().map(|length| (None, "x".repeat(*length))).collect();
            batches(bodies).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[1; 25]), [10, 10, 5]);
        assert_eq!(sizes(&[200_000, 200_000, 10, 10]), [1, 3]);
        assert_eq!(sizes(&[10, 900_000, 10]), [1, 1, 1]);
    }
}
