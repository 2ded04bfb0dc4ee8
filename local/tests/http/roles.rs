//! Who may do what: every operation of the API, as everybody, upon what is one's own, another one's, and nobody's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use catena::api::Api;
use catena::demo;
use gateway::{Access, Endpoint};
use model::embed::EmbedKey;
use model::partner::{PARTNER_SCOPES, Partner};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::{Key, Write};

use crate::{World, answer};

/// Operation; the statuses for an anonymous caller, and for a partner without the scope; for a partner that has this scope only, upon its
/// own, another partner's and nobody's; the same for a fleet; for an administrator of the platform, upon what is there and nobody's.
/// All scenes of a partner share one account, so 409 is what a fleet hears that changes its schedules, and whoever activates or makes a
/// schedule that runs already; a partner in use is not deleted (409), and no scene has properties to delete or writes to read (404). The operations of the Telematics API follow one rule: see [`telematics`].
const TABLE: &str = "
    invitations.list             401 403   200   -   -   403   -   -   403   -
    invitations.create           401 403   201   -   -   403   -   -   403   -
    invitations.get              200 200   200 200 404   200 200 404   200 404
    invitations.delete           401 403   204 404 404   403 403 403   403 403
    invitations.accept           200 200   200 200 404   200 200 404   200 404
    invitations.decline          200 200   200 200 404   200 200 404   200 404
    share_agreements.list        401 403   200   -   -   200   -   -   403   -
    share_agreements.get         401 403   200 404 404   200 404 404   403 403
    share_agreements.update      401 403   200 404 404   200 404 404   403 403
    share_agreements.delete      401 403   204 404 404   204 404 404   403 403
    share_agreements.pause       401 403   200 404 404   200 404 404   403 403
    share_agreements.activate    401 403   200 404 404   200 404 404   403 403
    share_agreements.cancel      401 403   200 404 404   200 404 404   403 403
    share_agreements.backfill    401 403   403   -   -   403   -   -   200   -
    fleets.list                  401 403   200   -   -   403   -   -   403   -
    fleets.get                   401 403   200 404 404   200 404 404   403 403
    fleets.update                401 403   403 403 403   200 404 404   403 403
    fleets.delete                401 403   403 403 403   204 404 404   403 403
    fleets.list_properties       401 403   200 404 404   200 404 404   403 403
    fleets.create_properties     401 403   403 403 403   201 404 404   403 403
    fleets.delete_property       401 403   403 403 403   404 404 404   403 403
    partners.list                401 403   200   -   -   200   -   -   200   -
    partners.create              401 403   403   -   -   403   -   -   201   -
    partners.get                 401 403   200 404 404   200 404 404   200 404
    partners.update              401 403   403 403 403   403 403 403   200 404
    partners.delete              401 403   403 403 403   403 403 403   409 404
    partners.list_properties     401 403   200 404 404   403 403 403   200 404
    partners.create_properties   401 403   201 404 404   403 403 403   201 404
    partners.delete_property     401 403   404 404 404   403 403 403   404 404
    embed_keys.list              401 403   200 404 404   403 403 403   200 404
    embed_keys.create            401 403   403 403 403   403 403 403   201 404
    embed_keys.update            401 403   403 403 403   403 403 403   200 404
    embed_keys.delete            401 403   403 403 403   403 403 403   204 404
    external_tsps.list           401 200   200   -   -   200   -   -   200   -
    external_tsps.list_requests  401 200   200   -   -   200   -   -   403   -
    external_tsps.request        401 403   403   - 403   201   - 404   403 403
    tsps.list                    200 200   200   -   -   200   -   -   200   -
    tsps.get                     200 200   200   - 404   200   - 404   200 404
    tsps.create                  401 403   403   -   -   403   -   -   201   -
    tsps.update                  401 403   403   - 403   403   - 403   200 404
    connections.list             401 403   200   -   -   200   -   -   403   -
    connections.create           401 403   403   -   -   200   -   -   403   -
    connections.create_pre_auth  401 403   403   -   -   201   -   -   403   -
    connections.data_freshness   401 403   200   -   -   200   -   -   403   -
    connections.get              401 403   200 404 404   200 404 404   403 403
    connections.update           401 403   403 403 403   200 404 404   403 403
    connections.delete           401 403   403 403 403   204 404 404   403 403
    schedules.list               401 403   200 404 404   200 404 404   200 404
    schedules.get                401 403   200 404 404   200 404 404   200 404
    schedules.backfill           401 403   403   -   -   403   -   -   200   -
    schedules.create             401 403   403 403 403   403 403 403   409 404
    schedules.update             401 403   403 403 403   409 404 404   200 404
    schedules.activate_all       401 403   403 403 403   200 404 404   200 404
    schedules.activate           401 403   403 403 403   409 404 404   409 404
    executions.list              401 403   200 404 404   403 403 403   403 403
    resource_operations.list     401 403   200   -   -   403   -   -   403   -
    resource_operations.get      401 403   404 404 404   403 403 403   403 403
    tsp_integrations.list        200 200   200   -   -   200   -   -   200   -
    tsp_integrations.get         200 200   200   - 404   200   - 404   200 404
    webhooks.list                401 403   200   -   -   403   -   -   403   -
    webhooks.create              401 403   200   -   -   403   -   -   403   -
    webhooks.get                 401 403   200 404 404   403 403 403   403 403
    webhooks.update              401 403   200 404 404   403 403 403   403 403
    webhooks.delete              401 403   204 404 404   403 403 403   403 403
    webhooks.activate            401 403   200 404 404   403 403 403   403 403
    webhooks.pause               401 403   200 404 404   403 403 403   403 403
    webhooks.logs                401 403   200 404 404   403 403 403   403 403
    webhooks.metrics             401 403   200 404 404   403 403 403   403 403
    webhooks.events              401 403   200 404 404   403 403 403   403 403
    webhooks.replay              401 403   202 404 404   403 403 403   403 403
    schemas.get                  401 200   200   - 404   200   - 404   200 404
    schemas.version              401 200   200   - 404   200   - 404   200 404
    schedules.delete             401 403   403 403 403   403 403 403   204 404
    tsps.delete                  401 403   403   - 403   403   - 403   204 404
