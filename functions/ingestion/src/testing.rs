//! What tests keep in the embedded database.

use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::{Connection, ConnectionStatus};
use model::{AgreementId, ConnectionId, FleetId, PartnerId, Resource, Timestamp, TspId};
use serde_json::json;
use store::control::Write;
use store::{Grant, Store};
use testing::Database;

pub(crate) async fn database() -> Store {
    store(Database::open().await.client())
}

/// A store over a client of a database.
pub(crate) fn store(client: aws_sdk_dynamodb::Client) -> Store {
    Store::new(client, testing::CONTROL, testing::TELEMATICS)
}

/// An active connection to an account at Samsara, made at an instant.
pub(crate) fn connection(now: Timestamp) -> Connection {
    Connection {
        id: ConnectionId::at(now),
        tsp_id: TspId::at(now),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        account: "1".into(),
        masked: json!({}),
        description: None,
        status: ConnectionStatus::Active,
        changed_at: None,
        refusals: 0,
        refused_since: None,
        fleets: None,
        created_at: now,
        updated_at: now,
    }
}

/// What a partner may read of a connection that a fleet shares with it since an instant.
pub(crate) async fn grant(store: &Store, connection: ConnectionId, resource: Resource, now: Timestamp) -> Grant {
    let link = Linked {
        connection_id: connection,
        tsp_id: TspId::at(now),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        ended_at: None,
    };
    let agreement = Agreement {
        id: AgreementId::at(now),
        fleet_id: FleetId::at(now),
        partner_id: PartnerId::at(now),
        invitation_id: None,
        fleet_ref: None,
        status: AgreementStatus::Active,
        paused_by: None,
        effective_date: now,
        expiration_date: None,
        scopes: model::resource::read_everything(),
        connections: vec![link],
        created_at: now,
        updated_at: now,
    };
    store.commit(vec![Write::create(&agreement).unwrap()]).await.unwrap();
    store.view(agreement.partner_id, now.plus_seconds(1)).await.unwrap().grant(resource.record_type().unwrap())
}
