//! What partners receive of fleets' records is noted, whichever way they come by it, and fleets read it in Connect.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use catena::api::Api;
use catena::demo;
use gateway::{Endpoint, Incoming};
use http::{HeaderMap, HeaderValue};
use model::telematics::{GroupMessage, HosEventAttachment, Observation, Record, Rows as _, Workflow, source_hash};
use model::{ConnectionId, ExecutionId, FleetId, PartnerId, RecordIds, ScheduleId, Timestamp, TspId};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::{ACCESS_DAYS, Access, Keyed as _, Way, Write};
use store::telematics::Origin;

use crate::connect::{Browser, invite, link};
use crate::{World, answer};

/// Reads that show numbers, or what is the same for everybody.
const WITHOUT_RECORDS: &[&str] = &[
    "analytics.overview",
    "analytics.fleets",
    "analytics.fleet_growth",
    "analytics.vehicle_growth",
    "analytics.driver_growth",
    "analytics.trailer_growth",
];

/// How long records may take to come.
const PATIENCE: Duration = Duration::from_secs(180);

/// What lists of analytics have rows of.
fn subject(handler: &str) -> Option<&'static str> {
    match handler {
        "analytics.vehicles" => Some("vehicle"),
        "analytics.drivers" => Some("user"),
        "analytics.trailers" => Some("trailer"),
        "analytics.live_vehicles" => Some("vehicle_location"),
        "analytics.live_trailers" => Some("trailer_location"),
        _ => None,
    }
}

