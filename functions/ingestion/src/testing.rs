//! The embedded database and what tests keep in it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials as Keys, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType,
};
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::{Connection, ConnectionStatus};
use model::{AgreementId, ConnectionId, FleetId, PartnerId, Resource, Timestamp, TspId};
use serde_json::json;
use store::control::Write;
use store::{Grant, Store};

pub(crate) async fn database() -> Store {
    Store::new(connect(&database_at().await), "control", "telematics")
}

/// A client of a database.
pub(crate) fn connect(endpoint: &str) -> Client {
    let keys = Keys::new("test", "test", None, None, "test");
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    Client::from_conf(config.credentials_provider(keys).endpoint_url(endpoint).build())
}

/// A new database with both tables, and its address.
pub(crate) async fn database_at() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let client = connect(&endpoint);
    let everything = || Projection::builder().projection_type(ProjectionType::All).build();
    let index = |name: &str, [pk, sk]: [&str; 2]| {
        let index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(part(pk, KeyType::Hash))
            .key_schema(part(sk, KeyType::Range));
        index.projection(everything()).build().unwrap()
    };
    let control = table(&client, "control", &["pk", "sk", "g1pk", "g1sk", "g2pk", "g2sk"]);
    let control = control
        .global_secondary_indexes(index("index_1", ["g1pk", "g1sk"]))
        .global_secondary_indexes(index("index_2", ["g2pk", "g2sk"]));
    control.send().await.unwrap();
    let by_time = LocalSecondaryIndex::builder()
        .index_name("by_time")
        .key_schema(part("pk", KeyType::Hash))
        .key_schema(part("t", KeyType::Range));
    let by_time = by_time.projection(everything()).build().unwrap();
    table(&client, "telematics", &["pk", "sk", "t"]).local_secondary_indexes(by_time).send().await.unwrap();
    endpoint
}

fn part(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

fn table(
    client: &Client,
    name: &str,
    attributes: &[&str],
) -> aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder {
    let attribute = |name: &&str| {
        AttributeDefinition::builder().attribute_name(*name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let definitions = attributes.iter().map(attribute).collect();
    let create = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions));
    create.key_schema(part("pk", KeyType::Hash)).key_schema(part("sk", KeyType::Range))
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
