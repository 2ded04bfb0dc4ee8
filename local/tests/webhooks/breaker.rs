//! A receiver that fails too much is left alone, and gets what was kept for it when it has recovered.

use model::health::{Attempt, Health};
use model::webhook::{Command, Webhook};
use model::{Timestamp, WebhookId};
use serde_json::{Value, json};
use store::control::{Key, Packed, Parked, Write};

use crate::endpoint::Endpoint;
use crate::world::{WEBHOOKS, World, text, until};

const HOUR: i64 = 3_600;

/// Lets a subscription look as if its receiver had failed for minutes, an hour after it was made.
async fn has_failed(world: &World, id: WebhookId) {
    let context = world.platform.context();
    let (store, now) = (context.store(), context.now());
    let partner = world.partner_id().await;
    let seen: Webhook = store.get(Key::webhook(partner, id)).await.unwrap().unwrap();
    let old = Webhook { updated_at: now.plus_seconds(-HOUR), ..seen.clone() };
    let bad = Attempt { success: false, first: true, response_ms: Some(5) };
    let (health, _) = Health::new(id, old.updated_at, old.updated_at).after(&[bad; 60], old.updated_at, now.plus_seconds(-300));
    let writes = vec![Write::replace(&seen, &old).unwrap(), Write::overwrite(&health).unwrap()];
    store.commit(writes).await.unwrap();
}

async fn status(world: &World, id: &str) -> String {
    text(&world.get(&format!("{WEBHOOKS}/{id}")).await, "/status")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_too_much_is_left_alone_until_it_takes_a_message() {
    let world = World::start().await;
    let (endpoint, told) = (Endpoint::answering(503).await, Endpoint::answering(200).await);
    for event in ["webhook.staled", "webhook.activated"] {
        world.subscribe(event, &told.url).await;
    }
    let webhook = text(&world.subscribe("invitation.created", &endpoint.url).await, "/id");
    let id: WebhookId = webhook.parse().unwrap();
    has_failed(&world, id).await;

    world.partner.invite("first", "A Fleet").await.unwrap();
    until("the breaker", async || status(&world, &webhook).await == "stale").await;
    let stale = world.get(&format!("{WEBHOOKS}?status=stale")).await;
    assert_eq!(stale["items"].as_array().unwrap().len(), 1, "{stale}");
    until("the news", async || !told.of("webhook.staled").is_empty()).await;
    assert_eq!(told.of("webhook.staled")[0]["data"][0]["id"], webhook);

    let tried = endpoint.seen().len();
    for fleet_ref in ["second", "third"] {
        world.partner.invite(fleet_ref, "A Fleet").await.unwrap();
    }
    until("what is kept", async || metrics(&world, &webhook).await["dlq_count"].as_u64() >= Some(3)).await;
    assert_eq!(endpoint.seen().len(), tried, "nothing is sent to a stale subscription");

    world.order(Command::Probe, id, world.platform.context().now()).await;
    assert_eq!(status(&world, &webhook).await, "stale", "it failed again");
    endpoint.answer(200);
    let refused = endpoint.seen().len();
    assert!(refused > tried);
    world.order(Command::Probe, id, world.platform.context().now()).await;
    until("the recovery", async || status(&world, &webhook).await == "active").await;
    until("what was kept", async || endpoint.seen().len() >= refused + 4).await;
    let mut refs: Vec<String> =
        endpoint.seen().iter().skip(refused).map(|seen| text(&seen.envelope, "/data/0/fleet_ref")).collect();
    refs.sort();
    assert_eq!(refs, ["first", "second", "third", "whose"]);
    until("the news", async || !told.of("webhook.activated").is_empty()).await;
    until("nothing kept", async || metrics(&world, &webhook).await["dlq_count"] == 0).await;
    let seen = metrics(&world, &webhook).await;
    let six_hours = |name: &str| seen[name]["6h"].as_u64().unwrap();
    assert_eq!(six_hours("http_success_attempts"), 4, "{seen}");
    assert_eq!(six_hours("http_attempts"), six_hours("http_success_attempts") + six_hours("http_failure_attempts"), "{seen}");
    assert!(seen["success_rate"]["14d"].is_null() && seen["avg_response_time_ms"]["24h"].is_u64(), "{seen}");
    world.stop().await;
}

/// A receiver that refuses what is replayed has it kept anew, which the same replay leaves alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_of_what_was_kept_before_it() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(400).await;
    let webhook = text(&world.subscribe("invitation.created", &endpoint.url).await, "/id");
    world.partner_id().await;
    let is_kept = async || metrics(&world, &webhook).await["dlq_count"] == 1;
    until("what is kept", is_kept).await;
    let kept_at = world.platform.context().now();
    for (before, requests) in [(kept_at.plus_seconds(-60), 1), (kept_at.plus_seconds(1), 2)] {
        world.order(Command::Replay, webhook.parse().unwrap(), before).await;
        until("the requests", async || endpoint.seen().len() == requests).await;
        until("what is kept", is_kept).await;
    }
    world.stop().await;
}

