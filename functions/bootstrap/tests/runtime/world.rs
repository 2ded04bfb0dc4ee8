//! The platform with the artifacts in it: provisioned from template.yaml, every function a process, every call judged by the
//! function's role, every request an API Gateway event, queues and streams mapped as Lambda maps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use catena::aws::mappings::{Invoke, Mappings};
use catena::aws::template::Context;
use catena::aws::{Cloud, CloudOptions, Named, STACK};
use catena::demo;
use futures::FutureExt as _;
use model::Timestamp;
use serde_json::{Value, json};
use simulator::{Provided, Simulator};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::front::Front;
use crate::gatekeeper::Gatekeeper;
use crate::lambda::Lambda;
use crate::role;
use crate::sandbox::{Function, Outcome};

/// A running platform.
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) lambda: Lambda,
    pub(crate) front: Front,
    pub(crate) gate: Gatekeeper,
    pub(crate) tsp_tokens: Vec<String>,
    pub(crate) cloud: Cloud,
    simulator: String,
    mappings: Option<Mappings>,
    servers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    end_simulator: oneshot::Sender<()>,
}

/// Whether queues, streams and schedules start functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Triggers {
    /// As deployed.
    On,
    /// Only the test does.
    Off,
}

impl World {
    pub(crate) async fn start(triggers: Triggers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let template = catena::template().unwrap();
        let parameters = parameters(&url);
        let options =
            CloudOptions { parameters: parameters.clone(), named: Named::from_environment(), ..CloudOptions::default() };
        let cloud = Cloud::start(&options, &template, &|_| ()).await.unwrap();
        let gate = Gatekeeper::start(role::roles(&template), cloud.endpoints.clone(), cloud.physical.clone()).await;
        let lambda = Lambda::new(cloud.functions.iter().map(|function| Function {
            handler: function.handler.clone(),
            timeout: function.timeout,
            environment: function.environment.clone().into_iter().chain(gate.environment(&function.handler)).collect(),
        }));
        let context = Context { stack: STACK, parameters: &parameters, physical: &cloud.physical };
        let front = Front::new(template.routes(context).unwrap(), lambda.clone());
        let (simulator, end_simulator, simulating) = simulate().await;
        let (base, simulated) = simulator;
        let tsp_tokens = simulated.iter().find(|provided| provided.name == demo::TSP).unwrap().keys.clone();
        demo::create_demo(&self::context(&cloud), &url, simulated, "http://127.0.0.1:9").await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let mappings = match triggers {
            Triggers::On => Some(map(&cloud, &lambda, stopped).await),
            Triggers::Off => None,
        };
        let servers = vec![tokio::spawn(front.clone().serve(listener)), simulating];
        Self { url, lambda, front, gate, tsp_tokens, cloud, simulator: base, mappings, servers, stop, end_simulator }
    }

    /// Invokes with an event of the test's own.
    pub(crate) async fn invoke(&self, handler: &str, event: Value) -> Outcome {
        self.lambda.invoke(handler, event).await
    }

    /// Has the simulated TSP take so long for each answer.
    pub(crate) async fn slow_tsp(&self, milliseconds: u64) {
        self.fault(json!({ "slow_ms": milliseconds })).await;
    }

    /// Has the simulated TSP misbehave.
    pub(crate) async fn fault(&self, faults: Value) {
        let url = format!("{}/_sim/faults", self.simulator);
        let answer = reqwest::Client::new().put(url).json(&faults).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Some(mappings) = self.mappings {
            mappings.finish(std::time::Duration::from_secs(5)).await;
        }
        let _gone = self.end_simulator.send(());
        for server in self.servers {
            server.abort();
        }
        self.cloud.stop().await.unwrap();
    }
}

fn parameters(url: &str) -> BTreeMap<String, String> {
    [("Stage", "local"), ("PublicUrl", url), ("ConnectUrl", url), ("AllowedAddresses", "127.0.0.0/8,::1/128")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Base URL of the simulator, what it simulates, and how to end it.
async fn simulate() -> ((String, Vec<Provided>), oneshot::Sender<()>, JoinHandle<()>) {
    let options = simulator::Options { vehicles: 5, ..simulator::Options::default() };
    let simulator: Simulator = simulator::bind(options, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let known = (simulator.base_url(), simulator.providers());
    let (end, ended) = oneshot::channel();
    let running = tokio::spawn(async move { simulator.run(async move { drop(ended.await) }).await.unwrap() });
    (known, end, running)
}

/// What functions work with, for the test's own use; no role limits it.
pub(crate) fn context(cloud: &Cloud) -> gateway::Context {
    let at = |endpoint: &str| cloud.clients.shared.to_builder().endpoint_url(endpoint).build();
    let environment = cloud.environment(&cloud.functions[0].id);
    let config = gateway::Config::from_variables(|name| environment.get(name).cloned());
    let aws = gateway::Aws {
        dynamodb: at(&cloud.endpoints.dynamodb),
        sqs: at(&cloud.endpoints.sqs),
        kms: at(&cloud.endpoints.kms),
        scheduler: at(&cloud.endpoints.scheduler),
    };
    gateway::Context::new(config, aws, Timestamp::system)
}

async fn map(cloud: &Cloud, lambda: &Lambda, stopped: watch::Receiver<bool>) -> Mappings {
    let lambda = lambda.clone();
    let invoke: Invoke = Arc::new(move |handler, event| {
        let lambda = lambda.clone();
        async move {
            match lambda.invoke(&handler, event).await {
                Outcome::Answered(answer) => Ok(answer),
                other => Err(format!("{other:?}")),
            }
        }
        .boxed()
    });
    let mut mappings = Mappings::start(cloud, None, invoke, stopped).await.unwrap();
    mappings.schedules(cloud.physical.reference("SchedulesQueue").unwrap(), "executions.run");
    mappings
}