";

/// Whose token a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Anonymous,
    Partner,
    Fleet,
    Admin,
}

/// Upon whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Foreign,
    Missing,
}

/// A column of the table: a role, with the operation's scope or without it, and upon whose.
const COLUMNS: [(Role, bool, Whose); 10] = [
    (Role::Anonymous, false, Whose::Own),
    (Role::Partner, false, Whose::Own),
    (Role::Partner, true, Whose::Own),
    (Role::Partner, true, Whose::Foreign),
    (Role::Partner, true, Whose::Missing),
    (Role::Fleet, true, Whose::Own),
    (Role::Fleet, true, Whose::Foreign),
    (Role::Fleet, true, Whose::Missing),
    (Role::Admin, true, Whose::Own),
    (Role::Admin, true, Whose::Missing),
];

/// A partner with what it needs to be asked about.
struct Side {
    api: Api,
    credentials: (String, String),
    tsp_token: String,
}

/// One of everything that a partner has, and the fleet behind it.
struct Scene {
    ids: BTreeMap<&'static str, String>,
    fleet: Api,
}

struct Stage<'a> {
    world: &'a World,
    one: Side,
    other: Side,
    tsp: Value,
    ext_tsp: String,
    admin: Api,
    tokens: BTreeMap<String, Api>,
    scenes: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_table_says() {
    let world = World::start().await;
    let mut stage = Stage::of(&world).await;
    let rows: Vec<Vec<&str>> =
        TABLE.lines().map(|line| line.split_whitespace().collect()).filter(|row: &Vec<_>| !row.is_empty()).collect();
    let endpoints: Vec<Endpoint> = [orgs(), integrations(), notifications()].concat();
    let named: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(named, endpoints.iter().map(|endpoint| endpoint.handler).collect(), "every operation has its row");
    let mut wrong = Vec::new();
    let shared = [stage.scene(true).await, stage.scene(false).await];
    println!("{:<28}  anonymous, without the scope; partner: own, foreign, missing; fleet: the same; admin: own, missing", "");
    for row in &rows {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.handler == row[0]).unwrap();
        let mut found = Vec::new();
        for (column, expected) in COLUMNS.into_iter().zip(&row[1..]) {
            if *expected == "-" {
                found.push("  -".to_owned());
                continue;
            }
            let expected = expected.parse::<u16>().unwrap();
            let status = stage.ask(endpoint, column, &shared, expected).await;
            if status != expected {
                wrong.push(format!("{} {column:?}: {status} instead of {expected}", endpoint.handler));
            }
            found.push(status.to_string());
        }
        println!("{:<28}  {}", endpoint.handler, found.join(" "));
    }
    telematics(&mut stage, &shared, &mut wrong).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.stop().await;
}

fn service(name: &str) -> Vec<Endpoint> {
    bootstrap::services().into_iter().filter(|service| service.name == name).flat_map(|service| (service.endpoints)()).collect()
}

