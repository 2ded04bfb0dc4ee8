//! All parts of the local run, started in order and stopped in reverse order.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::gateway::{Aws, Config, Context, Worker, telemetry};
use anyhow::Context as _;
use bootstrap::timers;
use futures::FutureExt as _;
use model::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin;
use crate::aws::mappings::{Invoke, Mappings};
use crate::aws::template::{self, Template};
use crate::aws::{Cloud, CloudOptions, Named, Physical, STACK};
use crate::check::Timers;
use crate::demo::{self, Demo};
use crate::documents::Documents;
use crate::gateway::Router;
use crate::receiver::Receiver;

/// Ports and data of the local run.
#[derive(Clone, Debug)]
pub struct Options {
    /// API and Connect; 0 = any free port.
    pub port: u16,
    /// Simulated TSPs; 0 = any free port.
    pub simulator_port: u16,
    /// Demo partner's receiver; 0 = any free port.
    pub receiver_port: u16,
    /// Emulator.
    pub emulator_port: Option<u16>,
    /// Embedded DynamoDB.
    pub database_port: Option<u16>,
    /// The directory that keeps data between runs.
    pub state: Option<PathBuf>,
    /// Recorded movement.
    pub trace: Option<PathBuf>,
    /// Its playback speed.
    pub time_factor: f64,
    /// Vehicles of the simulated fleet.
    pub vehicles: usize,
}

impl Options {
    /// A run that keeps nothing, on any free ports.
    #[must_use]
    pub fn ephemeral(vehicles: usize) -> Self {
        Self {
            port: 0,
            simulator_port: 0,
            receiver_port: 0,
            emulator_port: None,
            database_port: None,
            state: None,
            trace: None,
            time_factor: 1.0,
            vehicles,
        }
    }
}

/// The running platform.
pub struct Platform {
    /// The demo partner and the URLs of the platform.
    pub demo: Demo,
    /// What the demo partner has received.
    pub receiver: Receiver,
    /// What differs from the API documents.
    pub documents: Documents,
    context: Arc<Context>,
    cloud: Cloud,
    mappings: Mappings,
    servers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Platform {
    /// Starts everything; `progress` receives a line for each step.
    ///
    /// # Errors
    /// One sentence that says what to do: a port in use, no Python, no network, ...
    pub async fn start(options: Options, progress: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let listener = listen(options.port, "--port").await?;
        let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        progress(&format!("API and Connect at {url}"));
        let documents = Documents::published()?;
        let receiver = Receiver::new(listen(options.receiver_port, "--receiver-port").await?, documents.clone())?;
        let simulator = simulate(&options).await?;
        progress(&format!("simulated TSPs at {}", simulator.base_url()));

        let template = crate::template()?;
        let parameters = parameters(&url);
        let cloud_options = CloudOptions {
            state: options.state.clone(),
            emulator_port: options.emulator_port,
            database_port: options.database_port,
            cache: None,
            parameters: parameters.clone(),
            named: Named::from_environment(),
        };
        let cloud = Cloud::start(&cloud_options, &template, progress).await?;
        let context = Arc::new(context(&cloud)?);
        let demo = demo::create_demo(&context, &url, simulator.providers(), receiver.url()).await?;
        let (table, database) = (&context.config().control_table, &cloud.endpoints.dynamodb);
        progress(&format!("created the catalogue and the demo partner, in table {table} of the DynamoDB at {database}"));

        let mut mappings =
            Mappings::start(&cloud, options.state.as_deref(), invoke(Arc::clone(&context)), stopped.clone()).await?;
        if let Some(queue) = schedule_queue(&cloud) {
            mappings.schedules(&queue, "executions.run");
        }
        tokio::spawn(restore_timers(Arc::clone(&context)));
        let routes = routes(&template, &parameters, &cloud.physical)?;
        let router = Router::new(&routes, Arc::clone(&context), documents.clone())?;
        progress(&format!("{} routes, {} functions", routes.len(), cloud.functions.len()));
        let servers = vec![
            tokio::spawn(router.serve(listener, stopped.clone())),
            tokio::spawn(receiver.clone().serve(stopped.clone())),
            tokio::spawn(run_simulator(simulator, stopped)),
        ];
        Ok(Self { demo, receiver, documents, context, cloud, mappings, servers, stop })
    }

    /// What a newcomer needs: addresses, credentials, a magic link and a `curl` line.
    ///
    /// # Errors
    /// If the invitation cannot be made.
    pub async fn instructions(&self) -> anyhow::Result<String> {
        demo::instructions(&self.demo).await
    }

    /// Creates another partner, as operators do.
    ///
    /// # Errors
    /// If its name makes no slug, or the table cannot be written.
    pub async fn create_partner(&self, name: &str) -> anyhow::Result<admin::CreatedClient> {
        let (name, slug) = (name.to_owned(), admin::slug(name));
        let partner = admin::NewPartner { name, slug, purpose: None, logo_url: None };
        admin::create_partner(self.context.store(), partner, self.context.now()).await
    }

    /// Creates a client of the platform's administrators, as operators do.
    ///
    /// # Errors
    /// If the id belongs to somebody else's client, or the table cannot be written.
    pub async fn create_admin(&self, client_id: &str) -> anyhow::Result<admin::CreatedClient> {
        admin::create_admin(self.context.store(), client_id).await
    }

    /// Returns when the platform cannot go on, with why.
    pub async fn given_up(&self) -> String {
        self.cloud.given_up().await
    }

    /// Stops everything in reverse order; what is under way may finish.
    ///
    /// # Errors
    /// If the emulator does not stop cleanly, or a response or message was not what the API documents say.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        for server in self.servers {
            let _ended = tokio::time::timeout(Duration::from_secs(2), server).await;
        }
        self.mappings.finish(Duration::from_secs(5)).await;
        self.cloud.stop().await?;
        let differences = self.documents.differences();
        anyhow::ensure!(differences.is_empty(), "the API differs from its documents:\n  {}", differences.join("\n  "));
        Ok(())
    }
}

