//! A visit to every endpoint: what is asked, and the one status that is right.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

/// How long data may take to appear.
const DATA_TIMEOUT: Duration = Duration::from_secs(30);

/// Whose token a request has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Anonymous,
    Partner,
    Fleet,
    Admin,
}

/// The body of a request.
#[derive(Clone)]
pub(crate) enum Payload {
    Nothing,
    Json(Value),
    Form(&'static [(&'static str, &'static str)]),
}

/// One request.
pub(crate) struct Visit {
    pub(crate) role: Role,
    pub(crate) method: Method,
    /// `{names}` are replaced by values from earlier responses.
    pub(crate) path: &'static str,
    pub(crate) payload: Payload,
    pub(crate) status: u16,
    /// Names for members of the answer.
    pub(crate) keep: &'static [(&'static str, &'static str)],
}

/// A browser and an API client in one.
pub(crate) struct Visitor {
    http: reqwest::Client,
    url: String,
    known: BTreeMap<String, String>,
}

impl Visitor {
    pub(crate) fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().unwrap(), url: url.to_owned(), known: BTreeMap::new() }
    }

    pub(crate) fn know(&mut self, name: &str, value: &str) {
        self.known.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn knows(&self, name: &str) -> &str {
        self.known.get(name).unwrap_or_else(|| panic!("{name} is not known yet"))
    }

    pub(crate) async fn all(&mut self, visits: Vec<Visit>) {
        for visit in visits {
            self.visit(&visit).await;
        }
    }

    /// Reads as the partner; the answer is 200.
    pub(crate) async fn read(&mut self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.url)).bearer_auth(self.knows("partner")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}: {answer:?}");
        answer.json().await.unwrap()
    }

    /// Asks, and holds the answer against what is right. What is read may take a while to be there.
    async fn visit(&mut self, visit: &Visit) {
        let started = Instant::now();
        while let Err(problem) = self.ask(visit).await {
            assert!(visit.method == Method::GET && started.elapsed() < DATA_TIMEOUT, "{problem}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn ask(&mut self, visit: &Visit) -> Result<(), String> {
        let path = self.filled(visit.path);
        let mut request = self.http.request(visit.method.clone(), format!("{}{path}", self.url));
        match visit.role {
            Role::Anonymous => {}
            Role::Partner => request = request.bearer_auth(self.knows("partner")),
            Role::Fleet => request = request.bearer_auth(self.knows("fleet")),
            Role::Admin => request = request.bearer_auth(self.knows("admin")),
        }
        request = match &visit.payload {
            Payload::Nothing => request,
            Payload::Json(body) => {
                let body = serde_json::from_str::<Value>(&self.filled(&body.to_string())).unwrap();
                request.json(&body)
            }
            Payload::Form(members) => {
                request.form(&members.iter().map(|(name, value)| (*name, self.filled(value))).collect::<Vec<_>>())
            }
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        let text = answer.text().await.unwrap();
        let asked = format!("{} {path} answered {status}: {text}", visit.method);
        assert_eq!(status.as_u16(), visit.status, "{asked}");
        for (name, before, after) in FOUND {
            if let Some(value) = between(&text, before, after).or_else(|| between(&location, before, after)) {
                self.know(name, value);
            }
        }
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        for (name, pointer) in visit.keep {
            let found = body.pointer(pointer).and_then(Value::as_str);
            self.know(name, found.ok_or_else(|| format!("no {pointer}: {asked}"))?);
        }
        Ok(())
    }

    fn filled(&self, text: &str) -> String {
        let names = self.known.iter();
        names.fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

/// What pages and redirects tell: name, and what stands around it.
const FOUND: &[(&str, &str, &str)] = &[
    ("csrf", "name=\"csrf\" value=\"", "\""),
    ("shown", "name=\"shown\" value=\"", "\""),
    ("visit", "/connect/s/", "/"),
    ("account", "/accounts/", "/remove"),
    ("key", "&key=", "\""),
];

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}

type Keep = &'static [(&'static str, &'static str)];

fn get(role: Role, path: &'static str, keep: Keep) -> Visit {
    Visit { role, method: Method::GET, path, payload: Payload::Nothing, status: 200, keep }
}

fn act(role: Role, method: Method, path: &'static str, status: u16) -> Visit {
    Visit { role, method, path, payload: Payload::Nothing, status, keep: &[] }
}

fn send_json(role: Role, method: Method, path: &'static str, body: Value, status: u16, keep: Keep) -> Visit {
    Visit { role, method, path, payload: Payload::Json(body), status, keep }
}

fn form(path: &'static str, members: &'static [(&'static str, &'static str)], status: u16, keep: Keep) -> Visit {
    Visit { role: Role::Anonymous, method: Method::POST, path, payload: Payload::Form(members), status, keep }
}

/// A token for the demo partner; the names of the realm's endpoints.
pub(crate) fn tokens() -> Vec<Visit> {
    vec![
        get(Role::Anonymous, "/realms/catena/.well-known/openid-configuration", &[("issuer", "/issuer")]),
        get(Role::Anonymous, "/realms/catena/protocol/openid-connect/certs", &[("kid", "/keys/0/kid")]),
        form("/realms/catena/protocol/openid-connect/token", CREDENTIALS, 200, &[("partner", "/access_token")]),
    ]
}

/// The way out: sharing with the partner ends.
pub(crate) fn farewell() -> Vec<Visit> {
    const SEND: &[(&str, &str)] = &[("csrf", "{csrf}")];
    let leaving = json!({ "fleet_ref": "leaves", "fleet_name": "Leaving Trucking" });
    const AGREE: &[(&str, &str)] = &[("csrf", "{csrf}"), ("shown", "{shown}")];
    vec![
        send_json(Role::Partner, Method::POST, "/v2/orgs/invitations", leaving, 201, &[("leaves", "/id")]),
        act(Role::Anonymous, Method::GET, "/?invite={leaves}", 303),
        get(Role::Anonymous, "/connect/s/{visit}/consent", &[]),
        form("/connect/s/{visit}/accept", AGREE, 303, &[]),
        form("/connect/s/{visit}/stop", SEND, 303, &[]),
        act(Role::Anonymous, Method::GET, "/connect/s/{visit}/accounts", 410),
    ]
}

/// The demo partner's; `Payload::Form` members.
const CREDENTIALS: &[(&str, &str)] = &[
    ("grant_type", "client_credentials"),
    ("client_id", "demo"),
    ("client_secret", "local-demo-secret"),
    ("scope", "organization"),
];

/// A fleet's way through Connect, from the link to a linked provider. Pages answer 200, forms lead on with 303.
pub(crate) fn connect() -> Vec<Visit> {
    const SEND: &[(&str, &str)] = &[("csrf", "{csrf}")];
    const AGREE: &[(&str, &str)] = &[("csrf", "{csrf}"), ("shown", "{shown}"), ("fleet_name", "Tour Trucking")];
    const LINK: &[(&str, &str)] = &[("csrf", "{csrf}"), ("token", "{tsp_token}")];
    const WRONG: &[(&str, &str)] = &[("invite", "{invitation}"), ("key", "nonsense")];
    const KEY: &[(&str, &str)] = &[("invite", "{invitation}"), ("key", "{key}")];
    let invitation = json!({ "fleet_ref": "tour", "fleet_name": "Tour Trucking" });
    let refusing = json!({ "fleet_ref": "refuses", "fleet_name": "Refusing Trucking" });
    vec![
        send_json(Role::Partner, Method::POST, "/v2/orgs/invitations", invitation, 201, &[("invitation", "/id")]),
        send_json(Role::Partner, Method::POST, "/v2/orgs/invitations", refusing, 201, &[("refused", "/id")]),
        get(Role::Anonymous, "/connect/assets/connect.css", &[]),
        act(Role::Anonymous, Method::GET, "/?invite={refused}", 303),
        get(Role::Anonymous, "/connect/s/{visit}/decline", &[]),
        form("/connect/s/{visit}/decline", SEND, 200, &[]),
        act(Role::Anonymous, Method::GET, "/?invite={invitation}", 303),
        get(Role::Anonymous, "/connect/s/{visit}/consent", &[]),
        form("/connect/s/{visit}/accept", AGREE, 303, &[]),
        get(Role::Anonymous, "/connect/s/{visit}/providers", &[]),
        get(Role::Anonymous, "/connect/s/{visit}/providers/samsara", &[]),
        act(Role::Anonymous, Method::GET, "/connect/s/{visit}/providers/samsara/sign-in", 303),
        act(Role::Anonymous, Method::GET, "/connect/sign-in", 410),
        get(Role::Anonymous, "/connect/s/{visit}/providers/samsara", &[]),
        form("/connect/s/{visit}/providers/samsara", LINK, 303, &[]),
        get(Role::Anonymous, "/connect/s/{visit}/accounts", &[]),
        get(Role::Anonymous, "/connect/s/{visit}/ledger.csv", &[]),
        get(Role::Anonymous, "/connect/s/{visit}/accounts/{account}/remove", &[]),
        form("/connect/s/{visit}/accounts/{account}/remove", SEND, 303, &[]),
        form("/connect/s/{visit}/providers/samsara", LINK, 303, &[]),
        get(Role::Anonymous, "/connect/s/{visit}/accounts", &[]),
        form("/connect/s/{visit}/pause", SEND, 303, &[]),
        form("/connect/s/{visit}/resume", SEND, 303, &[]),
        get(Role::Anonymous, "/connect/s/{visit}/stop", &[]),
        get(Role::Anonymous, "/connect/s/{visit}/done", &[]),
        form("/connect/open", WRONG, 403, &[]),
        send_json(Role::Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "tour" }), 200, &[]),
        form("/connect/open", KEY, 303, &[]),
        get(Role::Anonymous, "/connect/s/{visit}/consent", &[]),
        get(Role::Anonymous, "/connect/s/{visit}/proof", &[]),
        form("/connect/s/{visit}/proof/{account}", LINK, 303, &[]),
        act(Role::Anonymous, Method::PUT, "/connect/s/{visit}/consent", 405),
        act(Role::Anonymous, Method::GET, "/?invite={invitation}", 303),
    ]
}

/// A fleet that linked its account through the API.
pub(crate) fn linked() -> Vec<Visit> {
    use Role::{Anonymous, Fleet, Partner};
    let account = json!({ "tsp_id": "{tsp}", "credentials": { "token": "{tsp_token}" } });
    vec![
        send_json(Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "linked" }), 201, &[("linked", "/id")]),
        Visit { keep: FLEET, ..act(Anonymous, Method::POST, "/v2/orgs/invitations/{linked}/accept", 200) },
        get(Anonymous, "/v2/orgs/tsps?slug=samsara", &[("tsp", "/0/id")]),
        send_json(Fleet, Method::POST, "/v2/integrations/connections", account, 200, &[("connection", "/id")]),
        get(Partner, "/v2/integrations/connections/{connection}/schedules?resource=vehicle", &[("schedule", "/items/0/id")]),
        get(Partner, "/v2/integrations/connections/{connection}/schedules?resource=user", &[("other", "/items/0/id")]),
    ]
}

