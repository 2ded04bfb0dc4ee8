//! Processes that meet an accident at one of their requests.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::sync::Notify;

/// What happens at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accident {
    /// The process dies: nothing that it would have done after that happens.
    Death,
    /// The request fails, and the process goes on.
    Failure,
}

/// What a process meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How many requests it makes before.
    pub after: u64,
    /// What happens at the next one.
    pub accident: Accident,
    /// Whether that one is still sent, and only its answer is lost.
    pub is_sent: bool,
}

/// A step at which a process met its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name: what the process worked on, what it asked, and of which items.
    pub name: String,
    /// What happened, and when.
    pub fate: Fate,
}

/// A process, as what it talks to knows it: by its requests. They pass through [`Process::http_client`] or [`Process::request`].
#[derive(Debug)]
pub struct Process {
    state: Mutex<State>,
    death: Notify,
}

#[derive(Debug, Default)]
struct State {
    fate: Option<Fate>,
    made: u64,
    is_dead: bool,
    met: Option<Step>,
    /// What it works on.
    work: &'static str,
    steps: BTreeSet<String>,
}

enum Passage {
    Free,
    Met(Fate),
    Closed,
}

impl Process {
    /// A process with this fate; without one it lives.
    #[must_use]
    pub fn new(fate: Option<Fate>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { fate, ..State::default() }), death: Notify::new() })
    }

    /// Does work until it ends; its name is part of its steps' names. `None` if the process dies before.
    pub async fn run<T>(&self, name: &'static str, work: impl Future<Output = T>) -> Option<T> {
        if self.is_dead() {
            return None;
        }
        self.state().work = name;
        tokio::select! {
            biased;
            () = self.death.notified() => None,
            done = work => Some(done),
        }
    }

    /// Makes a request. `None` if it fails; of a dead process no request ever ends.
    pub async fn request<T>(&self, step: &str, send: impl Future<Output = T>) -> Option<T> {
        match self.passage(step) {
            Passage::Closed => std::future::pending().await,
            Passage::Met(Fate { accident, is_sent, .. }) => {
                if is_sent {
                    send.await;
                }
                if accident == Accident::Failure {
                    return None;
                }
                self.die();
                std::future::pending().await
            }
            Passage::Free => {
                let answer = send.await;
                if self.is_dead() { std::future::pending().await } else { Some(answer) }
            }
        }
    }

    /// A client whose requests are those of this process, made through another one.
    pub fn http_client(self: &Arc<Self>, inner: SharedHttpClient) -> SharedHttpClient {
        let process = Arc::clone(self);
        http_client_fn(move |settings, components| {
            let inner = inner.http_connector(settings, components);
            SharedHttpConnector::new(Wire { process: Arc::clone(&process), inner })
        })
    }

    /// Whether it died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    /// The step at which it met its fate, if it has.
    #[must_use]
    pub fn met(&self) -> Option<Step> {
        self.state().met.clone()
    }

    /// The steps that it has come to.
    #[must_use]
    pub fn steps(&self) -> BTreeSet<String> {
        self.state().steps.clone()
    }

    fn passage(&self, step: &str) -> Passage {
        let mut state = self.state();
        if state.is_dead {
            return Passage::Closed;
        }
        let name = format!("{}: {step}", state.work);
        state.steps.insert(name.clone());
        state.made += 1;
        match state.fate {
            Some(fate) if state.made == fate.after + 1 => {
                state.met = Some(Step { name, fate });
                Passage::Met(fate)
            }
            _ => Passage::Free,
        }
    }

    fn die(&self) {
        self.state().is_dead = true;
        self.death.notify_one();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What connects a process to an AWS service.
#[derive(Debug)]
struct Wire {
    process: Arc<Process>,
    inner: SharedHttpConnector,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (process, inner, step) = (Arc::clone(&self.process), self.inner.clone(), step_of(&request));
        HttpConnectorFuture::new(async move {
            let answer = process.request(&step, async move { inner.call(request).await }).await;
            answer.unwrap_or_else(|| Err(ConnectorError::user("the request failed".into())))
        })
    }
}

/// The operation of a request, and the kinds of the items that it names: `TransactWriteItems webhook PARKED`.
fn step_of(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let mut items: Vec<&str> = Vec::new();
    for mark in [r#""kind":{"S":""#, r#""pk":{"S":""#, r#"":pk":{"S":""#] {
        let found = body.split(mark).skip(1).filter_map(|rest| rest.split(['"', '#']).next());
        found.for_each(|name| {
            if !items.contains(&name) {
                items.push(name)
            }
        });
    }
    items.iter().fold(operation.to_owned(), |step, name| format!("{step} {name}"))
}
