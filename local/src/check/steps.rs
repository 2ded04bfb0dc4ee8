//! The steps of the main job.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::report::Report;
use super::{Target, Walk};
use crate::api::{Answer, Api};
use crate::demo;
use crate::receiver::Receiver;

/// How long data may take to show up.
const PATIENCE: Duration = Duration::from_secs(30);
/// The emulator's first tick comes after 60 to 70 seconds; the first of a busy one later.
const TICK: Duration = Duration::from_secs(150);

type Seen<T> = anyhow::Result<(T, String)>;

/// Walks all steps in order; the first failure ends the walk.
pub(super) async fn all(target: &Target, walk: Walk, receiver: &Receiver, report: &mut Report) {
    let _first_failure_is_in_the_report = walk_all(target, walk, receiver, report).await;
}

async fn walk_all(target: &Target, walk: Walk, receiver: &Receiver, report: &mut Report) -> Option<()> {
    let fleet_ref = format!("check-{}", uuid::Uuid::now_v7());
    let api = report.step("get a token", sign_in(target)).await?;
    report.step("subscribe to vehicle_location.added", subscribe(&api, receiver)).await?;
    let invitation = report.step("POST invitation: 201, again: 200", invite(&api, &fleet_ref)).await?;
    report.step("open the magic link", open_link(&api, &invitation)).await?;
    let fleet = report.step("accept the invitation; a second time is 409", accept(&api, &invitation)).await?;
    let agreement = report.step("the share agreement is active", agreement(&api, &fleet_ref)).await?;
    report.step("wrong credentials are refused with the TSP's reason", wrong_credentials(&fleet)).await?;
    let connection = report.step("right credentials make a connection", connect(&fleet, target)).await?;
    let schedules = report.step("schedules exist, one per resource", schedules(&api, &connection)).await?;
    report.step("EventBridge Scheduler holds them", scheduled(target, &schedules)).await?;
    report.step("the first executions succeed at once", executions(&api, &connection, &schedules)).await?;
    report.step("vehicles", vehicles(&api, &fleet_ref)).await?;
    report.step("users", rows(&api, &fleet_ref, "users")).await?;
    let vehicle = report.step("vehicle-locations, latest", latest(&api, &fleet_ref)).await?;
    report.step("vehicle-locations, history of one vehicle by pages", history(&api, &vehicle)).await?;
    report.step("hos-events", rows(&api, &fleet_ref, "hos-events")).await?;
    report.step("webhook vehicle_location.added, signature verified", delivered(receiver, &fleet_ref)).await?;
    if walk.tick {
        report.step("the Scheduler fires a tick by itself", tick(&api, &connection, &schedules)).await?;
    }
    report.step("cancel the share agreement", cancel(&api, &agreement)).await?;
    report.step("reads are empty", empty(&api, &fleet_ref)).await?;
    report.step("deliveries stop", silent(receiver, &fleet_ref)).await
}

async fn sign_in(target: &Target) -> Seen<Api> {
    let api = Api::sign_in(&target.url, &target.client_id, &target.client_secret).await?;
    Ok((api, target.url.clone()))
}

async fn subscribe(api: &Api, receiver: &Receiver) -> Seen<()> {
    let made = demo::subscribe(api, "vehicle_location.added", receiver.url()).await?;
    ensure!(made.len() == 1, "{} subscriptions instead of one", made.len());
    for id in &made {
        receiver.trust(id, demo::WEBHOOK_SECRET);
    }
    Ok(((), made.join(", ")))
}

async fn invite(api: &Api, fleet_ref: &str) -> Seen<Value> {
    let body = json!({ "fleet_ref": fleet_ref, "fleet_name": "Check Trucking" });
    let first = api.tell(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[201])?;
    let second = api.tell(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[200])?;
    ensure!(first.get("id") == second.get("id"), "the second answer is another invitation");
    let link = Answer::text(&second, "/magic_link")?;
    Ok((second, link))
}

async fn open_link(api: &Api, invitation: &Value) -> Seen<()> {
    let browser = Api::new(&api.url)?;
    let (status, page) = browser.page(&Answer::text(invitation, "/magic_link")?).await?;
    ensure!(status.is_success(), "answered {status}");
    ensure!(page.contains("<form") && page.contains("Demo Insurance"), "the page does not ask for consent");
    Ok(((), format!("{} bytes of HTML", page.len())))
}

async fn accept(api: &Api, invitation: &Value) -> Seen<Api> {
    let path = format!("/v2/orgs/invitations/{}/accept", Answer::text(invitation, "/id")?);
    let anybody = Api::new(&api.url)?;
    let accepted = anybody.ask(Method::POST, &path).await?.expect(&[200])?;
    anybody.ask(Method::POST, &path).await?.expect(&[409])?;
    let fleet = Answer::text(&accepted, "/fleet_id")?;
    Ok((api.with_token(&Answer::text(&accepted, "/pre_registration_access_token")?), format!("fleet {fleet}")))
}

