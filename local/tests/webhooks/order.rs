//! Writes of one record: one after the other, in the order in which they were accepted; and how many callers wait for their results.

use model::resource_operation::ResourceOperation;
use model::{ConnectionId, OperationId, PartnerId, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::Key;

use crate::world::{World, text, until};
use crate::writes::{USERS, linked, write};

const OPERATIONS: &str = "/v2/integrations/connections/resource-operations";
/// How many writes of one record may be pending.
const MOST_PENDING: usize = 100;
/// How many callers of one partner may wait.
const MOST_WAITING: usize = 10;

/// Samsara takes both names as one, so a change of one of them reads the other first.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_write_waits_until_an_earlier_one_of_its_record_has_ended() {
    let world = World::start().await;
    let connection = linked(&world, "order", &json!({ "user": "read_write" })).await;
    let drivers = drivers(&world).await;
    let change = async |driver: &str, members: Value| {
        let mut body = json!({ "connection_id": connection });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        world.partner.send_json(Method::PATCH, driver, &body).await.unwrap()
    };

    faults(&world, json!({ "write_error_next": 1 })).await;
    let early = change(&drivers[0], json!({ "first_name": "Ada", "last_name": "Early" })).await.expect(&[202]).unwrap();
    until("the failed attempt", async || attempts(&world, &early).await.len() == 1).await;
    let failed = &attempts(&world, &early).await[0];
    assert_eq!((&failed["error_type"], &failed["response_status_code"]), (&json!("tsp"), &json!(500)));
    let late = change(&drivers[0], json!({ "last_name": "Late" })).await.expect(&[202]).unwrap();
    // Another record's write waits for neither; by its end the first message of the later one was read, too.
    let other = format!("{}?is_sync=true", drivers[1]);
    change(&other, json!({ "first_name": "Bo", "last_name": "Other" })).await.expect(&[200]).unwrap();
    for (operation, attempt) in [(&late, 0), (&early, 1)] {
        attempt_now(&world, operation, attempt).await;
    }
    let pending = (attempts(&world, &early).await.len(), attempts(&world, &late).await.len());
    assert_eq!(pending, (1, 0), "neither goes before its time, whatever message comes");

    make_due(&world, &early).await;
    attempt_now(&world, &early, 1).await;
    until("the later write", async || attempts(&world, &late).await.len() == 1).await;
    let (early, late) = (attempts(&world, &early).await, attempts(&world, &late).await);
    assert_eq!((early.len(), &early[1]["status"], &late[0]["status"]), (2, &json!("success"), &json!("success")));
    assert!(early[1]["updated_at"].as_str() <= late[0]["created_at"].as_str(), "{early:?} {late:?}");
    let row = world.get(&drivers[0]).await;
    assert_eq!((&row["first_name"], &row["last_name"]), (&json!("Ada"), &json!("Late")));

    let many = (0..20).map(|number| change(&drivers[2], json!({ "first_name": format!("N{number}") })));
    for answer in futures::future::join_all(many).await {
        answer.expect(&[202]).unwrap();
    }
    let last = change(&format!("{}?is_sync=true", drivers[2]), json!({ "last_name": "Last" })).await.expect(&[200]).unwrap();
    assert_one_after_the_other(&world, &text(&last, "/source_id")).await;
    assert_eq!(world.get(&drivers[2]).await["last_name"], "Last");
    too_many(&world, &drivers[1], &connection).await;
    world.stop().await;
}

/// A record whose first write has to be repeated takes so many more, and then none; others are not concerned.
async fn too_many(world: &World, driver: &str, connection: &str) {
    faults(world, json!({ "write_error_next": 1 })).await;
    let body = json!({ "connection_id": connection, "notes": "Spare key" });
    let first = write(world, Method::PATCH, driver, &body, 202).await;
    until("the failed attempt", async || attempts(world, &first).await.len() == 1).await;
    let store = world.platform.context().store();
    let seen: ResourceOperation = store.get(key(&first)).await.unwrap().unwrap();
    for _ in 1..MOST_PENDING {
        let now = Timestamp::system();
        let again =
            ResourceOperation { id: OperationId::at(now), created_at: now, logs: Vec::new(), due_at: None, ..seen.clone() };
        assert!(store.accept_write(&again).await.unwrap());
    }
    let refused = world.partner.send_json(Method::PATCH, driver, &body).await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.body["detail"]["retry_after_seconds"]), (429, &json!(60)), "{}", refused.body);
}

