//! Numbers without a gap, and messages by number for those who missed them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::world::{WEBHOOKS, World, text, until};

/// Every message after a number, page by page.
async fn from(world: &World, webhook: &str, fleet: &str, after: u64) -> (Vec<Value>, u64) {
    let mut found = Vec::new();
    let mut next = Some(after);
    let mut last = 0;
    while let Some(after) = next {
        let path = format!("{WEBHOOKS}/{webhook}/events?fleet_id={fleet}&after_seq={after}&size=3");
        let page = world.get(&path).await;
        found.extend(page["items"].as_array().unwrap().clone());
        (next, last) = (page["next_after_seq"].as_u64(), page["last_seq"].as_u64().unwrap());
    }
    (found, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_missed_messages_reads_them_by_number() {
    let world = World::start().await;
    let (missing, plain) = (Endpoint::answering(404).await, Endpoint::answering(200).await);
    let numbered = json!({ "url": missing.url, "event_name": "execution.created", "sequence": true });
    let numbered = text(&world.subscribe_with(numbered).await, "/id");
    let usual = text(&world.subscribe("execution.created", &plain.url).await, "/id");
    let fleet = world.accept("mirrored").await;
    world.connect(&fleet).await;
    until("executions", async || missing.seen().len() >= 4).await;
    assert!(plain.seen().iter().all(|seen| seen.envelope.get("sequence").is_none()), "numbers are sent on request");
    let refused = world.partner.send(reqwest::Method::GET, &format!("{WEBHOOKS}/{usual}/events")).await.unwrap();
    assert_eq!(refused.status, 409);

    let agreement = world.get("/v2/orgs/share-agreements?fleet_ref=mirrored").await;
    let fleet_id = text(&agreement, "/items/0/fleet_id");
    until("all deliveries", async || {
        let (_, last) = from(&world, &numbered, &fleet_id, 0).await;
        missing.seen().len() as u64 == last
    })
    .await;
    let (events, last) = from(&world, &numbered, &fleet_id, 0).await;
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>(), "no gap");
    let sent: BTreeMap<u64, String> =
        missing.seen().iter().map(|seen| (seen.envelope["sequence"].as_u64().unwrap(), text(&seen.envelope, "/id"))).collect();
    let kept: BTreeMap<u64, String> =
        events.iter().map(|event| (event["sequence"].as_u64().unwrap(), text(event, "/id"))).collect();
    assert_eq!(kept, sent, "a message has one number and one id, in deliveries and here");
    let seen = missing.seen();
    let first = seen.iter().find(|seen| seen.envelope["sequence"] == 1).unwrap();
    assert_eq!(first.envelope["data"], events[0]["data"]);
    assert_eq!(from(&world, &numbered, &fleet_id, last).await, (Vec::new(), last));

    missing.answer(200);
    world.post(&format!("{WEBHOOKS}/{numbered}/replay"), 202).await;
    until("the replay", async || missing.seen().len() as u64 >= 2 * last).await;
    let mut again: Vec<u64> = missing
        .seen()
        .iter()
        .skip(usize::try_from(last).unwrap())
        .map(|seen| seen.envelope["sequence"].as_u64().unwrap())
        .collect();
    again.sort_unstable();
    assert_eq!(again, numbers, "a replay has the numbers that it had");

    let id = text(&agreement, "/items/0/id");
    world.post(&format!("/v2/orgs/share-agreements/{id}/cancel"), 200).await;
    let (hidden, _) = from(&world, &numbered, &fleet_id, 0).await;
    assert_eq!(hidden.len() as u64, last, "the numbers stay");
    assert!(hidden.iter().all(|event| event["data"] == json!([])), "what they told is not told after the end");
    world.stop().await;
}
