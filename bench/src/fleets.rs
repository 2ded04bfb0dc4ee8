//! `fleets`: what a request costs a partner with 20, 1,000 and 5,000 fleets, each with an account of its own. The first hundred have
//! two vehicles each; the others report nothing, which costs a request as much as a little.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use gateway::dispatch;
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::telematics::series::ReadingsOf;
use model::telematics::{Observation, Rows as _, Vehicle, VehicleLocation, VehiclePosition, source_hash};
use model::{
    AgreementId, ConnectionId, ExecutionId, FleetId, PartnerId, RecordId, RecordIds, Resource, ScheduleId, Timestamp, TspId,
};
use serde_json::{Value, json};
use store::Store;
use store::control::Write;
use store::telematics::Origin;

use crate::Runtimes;
use crate::figures::{Figure, figure, median, micros, thread_cpu};
use crate::rig::{self, Ask, Rig};

/// The embedded database takes half an hour to store 20,000.
const SIZES: [usize; 3] = [20, 1_000, 5_000];
/// Fleets that have vehicles.
const REPORTING: usize = 100;
/// Fleets that are written at once.
const PARALLEL: usize = 32;
/// Requests whose CPU time is taken, unless they take longer than this altogether.
const REQUESTS: usize = 15;
const LONGEST: Duration = Duration::from_secs(3);
/// Agreements are kept in memory once a sandbox has seen them unchanged for two seconds.
const SETTLING: Duration = Duration::from_secs(3);

pub(crate) fn run(runtimes: &Runtimes, print: &mut dyn FnMut(Figure)) -> Result<()> {
    let rig = runtimes.around.block_on(Rig::start(2))?;
    let partner = runtimes.around.block_on(rig.context.store().partners())?.first().context("there is no partner")?.id;
    let token = rig.fleet().token;
    let mut fleets = 0;
    for size in SIZES {
        runtimes.around.block_on(grow(rig.context.store(), partner, fleets..size))?;
        fleets = size;
        let connection = connection(0).to_string();
        let vehicle = RecordId::of("v-0", self::connection(0)).to_string();
        let one = format!("connection_id={connection}");
        let page = runtimes.ours.block_on(rig.json("vehicle_locations.list", &ask("size=30", &token)))?;
        let next = page.pointer("/next_page").and_then(Value::as_str);
        let cases = [
            ("one_vehicle", "vehicles.get", Ask { path: &[("vehicle_id", &vehicle)], ..ask("", &token) }),
            ("vehicles_of_one_fleet", "vehicles.list", ask(&one, &token)),
            ("newest_positions_first_page", "vehicle_locations.list", ask("size=30", &token)),
        ];
        for context in [&rig.metered, &rig.context] {
            let (_, handler, asked) = &cases[0];
            let endpoint = rig.endpoint(handler)?;
            runtimes.ours.block_on(dispatch(context, endpoint, &rig::incoming(endpoint, asked)?));
        }
        std::thread::sleep(SETTLING);
        for (name, handler, asked) in cases {
            measure(runtimes, &rig, &format!("fleets_{size}_{name}"), (handler, &asked), print)?;
        }
        let query = format!("size=30&cursor={}", next.context("there is one page only")?);
        let asked = ask(&query, &token);
        measure(runtimes, &rig, &format!("fleets_{size}_newest_positions_next_page"), ("vehicle_locations.list", &asked), print)?;
    }
    runtimes.around.block_on(rig.stop())
}

fn ask<'a>(query: &'a str, token: &'a str) -> Ask<'a> {
    Ask { query, token, ..Ask::default() }
}

