//! Tests against the embedded database.

mod cost;
mod counts;
mod derived;
mod entities;
mod events;
mod newest;
mod open_hour;
mod positions;
mod renewed;
mod retention;
mod sharing;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection, ProjectionType,
    ScalarAttributeType,
};
use model::telematics::{Batch, Observation, Record, RecordType, Rows as _, source_hash};
use model::{ConnectionId, ExecutionId, FleetId, RecordId, RecordIds, Resource, ScheduleId, Timestamp, TspId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{MemberFilter, Order, Origin, Query, Row, Stored, Values};
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

const TABLE: &str = "telematics";

/// A database of this test's own.
struct Fixture {
    store: Store,
    client: Client,
}

async fn open() -> Fixture {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint);
    let client = Client::from_conf(config.build());
    create(&client).await;
    Fixture { store: Store::new(client.clone(), "control", TABLE), client }
}

async fn create(client: &Client) {
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap();
    let part = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let by_time = LocalSecondaryIndex::builder()
        .index_name("by_time")
        .key_schema(part("pk", KeyType::Hash))
        .key_schema(part("t", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![attribute("pk"), attribute("sk"), attribute("t")]))
        .key_schema(part("pk", KeyType::Hash))
        .key_schema(part("sk", KeyType::Range))
        .local_secondary_indexes(by_time.build().unwrap())
        .send()
        .await
        .unwrap();
}

/// The members of a row.
type Members = Map<String, Value>;

fn record(resource: Resource) -> &'static RecordType {
    resource.record_type().unwrap()
}

/// A condition on a member that holds an id.
fn linked(member: &'static str, ids: Vec<RecordId>) -> MemberFilter {
    MemberFilter { member, any_of: Values::Ids(ids) }
}

/// Stores rows as an adapter's last line hands them over.
async fn store_all<T: Record + Send + Clone>(store: &Store, origin: &Origin, rows: &[Observation<T>]) -> Stored {
    let batch: Batch = rows.to_vec().erase(RecordIds(origin.connection)).unwrap();
    store.store_rows(origin, &batch).await.unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn connection(number: u128) -> ConnectionId {
    Uuid::from_u128(number).into()
}

fn origin(number: u128, resource: Resource, now: &str) -> Origin {
    Origin {
        connection: connection(number),
        record: record(resource),
        tsp: TspId::from_uuid(Uuid::from_u128(9)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::from_uuid(Uuid::from_u128(77)),
        schedule: ScheduleId::from_uuid(Uuid::from_u128(78)),
        now: at(now),
    }
}

fn grant(resource: Resource, numbers: &[u128]) -> Grant {
    Grant::new(record(resource), numbers.iter().map(|number| granted(*number, *number, None)).collect())
}

/// A connection, granted through a fleet's link.
fn granted(number: u128, fleet: u128, until: Option<Timestamp>) -> GrantedConnection {
    GrantedConnection {
        connection: connection(number),
        fleet: FleetId::from_uuid(Uuid::from_u128(1_000 + fleet)),
        fleet_ref: Some(format!("fleet-{fleet}")),
        tsp: TspId::from_uuid(Uuid::from_u128(9)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        until,
    }
}

fn observation<T>(source_id: &str, occurred_at: Option<Timestamp>, source: Value, fields: T) -> Observation<T> {
    let source_hash = source_hash(&source, &[]);
    Observation { source_id: source_id.into(), occurred_at, source, source_hash, extras: None, is_partial: false, fields }
}

/// The rows as their readers see them.
fn rows(slice: Slice<Row>) -> Slice<Members> {
    slice.map(|row| row.members().unwrap())
}

fn text(row: &Members, name: &str) -> String {
    row[name].as_str().unwrap_or("null").to_owned()
}

fn column(slice: &Slice<Members>, name: &str) -> Vec<String> {
    slice.rows.iter().map(|(row, _)| text(row, name)).collect()
}

/// Walks a list page by page, forwards and backwards, and checks that both ways give the same rows once each; also that each
/// page can be asked for again from its first and its last row.
async fn walk<F>(size: usize, list: impl Fn(Page) -> F) -> Vec<Members>
where
    F: Future<Output = Result<Slice<Members>, StoreError>>,
{
    let there = one_way(size, false, &list).await;
    let mut back = one_way(size, true, &list).await;
    back.reverse();
    assert_eq!(there.len(), back.len());
    assert_eq!(there, back);
    there
}

async fn one_way<F>(size: usize, backwards: bool, list: &impl Fn(Page) -> F) -> Vec<Members>
where
    F: Future<Output = Result<Slice<Members>, StoreError>>,
{
    let mut rows = Vec::new();
    let mut page = Page { backwards, ..Page::first(size) };
    loop {
        let slice = list(page.clone()).await.unwrap();
        again(&slice, backwards, list).await;
        let more = if backwards { slice.before } else { slice.after };
        let edge = if backwards { slice.rows.first() } else { slice.rows.last() };
        let mark: Option<Bookmark> = edge.map(|(_, mark)| mark.clone());
        let mut found: Vec<Members> = slice.rows.into_iter().map(|(row, _)| row).collect();
        if backwards {
            found.reverse();
        }
        assert!(found.len() == size || !more, "a page with others ahead is full");
        rows.extend(found);
        if !more {
            return rows;
        }
        page.bookmark = mark;
    }
}

/// The same page, from its first row on.
async fn again<F>(slice: &Slice<Members>, backwards: bool, list: &impl Fn(Page) -> F)
where
    F: Future<Output = Result<Slice<Members>, StoreError>>,
{
    let edge = if backwards { slice.rows.last() } else { slice.rows.first() };
    let Some((_, mark)) = edge else { return };
    let page = Page { bookmark: Some(mark.clone()), inclusive: true, backwards, size: slice.rows.len() };
    assert_eq!(list(page).await.unwrap().rows, slice.rows);
}

fn sendable<T: Send>(future: T) -> T {
    future
}