async fn listen(port: u16, option: &str) -> anyhow::Result<TcpListener> {
    let address = format!("127.0.0.1:{port}");
    TcpListener::bind(&address).await.with_context(|| format!("port {port} is in use; choose another one with {option}"))
}

async fn simulate(options: &Options) -> anyhow::Result<simulator::Simulator> {
    let simulated = simulator::Options {
        vehicles: options.vehicles,
        trace: options.trace.clone(),
        time_factor: options.time_factor,
        ..simulator::Options::default()
    };
    let address = ([127, 0, 0, 1], options.simulator_port).into();
    let bound = simulator::bind(simulated, address).await;
    bound.map_err(|error| match error.root_cause().downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::AddrInUse) => error.context(format!(
            "failed to start the simulator on port {}; choose another one with --simulator-port",
            options.simulator_port
        )),
        _ => error.context("the simulator cannot start"),
    })
}

async fn run_simulator(simulator: simulator::Simulator, mut stopped: watch::Receiver<bool>) {
    let ended = simulator.run(async move {
        let _closed = stopped.wait_for(|stop| *stop).await;
    });
    if let Err(error) = ended.await {
        tracing::error!(cause = %error, "the simulator stopped");
    }
}

/// The template's parameters for a local run.
fn parameters(url: &str) -> BTreeMap<String, String> {
    [("Stage", "local"), ("PublicUrl", url), ("ConnectUrl", url), ("AllowedAddresses", "127.0.0.0/8,::1/128")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// One context serves all functions: the template gives them one environment.
fn context(cloud: &Cloud) -> anyhow::Result<Context> {
    let function = cloud.functions.first().context("template.yaml has no functions")?;
    let environment: HashMap<String, String> = cloud.environment(&function.id);
    let config =
        Config { sole_process_since: Some(Timestamp::system()), ..Config::from_variables(|name| environment.get(name).cloned()) };
    let at = |endpoint: &str| cloud.clients.shared.to_builder().endpoint_url(endpoint).build();
    let aws = Aws {
        dynamodb: at(&cloud.endpoints.dynamodb),
        sqs: at(&cloud.endpoints.sqs),
        kms: at(&cloud.endpoints.kms),
        scheduler: at(&cloud.endpoints.scheduler),
    };
    Ok(Context::new(config, aws, Timestamp::system))
}

fn routes(
    template: &Template,
    parameters: &BTreeMap<String, String>,
    physical: &Physical,
) -> anyhow::Result<Vec<template::Route>> {
    template.routes(template::Context { stack: STACK, parameters, physical })
}

/// The emulator may have forgotten timers of an earlier run.
async fn restore_timers(context: Arc<Context>) {
    match timers::examine(&context, timers::Remedy::Repair).await {
        Ok(examined) if examined.faults.is_empty() => {}
        Ok(examined) => tracing::info!(timers.count = examined.faults.len(), "lost timers were made anew"),
        Err(error) => tracing::warn!(cause = %error, "timers cannot be compared with their schedules"),
    }
}

/// The queue that schedules fire into locally, where there is one.
fn schedule_queue(cloud: &Cloud) -> Option<String> {
    cloud.physical.reference("SchedulesQueue").map(str::to_owned)
}

/// Calls workers by handler name, as Lambda would.
fn invoke(context: Arc<Context>) -> Invoke {
    let workers: Arc<HashMap<&'static str, Worker>> =
        Arc::new(bootstrap::workers().into_iter().map(|worker| (worker.handler, worker)).collect());
    Arc::new(move |handler, event| {
        let (context, workers) = (Arc::clone(&context), Arc::clone(&workers));
        async move {
            let worker = workers.get(handler.as_str()).ok_or_else(|| format!("unknown handler {handler}"))?;
            telemetry::invoke(&context, worker, None, event, Duration::MAX).await.map_err(|error| error.to_string())
        }
        .boxed()
    })
}

impl Platform {
    /// The context of its functions.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Where its schedules tick.
    ///
    /// # Errors
    /// If the template has no group for them.
    pub fn timers(&self) -> anyhow::Result<Timers> {
        let group = self.cloud.physical.reference("ScheduleGroup").context("template.yaml has no ScheduleGroup")?;
        Ok(Timers::new(self.cloud.clients.scheduler.clone(), group.to_owned()))
    }
}
