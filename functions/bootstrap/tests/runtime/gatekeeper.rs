//! IAM between the artifacts and the emulated AWS: every call is looked up in the caller's role, and refused as AWS refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use catena::aws::{Endpoints, Physical};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::role::{Act, LIMITS, Role};

/// The keeper of the gate. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gatekeeper(Arc<Gate>);

struct Gate {
    address: String,
    roles: BTreeMap<String, Role>,
    endpoints: Endpoints,
    physical: Physical,
    http: reqwest::Client,
    refused: Mutex<BTreeSet<(String, Act)>>,
    used: Mutex<BTreeMap<String, BTreeSet<Act>>>,
}

impl Gatekeeper {
    pub(crate) async fn start(roles: BTreeMap<String, Role>, endpoints: Endpoints, physical: Physical) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::new();
        let (refused, used) = (Mutex::default(), Mutex::default());
        let keeper = Self(Arc::new(Gate { address, roles, endpoints, physical, http, refused, used }));
        let router = axum::Router::new()
            .route("/{handler}/{service}/", axum::routing::any(pass_root))
            .route("/{handler}/{service}/{*rest}", axum::routing::any(pass))
            .with_state(keeper.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        keeper
    }

    /// The variables that lead a function's calls through the gate.
    pub(crate) fn environment(&self, handler: &str) -> Vec<(String, String)> {
        ["dynamodb", "kms", "sqs", "scheduler"]
            .map(|service| {
                let name = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase());
                (name, format!("{}/{handler}/{service}", self.0.address))
            })
            .into()
    }

    /// What was refused, to whom.
    pub(crate) fn refused(&self) -> BTreeSet<(String, Act)> {
        self.0.refused.lock().unwrap().clone()
    }

    /// The services that a handler called, without repetition.
    pub(crate) fn services(&self, handler: &str) -> Vec<String> {
        let used = self.0.used.lock().unwrap();
        let acts = used.get(handler).into_iter().flatten();
        let services: BTreeSet<String> = acts.filter_map(|act| Some(act.action.split_once(':')?.0.to_owned())).collect();
        services.into_iter().collect()
    }
}

type Place = (String, String);

async fn pass_root(
    keeper: State<Gatekeeper>,
    Path((handler, service)): Path<Place>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    keeper.0.judge((handler, service), "", (method, uri), headers, body).await
}

async fn pass(
    keeper: State<Gatekeeper>,
    Path((handler, service, rest)): Path<(String, String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    keeper.0.judge((handler, service), &rest, (method, uri), headers, body).await
}

impl Gatekeeper {
    async fn judge(&self, place: Place, rest: &str, line: (Method, Uri), headers: HeaderMap, body: Bytes) -> Response {
        let (handler, service) = place;
        let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let acts = match service.as_str() {
            "dynamodb" => self.0.dynamodb(operation, &json),
            "kms" => vec![self.kms(operation, &json)],
            "sqs" => vec![self.act("sqs", operation.trim_end_matches("Batch"), &json["QueueUrl"])],
            "scheduler" => scheduler(&line.0, rest),
            other => panic!("no such service: {other}"),
        };
        let role = &self.0.roles[&handler];
        for act in &acts {
            if !role.allows(act) {
                self.0.refused.lock().unwrap().insert((handler.clone(), act.clone()));
                return denied(act);
            }
        }
        self.0.used.lock().unwrap().entry(handler).or_default().extend(acts);
        self.0.forward(&service, rest, line, headers, body).await
    }

    /// A role may use the key in some encryption contexts only.
    fn kms(&self, operation: &str, body: &Value) -> Act {
        let mut act = self.act("kms", operation, &body["KeyId"]);
        let context = &body["EncryptionContext"];
        if let Some(name) = ["tsp", "webhook_id"].into_iter().find(|name| context.get(name).is_some()) {
            act.resource += &format!("/{name}");
        } else if let Some(purpose) = context["purpose"].as_str() {
            act.resource += &format!("/purpose={purpose}");
        }
        act
    }

    fn act(&self, service: &str, operation: &str, resource: &Value) -> Act {
        Act::new(format!("{service}:{operation}"), self.0.logical(resource))
    }
}

impl Gate {
    /// The logical id of a table, queue or key.
    fn logical(&self, reference: &Value) -> String {
        let wanted = reference.as_str().unwrap_or_default();
        let found = self.physical.refs.iter().find(|(_, physical)| *physical == wanted);
        found.map_or_else(|| wanted.to_owned(), |(logical, _)| logical.clone())
    }

    fn dynamodb(&self, operation: &str, body: &Value) -> Vec<Act> {
        let act = |operation: &str, table: &Value| Act::new(format!("dynamodb:{operation}"), self.logical(table));
        match operation {
            "BatchGetItem" | "BatchWriteItem" => {
                body["RequestItems"].as_object().unwrap().keys().map(|table| act(operation, &json!(table))).collect()
            }
            // A transaction needs what each of its parts needs.
            "TransactWriteItems" | "TransactGetItems" => {
                let parts = body["TransactItems"].as_array().unwrap().iter().flat_map(|part| part.as_object().unwrap());
                parts
                    .map(|(kind, part)| match kind.as_str() {
                        "ConditionCheck" => act("ConditionCheckItem", &part["TableName"]),
                        kind => act(&format!("{kind}Item"), &part["TableName"]),
                    })
                    .collect()
            }
            _ => {
                let mut wanted = act(operation, &body["TableName"]);
                if body.get("IndexName").is_some() {
                    wanted.resource += "/index";
                }
                if body["Key"]["pk"]["S"].as_str().is_some_and(|key| key.starts_with("LIMIT#")) {
                    wanted.resource += LIMITS;
                }
                vec![wanted]
            }
        }
    }

    async fn forward(&self, service: &str, rest: &str, line: (Method, Uri), mut headers: HeaderMap, body: Bytes) -> Response {
        let base = match service {
            "dynamodb" => &self.endpoints.dynamodb,
            "kms" => &self.endpoints.kms,
            "sqs" => &self.endpoints.sqs,
            _ => &self.endpoints.scheduler,
        };
        let query = line.1.query().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}/{rest}{query}", base.trim_end_matches('/'));
        headers.remove("host");
        let answer = self.http.request(line.0, url).headers(headers).body(body).send().await.unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
            response = response.header(name, value);
        }
        response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
    }
}

/// The Scheduler speaks REST. Who makes a timer also passes the role that fires it.
fn scheduler(method: &Method, path: &str) -> Vec<Act> {
    let act = |operation: &str| Act::new(format!("scheduler:{operation}"), "ScheduleGroup");
    let pass = Act::new("iam:PassRole", "ScheduleRole");
    match method.as_str() {
        "POST" if path.starts_with("schedule-groups/") => vec![act("CreateScheduleGroup")],
        "POST" => vec![act("CreateSchedule"), pass],
        "PUT" => vec![act("UpdateSchedule"), pass],
        "DELETE" => vec![act("DeleteSchedule")],
        _ => vec![act("GetSchedule")],
    }
}

fn denied(act: &Act) -> Response {
    let message = format!("no identity-based policy allows the {} action on {}", act.action, act.resource);
    Response::builder()
        .status(StatusCode::BAD_REQUEST)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-errortype", "AccessDeniedException")
        .body(Body::from(json!({ "__type": "AccessDeniedException", "message": message }).to_string()))
        .unwrap()
}
