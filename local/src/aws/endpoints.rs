//! The endpoints of the services and SDK clients for them.

use std::env;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

use super::REGION;

/// One endpoint per service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// DynamoDB and its streams.
    pub dynamodb: String,
    /// SQS.
    pub sqs: String,
    /// KMS.
    pub kms: String,
    /// EventBridge Scheduler.
    pub scheduler: String,
}

/// Endpoints from the environment, for which nothing is started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub(super) dynamodb: Option<String>,
    pub(super) sqs: Option<String>,
    pub(super) kms: Option<String>,
    pub(super) scheduler: Option<String>,
}

impl Named {
    /// Reads `AWS_ENDPOINT_URL` and its per-service forms.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::read(&|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    pub(crate) fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let of = |service: &str| variable(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variable("AWS_ENDPOINT_URL"));
        Self { dynamodb: of("DYNAMODB"), sqs: of("SQS"), kms: of("KMS"), scheduler: of("SCHEDULER") }
    }

    /// Whether any service needs the emulator.
    #[must_use]
    pub fn needs_emulator(&self) -> bool {
        self.sqs.is_none() || self.kms.is_none() || self.scheduler.is_none()
    }

    /// Whether any endpoint is set.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }

    pub(super) fn complete(self, database: Option<&str>, emulator: Option<&str>) -> Endpoints {
        let or = |named: Option<String>, own: Option<&str>| named.or_else(|| own.map(str::to_owned)).unwrap_or_default();
        Endpoints {
            dynamodb: or(self.dynamodb, database),
            sqs: or(self.sqs, emulator),
            kms: or(self.kms, emulator),
            scheduler: or(self.scheduler, emulator),
        }
    }
}

/// SDK clients, built once.
#[derive(Debug, Clone)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// DynamoDB Streams.
    pub streams: aws_sdk_dynamodbstreams::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
    /// EventBridge Scheduler.
    pub scheduler: aws_sdk_scheduler::Client,
    /// The shared configuration, without an endpoint.
    pub shared: SdkConfig,
}

impl Clients {
    /// Builds the clients. Started endpoints accept any credentials; for others the usual variables are read.
    pub async fn build(endpoints: &Endpoints, are_others: Foreign) -> Self {
        let shared = shared_config(are_others).await;
        Self {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(
                aws_sdk_dynamodb::config::Builder::from(&shared).endpoint_url(&endpoints.dynamodb).build(),
            ),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(
                aws_sdk_dynamodbstreams::config::Builder::from(&shared).endpoint_url(&endpoints.dynamodb).build(),
            ),
            sqs: aws_sdk_sqs::Client::from_conf(aws_sdk_sqs::config::Builder::from(&shared).endpoint_url(&endpoints.sqs).build()),
            kms: aws_sdk_kms::Client::from_conf(aws_sdk_kms::config::Builder::from(&shared).endpoint_url(&endpoints.kms).build()),
            scheduler: aws_sdk_scheduler::Client::from_conf(
                aws_sdk_scheduler::config::Builder::from(&shared).endpoint_url(&endpoints.scheduler).build(),
            ),
            shared,
        }
    }
}

/// Whether external endpoints are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// All endpoints were started here: the credentials are `test`/`test`.
    No,
    /// Some are external: the environment's credentials are used if there are any.
    Yes,
}

async fn shared_config(are_others: Foreign) -> SdkConfig {
    let given = |name: &str| env::var(name).ok().filter(|value| !value.is_empty() && are_others == Foreign::Yes);
    let credentials = Credentials::new(
        given("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "test".to_owned()),
        given("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned()),
        given("AWS_SESSION_TOKEN"),
        None,
        "local",
    );
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await
}
