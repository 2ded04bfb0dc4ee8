//! API Gateway: routes of the template, requests as events, function responses as HTTP responses.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catena::aws::template::Route;
use catena::documents::Documents;
use gateway::DEFAULT_ROUTE;
use http::{Method, Response, StatusCode};
use matchit::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::events;
use crate::lambda::Lambda;
use crate::sandbox::Outcome;

/// The API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Front(Arc<Inner>);

struct Inner {
    /// By method: a route must fit in both.
    routes: HashMap<String, Router<Route>>,
    default: Route,
    lambda: Lambda,
    answers: Mutex<BTreeMap<String, Vec<u16>>>,
    documents: Documents,
}

impl Front {
    pub(crate) fn new(routes: Vec<Route>, lambda: Lambda) -> Self {
        let (mut by_method, mut default) = (HashMap::<String, Router<Route>>::new(), None);
        for route in routes {
            if route.path == DEFAULT_ROUTE {
                default = Some(route);
            } else {
                by_method.entry(route.method.clone()).or_default().insert(route.path.clone(), route).unwrap();
            }
        }
        let (answers, documents) = (Mutex::default(), Documents::published().unwrap());
        Self(Arc::new(Inner { routes: by_method, default: default.unwrap(), lambda, answers, documents }))
    }

    pub(crate) async fn serve(self, listener: TcpListener) {
        let router = axum::Router::new().fallback(move |request: Request| self.clone().answer(request));
        axum::serve(listener, router).await.unwrap();
    }

    /// The statuses that each handler has answered.
    pub(crate) fn answers(&self) -> BTreeMap<String, Vec<u16>> {
        self.0.answers.lock().unwrap().clone()
    }

    /// How answers differ from the API documents.
    pub(crate) fn differences(&self) -> Vec<String> {
        self.0.documents.differences()
    }

    async fn answer(self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 10 << 20).await.unwrap();
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let found = self.0.routes.get(parts.method.as_str()).and_then(|paths| paths.at(parts.uri.path()).ok()).map(|found| {
            let path = found.params.iter().map(|(name, value)| (name.to_owned(), decoded(value))).collect();
            (found.value, path, format!("{} {}", found.value.method, found.value.path))
        });
        let (route, path, key) = found.unwrap_or_else(|| (&self.0.default, BTreeMap::new(), DEFAULT_ROUTE.to_owned()));
        let event = events::http(&parts, &body, &key, &path);
        let response = match self.0.lambda.invoke(&route.handler, event).await {
            Outcome::Answered(answer) => {
                let (status, body) = (answer["statusCode"].as_u64().unwrap_or_default(), answer["body"].as_str());
                let status = u16::try_from(status).unwrap();
                if parts.method != Method::HEAD {
                    self.0.documents.check_response(&route.handler, status, body.unwrap_or_default().as_bytes());
                }
                response(&answer)
            }
            _ => own(500, "Internal Server Error"),
        };
        let status = response.status().as_u16();
        self.0.answers.lock().unwrap().entry(route.handler.clone()).or_default().push(status);
        response
    }
}

/// The responses of API Gateway itself.
fn own(status: u16, message: &str) -> Response<Body> {
    let body = json!({ "message": message }).to_string();
    Response::builder().status(status).header("content-type", "application/json").body(Body::from(body)).unwrap()
}

/// The HTTP response in a function's answer (payload format 2.0).
pub(crate) fn response(answer: &Value) -> Response<Body> {
    let status = answer["statusCode"].as_u64().unwrap_or_else(|| panic!("no statusCode in {answer}"));
    let mut response = Response::builder().status(StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap());
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap());
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header("set-cookie", cookie.as_str().unwrap());
    }
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true { STANDARD.decode(text).unwrap() } else { text.into() };
    response.body(Body::from(body)).unwrap()
}
