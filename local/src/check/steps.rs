//! The steps of the main workflow.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::report::Report;
use super::{Target, Walk};
use crate::api::{Api, ApiResponse};
use crate::demo;
use crate::receiver::Receiver;

/// How long data may take to appear.
const DATA_TIMEOUT: Duration = Duration::from_secs(30);
/// The emulator fires first after 60 to 70 seconds, a busy one later.
const TICK_TIMEOUT: Duration = Duration::from_secs(150);

type StepResult<T> = anyhow::Result<(T, String)>;

/// Runs all steps in order; the first failure ends the check.
pub(super) async fn all(target: &Target, walk: Walk, receiver: &Receiver, report: &mut Report) {
    let _failure_is_in_the_report = run_all(target, walk, receiver, report).await;
}

async fn run_all(target: &Target, walk: Walk, receiver: &Receiver, report: &mut Report) -> Option<()> {
    let fleet_ref = format!("check-{}", uuid::Uuid::now_v7());
    let api = report.step("get a token", sign_in(target)).await?;
    report.step("subscribe to vehicle_location.added", subscribe(&api, receiver)).await?;
    let invitation = report.step("POST invitation: 201, again: 200", invite(&api, &fleet_ref)).await?;
    report.step("open the magic link", open_link(&api, &invitation)).await?;
    let fleet = report.step("accept the invitation; repeating it is 409", accept(&api, &invitation)).await?;
    let agreement = report.step("the share agreement is active", agreement(&api, &fleet_ref)).await?;
    report.step("wrong credentials are rejected with the TSP's message", wrong_credentials(&fleet, target)).await?;
    let connection = report.step("valid credentials create a connection", connect(&fleet, target)).await?;
    let schedules = report.step("schedules exist, one per resource", schedules(&api, &connection)).await?;
    report.step("EventBridge Scheduler has their timers", scheduled(target, &schedules)).await?;
    report.step("the first executions succeed immediately", executions(&api, &connection, &schedules)).await?;
    report.step("vehicles", vehicles(&api, &fleet_ref)).await?;
    report.step("users", rows(&api, &fleet_ref, "users")).await?;
    let vehicle = report.step("vehicle-locations, latest", latest(&api, &fleet_ref)).await?;
    report.step("vehicle-locations, history of one vehicle by pages", history(&api, &vehicle)).await?;
    report.step("hos-events", rows(&api, &fleet_ref, "hos-events")).await?;
    report.step("webhook vehicle_location.added, signature verified", delivered(receiver, &fleet_ref)).await?;
    report.step("accounts at other TSPs are linked beside it, with their data", others(&api, &fleet, target, &fleet_ref)).await?;
    if walk.tick {
        report.step("the Scheduler fires", tick(&api, &connection, &schedules)).await?;
    }
    report.step("cancel the share agreement", cancel(&api, &agreement)).await?;
    report.step("reads return no rows", empty(&api, &fleet_ref)).await?;
    report.step("deliveries stop", no_deliveries(receiver, &fleet_ref)).await?;
    report.step("responses and messages match the API documents", documented(target)).await
}

async fn documented(target: &Target) -> StepResult<()> {
    let differences = target.documents.differences();
    ensure!(differences.is_empty(), "{}", differences.join("; "));
    Ok(((), format!("{} schemas", target.documents.schemas_used())))
}

async fn sign_in(target: &Target) -> StepResult<Api> {
    let api = Api::sign_in(&target.url, &target.client_id, &target.client_secret).await?;
    Ok((api, target.url.clone()))
}

async fn subscribe(api: &Api, receiver: &Receiver) -> StepResult<()> {
    let created = demo::subscribe(api, "vehicle_location.added", receiver.url()).await?;
    ensure!(created.len() == 1, "expected one subscription, got {}", created.len());
    for id in &created {
        receiver.trust(id, demo::WEBHOOK_SECRET);
    }
    Ok(((), created.join(", ")))
}

async fn invite(api: &Api, fleet_ref: &str) -> StepResult<Value> {
    let body = json!({ "fleet_ref": fleet_ref, "fleet_name": "Check Trucking" });
    let first = api.send_json(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[201])?;
    let second = api.send_json(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[200])?;
    ensure!(first.get("id") == second.get("id"), "the second response has another invitation");
    let link = ApiResponse::text(&second, "/magic_link")?;
    Ok((second, link))
}

async fn open_link(api: &Api, invitation: &Value) -> StepResult<()> {
    let browser = Api::new(&api.url)?;
    let (status, page) = browser.page(&ApiResponse::text(invitation, "/magic_link")?).await?;
    ensure!(status.is_success(), "status {status}");
    ensure!(page.contains("<form") && page.contains("Demo Insurance"), "the page has no consent form");
    Ok(((), format!("{} bytes of HTML", page.len())))
}

