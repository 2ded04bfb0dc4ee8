//! `map`: a page of positions, with what the adapter asks for beside it, from bytes to rows, against what serde_json needs for the
//! same bytes.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use model::credentials::{Credentials, Form};
use model::{ConnectionId, Resource};
use providers::{Adapter, BoxFuture, Fetch, Http, HttpFailure, HttpResponse, Lane, Pause, Unlimited, Unshared};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use url::Url;

use crate::figures::{Figure, figure, median, micros, thread_cpu};
use crate::{Runtimes, rig};

const VEHICLES: usize = 512;
/// Providers whose first page is mapped: the form of their credentials, and what their figures begin with. That of Motive is the
/// history of a day of three vehicles.
const PROVIDERS: [(&str, &str, &str); 3] =
    [("samsara", "token", "map"), ("motive", "api_key", "map_motive"), ("geotab", "geotab", "map_geotab")];
const ROUNDS: usize = 41;
/// Pages per round and way.
const PAGES: u32 = 20;

/// Where something is asked, and what is sent there.
type Question = (Url, Bytes);

/// Answers each question as the simulator did when it was asked first.
struct Recorded {
    client: reqwest::Client,
    bodies: Mutex<BTreeMap<Question, Bytes>>,
}

impl Recorded {
    fn known(&self, question: &Question) -> Option<Bytes> {
        self.bodies.lock().ok()?.get(question).cloned()
    }

    /// What was answered so far.
    fn all(&self) -> Vec<Bytes> {
        self.bodies.lock().map(|bodies| bodies.values().cloned().collect()).unwrap_or_default()
    }

    async fn ask(&self, method: Method, question: Question, headers: HeaderMap) -> Result<Bytes, HttpFailure> {
        let unreachable = |error: reqwest::Error| HttpFailure::Unreachable(error.to_string());
        let (url, sent) = question.clone();
        let response = self.client.request(method, url).headers(headers).body(sent).send().await.map_err(unreachable)?;
        let body = response.error_for_status().map_err(unreachable)?.bytes().await.map_err(unreachable)?;
        if let Ok(mut bodies) = self.bodies.lock() {
            bodies.insert(question, body.clone());
        }
        Ok(body)
    }
}

impl Http for Recorded {
    fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
        _: Duration,
    ) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        let question = (url, body);
        let answer = |body| HttpResponse { status: StatusCode::OK, headers: HeaderMap::new(), body, elapsed: Duration::ZERO };
        match self.known(&question) {
            Some(body) => Box::pin(std::future::ready(Ok(answer(body)))),
            None => Box::pin(async move { Ok(answer(self.ask(method, question, headers).await?)) }),
        }
    }
}

struct Mapping {
    adapter: &'static dyn Adapter,
    provider: Recorded,
    credentials: Credentials,
    base: Url,
}

impl Mapping {
    fn rows(&self, runtimes: &Runtimes) -> Result<usize> {
        let fetch = Fetch {
            connection: ConnectionId::from_uuid(uuid::Uuid::nil()),
            credentials: &self.credentials,
            base_url: &self.base,
            cursor: None,
            now: rig::now(),
            last_data_at: None,
            pause: Pause(&|wait| Box::pin(tokio::time::sleep(wait))),
            budget: &Unlimited,
            sessions: &Unshared,
            lane: Lane::Live,
        };
        let fetched = self.adapter.fetch(&self.provider, Resource::VehicleLocation, fetch);
        Ok(black_box(runtimes.ours.block_on(fetched)?).batch.len())
    }
}

pub(crate) fn run(runtimes: &Runtimes, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let simulated = runtimes.around.block_on(rig::simulate(VEHICLES))?;
    for (name, conn_type, prefix) in PROVIDERS {
        let (url, key) = rig::account(&simulated, name)?;
        let form = Form::of(conn_type).with_context(|| format!("there is no form {conn_type}"))?;
        let members = simulator::credentials(name, key).with_context(|| format!("{name} is not simulated"))?;
        let given: Map<String, Value> = members.into_iter().map(|(member, value)| (member.to_owned(), value.into())).collect();
        let credentials = Credentials::check(form, &given);
        let credentials = credentials.ok().context("the credentials do not fit their form")?;
        let adapter = providers::adapter(name).with_context(|| format!("there is no adapter for {name}"))?;
        let provider = Recorded { client: reqwest::Client::new(), bodies: Mutex::default() };
        measure(runtimes, &Mapping { adapter, provider, credentials, base: Url::parse(url)? }, prefix, print)?;
    }
    Ok(())
}

fn measure(runtimes: &Runtimes, mapping: &Mapping, prefix: &str, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let records = mapping.rows(runtimes)?;
    let bodies = mapping.provider.all();
    ensure!(records > VEHICLES / 2, "the page has {records} positions only");

    let mut taken: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut time = |name: &'static str, work: &dyn Fn() -> Result<()>| -> Result<()> {
            let start = thread_cpu();
            (0..PAGES).try_for_each(|_| work())?;
            let each = micros(thread_cpu() - start) / f64::from(PAGES) / records_of(records);
            taken.entry(name).or_default().push(each);
            Ok(())
        };
        time("typed", &|| mapping.rows(runtimes).map(drop))?;
        time("value", &|| parsed::<Value>(&bodies))?;
        time("ignored", &|| parsed::<IgnoredAny>(&bodies))?;
    }
    let of = |name: &str| taken.get(name).map(|samples| median(samples)).unwrap_or_default();
    print(figure(format!("{prefix}_page_bytes"), records_of(bodies.iter().map(Bytes::len).sum()), "bytes"));
    print(figure(format!("{prefix}_records"), records_of(records), "records"));
    print(figure(format!("{prefix}_typed"), of("typed"), "us/record"));
    print(figure(format!("{prefix}_reference_value"), of("value"), "us/record"));
    print(figure(format!("{prefix}_reference_ignored"), of("ignored"), "us/record"));
    print(figure(format!("{prefix}_typed_to_value"), of("typed") / of("value"), "x"));
    let counted = allocation_counter::measure(|| drop(mapping.rows(runtimes)));
    print(figure(
        format!("{prefix}_typed_allocations"),
        f64::from(u32::try_from(counted.count_total)?) / records_of(records),
        "1/record",
    ));
    Ok(())
}

fn parsed<T: DeserializeOwned>(bodies: &[Bytes]) -> Result<()> {
    bodies.iter().try_for_each(|body| {
        black_box(serde_json::from_slice::<T>(body)?);
        Ok(())
    })
}

fn records_of(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
