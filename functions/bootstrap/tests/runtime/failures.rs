//! What goes wrong, and what comes of it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::events;
use crate::front;
use crate::role::Act;
use crate::sandbox::{Function, Outcome, Sandbox};
use crate::tour::{self, Visitor};
use crate::world::{Triggers, World};

#[tokio::test]
async fn an_unknown_handler_is_an_init_error_in_a_clear_sentence() {
    for handler in ["fleets.got", ""] {
        let function = Function { handler: handler.into(), timeout: Duration::from_secs(3), environment: HashMap::new() };
        let Err(no_start) = Sandbox::start(&function).await else { panic!("{handler:?} started") };
        let error = no_start.init_error.unwrap_or_else(|| panic!("the initialization error was not reported: {}", no_start.log));
        assert_eq!(error["errorType"], "UnknownHandler");
        let sentence = format!("unknown handler {handler:?} in the api artifact: the template does not match the tables");
        assert_eq!(error["errorMessage"], sentence);
        assert_eq!(no_start.exit_code, Some(1));
        assert!(no_start.log.contains("failed to initialize the function"), "{}", no_start.log);
    }
}

/// A function that cannot warm its connections starts all the same, and says so.
#[tokio::test]
async fn a_start_without_aws_is_a_start() {
    let nowhere = ["AWS_ENDPOINT_URL", "CONTROL_TABLE", "TELEMATICS_TABLE", "TOKEN_KEYS"]
        .map(|name| (name.to_owned(), "http://127.0.0.1:9".to_owned()));
    let mut function = Function { handler: "fleets.get".into(), timeout: Duration::from_secs(3), environment: nowhere.into() };
    let sandbox = Sandbox::start(&function).await.unwrap();
    assert!(sandbox.log().text().contains("failed to open a connection in advance"), "{}", sandbox.log().text());
    function.environment.insert("WARM_CONNECTIONS".into(), "off".into());
    let sandbox = Sandbox::start(&function).await.unwrap();
    assert_eq!(sandbox.log().text(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_named_and_the_sandbox_goes_on() {
    let world = World::start(Triggers::Off).await;
    malformed_events_are_errors(&world).await;
    one_bad_message_of_a_batch_is_named(&world).await;
    an_unreadable_record_of_a_stream_is_set_aside(&world).await;
    slow_providers_do_not_cost_the_sandbox(&world).await;
    what_a_role_does_not_allow_fails(&world).await;
    a_service_that_does_not_answer_is_a_503(&world).await;
    an_acceptance_that_kms_does_not_sign_can_be_repeated(&world).await;
    world.stop().await;
}

async fn malformed_events_are_errors(world: &World) {
    for (handler, good) in [
        ("executions.run", json!({ "connection_id": Uuid::now_v7(), "schedule_id": Uuid::now_v7() })),
        ("executions.resume", json!({ "Records": [] })),
        ("writes.send", json!({ "Records": [] })),
        ("schedules.maintain", json!({ "Records": [] })),
        ("events.fan_out", json!({ "Records": [] })),
        ("deliveries.send", json!({ "Records": [] })),
    ] {
        let mut sandbox = Sandbox::start(world.lambda.function(handler)).await.unwrap();
        for bad in [json!({ "Records": "none" }), json!([1, 2]), Value::Null] {
            let Outcome::Failed(error) = sandbox.invoke(bad.clone()).await else { panic!("{handler} took {bad}") };
            assert_eq!(error["errorType"], "EventFailed", "{handler}: {error}");
            assert!(error["errorMessage"].as_str().unwrap().starts_with("malformed event"), "{handler}: {error}");
        }
        let after = sandbox.invoke(good).await;
        assert!(matches!(after, Outcome::Answered(_)), "{handler} does not go on: {after:?}");
        assert!(sandbox.log().text().contains("event failed"), "{handler} does not log it");
    }
    let mut sandbox = Sandbox::start(world.lambda.function("fleets.get")).await.unwrap();
    let bad = sandbox.invoke(json!({ "version": "2.0", "headers": 7 })).await;
    assert!(matches!(bad, Outcome::Failed(_)), "{bad:?}");
    let good = sandbox.invoke(request("GET", "/v2/orgs/fleets/1", None)).await;
    let Outcome::Answered(answer) = good else { panic!("{good:?}") };
    assert_eq!(answer["statusCode"], 401);
}

async fn one_bad_message_of_a_batch_is_named(world: &World) {
    let run = json!({ "connection_id": Uuid::now_v7(), "schedule_id": Uuid::now_v7(), "reason": "activated" }).to_string();
    let delivery = json!({
        "webhook_id": Uuid::now_v7(), "partner_id": Uuid::now_v7(), "message_id": Uuid::now_v7(), "event_name": "vehicle.added",
        "timestamp": "2026-11-21T08:00:00Z", "data": [], "fleet_id": null, "resource": null,
    });
    let write = json!({ "connection_id": Uuid::now_v7(), "operation_id": Uuid::now_v7(), "attempt": 0 }).to_string();
    for (handler, queue, good) in [
        ("executions.resume", "ExecutionsQueue", run),
        ("writes.send", "WritesQueue", write),
        ("deliveries.send", "DeliveriesQueue", delivery.to_string()),
    ] {
        let (ids, event) = events::queue(queue, &[good.clone(), "{\"cut\": ".into(), good]);
        let outcome = world.invoke(handler, event).await;
        let wanted = json!({ "batchItemFailures": [{ "itemIdentifier": ids[1] }] });
        assert_eq!(outcome, Outcome::Answered(wanted), "{handler}");
    }
}

/// A malformed record is set aside with its reason, and the others are processed.
async fn an_unreadable_record_of_a_stream_is_set_aside(world: &World) {
    let table = world.cloud.physical.reference("ControlTable").unwrap();
    let unknown = json!({ "pk": { "S": "X#1" }, "sk": { "S": "X" }, "kind": { "S": "something_else" } });
    let broken =
        json!({ "pk": { "S": "CONNECTION#1" }, "sk": { "S": "SCHEDULE#1" }, "kind": { "S": "schedule" }, "id": { "N": "7" } });
    let records = [("100", &unknown), ("200", &broken), ("300", &unknown)].map(|(at, image)| events::inserted(table, at, image));
    let queue = world.cloud.physical.reference("StreamFailuresDlq").unwrap();
    for handler in ["schedules.maintain", "events.fan_out"] {
        let outcome = world.invoke(handler, json!({ "Records": records })).await;
        assert_eq!(outcome, Outcome::Answered(json!({ "batchItemFailures": [] })), "{handler}");
        let received =
            world.cloud.clients.sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await.unwrap();
        let bodies: Vec<Value> =
            received.messages().iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()).collect();
        assert_eq!(bodies.len(), 1, "{handler}: {bodies:?}");
        assert_eq!((&bodies[0]["handler"], &bodies[0]["sequence_number"]), (&json!(handler), &json!("200")), "{bodies:?}");
        assert_eq!(bodies[0]["record"], records[1], "{handler}");
    }
}

/// An invocation stops shortly before its deadline, with an error that says so, and the sandbox survives.
async fn slow_providers_do_not_cost_the_sandbox(world: &World) {
    let mut visitor = Visitor::new(&world.url);
    visitor.know("tsp_token", &world.tsp_tokens[0]);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::linked()).await;
    let firing = |schedule: &str| {
        json!({
            "connection_id": visitor.knows("connection"),
            "schedule_id": visitor.knows(schedule),
            "scheduled_for": "2026-11-21T08:00:00Z",
        })
    };
    let mut run = Sandbox::start(world.lambda.function("executions.run")).await.unwrap();
    assert_eq!(run.invoke(firing("other")).await, Outcome::Answered(json!({ "outcome": "success" })));

    world.slow_tsp(5_000).await;
    let late = run.invoke_within(firing("schedule"), Duration::from_secs(2)).await;
    let Outcome::Failed(error) = late else { panic!("{late:?}") };
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("EventTimedOut"), &json!("the event timed out")));
    // The lease is still held, as after the loss of a sandbox: the next run waits for its end.
    assert_eq!(run.invoke(firing("schedule")).await, Outcome::Answered(json!({ "outcome": "skipped" })));

    let mut create = Sandbox::start(world.lambda.function("connections.create")).await.unwrap();
    let body = json!({ "tsp_id": visitor.knows("tsp"), "credentials": { "token": "another" } });
    let event = request("POST", "/v2/integrations/connections", Some((visitor.knows("fleet"), body)));
    let Outcome::Answered(answer) = create.invoke_within(event.clone(), Duration::from_secs(2)).await else { panic!("killed") };
    assert_eq!(answer["statusCode"], 504, "{answer}");
    assert_eq!(front::response(&answer).headers()["content-type"], "application/json");

    world.slow_tsp(0).await;
    let Outcome::Answered(answer) = create.invoke(event).await else { panic!("it does not go on") };
    assert_eq!(answer["statusCode"], 422, "{answer}");
}

