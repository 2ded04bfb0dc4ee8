//! What tests keep in the embedded database.

use model::connection::{Connection, ConnectionStatus};
use model::{ConnectionId, Timestamp, TspId};
use serde_json::json;
use store::Store;
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