/// A schedule in force.
pub(crate) fn scheduled() -> Vec<Visit> {
    use Role::Partner;
    vec![
        get(Partner, "/v2/integrations/connections?fleet_refs=tour", &[("timed", "/items/0/id")]),
        get(Partner, "/v2/integrations/connections/{timed}/schedules?resource=vehicle", &[("scheduled", "/items/0/id")]),
    ]
}

/// A subscription to vehicles at a place of its own.
pub(crate) fn subscribed() -> Vec<Visit> {
    let subscription = json!({ "url": "https://hooks.example.com/{place}", "event_name": "vehicle.added" });
    vec![send_json(Role::Partner, Method::POST, "/v2/notifications/webhooks", subscription, 200, &[])]
}

/// An invitation that waits for its fleet.
pub(crate) fn invited() -> Vec<Visit> {
    let invitation = json!({ "fleet_ref": "waits" });
    vec![send_json(Role::Partner, Method::POST, "/v2/orgs/invitations", invitation, 201, &[("waits", "/id")])]
}

/// Everything that a partner reads and changes. Starts with a linked fleet that has reported.
pub(crate) fn partner() -> Vec<Visit> {
    use Role::{Anonymous, Fleet, Partner};
    let subscription = json!({ "url": "{receiver}", "event_name": "vehicle.added" });
    let account = json!({ "tsp_id": "{tsp}", "credentials": { "token": "{tsp_token}" } });
    let dates = json!({ "expiration_date": "2099-01-01T00:00:00Z" });
    let pre_auth =
        json!({ "tsp_id": "{tsp}", "pre_auth_credentials": { "username": "tour", "password": "a secret of the tour" } });
    vec![
        get(Partner, "/v2/orgs/invitations?fleet_ref=tour", &[]),
        get(Anonymous, "/v2/orgs/invitations/{invitation}", &[]),
        send_json(Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "gone" }), 201, &[("gone", "/id")]),
        act(Partner, Method::DELETE, "/v2/orgs/invitations/{gone}", 204),
        send_json(Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "no" }), 201, &[("no", "/id")]),
        send_json(Anonymous, Method::POST, "/v2/orgs/invitations/{no}/decline", json!({ "decline_reason": "no" }), 200, &[]),
        get(Anonymous, "/v2/orgs/tsps?slug=samsara", &[("tsp", "/0/id")]),
        get(Anonymous, "/v2/orgs/tsps/{tsp}", &[]),
        get(Anonymous, "/v2/integrations/tsps", &[]),
        get(Anonymous, "/v2/integrations/tsps/{tsp}", &[]),
        send_json(Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "api" }), 201, &[("api", "/id")]),
        Visit { keep: FLEET, ..act(Anonymous, Method::POST, "/v2/orgs/invitations/{api}/accept", 200) },
        send_json(Fleet, Method::POST, "/v2/integrations/connection-pre-auths", pre_auth, 201, &[]),
        send_json(Fleet, Method::POST, "/v2/integrations/connections", account, 200, &[("link", "/id")]),
        send_json(Fleet, Method::PATCH, "/v2/integrations/connections/{link}", json!({ "description": "Yard" }), 200, &[]),
        get(Partner, "/v2/orgs/fleets?fleet_refs=tour", &[("tour", "/items/0/id")]),
        get(Partner, "/v2/orgs/fleets/{tour}", &[]),
        get(Partner, "/v2/orgs/share-agreements?fleet_ref=tour", &[("agreement", "/items/0/id")]),
        get(Partner, "/v2/orgs/share_agreements/{agreement}", &[]),
        send_json(Partner, Method::PATCH, "/v2/orgs/share-agreements/{agreement}", dates, 200, &[]),
        get(Partner, "/v2/integrations/connections?fleet_refs=tour", &[("connection", "/items/0/id")]),
        get(Partner, "/v2/integrations/connections/data-freshness", &[]),
        get(Partner, "/v2/integrations/connections/{connection}", &[]),
        get(Partner, "/v2/integrations/connections/{connection}/schedules?resource=vehicle", &[("schedule", "/items/0/id")]),
        get(Partner, "/v2/integrations/connections/{connection}/schedules/{schedule}", &[]),
        get(Partner, "/v2/integrations/connections/{connection}/schedules/{schedule}/executions", &[]),
        send_json(Partner, Method::POST, "/v2/notifications/webhooks", subscription, 200, &[("webhook", "/id")]),
        get(Partner, "/v2/notifications/webhooks", &[]),
        get(Partner, "/v2/notifications/webhooks/{webhook}", &[]),
        send_json(Partner, Method::PATCH, "/v2/notifications/webhooks/{webhook}", json!({ "url": "{receiver}/2" }), 200, &[]),
        act(Partner, Method::POST, "/v2/notifications/webhooks/{webhook}/pause", 200),
        act(Partner, Method::POST, "/v2/notifications/webhooks/{webhook}/activate", 200),
        get(Partner, "/v2/notifications/webhooks/{webhook}/logs", &[]),
        get(Partner, "/v2/notifications/webhooks/{webhook}/metrics", &[]),
        act(Partner, Method::GET, "/v2/notifications/webhooks/{webhook}/events", 409),
        act(Partner, Method::POST, "/v2/notifications/webhooks/{webhook}/replay", 202),
        act(Partner, Method::DELETE, "/v2/notifications/webhooks/{webhook}", 204),
        get(Partner, "/v2/notifications/schemas/vehicle.added", &[]),
        get(Partner, "/v2/notifications/schemas/vehicle.added/versions/3.0", &[]),
        act(Anonymous, Method::GET, "/v2/notifications/schemas/vehicle.added", 401),
        act(Partner, Method::POST, "/v2/orgs/share-agreements/{agreement}/pause", 200),
        act(Partner, Method::POST, "/v2/orgs/share-agreements/{agreement}/activate", 200),
        act(Fleet, Method::GET, "/v2/telematics/vehicles", 403),
        act(Partner, Method::HEAD, "/v2/telematics/vehicles", 200),
        act(Anonymous, Method::HEAD, "/v2/telematics/vehicles", 401),
        act(Anonymous, Method::OPTIONS, "/v2/telematics/vehicles", 204),
        act(Partner, Method::PUT, "/v2/telematics/vehicles", 405),
        act(Partner, Method::GET, "/v2/telematics/vehicles/", 404),
        act(Anonymous, Method::GET, "/v2/telematics/vehicles", 401),
        act(Fleet, Method::DELETE, "/v2/integrations/connections/{link}", 204),
        act(Partner, Method::POST, "/v2/orgs/share-agreements/{agreement}/cancel", 200),
        act(Partner, Method::DELETE, "/v2/orgs/share-agreements/{agreement}", 204),
        form("/realms/catena/protocol/openid-connect/revoke", REVOKE, 200, &[]),
        act(Partner, Method::GET, "/v2/orgs/fleets", 401),
    ]
}

