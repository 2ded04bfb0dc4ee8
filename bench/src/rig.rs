//! The setup of the benches: the local AWS, the simulator with a connected fleet, and a context like that of a function.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use catena::aws::{Cloud, CloudOptions, Named};
use catena::demo;
use gateway::{Aws, Config, Context, Endpoint, Incoming, Response, Worker, dispatch};
use http::{HeaderMap, HeaderValue};
use model::schedule::Schedule;
use model::{ConnectionId, Timestamp};
use serde_json::{Value, json};
use simulator::Provided;
use store::control::Write;

use crate::metering_proxy::MeteringProxy;

/// The API's URL; nothing listens there.
const API: &str = "http://127.0.0.1:4500";

/// How far the clock is ahead of the machine's, in milliseconds.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// The time that functions and simulator see.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(Timestamp::system().micros() + AHEAD.load(Ordering::SeqCst) * 1_000)
}

/// Sets the time to the next Wednesday, 18:00 UTC: midday in America, when simulated trucks are on the road.
pub(crate) fn jump_to_midday() {
    const DAY: i64 = 86_400_000;
    let real = Timestamp::system().millis();
    let wednesday = (real / DAY + 1..).find(|day| day % 7 == 6).unwrap_or_default();
    AHEAD.store(wednesday * DAY + 18 * 3_600_000 - real, Ordering::SeqCst);
}

/// Sets the time to the machine's.
pub(crate) fn return_to_now() {
    AHEAD.store(0, Ordering::SeqCst);
}

/// Moves the time on.
pub(crate) fn advance(seconds: i64) {
    AHEAD.fetch_add(seconds * 1_000, Ordering::SeqCst);
}

#[derive(Debug)]
struct SimulatorClock;

impl simulator::Clock for SimulatorClock {
    fn now_ms(&self) -> i64 {
        now().millis()
    }
}

/// Starts a simulator of so many vehicles; returns what it simulates.
pub(crate) async fn simulate(vehicles: usize) -> Result<Vec<Provided>> {
    let options = simulator::Options {
        vehicles,
        requests_per_second: u32::MAX,
        endpoint_limits: false,
        clock: Arc::new(SimulatorClock),
        ..simulator::Options::default()
    };
    let simulator = simulator::bind(options, ([127, 0, 0, 1], 0).into()).await?;
    let found = simulator.providers();
    tokio::spawn(simulator.run(std::future::pending()));
    Ok(found)
}

/// The first account of a simulated provider: its API's URL, and what opens it.
pub(crate) fn account<'a>(simulated: &'a [Provided], name: &str) -> Result<(&'a str, &'a str)> {
    let provided = simulated.iter().find(|provided| provided.name == name);
    let found = provided.and_then(|provided| Some((provided.url.as_str(), provided.keys.first()?.as_str())));
    found.with_context(|| format!("{name} has no account"))
}

/// The platform without its runner: functions are called directly.
pub(crate) struct Rig {
    /// Reaches the database directly.
    pub(crate) context: Context,
    /// Reaches the database through [`Rig::proxy`].
    pub(crate) metered: Context,
    pub(crate) proxy: MeteringProxy,
    pub(crate) cloud: Cloud,
    endpoints: HashMap<&'static str, Endpoint>,
    workers: HashMap<&'static str, Worker>,
    /// What was stored when the fleet connected.
    pub(crate) fleet: Mutex<Fleet>,
}

/// A connected fleet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    /// Its partner's token.
    pub(crate) token: String,
    /// Its connection's id.
    pub(crate) connection: String,
    /// Resource to schedule: id and interval in seconds.
    pub(crate) schedules: BTreeMap<String, (String, i64)>,
}

/// One request to an endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a [(&'a str, &'a str)],
    pub(crate) query: &'a str,
    pub(crate) token: &'a str,
    pub(crate) json: Option<Value>,
    pub(crate) form: Option<&'a str>,
}