/// The gatekeeper rejects calls that a role does not allow: here with the role of a function that needs none.
async fn what_a_role_does_not_allow_fails(world: &World) {
    assert_eq!(world.gate.refused(), BTreeSet::new());
    let mut function = world.lambda.function("tsps.list").clone();
    function.environment.extend(world.gate.environment("auth.configuration"));
    function.environment.insert("WARM_CONNECTIONS".into(), "off".into());
    let mut sandbox = Sandbox::start(&function).await.unwrap();
    let Outcome::Answered(answer) = sandbox.invoke(request("GET", "/v2/orgs/tsps", None)).await else { panic!("it ended") };
    assert_eq!(answer["statusCode"], 500, "{answer}");
    let query = Act::new("dynamodb:Query", "ControlTable");
    assert_eq!(world.gate.refused(), [("auth.configuration".to_owned(), query)].into());
}

/// Clients repeat a 503; a 500 they give up.
async fn a_service_that_does_not_answer_is_a_503(world: &World) {
    for (handler, path, service) in [("tsps.list", "/v2/orgs/tsps", "DYNAMODB"), ("fleets.get", "/v2/orgs/fleets/1", "KMS")] {
        let mut function = world.lambda.function(handler).clone();
        function.environment.insert("WARM_CONNECTIONS".into(), "off".into());
        function.environment.insert(format!("AWS_ENDPOINT_URL_{service}"), "http://127.0.0.1:9".into());
        let mut sandbox = Sandbox::start(&function).await.unwrap();
        let event = request("GET", path, Some(("a.token.nobody-can-check", Value::Null)));
        let Outcome::Answered(answer) = sandbox.invoke(event).await else { panic!("{handler} ended") };
        assert_eq!(answer["statusCode"], 503, "{handler}: {answer}");
        let response = front::response(&answer);
        assert_eq!(response.headers()["retry-after"], "2", "{handler}: {answer}");
        // Its output is read beside the test.
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while !sandbox.log().text().contains("\"status\":503") && std::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let log = sandbox.log().text();
        assert!(log.contains("no answer: ") && log.contains("\"status\":503"), "{log}");
    }
}

