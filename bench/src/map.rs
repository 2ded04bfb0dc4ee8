//! `map`: a page of positions from bytes to rows, against what serde_json needs for the same bytes.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use model::credentials::{Credentials, Form};
use model::{ConnectionId, Resource};
use providers::{Adapter, BoxFuture, Fetch, Http, HttpFailure, HttpResponse};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use url::Url;

use crate::figures::{Figure, figure, median, micros, thread_cpu};
use crate::{Runtimes, rig};

const VEHICLES: usize = 512;
const ROUNDS: usize = 41;
/// Pages per round and way.
const PAGES: u32 = 20;

/// Answers every question with one page.
struct Canned(Bytes);

impl Http for Canned {
    fn get(&self, _: Url, _: HeaderMap, _: Duration) -> BoxFuture<'_, Result<HttpResponse, HttpFailure>> {
        let answer =
            HttpResponse { status: StatusCode::OK, headers: HeaderMap::new(), body: self.0.clone(), elapsed: Duration::ZERO };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

struct Mapping {
    adapter: &'static dyn Adapter,
    page: Canned,
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
        };
        let fetched = self.adapter.fetch(&self.page, Resource::VehicleLocation, fetch);
        Ok(black_box(runtimes.ours.block_on(fetched)?).batch.len())
    }
}

pub(crate) fn run(runtimes: &Runtimes, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let page = runtimes.around.block_on(page())?;
    let form = Form::of("token").context("there is no token form")?;
    let given = json!({ "token": "bench" });
    let credentials = Credentials::check(form, given.as_object().context("an object")?);
    let credentials = credentials.ok().context("the credentials do not fit their form")?;
    let adapter = providers::adapter("samsara").context("there is no adapter for samsara")?;
    let mapping = Mapping { adapter, page: Canned(page.clone()), credentials, base: Url::parse("http://tsp.test/")? };
    let records = mapping.rows(runtimes)?;
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
        time("value", &|| parsed::<Value>(&page))?;
        time("ignored", &|| parsed::<IgnoredAny>(&page))?;
    }
    let of = |name: &str| taken.get(name).map(|samples| median(samples)).unwrap_or_default();
    print(figure("map_page_bytes", records_of(page.len()), "bytes"));
    print(figure("map_records", records_of(records), "records"));
    print(figure("map_typed", of("typed"), "us/record"));
    print(figure("map_reference_value", of("value"), "us/record"));
    print(figure("map_reference_ignored", of("ignored"), "us/record"));
    print(figure("map_typed_to_value", of("typed") / of("value"), "x"));
    let counted = allocation_counter::measure(|| drop(mapping.rows(runtimes)));
    print(figure("map_typed_allocations", f64::from(u32::try_from(counted.count_total)?) / records_of(records), "1/record"));
    Ok(())
}

fn parsed<T: DeserializeOwned>(page: &[u8]) -> Result<()> {
    black_box(serde_json::from_slice::<T>(page)?);
    Ok(())
}

fn records_of(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The newest position of each vehicle, as the simulator sends them.
async fn page() -> Result<Bytes> {
    let (url, tokens) = rig::simulate(VEHICLES).await?;
    let token = tokens.first().context("the simulator has no account")?;
    let request = reqwest::Client::new().get(format!("{url}/fleet/vehicles/locations/feed")).bearer_auth(token);
    Ok(request.send().await?.error_for_status()?.bytes().await?)
}
