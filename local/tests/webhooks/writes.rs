//! What partners write to fleets' accounts: accepted, done by the provider, told of, and readable at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::endpoint::Endpoint;
use crate::world::{World, text, until};

pub(crate) const USERS: &str = "/v2/telematics/users";
const VEHICLES: &str = "/v2/telematics/vehicles";
const MESSAGES: &str = "/v2/telematics/messages";
const GROUP_MESSAGES: &str = "/v2/telematics/group-messages";
const FUEL: &str = "/v2/telematics/fuel-transactions";
const OPERATIONS: &str = "/v2/integrations/connections/resource-operations";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_partner_writes_reaches_the_provider_and_is_told() {
    let world = World::start().await;
    let endpoint = Endpoint::answering(200).await;
    for event in ["resource_operation.*", "user.added", "user.modified", "group_message.*"] {
        world.subscribe(event, &endpoint.url).await;
    }
    let shared = json!({ "user": "read_write", "vehicle": "read_write", "message": "read_write", "trailer": "read_write",
        "group_message": "read_write", "dvir_log": "read" });
    let connection = linked(&world, "writes", &shared).await;
    let (driver, staff) = people(&world).await;

    let made = asynchronously(&world, &endpoint, &connection).await;
    at_once(&world, &connection, &made).await;
    message(&world, &connection, &staff, &driver).await;
    group(&world, &endpoint, &connection, &staff, [&driver, &text(&made, "/resource_id")]).await;
    vehicle(&world, &connection).await;
    refused(&world, &endpoint, &connection).await;
    unwritable(&world, &connection, &driver, &staff).await;
    operations(&world, &connection, &made).await;

    let told = |event: &str| endpoint.of(event).iter().flat_map(|seen| seen["data"].as_array().unwrap().clone()).count();
    until("all ends", async || told("resource_operation.created") == 2).await;
    assert_eq!((told("resource_operation.succeeded"), told("resource_operation.failed")), (1, 1), "none of a write that waits");
    for seen in endpoint.seen() {
        assert!(!seen.envelope.to_string().contains("password"));
        world.platform.documents.check_message(&text(&seen.envelope, "/event_name"), &seen.envelope);
    }
    no_longer(&world, &connection, &made).await;
    world.stop().await;
}

/// A fleet that shares these, with the first simulated account; returns the connection's id.
pub(crate) async fn linked(world: &World, fleet_ref: &str, shared: &Value) -> String {
    let invitation = json!({ "fleet_ref": fleet_ref, "permissions": shared });
    world.partner.send_json(Method::POST, "/v2/orgs/invitations", &invitation).await.unwrap().expect(&[201]).unwrap();
    let invited = world.get(&format!("/v2/orgs/invitations?fleet_ref={fleet_ref}")).await;
    let path = format!("/v2/orgs/invitations/{}/accept", text(&invited, "/items/0/id"));
    let accepted = world.partner.send(Method::POST, &path).await.unwrap().expect(&[200]).unwrap();
    world.connect(&world.partner.with_token(&text(&accepted, "/pre_registration_access_token"))).await
}

/// The ids of a driver and of a member of the staff.
async fn people(world: &World) -> (String, String) {
    let of = async |is_driver: bool| world.get(&format!("{USERS}?is_driver={is_driver}")).await;
    until("the users", async || of(true).await["total"] != json!(0) && of(false).await["total"] != json!(0)).await;
    (text(&of(true).await, "/items/0/id"), text(&of(false).await, "/items/0/id"))
}

pub(crate) async fn write(world: &World, method: Method, path: &str, body: &Value, expected: u16) -> Value {
    world.partner.send_json(method, path, body).await.unwrap().expect(&[expected]).unwrap()
}

