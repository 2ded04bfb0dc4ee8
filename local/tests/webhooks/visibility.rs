//! What a partner may not see any more is not sent to it any more.

use std::time::Duration;

use serde_json::json;

use crate::endpoint::Endpoint;
use crate::world::{WEBHOOKS, World, text, until};

/// Longer than the attempts in quick succession take.
const FAST_LADDER: Duration = Duration::from_secs(7);

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_its_next_attempt_is_not_sent_after_the_end_of_the_agreement() {
    let world = World::start().await;
    let (failing, refusing) = (Endpoint::answering(503).await, Endpoint::answering(404).await);
    let (taking, told) = (Endpoint::answering(200).await, Endpoint::answering(200).await);
    world.subscribe("fleet_connection.created", &failing.url).await;
    world.subscribe("fleet_connection.created", &taking.url).await;
    let refused = text(&world.subscribe("execution.created", &refusing.url).await, "/id");
    world.subscribe("share_agreement.updated", &told.url).await;
    let fleet = world.accept("leaves").await;
    world.connect(&fleet).await;
    until("the first attempts", async || !failing.seen().is_empty() && !taking.seen().is_empty()).await;
    until("a dead letter", async || !refusing.seen().is_empty()).await;

    let agreement = world.agreement("leaves").await;
    world.post(&format!("/v2/orgs/share-agreements/{agreement}/cancel"), 200).await;
    // What was under way is done.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = (failing.seen().len(), refusing.seen().len());
    [&failing, &refusing].iter().for_each(|endpoint| endpoint.answer(200));
    assert!(before.0 < 3, "there is an attempt to come");
    until("the news of the end", async || !told.seen().is_empty()).await;
    world.post(&format!("{WEBHOOKS}/{refused}/replay"), 202).await;
    tokio::time::sleep(FAST_LADDER).await;

    assert_eq!((failing.seen().len(), refusing.seen().len()), before, "sent after the end");
    assert_eq!(told.seen()[0].envelope["data"][0]["status"], json!("cancelled"));
    world.stop().await;
}