async fn metrics(world: &World, id: &str) -> Value {
    world.get(&format!("{WEBHOOKS}/{id}/metrics")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_hours_is_parked_and_sent_on_when_it_is_due() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(200).await;
    let webhook: WebhookId = text(&world.subscribe("invitation.created", &endpoint.url).await, "/id").parse().unwrap();
    let partner = world.partner_id().await;
    until("the first message", async || endpoint.seen().len() == 1).await;
    let invitation = endpoint.seen()[0].envelope["data"][0].clone();

    let context = world.platform.context();
    let message = |due: Timestamp, number: u128| {
        let id = uuid::Uuid::from_u128(number);
        let message = json!({
            "webhook_id": webhook, "partner_id": partner, "message_id": id, "event_name": "invitation.created",
            "timestamp": context.now(), "data": [invitation], "fleet_id": null, "resource": null,
            "attempts": 6, "step": 6, "first_try_at": context.now(), "not_before": due,
        });
        Parked { due, id, webhook_id: webhook, body: Packed::of(&message.to_string()).unwrap() }
    };
    let soon = context.now().plus_seconds(2);
    let (due, later) = (message(soon, 1), message(context.now().plus_seconds(HOUR), 2));
    for parked in [&due, &later] {
        context.store().commit(vec![Write::overwrite(parked).unwrap()]).await.unwrap();
    }
    // The platform's own runs look ahead: what is parked waits for longer than a queue delays. This one begins now.
    context.store().commit(vec![Write::delete(Key::woken())]).await.unwrap();
    world.work("deliveries.wake", json!({})).await;
    until("the message that is due", async || endpoint.seen().len() == 2).await;
    assert!(context.now() >= soon, "it came before its time");
    assert_eq!(endpoint.seen()[1].envelope["delivery_attempt"], 7);
    world.work("deliveries.wake", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(endpoint.seen().len(), 2, "each is sent on once, and not before its time");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_larger_than_the_queue_takes_is_delivered() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(503).await;
    let webhook = text(&world.subscribe("invitation.accepted", &endpoint.url).await, "/id");
    let invitation = world.partner.invite("large", "A Fleet").await.unwrap();
    let id = text(&invitation, "/id").parse().unwrap();
    let stored: model::invitation::Invitation = world.platform.context().store().get(Key::invitation(id)).await.unwrap().unwrap();
    let mut image = serde_json::to_value(&stored).unwrap();
    image["kind"] = "invitation".into();
    let old = attributes(&image);
    image["status"] = "accepted".into();
    image["prefill"]["name"] = "x y".repeat(100_000).into();
    let record = json!({
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/control/stream/1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000.0, "Keys": {}, "OldImage": old["M"], "NewImage": attributes(&image)["M"],
            "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    });
    let done = world.work("events.fan_out", json!({ "Records": [record] })).await;
    assert_eq!(done, json!({ "batchItemFailures": [] }));
    until("two attempts", async || endpoint.seen().len() == 2).await;
    endpoint.answer(200);
    until("the message", async || endpoint.seen().len() == 3).await;
    let name = endpoint.seen()[2].envelope["data"][0]["partner_provided_fleet_name"].as_str().unwrap().len();
    assert_eq!(name, 300_000);
    let message = text(&endpoint.seen()[2].envelope, "/id");
    let claim = Key::claim(webhook.parse().unwrap(), message);
    let store = world.platform.context().store();
    until("nothing left behind", async || store.get::<store::control::Claim>(claim.clone()).await.unwrap().is_none()).await;
    world.stop().await;
}

/// JSON as the stream writes it.
fn attributes(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(items) => json!({ "L": items.iter().map(attributes).collect::<Vec<_>>() }),
        Value::Object(members) => {
            json!({ "M": members.iter().map(|(name, value)| (name.clone(), attributes(value))).collect::<serde_json::Map<_, _>>() })
        }
    }
}
