//! What tests of this crate share.

use gateway::{Config, Context};
use model::Timestamp;

/// A context at this address, without AWS behind it.
pub(crate) fn context(connect_url: &str) -> Context {
    let config = Config { connect_url: connect_url.to_owned(), ..Config::from_variables(|_| None) };
    Context::new(config, gateway::Aws::from(aws_config::SdkConfig::builder().build()), Timestamp::system)
}
