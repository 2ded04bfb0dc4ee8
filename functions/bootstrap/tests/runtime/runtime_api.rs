//! The Lambda Runtime API (2018-06-01) of one sandbox, as AWS documents it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What the process behind the API reported.
#[derive(Debug)]
pub(crate) enum Reported {
    /// It asked for an event: what it had to do before is done.
    Next,
    /// It cannot start.
    InitError(Value),
    /// It handled the event with this request id.
    Response(String, Value),
    /// It could not handle the event with this request id.
    Error(String, Value),
}

/// An event on its way to the process.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) deadline: SystemTime,
    pub(crate) event: Value,
}

/// A served Runtime API.
pub(crate) struct RuntimeApi {
    /// `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    pub(crate) queue: mpsc::Sender<Invocation>,
    pub(crate) reported: mpsc::UnboundedReceiver<Reported>,
    server: JoinHandle<()>,
}

struct Shared {
    queue: Mutex<mpsc::Receiver<Invocation>>,
    reported: mpsc::UnboundedSender<Reported>,
}

impl RuntimeApi {
    pub(crate) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (queue, queued) = mpsc::channel(1);
        let (reports, reported) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { queue: Mutex::new(queued), reported: reports });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, queue, reported, server }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Blocks until there is an event, as Lambda does: the process is frozen meanwhile.
async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let _nobody_listens = shared.reported.send(Reported::Next);
    let Some(invocation) = shared.queue.lock().await.recv().await else {
        return answer(StatusCode::INTERNAL_SERVER_ERROR, Body::empty());
    };
    let deadline = invocation.deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", invocation.id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header("lambda-runtime-invoked-function-arn", invocation.arn)
        .header("lambda-runtime-trace-id", trace_id())
        .body(Body::from(invocation.event.to_string()))
        .unwrap()
}

fn trace_id() -> String {
    let random = Uuid::new_v4().simple().to_string();
    let (root, parent) = (&random[..24], &random[..16]);
    format!("Root=1-5759e988-{root};Parent={parent};Sampled=0")
}

/// The largest answer that Lambda takes, in bytes.
const MAX_RESPONSE: usize = 6_291_556;

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    if body.len() > MAX_RESPONSE {
        let sentence = format!("Response payload size ({} bytes) exceeded maximum allowed payload size", body.len());
        let error = json!({ "errorType": "Function.ResponseSizeTooLarge", "errorMessage": sentence });
        let _nobody_listens = shared.reported.send(Reported::Error(id, error));
        return answer(StatusCode::PAYLOAD_TOO_LARGE, Body::from(r#"{"errorType":"RequestEntityTooLarge"}"#));
    }
    accepted(&shared, Reported::Response(id, read(&body)))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    assert!(headers.contains_key("lambda-runtime-function-error-type"), "an error without its type: {headers:?}");
    accepted(&shared, Reported::Error(id, read(&body)))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    accepted(&shared, Reported::InitError(read(&body)))
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!({ "notJson": String::from_utf8_lossy(body) }))
}

fn accepted(shared: &Shared, reported: Reported) -> Response {
    let _nobody_listens = shared.reported.send(reported);
    answer(StatusCode::ACCEPTED, Body::from(r#"{"status":"OK"}"#))
}

fn answer(status: StatusCode, body: Body) -> Response {
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

/// The instant after so much time.
pub(crate) fn after(time: Duration) -> SystemTime {
    SystemTime::now() + time
}
