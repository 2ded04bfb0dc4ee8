//! What is large stays within Lambda's limits.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use model::telematics::{Batch, Observation};
use model::{ExecutionId, RecordId, Resource, ScheduleId, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use store::telematics::Origin;
use uuid::Uuid;

use crate::events;
use crate::sandbox::Outcome;
use crate::tour::{self, Visitor};
use crate::world::{self, Triggers, World};

/// Vehicles whose sources are 9 MB in an answer.
const VEHICLES: usize = 300;

/// Lambda answers nothing at all in place of more than 6 MB. The list loses no row and shows none twice, in both directions.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_large_sources_ends_early_with_its_cursor() {
    let world = World::start(Triggers::Off).await;
    let mut visitor = Visitor::new(&world.url);
    visitor.know("tsp_token", &world.tsp_tokens[0]);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::linked()).await;
    let stored = store(&world, &visitor, VEHICLES).await;

    let list = "/v2/telematics/vehicles?size=1000&include_source_data=true";
    let forwards = walk(&mut visitor, list, "next_page").await;
    assert_eq!(forwards.ids.iter().collect::<BTreeSet<_>>(), stored.iter().collect());
    assert!(forwards.ids.len() == VEHICLES && forwards.pages > 1, "{} rows on {} pages", forwards.ids.len(), forwards.pages);

    let last = format!("{list}&cursor={}", forwards.last);
    let mut backwards = walk(&mut visitor, &last, "previous_page").await;
    backwards.ids.reverse();
    assert!(backwards.pages > 1 && forwards.ids.ends_with(&backwards.ids[backwards.ids.len() - 1..]), "{}", backwards.pages);
    assert_eq!(backwards.ids, forwards.ids);
    world.stop().await;
}

/// Subscriptions, each of which a change of the batch below is for.
const SUBSCRIPTIONS: usize = 101;

/// What a batch of the stream means is held in memory until it is sent: of 101 changes for 101 subscriptions a hundred are, and
/// the stream goes on with the last one.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_many_changes_is_fanned_out_in_parts() {
    let world = World::start(Triggers::Off).await;
    let mut visitor = Visitor::new(&world.url);
    visitor.know("tsp_token", &world.tsp_tokens[0]);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::linked()).await;
    for number in 0..SUBSCRIPTIONS {
        visitor.know("place", &number.to_string());
        visitor.all(tour::subscribed()).await;
    }
    let id = store(&world, &visitor, 1).await.remove(0);
    let table = world.cloud.physical.reference("TelematicsTable").unwrap();
    let pk = format!("C#{}#vehicle", visitor.knows("connection"));
    let read = world.cloud.clients.dynamodb.get_item().table_name(table);
    let read = read.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(id)).send().await.unwrap();
    let image: Map<String, Value> = read.item().unwrap().iter().map(|(name, value)| (name.clone(), written(value))).collect();
    let change = |number: usize| events::inserted(table, &number.to_string(), &image.clone().into());
    let records: Vec<Value> = (1_000..1_101).map(change).collect();

    let outcome = world.invoke("events.fan_out", json!({ "Records": records })).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "batchItemFailures": [{ "itemIdentifier": "1100" }] })));
    let outcome = world.invoke("events.fan_out", json!({ "Records": records[100..] })).await;
    assert_eq!(outcome, Outcome::Answered(json!({ "batchItemFailures": [] })));
    world.stop().await;
}

/// An attribute as streams write it.
fn written(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        other => panic!("{other:?} is not expected"),
    }
}

/// A list from its first page to its last one.
struct Walked {
    ids: Vec<String>,
    pages: usize,
    /// The cursor of the last page, read backwards from its last row.
    last: String,
}

/// Follows a cursor to the end; ids are in reading direction.
async fn walk(visitor: &mut Visitor, first: &str, cursor: &str) -> Walked {
    let base = first.split("&cursor=").next().unwrap();
    let mut walked = Walked { ids: Vec::new(), pages: 0, last: String::new() };
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = visitor.read(&path).await;
        let ids = page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
        let mut ids: Vec<String> = ids.collect();
        if cursor == "previous_page" {
            ids.reverse();
        }
        walked.ids.extend(ids);
        walked.pages += 1;
        walked.last = page["current_page_backwards"].as_str().unwrap_or_default().to_owned();
        next = page[cursor].as_str().map(|cursor| format!("{base}&cursor={cursor}"));
    }
    walked
}

/// Vehicles with long sources, full of quotes; their ids.
async fn store(world: &World, visitor: &Visitor, vehicles: usize) -> Vec<String> {
    let connection: Uuid = visitor.knows("connection").parse().unwrap();
    let origin = Origin {
        connection: connection.into(),
        record: Resource::Vehicle.record_type().unwrap(),
        tsp: visitor.knows("tsp").parse::<Uuid>().unwrap().into(),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::from_uuid(Uuid::now_v7()),
        schedule: ScheduleId::from_uuid(Uuid::now_v7()),
        now: Timestamp::system(),
    };
    let source: Map<String, Value> = (0..2_000).map(|number| (format!("attribute{number}"), json!("\"x\""))).collect();
    let row = |number: usize| Observation {
        source_id: number.to_string(),
        occurred_at: None,
        source: Value::Object(source.clone()),
        source_hash: number.to_string(),
        extras: None,
        is_partial: false,
        fields: RawValue::from_string("{}".into()).unwrap(),
    };
    let context = world::context(&world.cloud);
    for chunk in (0..vehicles).collect::<Vec<_>>().chunks(100) {
        let batch = Batch::Records(chunk.iter().copied().map(row).collect());
        context.store().store_rows(&origin, &batch).await.unwrap();
    }
    (0..vehicles).map(|number| RecordId::of(&number.to_string(), origin.connection).to_string()).collect()
}