/// What administrators of the platform do, whose client's secret is known as `operator_secret`.
pub(crate) fn operator() -> Vec<Visit> {
    use Role::{Admin, Partner};
    const SIGN_IN: &[(&str, &str)] =
        &[("grant_type", "client_credentials"), ("client_id", "operator"), ("client_secret", "{operator_secret}")];
    let vehicle = json!({ "resource": "vehicle" });
    let notes = json!([{ "key": "notes", "value": "by the tour" }]);
    let pages = json!({ "origins": ["https://mutual.example"] });
    let announced = json!({ "name": "Soon", "source_name": "zonar", "conn_type": "geotab", "status": "inactive" });
    vec![
        form("/realms/catena/protocol/openid-connect/token", SIGN_IN, 200, &[("admin", "/access_token")]),
        get(Partner, "/v2/integrations/connections?fleet_refs=tour", &[("looked_after", "/items/0/id")]),
        get(Admin, "/v2/integrations/connections/{looked_after}/schedules?resource=vehicle", &[("works", "/items/0/id")]),
        get(Admin, "/v2/integrations/connections/{looked_after}/schedules?resource=ifta_summary", &[("spare", "/items/0/id")]),
        send_json(
            Admin,
            Method::PATCH,
            "/v2/integrations/connections/{looked_after}/schedules/{works}",
            json!({ "status": "paused" }),
            200,
            &[],
        ),
        act(Admin, Method::POST, "/v2/integrations/connections/{looked_after}/schedules/{works}/activate", 200),
        act(Admin, Method::POST, "/v2/integrations/connections/{looked_after}/schedules/activate-schedules", 200),
        act(Admin, Method::DELETE, "/v2/integrations/connections/{looked_after}/schedules/{spare}", 204),
        send_json(
            Admin,
            Method::POST,
            "/v2/integrations/connections/{looked_after}/schedules",
            json!({ "resource": "ifta_summary" }),
            200,
            &[],
        ),
        send_json(Admin, Method::POST, "/v2/integrations/connections/schedules/backfill", vehicle.clone(), 200, &[]),
        send_json(Admin, Method::POST, "/v2/orgs/share-agreements/backfill", vehicle, 200, &[]),
        send_json(Admin, Method::POST, "/v2/orgs/partners", json!({ "name": "Tour Mutual" }), 201, &[("mutual", "/id")]),
        get(Admin, "/v2/orgs/partners", &[]),
        get(Admin, "/v2/orgs/partners/{mutual}", &[]),
        send_json(Admin, Method::PATCH, "/v2/orgs/partners/{mutual}", json!({ "description": "Insures" }), 200, &[]),
        send_json(Admin, Method::POST, "/v2/orgs/partners/{mutual}/properties", notes, 201, &[("note", "/0/id")]),
        get(Admin, "/v2/orgs/partners/{mutual}/properties", &[]),
        act(Admin, Method::DELETE, "/v2/orgs/partners/{mutual}/properties/{note}", 204),
        send_json(Admin, Method::POST, "/v2/orgs/partners/{mutual}/embed-keys", pages.clone(), 201, &[("embed_key", "/key")]),
        get(Admin, "/v2/orgs/partners/{mutual}/embed-keys", &[]),
        send_json(Admin, Method::PATCH, "/v2/orgs/partners/{mutual}/embed-keys/{embed_key}", pages, 200, &[]),
        get(Role::Anonymous, "/embed/probe?embed_key={embed_key}", &[]),
        get(Role::Anonymous, "/embed/probe/set", &[("probe", "/token")]),
        get(Role::Anonymous, "/embed/probe/check?token={probe}", &[]),
        get(Role::Anonymous, "/docs", &[]),
        get(Role::Anonymous, "/docs/guides/first-call", &[]),
        get(Role::Anonymous, "/docs/reference/telematics", &[]),
        get(Role::Anonymous, "/docs/assets/redoc-2.5.4.js", &[]),
        get(Role::Anonymous, "/v2/telematics/openapi.json", &[]),
        act(Admin, Method::DELETE, "/v2/orgs/partners/{mutual}/embed-keys/{embed_key}", 204),
        act(Admin, Method::DELETE, "/v2/orgs/partners/{mutual}", 204),
        send_json(Admin, Method::POST, "/v2/orgs/tsps", announced, 201, &[("announced", "/id")]),
        send_json(Admin, Method::PATCH, "/v2/orgs/tsps/{announced}", json!({ "description": "Soon" }), 200, &[]),
        act(Admin, Method::DELETE, "/v2/orgs/tsps/{announced}", 204),
    ]
}

