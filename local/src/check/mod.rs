//! `catena check`: runs the main workflow over HTTP as partner, fleet and receiver, and prints one line per step.

mod report;
mod steps;

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use report::Report;

use crate::documents::Documents;
use crate::receiver::Receiver;
use crate::{Options, Platform, demo};

/// The platform to check.
pub struct Target {
    url: String,
    client_id: String,
    client_secret: String,
    /// An account of each simulated TSP: its slug, and what opens it.
    accounts: Vec<(&'static str, String)>,
    timers: Option<Timers>,
    documents: Documents,
    own: Option<Platform>,
}

/// The timers of a platform: a group of EventBridge Scheduler.
pub struct Timers {
    scheduler: aws_sdk_scheduler::Client,
    group: String,
}

impl Timers {
    /// The group of that name.
    #[must_use]
    pub const fn new(scheduler: aws_sdk_scheduler::Client, group: String) -> Self {
        Self { scheduler, group }
    }

    async fn require(&self, name: &str) -> anyhow::Result<()> {
        let found = self.scheduler.get_schedule().group_name(&self.group).name(name).send().await;
        found.map(drop).with_context(|| format!("EventBridge Scheduler has no schedule {name}"))
    }
}

/// How to check.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    /// Wait for the Scheduler to fire.
    pub tick: bool,
    /// Print nothing.
    pub quiet: bool,
}

/// The simulator's second accounts: the demo fleet holds a first one.
const ACCOUNTS: [(&str, &str); 3] =
    [("samsara", "samsara_api_demo2"), ("motive", "motive_key_demo2"), ("geotab", "geotab_password_demo2")];

impl Target {
    /// A platform that is running already. Only the messages that it sends are compared with the API documents.
    ///
    /// # Errors
    /// If a document is not JSON.
    pub fn running(url: &str, client_id: Option<&str>, client_secret: Option<&str>) -> anyhow::Result<Self> {
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client_id: client_id.unwrap_or(demo::CLIENT_ID).to_owned(),
            client_secret: client_secret.unwrap_or(demo::CLIENT_SECRET).to_owned(),
            accounts: ACCOUNTS.map(|(slug, key)| (slug, key.to_owned())).into(),
            timers: None,
            documents: Documents::published()?,
            own: None,
        })
    }

    /// The same with its timers, to check them too.
    #[must_use]
    pub fn with_timers(self, timers: Timers) -> Self {
        Self { timers: Some(timers), ..self }
    }

    /// A platform started for the check, on free ports.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn own(options: Options) -> anyhow::Result<Self> {
        let options = Options { port: 0, simulator_port: 0, receiver_port: 0, ..options };
        let platform = Platform::start(options, &|_| ()).await?;
        let keys = platform.demo.simulated.iter().map(|provided| Some((provided.name, provided.keys.first()?.clone())));
        let accounts = keys.collect::<Option<_>>().context("the simulator has no account")?;
        Ok(Self {
            url: platform.demo.url.clone(),
            client_id: demo::CLIENT_ID.to_owned(),
            client_secret: demo::CLIENT_SECRET.to_owned(),
            accounts,
            timers: Some(platform.timers()?),
            documents: platform.documents.clone(),
            own: Some(platform),
        })
    }

    /// Stops the platform, if it was started for the check.
    ///
    /// # Errors
    /// If it does not stop.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self.own {
            Some(platform) => platform.stop().await,
            None => Ok(()),
        }
    }
}

/// Runs the main workflow; failures are part of the report.
pub async fn walk(target: &Target, walk: Walk) -> Report {
    let mut report = Report::new(walk.quiet);
    let (stop, stopped) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(anyhow::Error::from);
    let receiver = match listener.and_then(|listener| Receiver::new(listener, target.documents.clone())) {
        Ok(receiver) => receiver,
        Err(error) => {
            report.failed("start a webhook receiver", &error);
            return report;
        }
    };
    let serving = tokio::spawn(receiver.clone().serve(stopped));
    steps::all(target, walk, &receiver, &mut report).await;
    stop.send_replace(true);
    let _ended = tokio::time::timeout(Duration::from_secs(1), serving).await;
    report
}
