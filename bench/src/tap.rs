//! A proxy in front of the database that remembers requests and adds up what they consume.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The largest message of the database's protocol.
const MAX_BODY: usize = 16 << 20;

/// One request, and the capacity units it consumed.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GetItem`, `Query`, ...
    pub(crate) operation: String,
    pub(crate) request: Value,
    /// Units by table.
    pub(crate) units: Vec<(String, f64)>,
}

impl Seen {
    /// Whether it wrote.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "Query" | "BatchGetItem" | "TransactGetItems")
    }
}

/// The running proxy. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tap {
    /// Where it answers.
    pub(crate) url: String,
    behind: String,
    client: reqwest::Client,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Tap {
    /// A proxy in front of the database at `behind`.
    pub(crate) async fn open(behind: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the tap cannot listen")?;
        let url = format!("http://{}", listener.local_addr()?);
        let tap = Self { url, behind: behind.to_owned(), client: reqwest::Client::new(), seen: Arc::default() };
        let handler = tap.clone();
        let router = axum::Router::new().fallback(move |request: Request| handler.clone().pass(request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(tap)
    }

    /// What passed since the last time.
    pub(crate) fn drain(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn pass(self, request: Request) -> Response<Body> {
        self.forward(request).await.unwrap_or_else(|error| {
            let mut response = Response::new(Body::from(error.to_string()));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        })
    }

    async fn forward(&self, request: Request) -> Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let mut asked: Value = serde_json::from_slice(&to_bytes(body, MAX_BODY).await?)?;
        let original = asked.clone();
        if let Some(members) = asked.as_object_mut() {
            members.insert("ReturnConsumedCapacity".into(), json!("TOTAL"));
        }
        let mut headers: HeaderMap = parts.headers;
        let operation =
            headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.split('.').nth(1)).unwrap_or_default();
        let operation = operation.to_owned();
        headers.remove("content-length");
        headers.remove("host");
        let sent = self.client.post(&self.behind).headers(headers).body(asked.to_string()).send().await?;
        let status = sent.status();
        let told = sent.bytes().await?;
        let answer: Value = serde_json::from_slice(&told)?;
        let seen = Seen { operation, request: original, units: units(&answer) };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        let mut response = Response::new(Body::from(told));
        *response.status_mut() = status;
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.0"));
        Ok(response)
    }
}

/// The units of an answer: one object, or a list of them.
fn units(answer: &Value) -> Vec<(String, f64)> {
    let found = answer.get("ConsumedCapacity");
    let list =
        found.and_then(Value::as_array).map_or_else(|| found.into_iter().collect(), |list| list.iter().collect::<Vec<_>>());
    let of = |one: &&Value| Some((one.get("TableName")?.as_str()?.to_owned(), one.get("CapacityUnits")?.as_f64()?));
    list.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_come_alone_or_in_lists() {
        let one = json!({ "TableName": "a", "CapacityUnits": 2.5 });
        assert_eq!(units(&json!({ "ConsumedCapacity": one })), [("a".to_owned(), 2.5)]);
        assert_eq!(units(&json!({ "ConsumedCapacity": [one, one] })).len(), 2);
        assert_eq!(units(&json!({})), []);
    }
}
