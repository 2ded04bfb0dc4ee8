//! The settings and clients of handlers. Clients are built on first use, so a function builds only what it needs.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use model::{Timestamp, TraceId};
use store::control::{Key, PlatformSecrets, Write};
use store::cursor::CursorKey;
use store::{Retention, Store};
use tokio::sync::OnceCell;
use vault::{KeyIds, Onboarding, Sealed, Secret, SigningKey, Vault};
use webhooks::guarded::GuardedClient;

use crate::limits::Limits;
use crate::{ApiError, Config};

/// The configuration of each AWS service: the same when deployed, with an endpoint of its own locally.
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

/// How long one attempt at a call may take, and all of its attempts together. A service that does not answer is noticed while
/// there is time left to tell the caller; usual calls take milliseconds.
const ATTEMPT: Duration = Duration::from_secs(5);
const ATTEMPTS: Duration = Duration::from_secs(12);

impl Aws {
    /// The same with bounds on the time of a call.
    fn bounded(self) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(ATTEMPTS);
        let bounded = |config: &SdkConfig| {
            let configured = config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled).into_builder();
            config.to_builder().timeout_config(timeouts.clone().take_unset_from(configured).build()).build()
        };
        Self {
            dynamodb: bounded(&self.dynamodb),
            sqs: bounded(&self.sqs),
            kms: bounded(&self.kms),
            scheduler: bounded(&self.scheduler),
        }
    }
}

impl From<SdkConfig> for Aws {
    fn from(all: SdkConfig) -> Self {
        Self { dynamodb: all.clone(), sqs: all.clone(), kms: all.clone(), scheduler: all }
    }
}

/// Settings, clients and the clock of one function, and the current trace.
pub struct Context {
    shared: Arc<Shared>,
    store: OnceLock<Store>,
    trace: Option<TraceId>,
}

/// The state that all invocations of a function share.
struct Shared {
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

/// The encryption context of the platform's own secrets.
const PLATFORM: &[(&str, &str)] = &[("purpose", "platform")];

impl Context {
    /// A context over settings and AWS configuration; `clock` is the only source of the current time.
    #[must_use]
    pub fn new(config: Config, aws: Aws, clock: fn() -> Timestamp) -> Self {
        let shared = Shared {
            limits: Limits::new(&config),
            config,
            aws: aws.bounded(),
            clock,
            store: OnceLock::new(),
            vault: OnceLock::new(),
            guarded: OnceLock::new(),
            sqs: OnceLock::new(),
            scheduler: OnceLock::new(),
            secret: OnceCell::new(),
        };
        Self { shared: Arc::new(shared), store: OnceLock::new(), trace: None }
    }

    /// The same context within a trace: everything it writes and sends carries the trace.
    #[must_use]
    pub fn traced(&self, trace: TraceId) -> Self {
        Self { shared: Arc::clone(&self.shared), store: OnceLock::new(), trace: Some(trace) }
    }

    /// The context of a sandbox that has just started: with the same settings, and nothing kept.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::new(self.shared.config.clone(), self.shared.aws.clone(), self.shared.clock)
    }

    /// The current trace.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        self.trace
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// The rate limits of callers.
    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// DynamoDB.
    pub fn store(&self) -> &Store {
        self.store.get_or_init(|| {
            let store = self.shared.store();
            self.trace.map_or_else(|| store.clone(), |trace| store.traced(trace))
        })
    }

    /// KMS.
    pub fn vault(&self) -> &Vault {
        self.shared.vault.get_or_init(|| {
            let keys = KeyIds {
                credentials: self.shared.config.credentials_key.clone(),
                signing: self.shared.config.token_keys.clone(),
            };
            Vault::from_config(&self.shared.aws.kms, keys)
        })
    }

    /// The client for every outbound URL.
    ///
    /// # Errors
    /// 500 if the allowed address ranges are malformed or the HTTP client cannot be built.
    pub fn guarded(&self) -> Result<&GuardedClient, ApiError> {
        if let Some(client) = self.shared.guarded.get() {
            return Ok(client);
        }
        let policy = self.address_policy()?;
        let client = GuardedClient::new(policy).map_err(ApiError::internal)?;
        Ok(self.shared.guarded.get_or_init(|| client))
    }

