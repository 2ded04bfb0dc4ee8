use model::agreement::{Action, Linked, Party};
use model::telematics::RecordType;
use model::{AgreementId, ConnectionId, FleetId, Resource, TspId};
use uuid::Uuid;

use super::*;
use crate::control::testing::database;
use crate::control::{Keyed as _, Write};

fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(seconds)
}

fn partner(number: u128) -> PartnerId {
    PartnerId::from_uuid(Uuid::from_u128(number))
}

fn agreement(owner: u128, number: u128) -> Agreement {
    let link = Linked {
        connection_id: ConnectionId::from_uuid(Uuid::from_u128(number)),
        tsp_id: TspId::from_uuid(Uuid::from_u128(1)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        ended_at: None,
    };
    Agreement {
        id: AgreementId::from_uuid(Uuid::from_u128(number)),
        fleet_id: FleetId::from_uuid(Uuid::from_u128(number)),
        partner_id: partner(owner),
        invitation_id: None,
        fleet_ref: None,
        status: AgreementStatus::Active,
        paused_by: None,
        effective_date: at(0),
        expiration_date: None,
        scopes: model::resource::read_everything(),
        connections: vec![link],
        created_at: at(0),
        updated_at: at(0),
    }
}

fn record() -> &'static RecordType {
    Resource::Vehicle.record_type().unwrap()
}

/// The same tables, seen by another sandbox.
fn elsewhere(store: &Store) -> Store {
    Store { agreement_cache: Arc::default(), ..store.clone() }
}

async fn write(store: &Store, writes: Vec<Write>) {
    store.commit(writes).await.unwrap();
}

async fn opened(store: &Store, now: Timestamp) -> usize {
    store.grant(partner(1), record(), now).await.unwrap().connections().len()
}

/// Every way to write an agreement is seen by sandboxes that have read the others.
#[tokio::test]
async fn a_change_that_another_sandbox_makes_is_seen_at_once() {
    let (store, now) = (database().await, at(1));
    let other = elsewhere(&store);
    assert_eq!(opened(&store, now).await, 0);
    let (first, second) = (agreement(1, 0x10), agreement(1, 0x11));
    write(&other, vec![Write::create(&first).unwrap()]).await;
    assert_eq!(opened(&store, now).await, 1);
    write(&other, vec![Write::create(&second).unwrap(), Write::create(&agreement(2, 0x20)).unwrap()]).await;
    assert_eq!(opened(&store, now).await, 2, "in a transaction with others");
    let paused = second.after(Action::Pause, Party::Partner, at(2)).unwrap();
    write(&other, vec![Write::replace(&second, &paused).unwrap()]).await;
    assert_eq!(opened(&store, now).await, 1);
    write(&other, vec![Write::overwrite(&second).unwrap()]).await;
    assert_eq!(opened(&store, now).await, 2);
    write(&other, vec![Write::delete(first.key())]).await;
    assert_eq!(opened(&store, now).await, 1);
    write(&other, vec![Write::delete_seen(&second).unwrap()]).await;
    assert_eq!(opened(&store, now).await, 0);
}

#[tokio::test]
async fn a_write_that_is_refused_moves_no_revision() {
    let store = database().await;
    let first = agreement(1, 0x10);
    write(&store, vec![Write::create(&first).unwrap()]).await;
    let before = store.revision(partner(1)).await.unwrap();
    let again = store.commit(vec![Write::create(&first).unwrap()]).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(store.revision(partner(1)).await.unwrap(), before);
}

/// DynamoDB shows the items of a transaction one by one: a reader may see the moved revision and the agreement as it was.
#[tokio::test]
async fn what_was_read_in_the_midst_of_a_transaction_is_not_kept() {
    let (store, open) = (database().await, agreement(1, 0x10));
    let paused = open.after(Action::Pause, Party::Partner, at(0)).unwrap();
    write(&store, vec![Write::create(&paused).unwrap()]).await;
    let revision = store.revision(partner(1)).await.unwrap();
    let agreements = Arc::new(Agreements::new(vec![open]));
    store.agreement_cache.keep(Entry { partner: partner(1), revision, seen_at: at(1), read_at: at(1), agreements });
    for seconds in [1, 2, 3, 4, 61] {
        assert_eq!(opened(&store, at(seconds)).await, 0, "{seconds}");
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_read_again_for_a_minute() {
    let store = database().await;
    write(&store, vec![Write::create(&agreement(1, 0x10)).unwrap(), Write::create(&agreement(2, 0x20)).unwrap()]).await;
    let read = async |owner, now| store.cached_agreements(partner(owner), now).await.unwrap();
    let unsettled = read(1, at(-1)).await;
    read(2, at(-1)).await;
    let (first, neighbour) = (read(1, at(1)).await, read(2, at(1)).await);
    assert!(!Arc::ptr_eq(&unsettled, &first), "the revision was new");
    assert!(Arc::ptr_eq(&first, &read(1, at(60)).await));
    let second = read(1, at(61)).await;
    assert!(!Arc::ptr_eq(&first, &second), "functions of an earlier release know no revisions");
    assert!(Arc::ptr_eq(&second, &read(1, at(62)).await), "the revision has been there for long");
    write(&store, vec![Write::create(&agreement(1, 0x12)).unwrap()]).await;
    assert!(Arc::ptr_eq(&neighbour, &read(2, at(2)).await), "another partner's changes are not its own");
}

#[tokio::test]
async fn what_is_kept_has_a_bound() {
    let kept = AgreementCache::default();
    let entry = |owner, agreements: usize| Entry {
        partner: partner(owner),
        revision: Revision::new(),
        seen_at: at(-SETTLING_SECONDS),
        read_at: at(0),
        agreements: Arc::new(Agreements::new(vec![agreement(owner, 1); agreements])),
    };
    let is_kept = |owner| kept.find(partner(owner), &Revision::new(), at(1)).is_some();
    for owner in 1..=3 {
        kept.keep(entry(owner, MOST_KEPT / 3));
    }
    assert!((1..=3).all(is_kept));
    assert!(is_kept(1), "the last one that was asked for");
    kept.keep(entry(4, MOST_KEPT / 3));
    assert_eq!([1, 2, 3, 4].map(is_kept), [true, false, true, true]);
    kept.keep(entry(5, MOST_KEPT + 1));
    assert_eq!([1, 3, 4, 5].map(is_kept), [true, true, true, false], "it is larger than all that is kept");
}

/// A kept grant is asked for at other times, too: what begins and ends meanwhile does.
#[tokio::test]
async fn a_grant_follows_the_dates_of_agreements() {
    let store = database().await;
    let ends = Agreement { expiration_date: Some(at(20)), ..agreement(1, 0x10) };
    let begins = Agreement { effective_date: at(10), ..agreement(1, 0x11) };
    write(&store, vec![Write::create(&ends).unwrap(), Write::create(&begins).unwrap()]).await;
    for (seconds, wanted) in [(1, 1), (9, 1), (10, 2), (19, 2), (20, 1), (5, 1), (15, 2), (-1, 0), (30, 1)] {
        assert_eq!(opened(&store, at(seconds)).await, wanted, "{seconds}");
    }
}
