use gateway::Config;
use vault::Secret;

use super::*;
use crate::testing::webhook;

/// It is told apart from a failure, which moves the receiver along the retry schedule. Nothing is reached here: no attempt is made.
#[tokio::test]
async fn that_this_sandbox_holds_a_receiver_back_is_no_failed_attempt() {
    let aws = gateway::Aws::from(aws_config::SdkConfig::builder().build());
    let context = Context::new(Config::from_variables(|_| None), aws, Timestamp::system);
    let now = context.now();
    let (webhook, secrets) = (webhook(now), Secrets { current: Secret::new(b"secret".to_vec()), previous: None });
    let place = Snapshot::begin(webhook.id, vec![webhook.id], now);
    for _ in 0..3 {
        UNRESPONSIVE.record(&webhook, false, now);
    }
    let end = message(&webhook, "end", Part::End, now);
    let sent = send(&context, (&webhook, &secrets), &place, vec![end]).await.unwrap();
    assert!(matches!(sent, Sent::Held(until) if until == now.plus_seconds(30)));
}
