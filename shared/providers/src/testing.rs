//! What tests of all adapters share: canned responses, and pages that are fetched from them.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use model::credentials::{Credentials, Form};
use model::resource_operation::OperationType;
use model::telematics::{Batch, Fields, Observation};
use model::{ConnectionId, Resource, Timestamp};
use serde_json::Value;
use url::Url;

use crate::{
    Adapter, BoxFuture, Change, Fetch, Fetched, Http, HttpFailure, HttpResponse, Lane, Pause, ProviderError, Sessions, Unlimited,
    Unshared, Written,
};

pub(crate) type Answer = Result<HttpResponse, HttpFailure>;

/// Answers in order, and remembers what was asked.
#[derive(Default)]
pub(crate) struct Canned {
    responses: Mutex<Vec<Answer>>,
    asked: Mutex<Vec<(String, HeaderMap)>>,
    posted: Mutex<Vec<Value>>,
    refused: Option<&'static str>,
    waited: Mutex<Vec<Duration>>,
    beside: Option<(&'static str, String)>,
}

impl Canned {
    pub(crate) fn new(responses: Vec<Answer>) -> Self {
        Self { responses: Mutex::new(responses.into_iter().rev().collect()), ..Self::default() }
    }

    /// The same, but questions with this part in their query are refused, and not remembered.
    pub(crate) fn refusing(part: &'static str, responses: Vec<Answer>) -> Self {
        Self { refused: Some(part), ..Self::new(responses) }
    }

    /// The same, but questions with this part in their URL have one answer, and are not remembered.
    pub(crate) fn beside(part: &'static str, body: String, responses: Vec<Answer>) -> Self {
        Self { beside: Some((part, body)), ..Self::new(responses) }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(url, _)| url.clone()).collect()
    }

    /// A header of every request; empty where it was not sent.
    pub(crate) fn sent(&self, name: &str) -> Vec<String> {
        let text = |headers: &HeaderMap| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        self.asked.lock().unwrap().iter().map(|(_, headers)| text(headers)).collect()
    }

    /// The JSON bodies that were sent.
    pub(crate) fn posted(&self) -> Vec<Value> {
        self.posted.lock().unwrap().clone()
    }

    /// How long the adapter waited, each time. It takes no time here.
    pub(crate) fn waited(&self) -> Vec<Duration> {
        self.waited.lock().unwrap().clone()
    }

    fn wait(&self, wait: Duration) -> BoxFuture<'static, ()> {
        self.waited.lock().unwrap().push(wait);
        Box::pin(async {})
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.responses.lock().unwrap().is_empty()
    }
}

impl Http for Canned {
    fn send(&self, method: Method, url: Url, headers: HeaderMap, body: Bytes, _: Duration) -> BoxFuture<'_, Answer> {
        if self.refused.is_some_and(|part| url.query().is_some_and(|query| query.contains(part))) {
            return Box::pin(async { response(403, r#"{"message":"Permission Denied"}"#) });
        }
        if let Some((_, body)) = self.beside.as_ref().filter(|(part, _)| url.as_str().contains(part)) {
            let answer = response(200, body);
            return Box::pin(async { answer });
        }
        self.asked.lock().unwrap().push((url.to_string(), headers));
        if method != Method::GET {
            self.posted.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        }
        let next = self.responses.lock().unwrap().pop().expect("no response left");
        Box::pin(async { next })
    }
}

pub(crate) fn response(status: u16, body: &str) -> Answer {
    let (status, headers) = (StatusCode::from_u16(status).unwrap(), HeaderMap::new());
    Ok(HttpResponse { status, headers, body: Bytes::copy_from_slice(body.as_bytes()), elapsed: Duration::ZERO })
}

/// A refusal that asks to wait for so many seconds.
pub(crate) fn busy(status: u16, retry_after: &str) -> Answer {
    let mut answer = response(status, "{}")?;
    answer.headers.insert("retry-after", retry_after.parse().unwrap());
    Ok(answer)
}

pub(crate) fn credentials(conn_type: &str, given: &Value) -> Credentials {
    Credentials::check(Form::of(conn_type).unwrap(), given.as_object().unwrap()).unwrap()
}

pub(crate) fn connection() -> ConnectionId {
    "6f9619ff-8b86-4d01-b42d-00cf4fc964ff".parse().unwrap()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// An account at a provider, asked at some time.
pub(crate) struct Asker<'a> {
    pub(crate) adapter: &'a dyn Adapter,
    pub(crate) base: Url,
    pub(crate) credentials: Credentials,
    pub(crate) now: Timestamp,
    /// Up to when records are stored.
    pub(crate) newest: Option<Timestamp>,
}

impl Asker<'_> {
    pub(crate) fn ask(&self, http: &Canned, resource: Resource, cursor: Option<&str>) -> Result<Fetched, ProviderError> {
        self.ask_with(&Unshared, http, resource, cursor)
    }

    /// The same, with the session that others keep.
    pub(crate) fn ask_with(
        &self,
        sessions: &dyn Sessions,
        http: &Canned,
        resource: Resource,
        cursor: Option<&str>,
    ) -> Result<Fetched, ProviderError> {
        let fetch = Fetch {
            connection: connection(),
            credentials: &self.credentials,
            base_url: &self.base,
            cursor,
            now: self.now,
            last_data_at: self.newest,
            pause: Pause(&|wait| http.wait(wait)),
            budget: &Unlimited,
            sessions,
            lane: Lane::Live,
        };
        run(self.adapter.fetch(http, resource, fetch))
    }

    /// Writes; `unclear_since` is when an earlier attempt began that had no answer.
    pub(crate) fn write(
        &self,
        http: &Canned,
        what: (Resource, OperationType),
        target: Option<&str>,
        payload: &Value,
        unclear_since: Option<Timestamp>,
    ) -> Result<Written, ProviderError> {
        let change = Change {
            connection: connection(),
            credentials: &self.credentials,
            base_url: &self.base,
            now: self.now,
            unclear_since,
            target,
            payload: payload.as_object().unwrap(),
            generated: "random-password",
            pause: Pause(&|wait| http.wait(wait)),
            budget: &Unlimited,
            sessions: &Unshared,
        };
        run(self.adapter.write(http, what, change))
    }

    /// Fetches until there is no more, and gives every page.
    pub(crate) fn walk(&self, http: &Canned, resource: Resource) -> Vec<Fetched> {
        let mut pages: Vec<Fetched> = Vec::new();
        loop {
            let cursor = pages.last().and_then(|page| page.cursor.clone());
            pages.push(self.ask(http, resource, cursor.as_deref()).unwrap());
            if !pages.last().unwrap().more {
                return pages;
            }
        }
    }
}

pub(crate) fn records(page: &Fetched) -> &[Observation<Fields>] {
    let Batch::Records(rows) = &page.batch else { panic!("not records") };
    rows
}

/// The mapped members of the record that was written.
pub(crate) fn written_row(written: &Written) -> Value {
    let Some(Batch::Records(rows)) = &written.batch else { panic!("{written:?}") };
    fields(&rows[0])
}

/// The mapped members of a record.
pub(crate) fn fields(row: &Observation<Fields>) -> Value {
    serde_json::from_str(row.fields.get()).unwrap()
}

/// Compares some mapped members of a record.
pub(crate) fn check_fields(row: &Observation<Fields>, expected: &Value) {
    let found = fields(row);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(found.get(name).unwrap_or(&Value::Null), value, "{name} of {}", row.source_id);
    }
}
