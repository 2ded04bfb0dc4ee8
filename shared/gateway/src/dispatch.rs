//! One request through one endpoint: request id, caller, handler, errors, access log.

use std::time::Duration;

use http::Method;
use model::Timestamp;
use store::control::Way;
use tracing::Instrument as _;

use crate::caller::Caller;
use crate::incoming::Incoming;
use crate::response::Response;
use crate::{ApiError, Call, Context, Endpoint, compression, idempotency, metrics, telemetry};

/// Serves one request by one endpoint. Never fails: errors become responses.
pub async fn dispatch(context: &Context, endpoint: &Endpoint, incoming: &Incoming) -> Response {
    dispatch_within(context, endpoint, incoming, Duration::MAX).await
}

/// Serves one request; responds 504 if that takes longer than `limit`.
pub async fn dispatch_within(context: &Context, endpoint: &Endpoint, incoming: &Incoming, limit: Duration) -> Response {
    let request_id = uuid::Uuid::now_v7().to_string();
    let trace = telemetry::trace(incoming.header(telemetry::TRACE_HEADER), context.now());
    let span = telemetry::request(trace, &request_id, endpoint.handler, incoming);
    respond(&context.traced(trace), endpoint, incoming, request_id, limit).instrument(span).await
}

async fn respond(context: &Context, endpoint: &Endpoint, incoming: &Incoming, request_id: String, limit: Duration) -> Response {
    let started = std::time::Instant::now();
    let served = tokio::time::timeout(limit, serve(context, endpoint, incoming, &request_id, context.now())).await;
    let served = served.unwrap_or_else(|_| Err(ApiError::deadline_exceeded()));
    let served = if endpoint.speaks_oauth() { served.map_err(ApiError::in_oauth_format) } else { served };
    let cause = served.as_ref().err().and_then(|error| error.cause().map(str::to_owned));
    let mut response = served.unwrap_or_else(|mut error| {
        let page = error.take_page().or_else(|| endpoint.error_page.map(|page| page(context, incoming, &error)));
        match page {
            Some(page) => error.on_page(page),
            None => error.into_response(),
        }
    });
    response.set("x-request-id", &request_id);
    compression::compress(&mut response, incoming);
    if incoming.method == Method::HEAD {
        response.leave_out_body();
    }
    let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let status = response.status.as_u16();
    match cause {
        None => tracing::info!(status, duration_ms, "request"),
        Some(cause) => tracing::error!(status, duration_ms, cause, "request"),
    }
    metrics::request(&context.config().service, endpoint.handler, status, duration_ms);
    response
}

async fn serve(
    context: &Context,
    endpoint: &Endpoint,
    incoming: &Incoming,
    request_id: &str,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let most = endpoint.serve.max_body();
    if incoming.body.len() > most {
        return Err(ApiError::too_large(most));
    }
    let caller = Caller::of(context, endpoint.access, incoming, now).await?;
    telemetry::record_caller(&caller);
    let binding = format!("{} {}", caller.name(), incoming.filters());
    let is_head = incoming.method == Method::HEAD;
    let call = Call { caller, request_id: request_id.to_owned(), is_head, address: incoming.address, now, binding };
    let reader = call.caller.partner().ok().filter(|_| !is_head);
    let response = idempotency::run(context, endpoint, call, incoming).await?;
    // Before it is sent: no record of a fleet leaves that its ledger does not know of.
    if let Some(partner) = reader.filter(|_| !response.shown.is_empty()) {
        context.store().note_accesses((partner, Way::Read), response.shown.iter().copied(), now).await?;
    }
    Ok(response)
}
