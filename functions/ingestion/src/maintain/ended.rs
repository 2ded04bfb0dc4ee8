//! Links end with consent: a fleet that shares with nobody any more has no use for its accounts here, and nobody may keep their
//! credentials.

use model::Timestamp;
use model::agreement::{Agreement, Linked};
use store::{Store, StoreError};

/// Ends the links of an agreement that has ended, unless the fleet has another one that lasts. The credentials of accounts that no
/// other fleet uses are destroyed.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn unlink(store: &Store, ended: &Agreement, now: Timestamp) -> Result<(), StoreError> {
    let lasts = |other: &Agreement| other.id != ended.id && !other.has_ended_at(now);
    if store.agreements_of_fleet(ended.fleet_id).await?.iter().any(lasts) {
        return Ok(());
    }
    for link in ended.connections.iter().filter(|link| Linked::is_open(link)) {
        store.unlink(ended.fleet_id, link.connection_id, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::agreement::AgreementStatus;
    use model::connection::{Connection, ConnectionStatus, FleetConnection};
    use model::schedule::{Schedule, ScheduleStatus};
    use model::{AgreementId, ConnectionId, FleetId, PartnerId, Resource, TspId};
    use store::control::{AccountClaim, Key, SealedCredentials, Write};
    use uuid::Uuid;

    use super::*;
    use crate::testing::database;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }

    fn id<T: From<Uuid>>(number: u128) -> T {
        Uuid::from_u128(number).into()
    }

    fn connection() -> Connection {
        Connection {
            id: id(1),
            tsp_id: id(2),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            account: "org".into(),
            masked: serde_json::json!({}),
            description: None,
            status: ConnectionStatus::Active,
            changed_at: None,
            refusals: 0,
            refused_since: None,
            fleets: None,
            created_at: now(),
            updated_at: now(),
        }
    }

    fn link(fleet: FleetId) -> FleetConnection {
        FleetConnection {
            id: id(fleet.uuid().as_u128() + 100),
            fleet_id: fleet,
            connection_id: id(1),
            tsp_id: id(2),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            first: true,
            description: None,
            masked: None,
            created_at: now(),
            updated_at: None,
        }
    }

    fn agreement(number: u128, fleet: FleetId, status: AgreementStatus) -> Agreement {
        let linked = Linked {
            connection_id: id(1),
            tsp_id: id(2),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            ended_at: None,
        };
        Agreement {
            id: id::<AgreementId>(number),
            fleet_id: fleet,
            partner_id: id::<PartnerId>(3),
            invitation_id: None,
            fleet_ref: None,
            status,
            paused_by: None,
            effective_date: now(),
            expiration_date: None,
            scopes: model::resource::read_everything(),
            connections: vec![linked],
            created_at: now(),
            updated_at: now(),
        }
    }

    /// A connection of these fleets, with credentials and a schedule.
    async fn linked(fleets: &[FleetId]) -> Store {
        let store = database().await;
        let (connection, tsp): (ConnectionId, TspId) = (id(1), id(2));
        let sealed =
            SealedCredentials { connection_id: connection, sealed: serde_json::json!({ "text": "sealed" }), updated_at: now() };
        let claim = AccountClaim { tsp_id: tsp, account: "org".into(), connection_id: connection };
        let schedule = Schedule::new(connection, Resource::ALL[0], "samsara", now());
        let mut writes = vec![Write::create(&super::tests::connection()).unwrap(), Write::create(&sealed).unwrap()];
        writes.extend([Write::create(&claim).unwrap(), Write::create(&schedule).unwrap()]);
        writes.extend(fleets.iter().map(|fleet| Write::create(&link(*fleet)).unwrap()));
        store.commit(writes).await.unwrap();
        store
    }

    async fn put(store: &Store, agreement: &Agreement) {
        store.commit(vec![Write::overwrite(agreement).unwrap()]).await.unwrap();
    }

    async fn credentials(store: &Store) -> Option<SealedCredentials> {
        store.get(Key::credentials(id(1))).await.unwrap()
    }

    #[tokio::test]
    async fn a_link_that_the_index_does_not_list_yet_keeps_the_credentials() {
        let (fleet, newer): (FleetId, FleetId) = (id(10), id(11));
        let store = linked(&[fleet]).await;
        let seen: Connection = store.get(Key::connection(id(1))).await.unwrap().unwrap();
        let shared = Connection { fleets: Some([fleet, newer].into()), ..seen.clone() };
        store.commit(vec![Write::replace(&seen, &shared).unwrap()]).await.unwrap();
        assert!(store.unlink(fleet, id(1), now().plus_seconds(5)).await.unwrap());
        assert!(credentials(&store).await.is_some());
        store.commit(vec![Write::create(&link(newer)).unwrap()]).await.unwrap();
        assert!(store.unlink(newer, id(1), now().plus_seconds(6)).await.unwrap());
        assert_eq!(credentials(&store).await, None);
    }

    #[tokio::test]
    async fn credentials_are_destroyed_with_the_agreement_that_held_the_last_link() {
        for status in [AgreementStatus::Cancelled, AgreementStatus::Deleted, AgreementStatus::Expired] {
            let fleet: FleetId = id(10);
            let store = linked(&[fleet]).await;
            let ended = agreement(20, fleet, status);
            put(&store, &ended).await;
            assert!(credentials(&store).await.is_some());
            for _ in 0..2 {
                unlink(&store, &ended, now().plus_seconds(5)).await.unwrap();
                assert_eq!(credentials(&store).await, None, "{status:?}");
            }
            let connection: Connection = store.get(Key::connection(id(1))).await.unwrap().unwrap();
            assert_eq!(connection.status, ConnectionStatus::Deleted);
            assert_eq!(store.get::<AccountClaim>(Key::account(id::<TspId>(2), "org")).await.unwrap(), None);
            assert_eq!(store.schedules_of(id(1)).await.unwrap()[0].status, ScheduleStatus::Cancelled);
            assert_eq!(store.connections_of(fleet).await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn what_another_agreement_or_fleet_uses_stays() {
        let (fleet, other): (FleetId, FleetId) = (id(10), id(11));
        let store = linked(&[fleet, other]).await;
        let (ended, lasting) = (agreement(20, fleet, AgreementStatus::Cancelled), agreement(21, fleet, AgreementStatus::Paused));
        put(&store, &ended).await;
        put(&store, &lasting).await;
        unlink(&store, &ended, now()).await.unwrap();
        assert_eq!(store.connections_of(fleet).await.unwrap().len(), 1, "the fleet has another agreement");
        let cancelled = agreement(21, fleet, AgreementStatus::Cancelled);
        put(&store, &cancelled).await;
        unlink(&store, &cancelled, now()).await.unwrap();
        assert_eq!(store.connections_of(fleet).await.unwrap(), []);
        assert!(credentials(&store).await.is_some(), "another fleet uses the account");
        unlink(&store, &agreement(22, other, AgreementStatus::Cancelled), now()).await.unwrap();
        assert_eq!(credentials(&store).await, None);
    }
}
