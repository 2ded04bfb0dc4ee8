//! The AWS clients' configuration in a function.

use std::env;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use gateway::Aws;

/// Lambda passes region and credentials in the environment. The other places where the SDK would look for them (profiles,
/// metadata services, single sign-on) are not asked, and not in the artifact.
pub(crate) fn from_environment() -> Aws {
    let region = env::var("AWS_REGION").ok().map(Region::new);
    let shared = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .build();
    let of = |service: &str| match endpoint(service) {
        Some(url) => shared.to_builder().endpoint_url(url).build(),
        None => shared.clone(),
    };
    Aws { dynamodb: of("DYNAMODB"), sqs: of("SQS"), kms: of("KMS"), scheduler: of("SCHEDULER") }
}

/// An endpoint other than AWS's own, by the names of variables that all SDKs read.
fn endpoint(service: &str) -> Option<String> {
    [format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL".to_owned()]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|url| !url.is_empty()))
}
