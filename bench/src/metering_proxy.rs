//! A proxy in front of the database that records requests and their consumed capacity.

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
pub(crate) struct RecordedRequest {
    /// `GetItem`, `Query`, ...
    pub(crate) operation: String,
    pub(crate) request: Value,
    /// Units by table.
    pub(crate) units: Vec<(String, f64)>,
}

impl RecordedRequest {
    /// Whether it is a write.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "Query" | "BatchGetItem" | "TransactGetItems")
    }
}

/// The running proxy. Cheap to clone.
#[derive(Clone)]
pub(crate) struct MeteringProxy {
    /// Its URL.
    pub(crate) url: String,
    target: String,
    client: reqwest::Client,
    recorded: Arc<Mutex<Vec<RecordedRequest>>>,
}

impl MeteringProxy {
    /// A proxy in front of the database at `target`.
    pub(crate) async fn open(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the proxy failed to listen")?;
        let url = format!("http://{}", listener.local_addr()?);
        let proxy = Self { url, target: target.to_owned(), client: reqwest::Client::new(), recorded: Arc::default() };
        let handler = proxy.clone();
        let router = axum::Router::new().fallback(move |request: Request| handler.clone().pass(request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(proxy)
    }

    /// The requests since the last call.
    pub(crate) fn drain(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner))
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
        let mut metered: Value = serde_json::from_slice(&to_bytes(body, MAX_BODY).await?)?;
        let original = metered.clone();
        if let Some(members) = metered.as_object_mut() {
            members.insert("ReturnConsumedCapacity".into(), json!("TOTAL"));
        }
        let mut headers: HeaderMap = parts.headers;
        let operation =
            headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.split('.').nth(1)).unwrap_or_default();
        let operation = operation.to_owned();
        headers.remove("content-length");
        headers.remove("host");
        let sent = self.client.post(&self.target).headers(headers).body(metered.to_string()).send().await?;
        let status = sent.status();
        let bytes = sent.bytes().await?;
        let response: Value = serde_json::from_slice(&bytes)?;
        let recorded = RecordedRequest { operation, request: original, units: units(&response) };
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.0"));
        Ok(response)
    }
}

/// The units in a response: one object, or a list of them.
fn units(response: &Value) -> Vec<(String, f64)> {
    let found = response.get("ConsumedCapacity");
    let list =
        found.and_then(Value::as_array).map_or_else(|| found.into_iter().collect(), |list| list.iter().collect::<Vec<_>>());
    let of = |one: &&Value| Some((one.get("TableName")?.as_str()?.to_owned(), one.get("CapacityUnits")?.as_f64()?));
    list.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_an_object_or_a_list() {
        let one = json!({ "TableName": "a", "CapacityUnits": 2.5 });
        assert_eq!(units(&json!({ "ConsumedCapacity": one })), [("a".to_owned(), 2.5)]);
        assert_eq!(units(&json!({ "ConsumedCapacity": [one, one] })).len(), 2);
        assert_eq!(units(&json!({})), []);
    }
}