/// No caller is kept waiting beyond a number of them, and what it asked for is not done.
#[tokio::test(flavor = "multi_thread")]
async fn so_many_callers_wait_for_the_results_of_writes() {
    let world = World::start().await;
    let connection = linked(&world, "waiting", &json!({ "user": "read_write" })).await;
    let driver = drivers(&world).await.remove(0);
    let (path, body) = (format!("{driver}?is_sync=true"), json!({ "connection_id": connection, "notes": "Gate 7" }));
    let (store, partner) = (world.platform.context().store(), world.partner_id().await);
    let begin = async |partner: PartnerId| store.begin_waiting(partner, Timestamp::system()).await.unwrap().unwrap();
    let waiting = futures::future::join_all((0..MOST_WAITING).map(async |_| begin(partner).await)).await;
    let refused = world.partner.send_json(Method::PATCH, &path, &body).await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.body["error_type"]), (429, &json!("too_many_requests")), "{}", refused.body);
    assert_eq!(world.get(OPERATIONS).await["items"], json!([]), "nothing is stored");
    write(&world, Method::PATCH, &driver, &body, 202).await;
    store.end_waiting(&waiting[0]).await.unwrap();
    for _ in 0..2 {
        write(&world, Method::PATCH, &path, &body, 200).await;
    }
    world.stop().await;
}

/// The paths of the drivers.
async fn drivers(world: &World) -> Vec<String> {
    let path = format!("{USERS}?is_driver=true");
    until("the drivers", async || world.get(&path).await["items"].as_array().unwrap().len() > 2).await;
    let rows = world.get(&path).await;
    rows["items"].as_array().unwrap().iter().map(|row| format!("{USERS}/{}", text(row, "/id"))).collect()
}

async fn faults(world: &World, faults: Value) {
    let samsara = &world.platform.demo.simulated.iter().find(|provided| provided.name == "samsara").unwrap().url;
    let url = format!("{}/_sim/faults", samsara.strip_suffix("/samsara").unwrap());
    reqwest::Client::new().put(url).json(&faults).send().await.unwrap().error_for_status().unwrap();
}

/// The attempts at an operation that ended.
async fn attempts(world: &World, operation: &Value) -> Vec<Value> {
    let (connection, id) = (text(operation, "/connection_id"), text(operation, "/id"));
    let now = world.get(&format!("/v2/integrations/connections/{connection}/resource-operations/{id}")).await;
    now["logs"].as_array().unwrap().clone()
}

/// Has a message processed that asks for an attempt.
async fn attempt_now(world: &World, operation: &Value, attempt: usize) {
    let request = json!({
        "connection_id": operation["connection_id"], "operation_id": operation["id"], "attempt": attempt,
    });
    let record = json!({ "messageId": "1", "body": request.to_string() });
    assert_eq!(world.work("writes.send", json!({ "Records": [record] })).await, json!({ "batchItemFailures": [] }));
}

/// Ends the wait between two attempts.
async fn make_due(world: &World, operation: &Value) {
    let due = |seen: &ResourceOperation| Some(ResourceOperation { due_at: None, revision: seen.revision + 1, ..seen.clone() });
    world.platform.context().store().update(key(operation), due).await.unwrap();
}

fn key(operation: &Value) -> Key {
    let connection: ConnectionId = text(operation, "/connection_id").parse().unwrap();
    let id: OperationId = text(operation, "/id").parse().unwrap();
    Key::operation(connection, id)
}

/// No attempt at one of a record's writes begins before that at another one has ended.
async fn assert_one_after_the_other(world: &World, source_id: &str) {
    let all = world.get(&format!("{OPERATIONS}?resource=user&source_id={source_id}")).await;
    let logs = all["items"].as_array().unwrap().iter().flat_map(|row| row["logs"].as_array().unwrap());
    let mut times: Vec<(&str, &str)> =
        logs.map(|log| (log["created_at"].as_str().unwrap(), log["updated_at"].as_str().unwrap())).collect();
    times.sort_unstable();
    assert_eq!(times.len(), 21, "{all}");
    assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{times:?}");
}