/// `hos_availability` as it stands in handlers.
fn plural(resource: &str) -> String {
    match resource.strip_suffix('y') {
        Some(start) => format!("{start}ies"),
        None if resource.ends_with('s') => format!("{resource}es"),
        None => format!("{resource}s"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_of_telematics_is_noted() {
    let world = World::start().await;
    let reader = Reader::of(&world).await;
    let endpoints = bootstrap::endpoints();
    let reads = endpoints.iter().filter(|row| row.method == Method::GET && row.path.starts_with("/v2/telematics/"));
    let reads: Vec<&Endpoint> = reads.filter(|row| !row.path.ends_with("openapi.json")).collect();
    let mut missing: BTreeMap<&str, &Endpoint> = reads.iter().map(|row| (row.handler, *row)).collect();
    let started = Instant::now();
    while !missing.is_empty() && started.elapsed() < PATIENCE {
        reader.complete().await;
        for (handler, row) in missing.clone() {
            if reader.check(row).await {
                missing.remove(handler);
            }
        }
    }
    println!("{} reads in {:?}", reads.len(), started.elapsed());
    assert_eq!(missing.keys().collect::<Vec<_>>(), Vec::<&&str>::new(), "reads that showed nothing");
    reader.what_shows_nothing_is_not_noted(&endpoints).await;
    world.stop().await;
}

/// The demo partner, and what it reads: the records of one fleet, beside another one.
struct Reader<'a> {
    world: &'a World,
    admin: Api,
    connection: ConnectionId,
    token: String,
    partner: PartnerId,
    fleet: FleetId,
    other: FleetId,
}

impl<'a> Reader<'a> {
    async fn of(world: &'a World) -> Self {
        let fleet = world.fleet("noted").await;
        let linked = world.link(&fleet).await.expect(&[200]).unwrap();
        let connection = linked["id"].as_str().unwrap().parse().unwrap();
        demo::connect(&fleet, "geotab", &world.platform.demo.keys("geotab")[0]).await.unwrap();
        let operator = world.platform.create_admin("ledger-operator").await.unwrap();
        let admin = Api::sign_in(&world.url, &operator.client_id, &operator.client_secret.unwrap()).await.unwrap();
        let other = world.fleet("other").await;
        demo::connect(&other, "motive", &world.platform.demo.keys("motive")[0]).await.unwrap();
        let form = [("grant_type", "client_credentials"), ("client_id", demo::CLIENT_ID), ("client_secret", demo::CLIENT_SECRET)];
        let token = answer(world.token().form(&form)).await.1["access_token"].as_str().unwrap().to_owned();
        let agreement = async |name: &str| {
            let found = world.api.get(&format!("/v2/orgs/share-agreements?fleet_ref={name}")).await.unwrap();
            let id = |member: &str| found["items"][0][member].as_str().unwrap().to_owned();
            (id("partner_id").parse().unwrap(), id("fleet_id").parse().unwrap())
        };
        let ((partner, fleet), (_, other)) = (agreement("noted").await, agreement("other").await);
        Self { world, admin, connection, token, partner, fleet, other }
    }

    /// What the fleet's providers do not have, and what the platform works out once an hour.
    async fn complete(&self) {
        let events = self.world.api.get("/v2/telematics/hos-events?fleet_refs=noted&size=1").await.unwrap();
        if let Some(event) = events["items"][0]["id"].as_str() {
            let attachment = HosEventAttachment { hos_event_id: event.parse().ok(), ..HosEventAttachment::default() };
            self.store(attachment).await;
        }
        self.store(GroupMessage::default()).await;
        self.store(Workflow::default()).await;
        let schedules = format!("/v2/integrations/connections/{}/schedules", self.connection);
        let found = self.admin.get(&schedules).await.unwrap();
        let derived = found["items"].as_array().unwrap().iter().find(|row| row["resource"] == "vehicle_region_segment").unwrap();
        let one = format!("{schedules}/{}", derived["id"].as_str().unwrap());
        self.admin.send_json(Method::PATCH, &one, &json!({ "status": "paused" })).await.unwrap();
        self.admin.send(Method::POST, &format!("{one}/activate")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    async fn store<T: Record + Send>(&self, fields: T) {
        let (source, now) = (json!({}), Timestamp::system());
        let origin = Origin {
            connection: self.connection,
            record: T::TYPE,
            tsp: TspId::from_uuid(uuid::Uuid::nil()),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            execution: ExecutionId::at(now),
            schedule: ScheduleId::at(now),
            now,
        };
        let row = Observation {
            source_id: "1".into(),
            occurred_at: Some(now.day_start()),
            source_hash: source_hash(&source, &[]),
            source,
            extras: None,
            is_partial: false,
            fields,
        };
        let batch = vec![row].erase(RecordIds(self.connection)).unwrap();
        self.world.platform.context().store().store_rows(&origin, &batch).await.unwrap();
    }

    async fn accesses(&self, fleet: FleetId) -> Vec<Access> {
        let store = self.world.platform.context().store();
        store.accesses(fleet, self.partner, ACCESS_DAYS, Timestamp::system()).await.unwrap()
    }

    /// Asks an endpoint in a sandbox that has noted nothing yet; what it answers, and what it noted.
    async fn ask(
        &self,
        row: &Endpoint,
        method: Method,
        path: BTreeMap<String, String>,
        query: &str,
    ) -> (Value, BTreeSet<String>) {
        let store = self.world.platform.context().store();
        for access in self.accesses(self.fleet).await {
            store.commit(vec![Write::delete(access.key())]).await.unwrap();
        }
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token)).unwrap();
        let incoming = Incoming {
            method,
            raw_path: path.iter().fold(row.path.to_owned(), |all, (name, value)| all.replace(&format!("{{{name}}}"), value)),
            raw_query: query.to_owned(),
            headers: HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer)]),
            path,
            body: Bytes::new(),
            address: None,
        };
        let response = gateway::dispatch(&self.world.platform.context().fresh(), row, &incoming).await;
        let noted = self.accesses(self.fleet).await;
        assert!(noted.iter().all(|access| access.way == Way::Read), "{noted:?}");
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        (body, noted.iter().map(|access| access.resource.to_string()).collect())
    }

    /// The same, where it has rows to show: over the last day, or the weeks before.
    async fn find(&self, row: &Endpoint, path: &BTreeMap<String, String>) -> (Value, BTreeSet<String>) {
        let now = Timestamp::system();
        let since = now.plus_seconds(-44 * 86_400).date();
        let mut found = (Value::Null, BTreeSet::new());
        for query in [
            "fleet_refs=noted".to_owned(),
            format!("fleet_refs=noted&from_datetime={since}T00:00:00Z"),
            format!("fleet_refs=noted&processing_date={}", now.date()),
            format!("fleet_refs=noted&processing_date={}", now.plus_seconds(-86_400).date()),
        ] {
            found = self.ask(row, Method::GET, path.clone(), &query).await;
            if rows(&found.0).is_some_and(|rows| !rows.is_empty()) {
                break;
            }
        }
        found
    }

    /// Whether a read showed records; what it showed is noted, and nothing else.
    async fn check(&self, row: &Endpoint) -> bool {
        let handler = row.handler;
        if handler.starts_with("tables.") || WITHOUT_RECORDS.contains(&handler) {
            let query = if handler.starts_with("tables.") { "" } else { "fleet_refs=noted" };
            let (body, noted) = self.ask(row, Method::GET, BTreeMap::new(), query).await;
            assert!(body.get("detail").is_none() && noted.is_empty(), "{handler}: {noted:?}, {body}");
            return true;
        }
        for path in self.parents(row).await {
            let is_one = row.path.ends_with('}');
            let (body, noted) = if is_one { self.ask(row, Method::GET, path, "").await } else { self.find(row, &path).await };
            let shows = if is_one { body.get("id").is_some() } else { rows(&body).is_some_and(|rows| !rows.is_empty()) };
            assert_eq!(shows, !noted.is_empty(), "{handler} noted {noted:?} of {body}");
            if !shows {
                continue;
            }
            match subject(handler) {
                Some(subject) => assert!(noted.contains(subject), "{handler} noted {noted:?}"),
                None => {
                    let named: Vec<String> = noted.iter().map(|resource| plural(resource)).collect();
                    assert_eq!(named, [handler.split('.').next().unwrap()], "{handler}");
                }
            }
            assert_eq!(self.accesses(self.other).await, [], "{handler} showed nothing of another fleet");
            return true;
        }
        false
    }

    /// The parameters of a path: ids from the list above it, the ones after the other.
    async fn parents(&self, row: &Endpoint) -> Vec<BTreeMap<String, String>> {
        let Some((list, rest)) = row.path.split_once("/{") else { return vec![BTreeMap::new()] };
        let name = rest.split('}').next().unwrap();
        let endpoints = bootstrap::endpoints();
        let list = endpoints.iter().find(|row| row.method == Method::GET && row.path == list).unwrap();
        let (body, _) = self.find(list, &BTreeMap::new()).await;
        let ids = rows(&body).into_iter().flatten().filter_map(|row| row["id"].as_str()).take(20);
        ids.map(|id| BTreeMap::from([(name.to_owned(), id.to_owned())])).collect()
    }

    async fn what_shows_nothing_is_not_noted(&self, endpoints: &[Endpoint]) {
        let row = |handler: &str| endpoints.iter().find(|row| row.handler == handler).unwrap();
        let nobody = BTreeMap::from([("vehicle_id".to_owned(), uuid::Uuid::nil().to_string())]);
        for (handler, method, path, query) in [
            ("vehicles.list", Method::HEAD, BTreeMap::new(), "fleet_refs=noted"),
            ("vehicles.list", Method::GET, BTreeMap::new(), "fleet_refs=noted&vehicle_ids=00000000-0000-0000-0000-000000000000"),
            ("vehicles.get", Method::GET, nobody, ""),
        ] {
            let (body, noted) = self.ask(row(handler), method, path, query).await;
            assert_eq!(noted, BTreeSet::new(), "{handler}?{query}: {body}");
        }
        // A page of both fleets shows both; those whose rows are on another page are not shown.
        self.ask(row("vehicles.list"), Method::GET, BTreeMap::new(), "size=1").await;
        let shown = [self.accesses(self.fleet).await.len(), self.accesses(self.other).await.len()];
        assert_eq!(shown.iter().sum::<usize>(), 1, "{shown:?}");
        self.ask(row("vehicles.list"), Method::GET, BTreeMap::new(), "size=1000").await;
        assert_eq!([self.accesses(self.fleet).await.len(), self.accesses(self.other).await.len()], [1, 1]);
    }
}

