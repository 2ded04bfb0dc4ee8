//! DynamoDB in memory, with the platform's tables.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use serde_json::{Value, json};

/// The name of the control table.
pub const CONTROL: &str = "control";
/// The name of the telematics table.
pub const TELEMATICS: &str = "telematics";

/// A database of a test's own.
pub struct Database {
    embedded: dynoxide::Database,
    endpoint: String,
}

/// The configuration of a client of whatever serves AWS at an address.
#[must_use]
pub fn connect(endpoint: &str, http: SharedHttpClient) -> SdkConfig {
    let keys = Credentials::new("test", "test", None, None, "test");
    let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
    let config = config.credentials_provider(SharedCredentialsProvider::new(keys)).endpoint_url(endpoint);
    config.http_client(http).build()
}

impl Database {
    /// A new one, with both tables and their streams.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let embedded = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, embedded.clone()));
        let database = Self { embedded, endpoint };
        let client = database.client();
        let control = table(&client, CONTROL, &["pk", "sk", "g1pk", "g1sk", "g2pk", "g2sk"]);
        let control = control.global_secondary_indexes(index("index_1", ["g1pk", "g1sk"]));
        control.global_secondary_indexes(index("index_2", ["g2pk", "g2sk"])).send().await.unwrap();
        table(&client, TELEMATICS, &["pk", "sk", "t"]).local_secondary_indexes(by_time()).send().await.unwrap();
        database
    }

    /// A client of it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.config(Self::http()))
    }

    /// The configuration of its clients that make requests through `http`.
    #[must_use]
    pub fn config(&self, http: SharedHttpClient) -> SdkConfig {
        connect(&self.endpoint, http)
    }

    /// What makes requests to it.
    #[must_use]
    pub fn http() -> SharedHttpClient {
        aws_smithy_http_client::Builder::new().build_http()
    }

    /// The records of a table's stream after the one with a sequence number, as Lambda hands them over.
    ///
    /// # Panics
    /// If the table has no stream.
    #[must_use]
    pub fn changes(&self, table: &str, after: Option<String>) -> Vec<Value> {
        let wanted = ListStreamsRequest { table_name: Some(table.to_owned()), ..ListStreamsRequest::default() };
        let arn = self.embedded.list_streams(wanted).unwrap().streams.remove(0).stream_arn;
        let described = DescribeStreamRequest { stream_arn: arn.clone(), ..DescribeStreamRequest::default() };
        let shard = self.embedded.describe_stream(described).unwrap().stream_description.shards.remove(0);
        let start = GetShardIteratorRequest {
            stream_arn: arn.clone(),
            shard_id: shard.shard_id,
            shard_iterator_type: if after.is_none() { "TRIM_HORIZON" } else { "AFTER_SEQUENCE_NUMBER" }.to_owned(),
            sequence_number: after,
        };
        let (mut iterator, mut found) = (self.embedded.get_shard_iterator(start).unwrap().shard_iterator, Vec::new());
        while let Some(shard_iterator) = iterator {
            let page = self.embedded.get_records(GetRecordsRequest { shard_iterator, limit: None }).unwrap();
            iterator = page.next_shard_iterator.filter(|_| !page.records.is_empty());
            found.extend(page.records);
        }
        let record = |record| {
            let mut record = serde_json::to_value(record).unwrap();
            record.as_object_mut().expect("a record").insert("eventSourceARN".to_owned(), json!(arn));
            record
        };
        found.into_iter().map(record).collect()
    }
}

fn table(client: &Client, name: &str, attributes: &[&str]) -> CreateTableFluentBuilder {
    let attribute = |name: &&str| {
        AttributeDefinition::builder().attribute_name(*name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let images = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let create = create.set_attribute_definitions(Some(attributes.iter().map(attribute).collect()));
    let create = create.stream_specification(images.build().unwrap());
    create.key_schema(part("pk", KeyType::Hash)).key_schema(part("sk", KeyType::Range))
}

fn index(name: &str, [pk, sk]: [&str; 2]) -> GlobalSecondaryIndex {
    let index = GlobalSecondaryIndex::builder().index_name(name).projection(everything());
    index.key_schema(part(pk, KeyType::Hash)).key_schema(part(sk, KeyType::Range)).build().unwrap()
}

fn by_time() -> LocalSecondaryIndex {
    let index = LocalSecondaryIndex::builder().index_name("by_time").projection(everything());
    index.key_schema(part("pk", KeyType::Hash)).key_schema(part("t", KeyType::Range)).build().unwrap()
}

fn everything() -> Projection {
    Projection::builder().projection_type(ProjectionType::All).build()
}

fn part(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}
