//! The Lambda entries: a binary per artifact, the operation named by `_HANDLER`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use gateway::telemetry::{self, Unhandled};
use gateway::{Config, Context, Endpoint, Incoming, Permission, Service, Worker, dispatch_within};
use http::HeaderValue;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _};
use lambda_runtime::{Diagnostic, Error, LambdaEvent};
use model::Timestamp;
use serde_json::Value;

use crate::telemetry::Metrics;
use crate::{Artifact, aws, init_error, warm};

/// The part of an invocation's time that is reserved for its response and its log line. Lambda kills a sandbox that exceeds
/// the deadline: the cause is not logged, and the next caller waits for another cold start.
const RESERVE: Duration = Duration::from_millis(300);

/// Serves the endpoint that `_HANDLER` names, until the sandbox ends.
///
/// # Errors
/// An unknown name, or what the runtime reports.
pub async fn run_endpoint() -> Result<(), Error> {
    run_one_of(crate::api_services(), Artifact::Api).await
}

/// Serves the page or document that `_HANDLER` names, until the sandbox ends.
///
/// # Errors
/// An unknown name, or what the runtime reports.
pub async fn run_documentation() -> Result<(), Error> {
    run_one_of(vec![documentation::SERVICE], Artifact::Documentation).await
}

async fn run_one_of(services: Vec<Service>, artifact: Artifact) -> Result<(), Error> {
    let handler = handler();
    let found = services.iter().flat_map(|service| (service.endpoints)()).find(|endpoint| endpoint.handler == handler);
    let Some(endpoint) = found else { return unknown(&handler, artifact).await };
    let (context, metrics) = start(endpoint.permissions).await?;
    serve_http(&context, &endpoint, metrics).await
}

/// Serves the worker that `_HANDLER` names, until the sandbox ends.
///
/// # Errors
/// An unknown name, or what the runtime reports.
pub async fn run_worker() -> Result<(), Error> {
    let handler = handler();
    let Some(worker) = crate::workers().into_iter().find(|worker| worker.handler == handler) else {
        return unknown(&handler, Artifact::Workers).await;
    };
    let (context, metrics) = start(worker.permissions).await?;
    serve_events(&context, &worker, metrics).await
}

fn handler() -> String {
    std::env::var("_HANDLER").unwrap_or_default()
}

async fn unknown(handler: &str, artifact: Artifact) -> Result<(), Error> {
    let cause =
        format!("unknown handler {handler:?} in the {} artifact: the template does not match the tables", artifact.name());
    let config = Config::from_environment();
    let metrics = Metrics::collect(config.stage)?;
    gateway::metrics::failed_start(&config.service);
    flush(metrics);
    init_error::report("UnknownHandler", &cause).await;
    Err(cause.into())
}

async fn start(permissions: &[Permission]) -> Result<(Context, Metrics), Error> {
    let context = context();
    let metrics = Metrics::collect(context.config().stage.clone())?;
    warm::open_connections(&context, permissions).await;
    Ok((context, metrics))
}

fn context() -> Context {
    Context::new(Config::from_environment(), aws::from_environment(), Timestamp::system)
}

/// Writes the metrics of an invocation before its response is sent: afterwards the sandbox may be frozen.
fn flush(metrics: Metrics) {
    metrics.flush(std::io::stdout().lock());
}

async fn serve_http(context: &Context, endpoint: &Endpoint, metrics: Metrics) -> Result<(), Error> {
    lambda_http::run(lambda_http::service_fn(|request: Request| async move {
        let left = left(request.lambda_context().deadline());
        let incoming = incoming(request);
        let response = dispatch_within(context, endpoint, &incoming, left).await;
        flush(metrics);
        Ok::<_, Error>(outgoing(response))
    }))
    .await
}

async fn serve_events(context: &Context, worker: &Worker, metrics: Metrics) -> Result<(), Error> {
    lambda_runtime::run(lambda_runtime::service_fn(|event: LambdaEvent<Value>| async move {
        let left = left(event.context.deadline());
        let trace = event.context.xray_trace_id.as_deref();
        let outcome = telemetry::invoke(context, worker, trace, event.payload, left).await;
        flush(metrics);
        outcome.map_err(|error| failed(&error))
    }))
    .await
}

/// The error that is reported to Lambda and its dead-letter queues; the event is redelivered.
fn failed(error: &Unhandled) -> Diagnostic {
    let kind = match error {
        Unhandled::Failed(_) => "EventFailed",
        Unhandled::DeadlineExceeded => "EventTimedOut",
    };
    Diagnostic { error_type: kind.to_owned(), error_message: error.to_string() }
}

/// The time that remains for an invocation.
fn left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(RESERVE)
}

fn incoming(request: Request) -> Incoming {
    let path: BTreeMap<String, String> =
        request.path_parameters().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let raw_path = request.raw_http_path().to_owned();
    let address = address(&request);
    // Lambda's own trace, if it has one: X-Ray shows the function under it.
    let trace = request.lambda_context().xray_trace_id.and_then(|header| HeaderValue::try_from(header).ok());
    let (mut parts, body) = request.into_parts();
    if let Some(trace) = trace {
        parts.headers.insert(telemetry::TRACE_HEADER, trace);
    }
    let body = match body {
        Body::Text(text) => text.into_bytes(),
        Body::Binary(bytes) => bytes,
        _ => Vec::new(),
    };
    Incoming { method: parts.method, raw_path, raw_query, headers: parts.headers, path, body: body.into(), address }
}

/// The caller's address, as API Gateway saw it.
fn address(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

fn outgoing(sent: gateway::Response) -> http::Response<Body> {
    let body = String::from_utf8(sent.body.into()).map_or_else(|bytes| Body::Binary(bytes.into_bytes()), Body::Text);
    let mut response = http::Response::new(body);
    *response.status_mut() = sent.status;
    *response.headers_mut() = sent.headers;
    response
}