/// A driver is made: 202 and, later, the record with its event; returns the operation.
async fn asynchronously(world: &World, endpoint: &Endpoint, connection: &str) -> Value {
    let driver = json!({ "connection_id": connection, "first_name": "Ann", "last_name": "Lee", "username": "ann.lee",
        "phone_number": "+1 555 0100" });
    let asked = write(world, Method::POST, USERS, &driver, 202).await;
    assert_eq!((&asked["status"], &asked["logs"], &asked["resource_id"]), (&json!("pending"), &json!([]), &Value::Null));
    let path = format!("/v2/integrations/connections/{connection}/resource-operations/{}", text(&asked, "/id"));
    until("the driver", async || world.get(&path).await["status"] != "pending").await;
    let done = world.get(&path).await;
    assert_eq!((&done["status"], &done["logs"][0]["status"]), (&json!("success"), &json!("success")), "{done}");
    assert_eq!((&done["logs"][0]["response_status_code"], &done["fleet_ref"]), (&json!(200), &json!("writes")));
    let row = world.get(&format!("{USERS}/{}", text(&done, "/resource_id"))).await;
    assert_eq!((&row["source_id"], &row["username"]), (&done["source_id"], &json!("ann.lee")));
    assert_eq!((&row["first_name"], &row["execution_id"]), (&json!("Ann"), &done["id"]));
    until("the news", async || !endpoint.of("resource_operation.succeeded").is_empty()).await;
    let told = &endpoint.of("resource_operation.succeeded")[0]["data"][0];
    assert_eq!((&told["id"], &told["resource_id"]), (&done["id"], &done["resource_id"]));
    until("the row's event", async || endpoint.of("user.added").iter().any(|seen| seen.to_string().contains("ann.lee"))).await;
    done
}

/// A caller that waits hears the end: of a change 200, of what the provider does not take 502 with its words.
async fn at_once(world: &World, connection: &str, made: &Value) {
    let path = format!("{USERS}/{}", text(made, "/resource_id"));
    let change = json!({ "connection_id": connection, "last_name": "Moss", "notes": "Night shift" });
    let done = write(world, Method::PATCH, &format!("{path}?is_sync=true"), &change, 200).await;
    assert_eq!((&done["status"], &done["resource_id"]), (&json!("success"), &made["resource_id"]), "{done}");
    let row = world.get(&path).await;
    let names = (&row["first_name"], &row["last_name"], &row["notes"]);
    assert_eq!(names, (&json!("Ann"), &json!("Moss"), &json!("Night shift")), "the part that was not sent stays");
    let cleared = json!({ "connection_id": connection, "notes": null });
    let by_source = format!("{USERS}/{}?is_sync=true", text(made, "/source_id"));
    write(world, Method::PATCH, &by_source, &cleared, 200).await;
    assert_eq!(world.get(&path).await["notes"], Value::Null);
    let unset = json!({ "connection_id": connection, "first_name": "Ann", "status": null, "is_active": null, "hos_compliance_type": null });
    write(world, Method::PATCH, &by_source, &unset, 200).await;
    assert_eq!(world.get(&path).await["is_active"], true, "null changes no member that cannot be empty");
    let twice = json!({ "connection_id": connection, "first_name": "Bo", "username": "ann.lee" });
    let failed = write(world, Method::POST, &format!("{USERS}?is_sync=true"), &twice, 502).await;
    assert_eq!((&failed["status"], &failed["resource_id"]), (&json!("failed"), &Value::Null));
    let log = &failed["logs"][0];
    assert_eq!((&log["error_type"], &log["response_status_code"]), (&json!("validation"), &json!(400)));
    assert_eq!(log["error_details"], "username is already in use");
}

async fn message(world: &World, connection: &str, staff: &str, driver: &str) {
    let words = json!({ "connection_id": connection, "sender_id": staff, "recipient_id": driver, "message_text": "Dock 9" });
    let sent = write(world, Method::POST, &format!("{MESSAGES}?is_sync=true"), &words, 200).await;
    assert_eq!(sent["payload"]["recipient_id"], driver);
    assert!(sent["payload"]["source_recipient_id"].is_string(), "{sent}");
    let listed = world.get(&format!("{MESSAGES}?recipient_ids={driver}")).await;
    let is_it = |row: &&Value| row["id"] == sent["resource_id"];
    let row = listed["items"].as_array().unwrap().iter().find(is_it).unwrap();
    assert_eq!((&row["message_text"], &row["source_id"]), (&json!("Dock 9"), &sent["source_id"]));
}