/// A fleet that keeps its own record, asks for a provider and leaves.
pub(crate) fn fleet() -> Vec<Visit> {
    use Role::{Anonymous, Fleet, Partner};
    let place = json!([{ "key": "location", "value": "Reno" }]);
    const ACCEPTED: Keep = &[("fleet", "/pre_registration_access_token"), ("record", "/fleet_id")];
    vec![
        send_json(Partner, Method::POST, "/v2/orgs/invitations", json!({ "fleet_ref": "record" }), 201, &[("invited", "/id")]),
        Visit { keep: ACCEPTED, ..act(Anonymous, Method::POST, "/v2/orgs/invitations/{invited}/accept", 200) },
        send_json(Fleet, Method::PATCH, "/v2/orgs/fleets/{record}", json!({ "city": "Reno" }), 200, &[]),
        send_json(Fleet, Method::POST, "/v2/orgs/fleets/{record}/properties", place, 201, &[("place", "/0/id")]),
        get(Fleet, "/v2/orgs/fleets/{record}/properties", &[]),
        act(Fleet, Method::DELETE, "/v2/orgs/fleets/{record}/properties/{place}", 204),
        get(Fleet, "/v2/orgs/external-tsps?q=geotab", &[("wanted", "/0/id")]),
        act(Fleet, Method::POST, "/v2/orgs/external-tsps/{wanted}/request-integration", 201),
        get(Partner, "/v2/orgs/external-tsps/integration-requests", &[]),
        act(Fleet, Method::DELETE, "/v2/orgs/fleets/{record}", 204),
    ]
}

