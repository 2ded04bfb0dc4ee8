//! Settings from the environment; template.yaml sets them for every function.

use std::env;
use std::num::NonZeroU32;

use model::Timestamp;

/// The settings of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Name of the installation, a dimension of all metrics (`STAGE`).
    pub stage: String,
    /// The service whose functions share a stack, a dimension of metrics of requests (`SERVICE`).
    pub service: String,
    /// Name of the control table (`CONTROL_TABLE`).
    pub control_table: String,
    /// Name of the telematics table (`TELEMATICS_TABLE`).
    pub telematics_table: String,
    /// Key that wraps credentials (`CREDENTIALS_KEY`).
    pub credentials_key: String,
    /// Keys that sign tokens, comma-separated (`TOKEN_KEYS`). Which of several signs the vault decides.
    pub token_keys: Vec<String>,
    /// URL of the deliveries queue (`DELIVERIES_QUEUE_URL`).
    pub deliveries_queue: String,
    /// URL of the executions queue (`EXECUTIONS_QUEUE_URL`).
    pub executions_queue: String,
    /// URL of the queue of writes to TSPs (`WRITES_QUEUE_URL`).
    pub writes_queue: String,
    /// URL of the queue for stream records that cannot be processed (`STREAM_FAILURES_QUEUE_URL`).
    pub stream_failures_queue: String,
    /// EventBridge Scheduler group (`SCHEDULE_GROUP`).
    pub schedule_group: String,
    /// Target of the schedules: the executions function, or a queue (`SCHEDULE_TARGET_ARN`).
    pub schedule_target: String,
    /// Role that the Scheduler assumes (`SCHEDULE_ROLE_ARN`).
    pub schedule_role: String,
    /// Queue for firings that the Scheduler could not deliver (`SCHEDULE_DLQ_ARN`).
    pub schedule_dlq: String,
    /// Base URL of the API, without a trailing slash (`PUBLIC_URL`).
    pub public_url: String,
    /// Base URL of Connect; magic links start with it (`CONNECT_URL`).
    pub connect_url: String,
    /// The realm's name in token paths (`REALM`).
    pub realm: String,
    /// The product's name on Connect pages (`PRODUCT_NAME`).
    pub product_name: String,
    /// Private address ranges that outbound calls may reach, comma-separated (`ALLOWED_ADDRESSES`).
    pub allowed_addresses: String,
    /// Days for which records are kept, by resource (`RETENTION_DAYS`).
    pub retention_days: String,
    /// Requests per second of one caller (`REQUESTS_PER_SECOND`), 50.
    pub requests_per_second: NonZeroU32,
    /// Requests of one caller at once (`REQUESTS_BURST`), 100.
    pub requests_burst: NonZeroU32,
    /// Token requests per second of one client (`TOKENS_PER_SECOND`), 5.
    pub tokens_per_second: NonZeroU32,
    /// Set where a single process does all runs: when it started. Runs that started earlier ended with the process before it.
    pub sole_process_since: Option<Timestamp>,
}

const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const REQUESTS_BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
const TOKENS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

impl Default for Config {
    fn default() -> Self {
        Self::from_variables(|_| None)
    }
}

impl Config {
    /// The settings from the process environment; missing ones are empty.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// The settings that `get` returns by name.
    pub fn from_variables(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| get(name).unwrap_or_default();
        let or = |name: &str, default: &str| get(name).filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned());
        let rate = |name: &str, default: NonZeroU32| text(name).parse().unwrap_or(default);
        let url = |name: &str| text(name).trim_end_matches('/').to_owned();
        Self {
            stage: or("STAGE", "prod"),
            service: text("SERVICE"),
            control_table: text("CONTROL_TABLE"),
            telematics_table: text("TELEMATICS_TABLE"),
            credentials_key: text("CREDENTIALS_KEY"),
            token_keys: text("TOKEN_KEYS").split(',').filter(|key| !key.is_empty()).map(String::from).collect(),
            deliveries_queue: text("DELIVERIES_QUEUE_URL"),
            executions_queue: text("EXECUTIONS_QUEUE_URL"),
            writes_queue: text("WRITES_QUEUE_URL"),
            stream_failures_queue: text("STREAM_FAILURES_QUEUE_URL"),
            schedule_group: text("SCHEDULE_GROUP"),
            schedule_target: text("SCHEDULE_TARGET_ARN"),
            schedule_role: text("SCHEDULE_ROLE_ARN"),
            schedule_dlq: text("SCHEDULE_DLQ_ARN"),
            public_url: url("PUBLIC_URL"),
            connect_url: url("CONNECT_URL"),
            realm: or("REALM", "catena"),
            product_name: or("PRODUCT_NAME", "Catena"),
            allowed_addresses: text("ALLOWED_ADDRESSES"),
            retention_days: text("RETENTION_DAYS"),
            requests_per_second: rate("REQUESTS_PER_SECOND", REQUESTS_PER_SECOND),
            requests_burst: rate("REQUESTS_BURST", REQUESTS_BURST),
            tokens_per_second: rate("TOKENS_PER_SECOND", TOKENS_PER_SECOND),
            sole_process_since: None,
        }
    }

    /// The `iss` of our tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.public_url, self.realm)
    }
}