    /// The addresses that outbound calls may reach.
    ///
    /// # Errors
    /// 500 if the setting is malformed.
    pub fn address_policy(&self) -> Result<webhooks::target::AddressPolicy, ApiError> {
        self.shared.config.allowed_addresses.parse().map_err(ApiError::internal)
    }

    /// EventBridge Scheduler.
    pub fn scheduler(&self) -> &aws_sdk_scheduler::Client {
        self.shared.scheduler.get_or_init(|| aws_sdk_scheduler::Client::new(&self.shared.aws.scheduler))
    }

    /// SQS.
    pub(crate) fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.shared.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.shared.aws.sqs))
    }

    /// Whether the agreement behind a fleet's token lasts: the token ends with it.
    ///
    /// # Errors
    /// 503 if DynamoDB does not answer, 500 if it refuses.
    pub async fn consents(&self, holder: &Onboarding<'_>, now: Timestamp) -> Result<bool, ApiError> {
        let parties = (holder.fleet, holder.partner);
        let agreement = self.store().agreement_between(parties, holder.invitation, holder.agreement).await?;
        Ok(agreement.is_some_and(|agreement| !agreement.has_ended_at(now)))
    }

    /// The key that signs page cursors.
    ///
    /// # Errors
    /// 503 if DynamoDB or KMS does not answer, 500 if the platform's secret cannot be read or created.
    pub async fn cursor_key(&self) -> Result<CursorKey, ApiError> {
        Ok(CursorKey::derive(self.platform_secret().await?.expose()))
    }

    /// The key that signs refresh tokens.
    ///
    /// # Errors
    /// 503 if DynamoDB or KMS does not answer, 500 if the platform's secret cannot be read or created.
    pub async fn refresh_key(&self) -> Result<SigningKey, ApiError> {
        let root = SigningKey::new(self.platform_secret().await?.expose().to_vec());
        Ok(SigningKey::new(root.sign(b"catena refresh tokens v1").to_vec()))
    }

    /// The platform's own secret, from which the keys of cursors and refresh tokens are derived. It is created once and stored
    /// encrypted in the control table.
    ///
    /// # Errors
    /// 503 if DynamoDB or KMS does not answer, 500 if it cannot be read or created.
    pub async fn platform_secret(&self) -> Result<&Secret, ApiError> {
        self.shared.secret.get_or_try_init(|| self.load_platform_secret()).await
    }

    async fn load_platform_secret(&self) -> Result<Secret, ApiError> {
        if let Some(stored) = self.store().get::<PlatformSecrets>(Key::platform_secrets()).await? {
            let sealed: Sealed = serde_json::from_value(stored.sealed).map_err(ApiError::internal)?;
            return Ok(self.vault().open(PLATFORM, &sealed).await?);
        }
        let secret = vault::random_secret();
        let sealed = self.vault().seal(PLATFORM, secret.as_bytes()).await?;
        let sealed = serde_json::to_value(sealed).map_err(ApiError::internal)?;
        let item = PlatformSecrets { sealed, updated_at: self.now() };
        match self.store().commit(vec![Write::create(&item)?]).await {
            Err(store::StoreError::Conflict) => Box::pin(self.load_platform_secret()).await,
            other => {
                other?;
                Ok(Secret::new(secret.into_bytes()))
            }
        }
    }
}

impl Shared {
    fn store(&self) -> &Store {
        self.store.get_or_init(|| {
            let store = Store::from_config(&self.aws.dynamodb, &self.config.control_table, &self.config.telematics_table);
            match Retention::parse(&self.config.retention_days) {
                Ok(retention) => store.retaining(retention),
                // Nothing is removed by mistake.
                Err(error) => {
                    tracing::error!(cause = %error, "records are kept for good");
                    store
                }
            }
        })
    }
}