/// Accepting is all or nothing.
async fn an_acceptance_that_kms_does_not_sign_can_be_repeated(world: &World) {
    let mut visitor = Visitor::new(&world.url);
    visitor.all(tour::tokens()).await;
    visitor.all(tour::invited()).await;
    let id = visitor.knows("waits");
    let path = format!("/v2/orgs/invitations/{id}/accept");
    let (parts, ()) = http::Request::post(&path).header("host", "api.example.com").body(()).unwrap().into_parts();
    let route = "POST /v2/orgs/invitations/{invitation_id}/accept";
    let event = events::http(&parts, b"", route, &[("invitation_id".to_owned(), id.to_owned())].into());
    let whole = world.lambda.function("invitations.accept").clone();
    let mut unsigned = whole.clone();
    unsigned.environment.insert("WARM_CONNECTIONS".into(), "off".into());
    unsigned.environment.insert("AWS_ENDPOINT_URL_KMS".into(), "http://127.0.0.1:9".into());
    for (function, status) in [(&unsigned, 503), (&unsigned, 503), (&whole, 200), (&whole, 409)] {
        let outcome = Sandbox::start(function).await.unwrap().invoke(event.clone()).await;
        let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
        assert_eq!(answer["statusCode"], status, "{answer}");
    }
}

/// A request event, with a token and a JSON body if there is one.
fn request(method: &str, path: &str, sent: Option<(&str, Value)>) -> Value {
    let mut request = http::Request::builder().method(method).uri(path).header("host", "api.example.com");
    let mut bytes = Vec::new();
    if let Some((token, body)) = sent {
        request = request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
        bytes = body.to_string().into_bytes();
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    events::http(&parts, &bytes, &format!("{method} {path}"), &[("fleet_id".to_owned(), "1".to_owned())].into())
}