/// Every list and get of the Telematics API, as its table has them: where something is read by a row's id, it is the
/// id of the first one listed.
pub(crate) fn telematics() -> Vec<Visit> {
    let endpoints = (telematics::SERVICE.endpoints)();
    let endpoints: Vec<&str> =
        endpoints.iter().filter(|endpoint| endpoint.method == Method::GET).map(|endpoint| endpoint.path).collect();
    let visit = |path: &&'static str| match path.split_once("/{") {
        Some(_) => get(Role::Partner, path, &[]),
        None if path.contains("/ref-") => get(Role::Partner, path, &[]),
        None if path.ends_with("-segments") => {
            get(Role::Partner, format!("{path}?fleet_refs=tour&processing_date=2026-11-20").leak(), &[])
        }
        None => {
            let one = endpoints.iter().find_map(|other| Some(other.strip_prefix(path)?.strip_prefix("/{")?.split_once('}')?.0));
            let keep: Keep = one.map_or(&[], |name| vec![(name, "/items/0/id")].leak());
            let fleet = if path.ends_with("/workflows") { "dispatched" } else { "tour" };
            get(Role::Partner, format!("{path}?fleet_refs={fleet}").leak(), keep)
        }
    };
    let mut visits: Vec<Visit> = dispatched().into_iter().chain(endpoints.iter().map(visit)).collect();
    visits.push(get(Role::Partner, "/v2/telematics/vehicle-locations", &[("reports", "/items/0/vehicle_id")]));
    visits.push(get(Role::Partner, "/v2/telematics/vehicle-locations?only_latest=false&vehicle_ids={reports}&size=1", &[]));
    visits
}