impl Rig {
    /// Starts everything and connects a fleet of so many vehicles. Servers run on the runtime that this is called on.
    ///
    /// # Errors
    /// What the local run would say: no Python, no network, ...
    pub(crate) async fn start(vehicles: usize) -> Result<Self> {
        let template = catena::template()?;
        let parameters =
            [("Stage", "local"), ("PublicUrl", API), ("ConnectUrl", API), ("AllowedAddresses", "127.0.0.0/8,::1/128")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = CloudOptions { parameters: parameters.into(), named: Named::default(), ..CloudOptions::default() };
        let cloud = Cloud::start(&options, &template, &|line| eprintln!("  {line}")).await?;
        let proxy = MeteringProxy::open(&cloud.endpoints.dynamodb).await?;
        let simulated = simulate(vehicles).await?;
        let token = account(&simulated, demo::TSP)?.1.to_owned();
        let context = context(&cloud, &cloud.endpoints.dynamodb)?;
        demo::create_demo(&context, API, simulated, API).await?;
        let rig = Self {
            metered: self::context(&cloud, &proxy.url)?,
            context,
            proxy,
            cloud,
            endpoints: bootstrap::endpoints().into_iter().map(|endpoint| (endpoint.handler, endpoint)).collect(),
            workers: bootstrap::workers().into_iter().map(|worker| (worker.handler, worker)).collect(),
            fleet: Mutex::default(),
        };
        let fleet = rig.onboard(&token).await?;
        *rig.fleet.lock().map_err(|_| anyhow::anyhow!("poisoned"))? = fleet;
        Ok(rig)
    }

    /// What is known of the connected fleet.
    pub(crate) fn fleet(&self) -> Fleet {
        self.fleet.lock().map(|fleet| fleet.clone()).unwrap_or_default()
    }

    /// The variables of a function, with those that lead its SDK here.
    pub(crate) fn variables(&self, handler: &str) -> HashMap<String, String> {
        let function = self.cloud.functions.iter().find(|function| function.handler == handler);
        let mut variables = function.map(|function| function.environment.clone()).unwrap_or_default();
        let ends = &self.cloud.endpoints;
        let own = [
            ("AWS_REGION", catena::aws::REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &ends.dynamodb),
            ("AWS_ENDPOINT_URL_SQS", &ends.sqs),
            ("AWS_ENDPOINT_URL_KMS", &ends.kms),
            ("AWS_ENDPOINT_URL_SCHEDULER", &ends.scheduler),
            // Here one client sends all requests, as fast as possible.
            ("REQUESTS_PER_SECOND", "1000000"),
            ("TOKENS_PER_SECOND", "1000000"),
        ];
        variables.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables
    }

    /// Calls an endpoint as the gateway would.
    pub(crate) async fn call(&self, handler: &str, ask: &Ask<'_>) -> Result<Response> {
        let endpoint = self.endpoint(handler)?;
        Ok(dispatch(&self.context, endpoint, &incoming(endpoint, ask)?).await)
    }

    /// Calls an endpoint that must return 2xx, and returns its JSON.
    pub(crate) async fn json(&self, handler: &str, ask: &Ask<'_>) -> Result<Value> {
        let answer = self.call(handler, ask).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status.is_success(), "{handler} returned {}: {text}", answer.status);
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn endpoint(&self, handler: &str) -> Result<&Endpoint> {
        self.endpoints.get(handler).with_context(|| format!("unknown endpoint {handler}"))
    }

    /// Calls a worker as Lambda would.
    pub(crate) async fn work(&self, context: &Context, handler: &str, event: Value) -> Result<Value> {
        let worker = self.workers.get(handler).with_context(|| format!("unknown worker {handler}"))?;
        Ok((worker.call)(context, event).await?)
    }

    /// The event that fires the schedule of a resource.
    pub(crate) fn firing(&self, resource: &str) -> Result<Value> {
        let fleet = self.fleet();
        let (schedule, _) = fleet.schedules.get(resource).with_context(|| format!("there is no schedule for {resource}"))?;
        Ok(json!({ "connection_id": fleet.connection, "schedule_id": schedule }))
    }

    /// Stops what [`Rig::start`] started as processes.
    pub(crate) async fn stop(self) -> Result<()> {
        self.cloud.stop().await
    }

    async fn onboard(&self, tsp_token: &str) -> Result<Fleet> {
        let text = |value: &Value, pointer: &str| {
            let found = value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            found.with_context(|| format!("no text at {pointer}"))
        };
        let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", demo::CLIENT_ID, demo::CLIENT_SECRET);
        let ask = Ask { path: &[("realm", "catena")], form: Some(&form), ..Ask::default() };
        let token = text(&self.json("auth.token", &ask).await?, "/access_token")?;
        let body = json!({ "fleet_ref": "bench", "fleet_name": "Bench", "expires_in_hours": 24 });
        let ask = Ask { token: &token, json: Some(body), ..Ask::default() };
        let invitation = text(&self.json("invitations.create", &ask).await?, "/id")?;
        let ask = Ask { path: &[("invitation_id", &invitation)], ..Ask::default() };
        let fleet_token = text(&self.json("invitations.accept", &ask).await?, "/pre_registration_access_token")?;
        let tsps = self.json("tsps.list", &Ask { query: "slug=samsara", ..Ask::default() }).await?;
        let body = json!({ "tsp_id": text(&tsps, "/0/id")?, "credentials": { "token": tsp_token } });
        let ask = Ask { token: &fleet_token, json: Some(body), ..Ask::default() };
        let connection = text(&self.json("connections.create", &ask).await?, "/id")?;
        let ask = Ask { path: &[("connection_id", &connection)], token: &token, ..Ask::default() };
        let listed = self.json("schedules.list", &ask).await?;
        let mut schedules = BTreeMap::new();
        for schedule in listed.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            let interval = schedule.get("execution_interval_seconds").and_then(Value::as_i64).unwrap_or(60);
            schedules.insert(text(schedule, "/resource")?, (text(schedule, "/id")?, interval));
        }
        self.skip_history(connection.parse::<uuid::Uuid>()?.into()).await?;
        Ok(Fleet { token, connection, schedules })
    }