fn rows(body: &Value) -> Option<&Vec<Value>> {
    body.get("items")?.as_array()
}

#[tokio::test(flavor = "multi_thread")]
async fn fleets_see_what_a_partner_received() {
    let world = World::start().await;
    let subscribe = async |event: &str, url: &str| {
        let body = json!({ "url": url, "event_name": event, "secret": "whsec-0123456789abcdef", "sequence": true });
        world.api.send_json(Method::POST, "/v2/notifications/webhooks", &body).await.unwrap().expect(&[200]).unwrap()
    };
    subscribe("vehicle.added", &taking().await).await;
    let browser = Browser::new(&world);
    let consent = browser.open(&link(&invite(&world, json!({ "fleet_ref": "ledger" })).await)).await;
    let providers = browser.agree(&consent, "Ledger Trucking").await;
    // Nobody takes these messages; the partner reads them by their numbers.
    let numbered = subscribe("user.added", &closed().await).await["id"].clone();
    let accounts = browser.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    assert!(accounts.says("What <bdi>Demo Insurance</bdi> received"), "{}", accounts.html);

    until("a delivery", async || browser.open(&accounts.path).await.says("<dd>Sent to it: Vehicles</dd>")).await;
    let page = browser.open(&accounts.path).await;
    assert!(!page.says("<dd>Read: "), "{}", page.html);
    let read = async |path: &str| world.api.get(path).await.unwrap()["items"].as_array().unwrap().len();
    let fleet = world.api.get("/v2/orgs/share-agreements?fleet_ref=ledger").await.unwrap()["items"][0]["fleet_id"].clone();
    let events = format!("/v2/notifications/webhooks/{}/events?fleet_id={}", numbered.as_str().unwrap(), fleet.as_str().unwrap());
    until("a message", async || read(&events).await > 0).await;
    until("positions", async || read("/v2/telematics/vehicle-locations?fleet_refs=ledger").await > 0).await;
    let page = browser.open(&accounts.path).await;
    assert!(page.says("<dd>Read: Positions, Drivers and staff</dd>"), "{}", page.html);

    let path = page.page("ledger.csv");
    let file = browser.file(&path).await;
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"data-access.csv\"");
    assert_eq!(file.headers()["cache-control"], "no-store");
    let text = file.text().await.unwrap();
    let today = Timestamp::system().date();
    for (data, how) in [("Positions", "read"), ("Drivers and staff", "read"), ("Vehicles", "sent")] {
        let line = format!("\r\n\"{today}\",\"Demo Insurance\",\"{data}\",\"{how}\"\r\n");
        assert!(text.contains(&line), "{line}: {text}");
    }
    assert_eq!(text.lines().count(), 4, "{text}");
    let stranger = Browser::new(&world).file(&path).await;
    assert_eq!(stranger.status(), 410);
    assert_eq!(stranger.headers()["content-type"], "text/html; charset=utf-8");
    world.stop().await;
}

/// A receiver that takes everything.
async fn taking() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(async || "taken")).await.unwrap() });
    url
}

/// An address at which nobody listens.
async fn closed() -> String {
    format!("http://{}/", tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap())
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
