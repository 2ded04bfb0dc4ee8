//! A control table for tests, in memory.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};

use crate::Store;

/// A store with an empty control table, without its indexes.
pub(super) async fn database() -> Store {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let keys = Credentials::new("test", "test", None, None, "test");
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    let client = Client::from_conf(config.credentials_provider(keys).endpoint_url(endpoint).build());
    let attribute =
        |name| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap();
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let create = client.create_table().table_name("control").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute("pk")).attribute_definitions(attribute("sk"));
    create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range)).send().await.unwrap();
    Store::new(client, "control", "telematics")
}
