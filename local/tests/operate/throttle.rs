//! A DynamoDB that has too little capacity: a proxy in front of the embedded one that turns one request in five away, in every form
//! in which AWS does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{HeaderMap, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const API: &str = "DynamoDB_20120810.";
const ITEMS: &[&str] =
    &["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchGetItem", "BatchWriteItem"];

/// The proxy.
#[derive(Clone)]
pub(crate) struct Throttle {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    database: String,
    /// One request in so many is turned away; 1 for all, 0 for none.
    one_in: AtomicU32,
    /// The only operation of which it turns any away, if there is one.
    only: Mutex<Option<&'static str>>,
    seen: AtomicU32,
    turned: Mutex<BTreeMap<String, u32>>,
}

impl Throttle {
    /// Starts it; at first it turns nothing away.
    pub(crate) async fn start(database: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            http: reqwest::Client::new(),
            database: database.to_owned(),
            one_in: AtomicU32::new(0),
            only: Mutex::default(),
            seen: AtomicU32::new(0),
            turned: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let router = axum::Router::new().fallback(move |request: Request| async move { serving.answer(request).await });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    pub(crate) fn one_in(&self, requests: u32) {
        self.shared.one_in.store(requests, Ordering::SeqCst);
    }

    /// From now on it turns requests of this operation away, all of them and no others.
    pub(crate) fn only(&self, operation: &'static str) {
        *self.shared.only.lock().unwrap() = Some(operation);
        self.one_in(1);
    }

    /// Requests about items since the start, and how many were turned away in each form.
    pub(crate) fn counts(&self) -> (u32, BTreeMap<String, u32>) {
        (self.shared.seen.load(Ordering::SeqCst), self.shared.turned.lock().unwrap().clone())
    }
}

impl Shared {
    async fn answer(&self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 32 << 20).await.unwrap().to_vec();
        let target = parts.headers.get("x-amz-target").and_then(|name| name.to_str().ok()).unwrap_or_default();
        let operation = target.strip_prefix(API).filter(|name| ITEMS.contains(name)).map(str::to_owned);
        let Some(operation) = operation else { return self.passed(parts.headers, body).await };
        let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        let one_in = self.one_in.load(Ordering::SeqCst);
        let is_spared = self.only.lock().unwrap().is_some_and(|only| only != operation);
        if is_spared || one_in == 0 || !number.is_multiple_of(one_in) {
            return self.passed(parts.headers, body).await;
        }
        let input: Value = serde_json::from_slice(&body).unwrap();
        self.turned_away(&operation, &input, number / one_in)
    }

    async fn passed(&self, mut headers: HeaderMap, body: Vec<u8>) -> Response<Body> {
        headers.remove("host");
        let answer = self.http.post(&self.database).headers(headers).body(body).send().await.unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "content-length")
        {
            response = response.header(name, value);
        }
        response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
    }

    /// The forms take turns.
    fn turned_away(&self, operation: &str, input: &Value, turn: u32) -> Response<Body> {
        let plain = if turn.is_multiple_of(2) { "ThrottlingException" } else { "ProvisionedThroughputExceededException" };
        let (form, status, body) = match operation {
            "TransactWriteItems" if !turn.is_multiple_of(4) => {
                let code = match turn % 4 {
                    1 => "ThrottlingError",
                    2 => "TransactionConflict",
                    _ => "ProvisionedThroughputExceeded",
                };
                let items = input["TransactItems"].as_array().unwrap().len();
                let reason = |item| {
                    if item + 1 == items { json!({ "Code": code, "Message": "later" }) } else { json!({ "Code": "None" }) }
                };
                let reasons: Vec<Value> = (0..items).map(reason).collect();
                let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
                (code, 400, json!({ "__type": kind, "Message": "Transaction cancelled", "CancellationReasons": reasons }))
            }
            "BatchGetItem" if turn.is_multiple_of(2) => {
                ("UnprocessedKeys", 200, json!({ "Responses": {}, "UnprocessedKeys": input["RequestItems"] }))
            }
            "BatchWriteItem" if turn.is_multiple_of(2) => {
                ("UnprocessedItems", 200, json!({ "UnprocessedItems": input["RequestItems"] }))
            }
            _ => (plain, 400, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{plain}"), "message": "later" })),
        };
        *self.turned.lock().unwrap().entry(format!("{operation} {form}")).or_default() += 1;
        let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
        response.body(Body::from(body.to_string())).unwrap()
    }
}
