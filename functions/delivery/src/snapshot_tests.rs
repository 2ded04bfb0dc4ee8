use gateway::Config;
use model::{PartnerId, WebhookId};
use uuid::Uuid;
use vault::Secret;

use super::*;

fn webhook(now: Timestamp) -> Webhook {
    Webhook {
        id: WebhookId::at(now),
        partner_id: PartnerId::from_uuid(Uuid::from_u128(1)),
        url: "https://receiver.example/in".into(),
        event_name: "vehicle.*".into(),
        filters: None,
        status: WebhookStatus::Active,
        encoding: None,
        snapshot: Some(true),
        sequence: None,
        awaits: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

/// It is told apart from a failure, which moves the receiver along the retry schedule. Nothing is reached here: no attempt is made.
#[tokio::test]
async fn that_this_sandbox_holds_a_receiver_back_is_no_failed_attempt() {
    let aws = gateway::Aws::from(aws_config::SdkConfig::builder().build());
    let context = Context::new(Config::from_variables(|_| None), aws, Timestamp::system);
    let now = context.now();
    let (webhook, secrets) = (webhook(now), Secrets { current: Secret::new(b"secret".to_vec()), previous: None });
    let place = Snapshot::begin(webhook.id, vec![webhook.id], now);
    for _ in 0..3 {
        UNRESPONSIVE.record(webhook.id, false, now);
    }
    let end = message(&webhook, "end", Part::End, now);
    let sent = send(&context, (&webhook, &secrets), &place, vec![end]).await.unwrap();
    assert!(matches!(sent, Sent::Held(until) if until == now.plus_seconds(30)));
}
