//! Lambda: functions by handler, each with as many sandboxes as are busy at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{Function, Outcome, Sandbox};

/// All functions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lambda(Arc<Inner>);

struct Inner {
    functions: HashMap<String, Function>,
    idle: Mutex<HashMap<String, Vec<Sandbox>>>,
    starts: Mutex<BTreeMap<String, Vec<Duration>>>,
    logs: Mutex<Vec<crate::sandbox::Log>>,
}

impl Lambda {
    pub(crate) fn new(functions: impl IntoIterator<Item = Function>) -> Self {
        let functions = functions.into_iter().map(|function| (function.handler.clone(), function)).collect();
        let (idle, starts, logs) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { functions, idle, starts, logs }))
    }

    /// The function, to start sandboxes of one's own.
    pub(crate) fn function(&self, handler: &str) -> &Function {
        &self.0.functions[handler]
    }

    /// Invokes a function in an idle sandbox, or in a new one.
    pub(crate) async fn invoke(&self, handler: &str, event: Value) -> Outcome {
        let idle = self.0.idle.lock().unwrap().get_mut(handler).and_then(Vec::pop);
        let mut sandbox = match idle {
            Some(sandbox) => sandbox,
            None => self.start(handler).await,
        };
        let outcome = sandbox.invoke(event).await;
        if matches!(outcome, Outcome::Answered(_) | Outcome::Failed(_)) {
            self.0.idle.lock().unwrap().entry(handler.to_owned()).or_default().push(sandbox);
        }
        outcome
    }

    async fn start(&self, handler: &str) -> Sandbox {
        let function = self.0.functions.get(handler).unwrap_or_else(|| panic!("unknown handler {handler}"));
        let sandbox = Sandbox::start(function).await.unwrap_or_else(|error| panic!("{handler}: {error:?}"));
        self.0.starts.lock().unwrap().entry(handler.to_owned()).or_default().push(sandbox.init);
        self.0.logs.lock().unwrap().push(sandbox.log().clone());
        sandbox
    }

    /// How long each start of each function took, by handler.
    pub(crate) fn starts(&self) -> BTreeMap<String, Vec<Duration>> {
        self.0.starts.lock().unwrap().clone()
    }

    /// All lines that all sandboxes wrote.
    pub(crate) fn log(&self) -> String {
        let logs = self.0.logs.lock().unwrap();
        logs.iter().map(crate::sandbox::Log::text).collect::<Vec<_>>().join("\n")
    }
}