async fn accept(api: &Api, invitation: &Value) -> StepResult<Api> {
    let path = format!("/v2/orgs/invitations/{}/accept", ApiResponse::text(invitation, "/id")?);
    let anonymous = Api::new(&api.url)?;
    let accepted = anonymous.send(Method::POST, &path).await?.expect(&[200])?;
    anonymous.send(Method::POST, &path).await?.expect(&[409])?;
    let fleet = ApiResponse::text(&accepted, "/fleet_id")?;
    Ok((api.with_token(&ApiResponse::text(&accepted, "/pre_registration_access_token")?), format!("fleet {fleet}")))
}

async fn agreement(api: &Api, fleet_ref: &str) -> StepResult<String> {
    let page = api.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await?;
    ensure!(ApiResponse::text(&page, "/items/0/status")? == "active", "the share agreement is not active");
    ensure!(page.get("total") == Some(&json!(1)), "total is not 1");
    let id = ApiResponse::text(&page, "/items/0/id")?;
    api.get(&format!("/v2/orgs/share_agreements/{id}")).await.context("the underscored path")?;
    Ok((id.clone(), id))
}

async fn wrong_credentials(fleet: &Api, target: &Target) -> StepResult<()> {
    let mut told = Vec::new();
    for (slug, _) in &target.accounts {
        let body = demo::account(fleet, slug, "wrong").await?;
        let refused = fleet.send_json(Method::POST, "/v2/integrations/connections", &body).await?.expect(&[422])?;
        ensure!(
            ApiResponse::text(&refused, "/detail/0/error_type")? == "credentials_rejected",
            "not credentials_rejected: {refused}"
        );
        told.push(format!("{slug}: {}", ApiResponse::text(&refused, "/detail/0/message")?));
    }
    Ok(((), told.join(", ")))
}

async fn connect(fleet: &Api, target: &Target) -> StepResult<String> {
    let (slug, key) = target.accounts.iter().find(|(slug, _)| *slug == demo::TSP).context("no account to link")?;
    let id = link(fleet, slug, key).await?;
    Ok((id.clone(), id))
}

async fn link(fleet: &Api, slug: &str, key: &str) -> anyhow::Result<String> {
    let connection = demo::connect(fleet, slug, key).await?;
    ensure!(!connection.to_string().contains(key), "the response contains the key");
    ApiResponse::text(&connection, "/id")
}

/// Links an account at each further TSP. Its rows stand beside those of the others, each with the TSP that it is from.
async fn others(api: &Api, fleet: &Api, target: &Target, fleet_ref: &str) -> StepResult<()> {
    let mut told = Vec::new();
    for (slug, key) in target.accounts.iter().filter(|(slug, _)| *slug != demo::TSP) {
        let connection = link(fleet, slug, key).await?;
        for list in ["vehicles", "users", "vehicle-locations", "hos-events"] {
            let path = format!("{}&connection_id={connection}", format_path(list, fleet_ref));
            let page = until(DATA_TIMEOUT, || found(api, &path)).await.with_context(|| format!("{list} of {slug}"))?;
            ensure!(ApiResponse::text(&page, "/items/0/tsp_slug")? == *slug, "{list} are of another TSP: {page}");
            told.push(format!("{slug} {list}: {}", counted(&page)));
        }
    }
    Ok(((), told.join(", ")))
}

async fn schedules(api: &Api, connection: &str) -> StepResult<Vec<(String, String)>> {
    let page = api.get(&format!("/v2/integrations/connections/{connection}/schedules")).await?;
    let items = page.get("items").and_then(Value::as_array).context("no items")?;
    let found: Vec<(String, String)> = items
        .iter()
        .map(|item| Ok((ApiResponse::text(item, "/id")?, ApiResponse::text(item, "/resource")?)))
        .collect::<anyhow::Result<_>>()?;
    let mut names: Vec<&str> = found.iter().map(|(_, resource)| resource.as_str()).collect();
    names.sort_unstable();
    for wanted in ["hos_event", "user", "vehicle", "vehicle_location"] {
        ensure!(names.contains(&wanted), "no schedule for {wanted}");
    }
    let seen = names.join(", ");
    Ok((found, seen))
}