/// Calls and read units of one request in a sandbox that has served others, and the CPU time of some.
fn measure(
    runtimes: &Runtimes,
    rig: &Rig,
    name: &str,
    (handler, asked): (&str, &Ask<'_>),
    print: &mut dyn FnMut(Figure),
) -> Result<()> {
    let endpoint = rig.endpoint(handler)?;
    let incoming = rig::incoming(endpoint, asked)?;
    for _ in 0..2 {
        rig.proxy.drain();
        let answer = runtimes.ours.block_on(dispatch(&rig.metered, endpoint, &incoming));
        ensure!(answer.status.is_success(), "{name} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    // What counts requests is left out: it takes the more of them at once the more there are.
    let requests: Vec<_> = rig.proxy.drain().into_iter().filter(|request| request.operation != "UpdateItem").collect();
    let units: f64 = requests.iter().flat_map(|request| &request.units).map(|(_, units)| units).sum();
    print(figure(format!("{name}_calls"), f64::from(u32::try_from(requests.len())?), "calls"));
    print(figure(format!("{name}_read_units"), units, "units"));
    let (started, mut taken) = (Instant::now(), Vec::with_capacity(REQUESTS));
    while taken.len() < REQUESTS && (taken.is_empty() || started.elapsed() < LONGEST) {
        let cpu = thread_cpu();
        let answer = runtimes.ours.block_on(dispatch(&rig.context, endpoint, &incoming));
        ensure!(answer.status.is_success(), "{name} answered {}", answer.status);
        taken.push(micros(thread_cpu() - cpu));
    }
    print(figure(format!("{name}_cpu"), median(&taken), "us"));
    Ok(())
}

fn connection(number: usize) -> ConnectionId {
    uuid::Uuid::from_u128(0xc000_0000_0000 + number as u128).into()
}

/// Adds fleets, and what their vehicles report.
async fn grow(store: &Store, partner: PartnerId, numbers: std::ops::Range<usize>) -> Result<()> {
    stream::iter(numbers).map(|number| add(store, partner, number)).buffer_unordered(PARALLEL).try_collect().await
}

async fn add(store: &Store, partner: PartnerId, number: usize) -> Result<()> {
    let now = rig::now();
    let connection = connection(number);
    let link = Linked {
        connection_id: connection,
        tsp_id: TspId::from_uuid(uuid::Uuid::from_u128(1)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        ended_at: None,
    };
    let agreement = Agreement {
        id: AgreementId::at(now),
        fleet_id: FleetId::at(now),
        partner_id: partner,
        invitation_id: None,
        fleet_ref: Some(format!("fleet-{number}")),
        status: AgreementStatus::Active,
        paused_by: None,
        effective_date: now,
        expiration_date: None,
        scopes: model::resource::read_everything(),
        connections: vec![link],
        created_at: now,
        updated_at: now,
    };
    store.commit(vec![Write::create(&agreement)?]).await?;
    if number >= REPORTING {
        return Ok(());
    }
    let vehicles: Vec<Observation<Vehicle>> = (0..2).map(vehicle).collect();
    store.store_rows(&origin(connection, Resource::Vehicle, now)?, &vehicles.erase(RecordIds(connection))?).await?;
    let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
    for number in 0..2 {
        let cells = VehiclePosition { longitude: -98.5, latitude: 39.8, speed: Some(24.5), ..VehiclePosition::default() };
        readings.push(&format!("v-{number}"), now, &cells, r#"{"speed":54.8}"#);
    }
    store.store_rows(&origin(connection, Resource::VehicleLocation, now)?, &readings.erase(RecordIds(connection))?).await?;
    Ok(())
}

fn vehicle(number: usize) -> Observation<Vehicle> {
    let source = json!({ "name": format!("Truck {number}") });
    let fields = Vehicle { vehicle_name: Some(format!("Truck {number}")), ..Vehicle::default() };
    let source_hash = source_hash(&source, &[]);
    Observation {
        source_id: format!("v-{number}"),
        occurred_at: None,
        source,
        source_hash,
        extras: None,
        is_partial: false,
        fields,
    }
}

fn origin(connection: ConnectionId, resource: Resource, now: Timestamp) -> Result<Origin> {
    Ok(Origin {
        connection,
        record: resource.record_type().context("the resource has records")?,
        tsp: TspId::from_uuid(uuid::Uuid::from_u128(1)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        execution: ExecutionId::at(now),
        schedule: ScheduleId::at(now),
        now,
    })
}