/// One message to several drivers, as bodies are today and as they were.
async fn group(world: &World, endpoint: &Endpoint, connection: &str, staff: &str, drivers: [&str; 2]) {
    let words = json!({ "connection_id": connection, "sender_id": staff, "recipient_ids": drivers, "message_text": "Gate 2" });
    let sent = write(world, Method::POST, &format!("{GROUP_MESSAGES}?is_sync=true"), &words, 200).await;
    assert_eq!((&sent["resource"], &sent["payload"]["recipient_ids"]), (&json!("group_message"), &json!(drivers)));
    let source_ids = sent["payload"]["source_recipient_ids"].clone();
    let rows = world.get(&format!("{GROUP_MESSAGES}?sender_ids={staff}")).await;
    let row = &rows["items"][0];
    assert_eq!((&row["id"], &row["recipient_ids"]), (&sent["resource_id"], &json!(drivers)), "{rows}");
    assert_eq!((&row["message_text"], &row["status"]), (&json!("Gate 2"), &json!("sent")));
    until("the event", async || !endpoint.of("group_message.added").is_empty()).await;
    let former = json!({ "connection_id": connection, "sender_id": staff, "source_recipient_ids": source_ids,
        "message_text": "Gate 3" });
    let sent = write(world, Method::POST, &format!("{MESSAGES}?is_sync=true"), &former, 200).await;
    assert_eq!((&sent["resource"], &sent["payload"]["source_recipient_ids"]), (&json!("group_message"), &source_ids));
    let former = json!({ "connection_id": connection, "sender_id": staff, "source_recipient_ids": [source_ids[0]],
        "message_text": "Gate 4" });
    let sent = write(world, Method::POST, &format!("{MESSAGES}?is_sync=true"), &former, 200).await;
    assert_eq!((&sent["resource"], &sent["payload"]["source_recipient_id"]), (&json!("message"), &source_ids[0]));
}

async fn vehicle(world: &World, connection: &str) {
    until("the vehicles", async || world.get(VEHICLES).await["total"] != json!(0)).await;
    let path = format!("{VEHICLES}/{}", text(&world.get(VEHICLES).await, "/items/0/id"));
    let change = json!({ "connection_id": connection, "vehicle_name": "T-900", "license_plate_number": "ABC 900" });
    write(world, Method::PATCH, &format!("{path}?is_sync=true"), &change, 200).await;
    let row = world.get(&path).await;
    assert_eq!((&row["vehicle_name"], &row["license_plate_number"]), (&json!("T-900"), &json!("ABC 900")));
}

/// What the provider refuses later is told later.
async fn refused(world: &World, endpoint: &Endpoint, connection: &str) {
    write(world, Method::POST, USERS, &json!({ "connection_id": connection, "first_name": "Nameless" }), 202).await;
    until("the failure", async || !endpoint.of("resource_operation.failed").is_empty()).await;
    let told = &endpoint.of("resource_operation.failed")[0]["data"][0];
    assert_eq!(told["logs"][0]["error_details"], "Missing required parameter: username", "{told}");
    assert_eq!(told["logs"].as_array().unwrap().len(), 1, "what is not valid is not tried again");
}