    /// A new connection begins with a day of history. Benches measure what schedules do after that.
    async fn skip_history(&self, connection: ConnectionId) -> Result<()> {
        let store = self.context.store();
        for schedule in store.schedules_of(connection).await? {
            let next = Schedule { last_success_at: Some(self.context.now()), ..schedule.clone() };
            store.commit(vec![Write::replace(&schedule, &next)?]).await?;
        }
        Ok(())
    }
}

/// A context like that of a function, with the database at this URL.
fn context(cloud: &Cloud, database: &str) -> Result<Context> {
    let function = cloud.functions.first().context("template.yaml has no functions")?;
    // Here one client sends all requests, as fast as possible.
    let unlimited = NonZeroU32::MAX;
    let config = Config {
        requests_per_second: unlimited,
        requests_burst: unlimited,
        ..Config::from_variables(|name| function.environment.get(name).cloned())
    };
    let at = |endpoint: &str| cloud.clients.shared.to_builder().endpoint_url(endpoint).build();
    let ends = &cloud.endpoints;
    let aws = Aws { dynamodb: at(database), sqs: at(&ends.sqs), kms: at(&ends.kms), scheduler: at(&ends.scheduler) };
    Ok(Context::new(config, aws, now))
}

/// The request as an endpoint sees it.
pub(crate) fn incoming(endpoint: &Endpoint, ask: &Ask<'_>) -> Result<Incoming> {
    let mut headers = HeaderMap::new();
    if !ask.token.is_empty() {
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {}", ask.token))?);
    }
    let body = match (&ask.json, ask.form) {
        (Some(json), _) => {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            json.to_string()
        }
        (None, Some(form)) => {
            headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            form.to_owned()
        }
        (None, None) => String::new(),
    };
    let path: BTreeMap<String, String> = ask.path.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let raw_path = path.iter().fold(endpoint.path.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
    Ok(Incoming {
        method: endpoint.method.clone(),
        raw_path,
        raw_query: ask.query.to_owned(),
        headers,
        path,
        body: Bytes::from(body),
        address: None,
    })
}