async fn agreement(api: &Api, fleet_ref: &str) -> Seen<String> {
    let page = api.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await?;
    ensure!(Answer::text(&page, "/items/0/status")? == "active", "it is not active");
    ensure!(page.get("total") == Some(&json!(1)), "total is not 1");
    let id = Answer::text(&page, "/items/0/id")?;
    api.get(&format!("/v2/orgs/share_agreements/{id}")).await.context("the other spelling")?;
    Ok((id.clone(), id))
}

async fn wrong_credentials(fleet: &Api) -> Seen<()> {
    let tsps = fleet.get("/v2/orgs/tsps?slug=samsara").await?;
    let body = json!({ "tsp_id": Answer::text(&tsps, "/0/id")?, "credentials": { "token": "wrong" } });
    let refused = fleet.tell(Method::POST, "/v2/integrations/connections", &body).await?.expect(&[422])?;
    ensure!(Answer::text(&refused, "/detail/0/error_type")? == "credentials_rejected", "not credentials_rejected: {refused}");
    Ok(((), Answer::text(&refused, "/detail/0/message")?))
}

async fn connect(fleet: &Api, target: &Target) -> Seen<String> {
    let connection = demo::connect(fleet, &target.tsp_token).await?;
    ensure!(!connection.to_string().contains(&target.tsp_token), "the answer repeats the token");
    let id = Answer::text(&connection, "/id")?;
    Ok((id.clone(), id))
}

async fn schedules(api: &Api, connection: &str) -> Seen<Vec<(String, String)>> {
    let page = api.get(&format!("/v2/integrations/connections/{connection}/schedules")).await?;
    let items = page.get("items").and_then(Value::as_array).context("no items")?;
    let found: Vec<(String, String)> = items
        .iter()
        .map(|item| Ok((Answer::text(item, "/id")?, Answer::text(item, "/resource")?)))
        .collect::<anyhow::Result<_>>()?;
    let mut names: Vec<&str> = found.iter().map(|(_, resource)| resource.as_str()).collect();
    names.sort_unstable();
    for wanted in ["hos_event", "user", "vehicle", "vehicle_location"] {
        ensure!(names.contains(&wanted), "none for {wanted}");
    }
    let seen = names.join(", ");
    Ok((found, seen))
}