async fn scheduled(target: &Target, schedules: &[(String, String)]) -> StepResult<()> {
    let Some(timers) = &target.timers else {
        return Ok(((), "skipped: the timers of this platform are not accessible".into()));
    };
    let started = Instant::now();
    for (id, resource) in schedules {
        while let Err(error) = timers.require(id).await {
            if started.elapsed() > DATA_TIMEOUT {
                return Err(error.context(format!("the schedule of {resource}")));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(((), format!("{} schedules", schedules.len())))
}

/// Repeats a check until it succeeds or the time is up.
async fn until<T, F>(timeout: Duration, mut check: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let started = Instant::now();
    loop {
        match check().await {
            Err(error) if started.elapsed() > timeout => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            result => return result,
        }
    }
}

async fn succeeded(api: &Api, connection: &str, schedule: &str) -> anyhow::Result<usize> {
    let page = api.get(&format!("/v2/integrations/connections/{connection}/schedules/{schedule}/executions")).await?;
    let items = page.get("items").and_then(Value::as_array).context("no items")?;
    let good = items.iter().filter(|item| item.get("status") == Some(&json!("success"))).count();
    ensure!(good > 0, "no successful execution yet: {page}");
    Ok(good)
}

async fn executions(api: &Api, connection: &str, schedules: &[(String, String)]) -> StepResult<()> {
    for (id, resource) in schedules {
        until(DATA_TIMEOUT, || succeeded(api, connection, id)).await.with_context(|| format!("executions of {resource}"))?;
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

async fn vehicles(api: &Api, fleet_ref: &str) -> StepResult<()> {
    let path = format_path("vehicles", fleet_ref);
    let page = until(DATA_TIMEOUT, || found(api, &path)).await?;
    let id = ApiResponse::text(&page, "/items/0/id")?;
    let one = api.get(&format!("/v2/telematics/vehicles/{id}")).await?;
    ensure!(Some(&one) == page.pointer("/items/0"), "the response by id differs from the list");
    Ok(((), counted(&page)))
}

/// Returns a vehicle with positions; not every vehicle reports.
async fn latest(api: &Api, fleet_ref: &str) -> StepResult<String> {
    let path = format_path("vehicle-locations", fleet_ref);
    let page = until(DATA_TIMEOUT, || found(api, &path)).await?;
    Ok((ApiResponse::text(&page, "/items/0/vehicle_id")?, counted(&page)))
}

fn format_path(list: &str, fleet_ref: &str) -> String {
    format!("/v2/telematics/{list}?fleet_refs={fleet_ref}")
}

async fn rows(api: &Api, fleet_ref: &str, list: &str) -> StepResult<()> {
    let path = format_path(list, fleet_ref);
    let page = until(DATA_TIMEOUT, || found(api, &path)).await?;
    Ok(((), counted(&page)))
}

/// Reads a vehicle's history one row per page.
async fn history(api: &Api, vehicle: &str) -> StepResult<()> {
    let base = format!("/v2/telematics/vehicle-locations?only_latest=false&vehicle_ids={vehicle}");
    let whole = until(DATA_TIMEOUT, || found(api, &base)).await?;
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
    let bad = api.send(Method::GET, &format!("{base}&cursor=tampered")).await?.expect(&[422])?;
    ensure!(ApiResponse::text(&bad, "/detail/0/error_type")? == "cursor_invalid", "a tampered cursor was accepted: {bad}");
    Ok(((), format!("{total} rows, {pages} pages")))
}

fn deliveries(receiver: &Receiver, fleet_ref: &str) -> Vec<Option<bool>> {
    let of_fleet = |envelope: &Value| envelope.pointer("/data/0/fleet_ref").and_then(Value::as_str) == Some(fleet_ref);
    receiver.received().iter().filter(|one| of_fleet(&one.envelope)).map(|one| one.genuine).collect()
}

async fn delivered(receiver: &Receiver, fleet_ref: &str) -> StepResult<()> {
    let received = until(DATA_TIMEOUT, || async {
        let received = deliveries(receiver, fleet_ref);
        ensure!(!received.is_empty(), "no delivery arrived");
        Ok(received)
    });
    let received = received.await?;
    ensure!(received.iter().all(|genuine| *genuine == Some(true)), "a signature is invalid");
    Ok(((), format!("{} deliveries", received.len())))
}

async fn tick(api: &Api, connection: &str, schedules: &[(String, String)]) -> StepResult<()> {
    let Some((id, _)) = schedules.iter().find(|(_, resource)| resource == "vehicle_location") else {
        bail!("no schedule for positions");
    };
    let before = succeeded(api, connection, id).await?;
    let after = until(TICK_TIMEOUT, || async {
        let now = succeeded(api, connection, id).await?;
        ensure!(now > before, "no execution was started by a timer");
        Ok(now)
    });
    let after = after.await?;
    Ok(((), format!("{} more executions", after.saturating_sub(before))))
}

async fn cancel(api: &Api, agreement: &str) -> StepResult<()> {
    let path = format!("/v2/orgs/share-agreements/{agreement}/cancel");
    let cancelled = api.send(Method::POST, &path).await?.expect(&[200])?;
    ensure!(ApiResponse::text(&cancelled, "/status")? == "cancelled", "the share agreement is not cancelled");
    Ok(((), agreement.to_owned()))
}

async fn empty(api: &Api, fleet_ref: &str) -> StepResult<()> {
    for list in ["vehicles", "users", "vehicle-locations", "hos-events"] {
        let page = api.get(&format_path(list, fleet_ref)).await?;
        ensure!(page.get("items") == Some(&json!([])) && page.get("total") == Some(&json!(0)), "{list} is not empty: {page}");
    }
    Ok(((), "vehicles, users, vehicle-locations, hos-events".into()))
}

async fn no_deliveries(receiver: &Receiver, fleet_ref: &str) -> StepResult<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = deliveries(receiver, fleet_ref).len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = deliveries(receiver, fleet_ref).len();
    ensure!(after == before, "{} deliveries after the cancellation", after - before);
    Ok(((), "none in 2 s".into()))
}
