//! The Lambda entry: one binary, the operation named by `_HANDLER`.

use std::collections::BTreeMap;

use gateway::{Config, Context, Endpoint, Incoming, Worker, dispatch};
use lambda_http::{Body, Request, RequestExt as _};
use lambda_runtime::{Error, LambdaEvent};
use model::Timestamp;
use serde_json::Value;

/// Serves the operation that `_HANDLER` names, until the sandbox ends.
///
/// # Errors
/// An unknown name, or what the runtime reports.
pub async fn run() -> Result<(), Error> {
    let handler = std::env::var("_HANDLER").unwrap_or_default();
    let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let context = Context::new(Config::from_environment(), aws.into(), Timestamp::system);
    if let Some(endpoint) = crate::endpoints().into_iter().find(|endpoint| endpoint.handler == handler) {
        return serve_http(&context, &endpoint).await;
    }
    match crate::workers().into_iter().find(|worker| worker.handler == handler) {
        Some(worker) => serve_events(&context, &worker).await,
        None => Err(format!("no function is called {handler:?}").into()),
    }
}

async fn serve_http(context: &Context, endpoint: &Endpoint) -> Result<(), Error> {
    lambda_http::run(lambda_http::service_fn(|request: Request| async move {
        let incoming = incoming(request);
        let answer = dispatch(context, endpoint, &incoming).await;
        let mut response = http::Response::new(Body::Binary(answer.body.to_vec()));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        let text = String::from_utf8(answer.body.to_vec());
        if let Ok(text) = text {
            *response.body_mut() = Body::Text(text);
        }
        Ok::<_, Error>(response)
    }))
    .await
}

async fn serve_events(context: &Context, worker: &Worker) -> Result<(), Error> {
    lambda_runtime::run(lambda_runtime::service_fn(|event: LambdaEvent<Value>| async move {
        (worker.call)(context, event.payload).await.map_err(|error| {
            tracing::error!(handler = worker.handler, cause = %error, "event failed");
            Error::from(error.to_string())
        })
    }))
    .await
}

fn incoming(request: Request) -> Incoming {
    let path: BTreeMap<String, String> =
        request.path_parameters().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let raw_path = request.raw_http_path().to_owned();
    let (parts, body) = request.into_parts();
    Incoming { method: parts.method, raw_path, raw_query, headers: parts.headers, path, body: body.to_vec().into() }
}