async fn scheduled(target: &Target, schedules: &[(String, String)]) -> Seen<()> {
    let Some(timers) = &target.timers else {
        return Ok(((), "not looked at: the platform runs elsewhere".into()));
    };
    let started = Instant::now();
    for (id, resource) in schedules {
        while let Err(error) = timers.holds(id).await {
            if started.elapsed() > PATIENCE {
                return Err(error.context(format!("the schedule of {resource}")));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(((), format!("{} schedules", schedules.len())))
}

/// Asks again until it holds.
async fn until<T, F>(patience: Duration, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let started = Instant::now();
    loop {
        match ask().await {
            Err(error) if started.elapsed() > patience => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            done => return done,
        }
    }
}

async fn succeeded(api: &Api, connection: &str, schedule: &str) -> anyhow::Result<usize> {
    let page = api.get(&format!("/v2/integrations/connections/{connection}/schedules/{schedule}/executions")).await?;
    let items = page.get("items").and_then(Value::as_array).context("no items")?;
    let good = items.iter().filter(|item| item.get("status") == Some(&json!("success"))).count();
    ensure!(good > 0, "no success yet: {page}");
    Ok(good)
}

async fn executions(api: &Api, connection: &str, schedules: &[(String, String)]) -> Seen<()> {
    for (id, resource) in schedules {
        until(PATIENCE, || succeeded(api, connection, id)).await.with_context(|| format!("executions of {resource}"))?;
    }
    Ok(((), format!("{} resources", schedules.len())))
}

async fn found(api: &Api, path: &str) -> anyhow::Result<Value> {
    let page = api.get(path).await?;
    let items = page.get("items").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(items > 0, "no rows");
    Ok(page)
}

fn counted(page: &Value) -> String {
    format!("{} rows", page.get("total").and_then(Value::as_u64).unwrap_or_default())
}

async fn vehicles(api: &Api, fleet_ref: &str) -> Seen<()> {
    let path = format_path("vehicles", fleet_ref);
    let page = until(PATIENCE, || found(api, &path)).await?;
    let id = Answer::text(&page, "/items/0/id")?;
    let one = api.get(&format!("/v2/telematics/vehicles/{id}")).await?;
    ensure!(Some(&one) == page.pointer("/items/0"), "by id it looks different");
    Ok(((), counted(&page)))
}

/// Answers a vehicle that has reported: not every vehicle does.
async fn latest(api: &Api, fleet_ref: &str) -> Seen<String> {
    let path = format_path("vehicle-locations", fleet_ref);
    let page = until(PATIENCE, || found(api, &path)).await?;
    Ok((Answer::text(&page, "/items/0/vehicle_id")?, counted(&page)))
}

fn format_path(list: &str, fleet_ref: &str) -> String {
    format!("/v2/telematics/{list}?fleet_refs={fleet_ref}")
}

async fn rows(api: &Api, fleet_ref: &str, list: &str) -> Seen<()> {
    let path = format_path(list, fleet_ref);
    let page = until(PATIENCE, || found(api, &path)).await?;
    Ok(((), counted(&page)))
}

/// Reads a vehicle's history one row at a time, there and back.
async fn history(api: &Api, vehicle: &str) -> Seen<()> {
    let base = format!("/v2/telematics/vehicle-locations?only_latest=false&vehicle_ids={vehicle}");
    let whole = until(PATIENCE, || found(api, &base)).await?;
    let total = whole.get("total").and_then(Value::as_u64).context("no total")?;
    let mut next = Some(base.clone() + "&size=1");
    let mut pages = 0_u64;
    while let Some(path) = next.take() {
        let page = api.get(&path).await?;
        pages += 1;
        let cursor = page.get("next_page").and_then(Value::as_str).map(str::to_owned);
        next = cursor.filter(|_| pages < 20).map(|cursor| format!("{base}&size=1&cursor={cursor}"));
    }
    ensure!(pages >= total.min(20), "{pages} pages of one row, but {total} rows");
    let bad = api.ask(Method::GET, &format!("{base}&cursor=tampered")).await?.expect(&[422])?;
    ensure!(Answer::text(&bad, "/detail/0/error_type")? == "cursor_invalid", "a tampered cursor: {bad}");
    Ok(((), format!("{total} rows, {pages} pages")))
}

fn deliveries(receiver: &Receiver, fleet_ref: &str) -> Vec<Option<bool>> {
    let of_fleet = |envelope: &Value| envelope.pointer("/data/0/fleet_ref").and_then(Value::as_str) == Some(fleet_ref);
    receiver.received().iter().filter(|one| of_fleet(&one.envelope)).map(|one| one.genuine).collect()
}

async fn delivered(receiver: &Receiver, fleet_ref: &str) -> Seen<()> {
    let came = until(PATIENCE, || async {
        let came = deliveries(receiver, fleet_ref);
        ensure!(!came.is_empty(), "none came");
        Ok(came)
    });
    let came = came.await?;
    ensure!(came.iter().all(|genuine| *genuine == Some(true)), "a signature does not hold");
    Ok(((), format!("{} deliveries", came.len())))
}

async fn tick(api: &Api, connection: &str, schedules: &[(String, String)]) -> Seen<()> {
    let Some((id, _)) = schedules.iter().find(|(_, resource)| resource == "vehicle_location") else {
        bail!("no schedule for positions");
    };
    let before = succeeded(api, connection, id).await?;
    let after = until(TICK, || async {
        let now = succeeded(api, connection, id).await?;
        ensure!(now > before, "no execution came by itself");
        Ok(now)
    });
    let after = after.await?;
    Ok(((), format!("{} executions more", after.saturating_sub(before))))
}

async fn cancel(api: &Api, agreement: &str) -> Seen<()> {
    let path = format!("/v2/orgs/share-agreements/{agreement}/cancel");
    let cancelled = api.ask(Method::POST, &path).await?.expect(&[200])?;
    ensure!(Answer::text(&cancelled, "/status")? == "cancelled", "it is not cancelled");
    Ok(((), agreement.to_owned()))
}

async fn empty(api: &Api, fleet_ref: &str) -> Seen<()> {
    for list in ["vehicles", "users", "vehicle-locations", "hos-events"] {
        let page = api.get(&format_path(list, fleet_ref)).await?;
        ensure!(page.get("items") == Some(&json!([])) && page.get("total") == Some(&json!(0)), "{list} are not: {page}");
    }
    Ok(((), "vehicles, users, vehicle-locations, hos-events".into()))
}

async fn silent(receiver: &Receiver, fleet_ref: &str) -> Seen<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = deliveries(receiver, fleet_ref).len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = deliveries(receiver, fleet_ref).len();
    ensure!(after == before, "{} came after the end", after - before);
    Ok(((), "none in 2 s".into()))
}