/// A fleet whose provider has workflows.
fn dispatched() -> Vec<Visit> {
    use Role::{Anonymous, Fleet, Partner};
    let account = json!({ "tsp_id": "{motive}", "credentials": { "api_key": "motive_key_demo" } });
    let shared = json!({ "fleet_ref": "dispatched", "permissions": { "workflow": "read" } });
    vec![
        send_json(Partner, Method::POST, "/v2/orgs/invitations", shared, 201, &[("dispatched", "/id")]),
        Visit { keep: FLEET, ..act(Anonymous, Method::POST, "/v2/orgs/invitations/{dispatched}/accept", 200) },
        get(Anonymous, "/v2/orgs/tsps?slug=motive", &[("motive", "/0/id")]),
        send_json(Fleet, Method::POST, "/v2/integrations/connections", account, 200, &[]),
    ]
}

/// A driver that is made, and what is asked of nobody's connection.
pub(crate) fn writes() -> Vec<Visit> {
    use Role::{Anonymous, Fleet, Partner};
    const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
    let account = json!({ "tsp_id": "{tsp}", "credentials": { "token": "{tsp_token}" } });
    let shared = json!({ "fleet_ref": "written", "permissions": { "user": "read_write" } });
    let driver = json!({ "connection_id": "{written}", "first_name": "Tour", "username": "tour" });
    let nobodys = json!({ "connection_id": NOBODY });
    let purchase = json!({ "connection_id": NOBODY, "driver_id": NOBODY, "vehicle_id": NOBODY, "fuel_volume": 1,
        "fuel_volume_unit": "LITER" });
    let message = json!({ "connection_id": NOBODY, "sender_id": NOBODY, "recipient_id": NOBODY });
    let group_message = json!({ "connection_id": NOBODY, "sender_id": NOBODY, "recipient_ids": [NOBODY] });
    let unknown = |method, path, body| send_json(Partner, method, path, body, 404, &[]);
    vec![
        send_json(Partner, Method::POST, "/v2/orgs/invitations", shared, 201, &[("writes", "/id")]),
        Visit { keep: FLEET, ..act(Anonymous, Method::POST, "/v2/orgs/invitations/{writes}/accept", 200) },
        get(Anonymous, "/v2/orgs/tsps?slug=samsara", &[("tsp", "/0/id")]),
        send_json(Fleet, Method::POST, "/v2/integrations/connections", account, 200, &[("written", "/id")]),
        send_json(Partner, Method::POST, "/v2/telematics/users?is_sync=true", driver, 200, &[("operation", "/id")]),
        get(Partner, "/v2/integrations/connections/resource-operations", &[("operation", "/items/0/id")]),
        get(Partner, "/v2/integrations/connections/{written}/resource-operations/{operation}", &[]),
        unknown(Method::PATCH, "/v2/telematics/users/5", json!({ "connection_id": "{written}" })),
        unknown(Method::POST, "/v2/telematics/vehicles", nobodys.clone()),
        unknown(Method::PATCH, "/v2/telematics/vehicles/5", nobodys.clone()),
        unknown(Method::POST, "/v2/telematics/trailers", nobodys.clone()),
        unknown(Method::PATCH, "/v2/telematics/trailers/5", nobodys),
        unknown(Method::POST, "/v2/telematics/dvir-logs", json!({ "connection_id": NOBODY, "driver_id": NOBODY })),
        unknown(Method::POST, "/v2/telematics/fuel-transactions", purchase),
        unknown(Method::POST, "/v2/telematics/messages", message),
        unknown(Method::POST, "/v2/telematics/group-messages", group_message),
    ]
}

const FLEET: Keep = &[("fleet", "/pre_registration_access_token")];
const REVOKE: &[(&str, &str)] = &[("token", "{partner}"), ("client_id", "demo"), ("client_secret", "local-demo-secret")];