/// What is refused before anything is stored.
async fn unwritable(world: &World, connection: &str, driver: &str, staff: &str) {
    let nobody = uuid::Uuid::nil().to_string();
    let own = json!({ "connection_id": connection });
    let with = |more: Value| {
        let mut body = own.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let first = text(&world.get(VEHICLES).await, "/items/0/id");
    let cases = [
        (Method::POST, USERS.to_owned(), json!({ "connection_id": nobody }), 404, "connection_not_found"),
        (Method::PATCH, format!("{USERS}/{nobody}"), own.clone(), 404, "user_not_found"),
        (Method::PATCH, format!("{USERS}/..%2F..%2Fme"), own.clone(), 404, "user_not_found"),
        (Method::PATCH, format!("{USERS}/{first}"), own.clone(), 404, "user_not_found"),
        (Method::POST, "/v2/telematics/dvir-logs".to_owned(), with(json!({ "driver_id": driver })), 403, "not_writable"),
        (
            Method::POST,
            FUEL.to_owned(),
            with(
                json!({ "location": { "type": "Point", "coordinates": [-97.5, 30.2] }, "driver_id": driver, "vehicle_id": first, "fuel_volume": 9.5, "fuel_volume_unit": "LITER" }),
            ),
            403,
            "not_writable",
        ),
        (Method::POST, "/v2/telematics/trailers".to_owned(), own.clone(), 501, "not_supported"),
        (Method::POST, VEHICLES.to_owned(), own.clone(), 501, "not_supported"),
    ];
    for (method, path, body, status, error_type) in cases {
        let answer = write(world, method, &path, &body, status).await;
        assert_eq!(answer["error_type"], error_type, "{path}: {answer}");
    }
    let message = |more: Value| with(json!({ "sender_id": staff, "message_text": "x" })).pipe(more);
    let invalid = [
        (USERS, with(json!({ "employee_number": "7" })), "body.employee_number", "not_supported"),
        (USERS, with(json!({ "fleet_ref": "other" })), "body.fleet_ref", "unknown_record"),
        (USERS, with(json!({ "nickname": "A" })), "body.nickname", "unknown_field"),
        (USERS, with(json!({ "status": "ASLEEP" })), "body.status", "enum"),
        (MESSAGES, message(json!({})), "body.recipient_id", "missing"),
        (MESSAGES, message(json!({ "recipient_id": nobody })), "body.recipient_id", "unknown_record"),
        (MESSAGES, message(json!({ "source_recipient_id": "0" })), "body.source_recipient_id", "unknown_record"),
        (
            MESSAGES,
            message(json!({ "recipient_id": driver, "source_recipient_id": "0" })),
            "body.source_recipient_id",
            "conflict_fields",
        ),
        (MESSAGES, message(json!({ "recipient_id": driver, "priority": "high" })), "body.priority", "not_supported"),
        (GROUP_MESSAGES, message(json!({ "recipient_ids": [] })), "body.recipient_ids", "missing"),
        (GROUP_MESSAGES, message(json!({ "recipient_ids": [driver, nobody] })), "body.recipient_ids.1", "unknown_record"),
        (
            GROUP_MESSAGES,
            message(json!({ "recipient_ids": [driver], "source_recipient_ids": ["5"] })),
            "body.source_recipient_ids",
            "conflict_fields",
        ),
        (FUEL, with(json!({ "location": { "type": "Point", "coordinates": [200, 30] } })), "body.location", "format"),
        (
            FUEL,
            with(json!({ "latitude": 30, "location": { "type": "Point", "coordinates": [9, 30] } })),
            "body.location",
            "conflict_fields",
        ),
    ];
    for (path, body, member, error_type) in invalid {
        let answer = write(world, Method::POST, path, &body, 422).await;
        let problems = answer["detail"].as_array().unwrap();
        assert!(problems.iter().any(|told| told["path"] == member && told["error_type"] == error_type), "{answer}");
    }
}

trait Pipe {
    fn pipe(self, more: Value) -> Value;
}

impl Pipe for Value {
    fn pipe(mut self, more: Value) -> Value {
        self.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self
    }
}

/// The list of operations, by age, under its filters and in pages.
async fn operations(world: &World, connection: &str, made: &Value) {
    let all = world.get(OPERATIONS).await;
    let rows = all["items"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]), (11, made), "{all}");
    let times: Vec<&str> = rows.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let count = async |query: &str| world.get(&format!("{OPERATIONS}?{query}")).await["items"].as_array().unwrap().len();
    let source = text(made, "/source_id");
    for (query, expected) in [
        (format!("connection_id={connection}&fleet_refs=writes"), 11),
        ("fleet_refs=other".to_owned(), 0),
        ("resource=message".to_owned(), 2),
        ("resource=group_message".to_owned(), 2),
        ("operation=update".to_owned(), 4),
        ("source_name=motive".to_owned(), 0),
        (format!("resource=user&source_id={source}"), 4),
        ("to_datetime=2026-01-02T00:00:00Z".to_owned(), 0),
    ] {
        assert_eq!(count(&query).await, expected, "{query}");
    }
    let first = world.get(&format!("{OPERATIONS}?size=3")).await;
    let second = world.get(&format!("{OPERATIONS}?size=8&cursor={}", text(&first, "/next_page"))).await;
    assert_eq!((&second["items"][0], &second["next_page"]), (&rows[3], &Value::Null));
    let back = world.get(&format!("{OPERATIONS}?size=2&cursor={}", text(&second, "/previous_page"))).await;
    assert_eq!(back["items"].as_array().unwrap(), &rows[1..3]);
    for query in [format!("source_id={source}"), "from_datetime=2026-01-01T00:00:00Z".to_owned()] {
        world.partner.send(Method::GET, &format!("{OPERATIONS}?{query}")).await.unwrap().expect(&[422]).unwrap();
    }
}

/// What is not shared any more is neither written nor shown.
async fn no_longer(world: &World, connection: &str, made: &Value) {
    let agreement = world.agreement("writes").await;
    world.post(&format!("/v2/orgs/share-agreements/{agreement}/cancel"), 200).await;
    assert_eq!(world.get(OPERATIONS).await["items"], json!([]));
    let path = format!("/v2/integrations/connections/{connection}/resource-operations/{}", text(made, "/id"));
    world.partner.send(Method::GET, &path).await.unwrap().expect(&[404]).unwrap();
    write(world, Method::POST, USERS, &json!({ "connection_id": connection }), 404).await;
}
