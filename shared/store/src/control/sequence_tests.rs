use super::*;
use crate::control::testing::database;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
}

fn messages(ids: std::ops::Range<u128>) -> Vec<(MessageId, Packed)> {
    ids.map(|id| (MessageId::from_uuid(uuid::Uuid::from_u128(id)), Packed::of(&format!("\"{id}\"")).unwrap())).collect()
}

/// Writers of several shards number at the same time, and some of their batches come twice.
#[tokio::test]
async fn numbers_have_no_gap_and_a_message_keeps_its_own() {
    let store = database().await;
    let lane = (WebhookId::from_uuid(uuid::Uuid::from_u128(1)), Some(FleetId::from_uuid(uuid::Uuid::from_u128(2))));
    let batches = [messages(0..7), messages(7..30), messages(30..31), messages(3..12), messages(0..7)];
    let numbered = batches.iter().map(|batch| async {
        loop {
            match store.number(lane, batch, now()).await {
                // As the stream does.
                Err(StoreError::Conflict) => {}
                result => return result.unwrap(),
            }
        }
    });
    let numbers = futures::future::join_all(numbered).await;
    let mut of = HashMap::new();
    for ((id, _), number) in batches.iter().flatten().zip(numbers.iter().flatten()) {
        assert_eq!(*of.entry(*id).or_insert(*number), *number, "a message has one number");
    }
    let mut all: Vec<u64> = of.into_values().collect();
    all.sort_unstable();
    assert_eq!(all, (1..=31).collect::<Vec<_>>());
    assert_eq!(store.last_number(lane.0, lane.1).await.unwrap(), 31);

    let kept = store.numbered(lane, 20, 5, now()).await.unwrap();
    assert_eq!(kept.iter().map(|numbered| numbered.number).collect::<Vec<_>>(), [21, 22, 23, 24, 25]);
    assert_eq!(store.numbered(lane, 31, 5, now()).await.unwrap(), []);
    assert_eq!(store.numbered(lane, 0, 5, now().plus_seconds(15 * 86_400)).await.unwrap(), [], "for fourteen days");
    assert_eq!(store.last_number(lane.0, None).await.unwrap(), 0, "each fleet has numbers of its own");
}
