//! The local HTTP gateway: routes from template.yaml, handlers from the endpoint tables.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use ::gateway::{ApiError, Context, DEFAULT_ROUTE, Endpoint, Incoming, Response, dispatch};
use anyhow::Context as _;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use http::{Method, StatusCode};
use matchit::Router as Paths;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::aws::template::Route;
use crate::documents::Documents;

/// The largest body that API Gateway passes on. Endpoints have lower limits of their own.
const MAX_BODY: usize = 10 << 20;

/// Routes requests to endpoints.
#[derive(Clone)]
pub(crate) struct Router {
    /// A route must fit in method and path, as at API Gateway.
    routes: Arc<HashMap<Method, Paths<Arc<Endpoint>>>>,
    /// What answers where no route fits.
    default: Arc<Endpoint>,
    context: Arc<Context>,
    documents: Documents,
}

impl Router {
    /// The router of the template's routes.
    ///
    /// # Errors
    /// If a route names an unknown handler, or two routes conflict.
    pub(crate) fn new(routes: &[Route], context: Arc<Context>, documents: Documents) -> anyhow::Result<Self> {
        let endpoints: HashMap<&'static str, Arc<Endpoint>> =
            bootstrap::endpoints().into_iter().map(|endpoint| (endpoint.handler, Arc::new(endpoint))).collect();
        let mut by_method: HashMap<Method, Paths<Arc<Endpoint>>> = HashMap::new();
        let mut default = None;
        for route in routes {
            let endpoint = endpoints.get(route.handler.as_str());
            let endpoint = endpoint.with_context(|| format!("template.yaml routes to the unknown handler {}", route.handler))?;
            if route.path == DEFAULT_ROUTE {
                default = Some(Arc::clone(endpoint));
                continue;
            }
            let method = route.method.parse().with_context(|| format!("{} is not an HTTP method", route.method))?;
            let paths = by_method.entry(method).or_default();
            let inserted = paths.insert(&route.path, Arc::clone(endpoint));
            inserted.with_context(|| format!("route {} {} conflicts with another one", route.method, route.path))?;
        }
        let default = default.context("template.yaml has no route $default")?;
        Ok(Self { routes: Arc::new(by_method), default, context, documents })
    }

    /// Serves until stopped.
    pub(crate) async fn serve(self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let router = axum::Router::new().fallback(move |request: Request| self.clone().respond(request));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service).with_graceful_shutdown(async move {
            let _closed = stopped.wait_for(|stop| *stop).await;
        });
        if let Err(error) = served.await {
            tracing::error!(cause = %error, "the gateway stopped");
        }
    }

    async fn respond(self, request: Request) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        let found = self.routes.get(request.method()).and_then(|paths| paths.at(&path).ok()).map(|found| {
            let parameters = found.params.iter().map(|(name, value)| (name.to_owned(), decoded(value))).collect();
            (found.value, parameters)
        });
        let (endpoint, parameters) = found.unwrap_or_else(|| (&self.default, BTreeMap::new()));
        let response = self.call(endpoint, request, parameters).await;
        let mut http_response = http::Response::new(Body::from(response.body));
        *http_response.status_mut() = response.status;
        *http_response.headers_mut() = response.headers;
        http_response
    }

    async fn call(&self, endpoint: &Endpoint, request: Request, path: BTreeMap<String, String>) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else {
            return plain(StatusCode::PAYLOAD_TOO_LARGE, &ApiError::too_large(MAX_BODY));
        };
        let incoming = Incoming {
            method: parts.method,
            raw_path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            path,
            body,
            address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip()),
        };
        let response = dispatch(&self.context, endpoint, &incoming).await;
        if cfg!(debug_assertions) && incoming.method != Method::HEAD {
            self.documents.check_response(endpoint.handler, response.status.as_u16(), &response.body);
        }
        response
    }
}

fn plain(status: StatusCode, error: &ApiError) -> Response {
    let mut response = Response::json(status, error.body());
    response.set("x-request-id", &uuid::Uuid::now_v7().to_string());
    response
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