fn orgs() -> Vec<Endpoint> {
    service("orgs")
}

fn integrations() -> Vec<Endpoint> {
    service("integrations")
}

fn notifications() -> Vec<Endpoint> {
    service("notifications")
}

/// The query parameters that an endpoint needs, with the values that its document shows.
fn needed(endpoint: &Endpoint) -> String {
    let document: Value = serde_json::from_str(include_str!("../../../openapi/telematics.json")).unwrap();
    let method = endpoint.method.as_str().to_lowercase();
    let parameters = document["paths"][endpoint.path][&method]["parameters"].as_array();
    let needed = parameters.into_iter().flatten().filter(|one| one["in"] == "query" && one["required"] == true);
    let query = needed.map(|one| format!("{}={}", one["name"].as_str().unwrap(), one["example"].as_str().unwrap()));
    let query = query.collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

/// Records belong to those whom their fleets share them with: a list shows its reader's own, an id of others is 404. Fleets read
/// none.
async fn telematics(stage: &mut Stage<'_>, shared: &[Scene; 2], wrong: &mut Vec<String>) {
    let endpoints = service("telematics");
    for endpoint in &endpoints {
        let list = endpoints.iter().find(|list| endpoint.path.split_once("/{").is_some_and(|(path, _)| path == list.path));
        let is_nested = list.is_some() && !endpoint.path.ends_with('}');
        let writes = endpoint.method != Method::GET;
        let expected: &[u16] = match list {
            // A body without members is refused to those who may write.
            _ if writes => &[401, 403, 422, 422, 422, 403, 403, 403, 403, 403],
            None => &[401, 403, 200, 0, 0, 403, 0, 0, 403, 0],
            // A list within another one's row is empty.
            Some(_) if is_nested => &[401, 403, 200, 200, 200, 403, 403, 403, 403, 403],
            Some(_) => &[401, 403, 200, 404, 404, 403, 403, 403, 403, 403],
        };
        let id = match list {
            Some(list) => stage.first(list.path).await,
            None => None,
        };
        let mut found = Vec::new();
        for (column, expected) in COLUMNS.into_iter().zip(expected) {
            let is_there = id.is_some() || column.2 != Whose::Own || list.is_none() || writes;
            if *expected == 0 || !is_there {
                found.push("  -".to_owned());
                continue;
            }
            // A row is everybody's who may read its fleet: of the other partner's view it is foreign.
            let (role, has_scope, whose) = column;
            let id = if whose == Whose::Missing { uuid::Uuid::nil().to_string() } else { id.clone().unwrap_or_default() };
            let id = if id.is_empty() { uuid::Uuid::max().to_string() } else { id };
            let path = endpoint
                .path
                .split('/')
                .map(|part| if part.starts_with('{') { &*id } else { part })
                .collect::<Vec<_>>()
                .join("/")
                + &needed(endpoint);
            let caller = match (role, whose) {
                (Role::Partner, Whose::Foreign) => stage.other.api.clone(),
                _ => stage.caller(endpoint, (role, has_scope), &shared[0]).await,
            };
            let body = if writes { json!({}) } else { Value::Null };
            let status = send(&caller, endpoint.method.clone(), &path, &body).await;
            if is_nested && status == 200 && whose != Whose::Own {
                assert_eq!(caller.get(&path).await.unwrap()["items"], json!([]), "{path} as {column:?}");
            }
            if status != *expected {
                wrong.push(format!("{} {column:?}: {status} instead of {expected}", endpoint.handler));
            }
            found.push(status.to_string());
        }
        println!("{:<28}  {}", endpoint.handler, found.join(" "));
    }
}

/// What is too much at once is sent again.
async fn send(api: &Api, method: Method, path: &str, body: &Value) -> u16 {
    loop {
        let answer = match body {
            Value::Null => api.send(method.clone(), path).await.unwrap(),
            body => api.send_json(method.clone(), path, body).await.unwrap(),
        };
        if answer.status != 429 {
            return answer.status.as_u16();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

impl<'a> Stage<'a> {
    async fn of(world: &'a World) -> Self {
        let rival = world.platform.create_partner("Rival Insurance").await.unwrap();
        let secret = rival.client_secret.unwrap();
        let keys = world.platform.demo.keys(demo::TSP);
        let side = |api: Api, (id, secret): (&str, &str), key: &str| Side {
            api,
            credentials: (id.to_owned(), secret.to_owned()),
            tsp_token: key.to_owned(),
        };
        let rival_api = Api::sign_in(&world.url, &rival.client_id, &secret).await.unwrap();
        let one = side(world.api.clone(), (demo::CLIENT_ID, demo::CLIENT_SECRET), &keys[0]);
        let other = side(rival_api, (&rival.client_id, &secret), &keys[1]);
        let operator = world.platform.create_admin("roles-operator").await.unwrap();
        let admin = Api::sign_in(&world.url, &operator.client_id, &operator.client_secret.unwrap()).await.unwrap();
        let tsps = world.api.get("/v2/orgs/tsps?slug=samsara").await.unwrap();
        let ext_tsps = world.api.get("/v2/orgs/external-tsps?q=platform%20science").await.unwrap();
        let ext_tsp = ext_tsps[0]["id"].as_str().unwrap().to_owned();
        Self { world, one, other, ext_tsp, tsp: tsps[0]["id"].clone(), admin, tokens: BTreeMap::new(), scenes: 0 }
    }

    /// New things of one of the partners.
    async fn scene(&mut self, is_one: bool) -> Scene {
        self.scenes += 1;
        let side = if is_one { &self.one } else { &self.other };
        let id = |body: &Value| body["id"].as_str().unwrap().to_owned();
        let name = format!("scene {}", self.scenes);
        let post = async |path: &str, body: Value| loop {
            let answer = side.api.send_json(Method::POST, path, &body).await.unwrap();
            if answer.status != 429 {
                return answer.expect(&[200, 201]).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        let open = post("/v2/orgs/invitations", json!({ "fleet_ref": format!("{name} open") })).await;
        let accepted = post("/v2/orgs/invitations", json!({ "fleet_ref": name })).await;
        let accepted = post(&format!("/v2/orgs/invitations/{}/accept", id(&accepted)), Value::Null).await;
        let fleet = side.api.with_token(accepted["pre_registration_access_token"].as_str().unwrap());
        let connection = demo::connect(&fleet, demo::TSP, &side.tsp_token).await.unwrap();
        let refs = name.replace(' ', "%20");
        let agreements = side.api.get(&format!("/v2/orgs/share-agreements?fleet_ref={refs}")).await.unwrap();
        let schedules = side.api.get(&format!("/v2/integrations/connections/{}/schedules", id(&connection))).await.unwrap();
        let url = format!("{}/roles/{}", self.world.platform.demo.receiver, self.scenes);
        let body = json!({ "url": url, "event_name": "invitation.created", "sequence": true });
        let webhook = post("/v2/notifications/webhooks", body).await;
        let store = self.world.platform.context().store();
        let partner_id = agreements["items"][0]["partner_id"].as_str().unwrap().parse().unwrap();
        let partner: Partner = store.get(Key::partner(partner_id)).await.unwrap().unwrap();
        let key = EmbedKey::new(&partner, vec!["https://scene.example".into()], &partner.slug, partner.created_at);
        store.commit(vec![Write::overwrite(&key).unwrap()]).await.unwrap();
        let ids = BTreeMap::from([
            ("invitation_id", id(&open)),
            ("fleet_id", accepted["fleet_id"].as_str().unwrap().to_owned()),
            ("share_agreement_id", id(&agreements["items"][0])),
            ("connection_id", id(&connection)),
            ("schedule_id", id(&schedules["items"][0])),
            ("webhook_id", id(&webhook)),
            ("partner_id", agreements["items"][0]["partner_id"].as_str().unwrap().to_owned()),
            ("embed_key", key.key.clone()),
            ("property_id", uuid::Uuid::nil().to_string()),
            ("resource_operation_id", uuid::Uuid::nil().to_string()),
            ("ext_tsp_id", self.ext_tsp.clone()),
            ("tsp_id", self.tsp.as_str().unwrap().to_owned()),
            ("event_name", "webhook.created".to_owned()),
            ("version", "3.0".to_owned()),
        ]);
        Scene { ids, fleet }
    }

    /// A partner's client with these scopes only.
    async fn token(&mut self, scopes: &str) -> Api {
        if let Some(api) = self.tokens.get(scopes) {
            return api.clone();
        }
        let (id, secret) = &self.one.credentials;
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret), ("scope", scopes)];
        let token = loop {
            let (status, body) = answer(self.world.token().form(&form)).await;
            match status.as_u16() {
                429 => tokio::time::sleep(Duration::from_millis(300)).await,
                _ => break body["access_token"].as_str().unwrap().to_owned(),
            }
        };
        let api = self.one.api.with_token(&token);
        self.tokens.insert(scopes.to_owned(), api.clone());
        api
    }

    async fn caller(&mut self, endpoint: &Endpoint, (role, has_scope): (Role, bool), scene: &Scene) -> Api {
        let scope = match endpoint.access {
            Access::Scope(scope) | Access::Optional(scope) => Some(scope),
            Access::Public | Access::Token => None,
        };
        match role {
            Role::Anonymous => Api::new(&self.world.url).unwrap(),
            Role::Fleet => scene.fleet.clone(),
            Role::Admin => self.admin.clone(),
            Role::Partner => match scope.filter(|scope| PARTNER_SCOPES.contains(scope)) {
                Some(scope) if has_scope => self.token(scope).await,
                Some(scope) => {
                    let others: Vec<&str> = PARTNER_SCOPES.iter().copied().filter(|other| *other != scope).collect();
                    self.token(&others.join(" ")).await
                }
                // No partner has it.
                None => self.one.api.clone(),
            },
        }
    }

    /// The status of an operation in one column. What is expected to change something is asked about a thing of its own.
    async fn ask(&mut self, endpoint: &Endpoint, column: (Role, bool, Whose), shared: &[Scene; 2], expected: u16) -> u16 {
        let (role, has_scope, whose) = column;
        let changes = endpoint.method != Method::GET && expected < 300;
        let made = if changes { Some(self.scene(whose != Whose::Foreign).await) } else { None };
        let own = made.as_ref().filter(|_| whose != Whose::Foreign).unwrap_or(&shared[0]);
        let foreign = made.as_ref().unwrap_or(&shared[1]);
        let caller = self.caller(endpoint, (role, has_scope), own).await;
        let nothing = uuid::Uuid::max().to_string();
        let fill = |part: &'static str| -> String {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { return part.to_owned() };
            match whose {
                Whose::Own => own.ids[name].clone(),
                Whose::Foreign => foreign.ids[name].clone(),
                Whose::Missing if name == "event_name" => "nothing.happened".to_owned(),
                Whose::Missing if name == "version" => "9.9".to_owned(),
                Whose::Missing => nothing.clone(),
            }
        };
        let path = endpoint.path.split('/').map(fill).collect::<Vec<_>>().join("/");
        let body = self.body(endpoint.handler);
        send(&caller, endpoint.method.clone(), &path, &body).await
    }

    fn body(&self, handler: &str) -> Value {
        match handler {
            "invitations.create" => json!({ "fleet_ref": format!("made {}", self.scenes) }),
            "share_agreements.update" => json!({ "expiration_date": "2099-01-01T00:00:00Z" }),
            "connections.create" => json!({ "tsp_id": self.tsp, "credentials": { "token": self.one.tsp_token } }),
            "connections.create_pre_auth" => {
                json!({ "tsp_id": self.tsp, "pre_auth_credentials": { "username": "dispatch", "password": "s3cret" } })
            }
            "schedules.backfill" | "schedules.create" | "share_agreements.backfill" => json!({ "resource": "vehicle" }),
            "schedules.update" => json!({ "execution_interval_seconds": 700 }),
            "fleets.update" | "partners.update" | "tsps.update" => json!({ "description": "Described" }),
            "embed_keys.create" | "embed_keys.update" => json!({ "origins": ["https://acme.example"] }),
            "fleets.create_properties" => json!([{ "key": "location", "value": "Reno" }]),
            "partners.create" => json!({ "name": format!("Made {}", self.scenes) }),
            "partners.create_properties" => {
                let key = ["default_success_redirect_url", "default_failure_redirect_url"][self.scenes % 2];
                json!([{ "key": key, "value": "https://partner.example/back" }])
            }
            "tsps.create" => {
                let name = format!("Made {}", self.scenes);
                json!({ "name": name, "source_name": "zonar", "conn_type": "geotab", "status": "inactive" })
            }
            "connections.update" => json!({ "description": "East yard" }),
            "webhooks.create" | "webhooks.update" => {
                let url = format!("{}/roles/made/{}", self.world.platform.demo.receiver, self.scenes);
                if handler == "webhooks.update" {
                    json!({ "url": url })
                } else {
                    json!({ "url": url, "event_name": "vehicle.added" })
                }
            }
            _ => Value::Null,
        }
    }

    /// The id of the first row of a list, after a while; some lists stay empty.
    async fn first(&self, path: &str) -> Option<String> {
        for _ in 0..20 {
            let page = self.one.api.send(Method::GET, &format!("{path}?size=1")).await.unwrap();
            if let Some(id) = page.body["items"][0]["id"].as_str() {
                return Some(id.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }
}
