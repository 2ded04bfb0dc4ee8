//! The pages of Connect as a browser without scripts sees them.

use catena::demo;
use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{World, answer, sessions, sign_in};

/// A browser: it keeps cookies, and follows redirects within Connect.
pub(crate) struct Browser<'a> {
    world: &'a World,
    http: reqwest::Client,
}

/// What it shows.
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Shown {
    pub(crate) fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let before = format!("name=\"{name}\" value=\"");
        assert!(self.says(&before), "{} has no {name}: {}", self.path, self.html);
        self.html.split_once(&before).unwrap().1.split('"').next().unwrap().to_owned()
    }

    /// The path of another page of the visit.
    pub(crate) fn page(&self, name: &str) -> String {
        let visit = self.path.split('/').nth(3).unwrap();
        format!("/connect/s/{visit}/{name}")
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self::speaking(world, "en")
    }

    /// One whose person reads these languages.
    pub(crate) fn speaking(world: &'a World, languages: &str) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_str(languages).unwrap())]);
        let http = reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { world, http: http.default_headers(headers).build().unwrap() }
    }

    pub(crate) async fn open(&self, path: &str) -> Shown {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.world.url) };
        self.follow(self.http.get(url)).await
    }

    pub(crate) async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Shown {
        self.follow(self.http.post(format!("{}{path}", self.world.url)).form(form)).await
    }

    /// Whatever is there.
    pub(crate) async fn file(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.world.url)).send().await.unwrap()
    }

    /// The page at the end of redirects; a redirect out of Connect is shown as its target.
    async fn follow(&self, request: reqwest::RequestBuilder) -> Shown {
        let mut response = request.send().await.unwrap();
        loop {
            for header in ["content-security-policy", "referrer-policy", "x-content-type-options", "cache-control"] {
                assert!(response.headers().contains_key(header), "{} has no {header}", response.url());
            }
            let Some(target) = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned()) else { break };
            if !target.starts_with('/') {
                return Shown {
                    status: response.status(),
                    path: target,
                    headers: response.headers().clone(),
                    html: String::new(),
                };
            }
            response = self.http.get(format!("{}{target}", self.world.url)).send().await.unwrap();
        }
        let path = response.url().path().to_owned();
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        let (status, headers) = (response.status(), response.headers().clone());
        Shown { status, path, headers, html: response.text().await.unwrap() }
    }

    /// Agrees to what the consent page shows.
    pub(crate) async fn agree(&self, consent: &Shown, name: &str) -> Shown {
        let form = [("csrf", &*consent.field("csrf")), ("shown", &*consent.field("shown")), ("fleet_name", name)];
        self.submit(&consent.page("accept"), &form).await
    }

    /// Enters a token for Samsara.
    pub(crate) async fn link(&self, page: &Shown, token: &str) -> Shown {
        let form = self.open(&page.page("providers/samsara")).await;
        self.submit(&form.path, &[("csrf", &form.field("csrf")), ("token", token)]).await
    }
}

pub(crate) async fn invite(world: &World, body: Value) -> Value {
    let response = world.api.send_json(Method::POST, "/v2/orgs/invitations", &body).await.unwrap();
    assert!(response.status.is_success(), "{}", response.body);
    response.body
}

pub(crate) fn link(invitation: &Value) -> String {
    invitation["magic_link"].as_str().unwrap().to_owned()
}

pub(crate) async fn connections(world: &World, fleet_ref: &str) -> Vec<Value> {
    let page = world.api.get(&format!("/v2/integrations/connections?fleet_refs={fleet_ref}")).await.unwrap();
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_is_asked_connects_and_manages() {
    let world = World::start().await;
    what_was_accepted_elsewhere_is_asked_here(&world).await;
    what_was_accepted_elsewhere_can_be_refused_here(&world).await;
    more_is_asked_again(&world).await;
    two_links_do_not_mix(&world).await;
    a_used_link_opens_nothing_by_itself(&world).await;
    a_no_is_never_lost(&world).await;
    accounts_are_shown_as_they_are(&world).await;
    a_fleet_pauses_removes_and_stops(&world).await;
    let sign_ins = sign_in::customers_sign_in_at_their_provider(&world);
    tokio::join!(sign_ins, sessions::sessions_are_shared_by_all_who_ask_an_account(&world));
    world.stop().await;
}

/// The partner accepts by the API and sends the link afterwards: the fleet is asked all the same.
async fn what_was_accepted_elsewhere_is_asked_here(world: &World) {
    let invitation = invite(world, json!({ "fleet_ref": "accepted-by-api", "fleet_name": "North Star" })).await;
    let path = format!("/v2/orgs/invitations/{}/accept", invitation["id"].as_str().unwrap());
    assert_eq!(answer(world.request(Method::POST, &path)).await.0, 200);
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invitation)).await;
    assert!(consent.path.ends_with("/consent") && consent.says("What would be shared"), "{}", consent.html);
    for page in ["providers", "providers/samsara", "accounts", "done", "stop"] {
        let shown = browser.open(&consent.page(page)).await;
        assert!(shown.path.ends_with("/consent"), "{page} leads to {}", shown.path);
    }
    let token = &world.platform.demo.keys(demo::TSP)[0];
    let form = [("csrf", &*consent.field("csrf")), ("token", token)];
    let forced = browser.submit(&consent.page("providers/samsara"), &form).await;
    assert!(forced.path.ends_with("/consent"));
    assert_eq!(connections(world, "accepted-by-api").await, Vec::<Value>::new());
    let providers = browser.agree(&consent, "").await;
    assert!(providers.path.ends_with("/providers"), "{}", providers.html);
    assert!(providers.says("Sharing with") && providers.says("Demo Insurance") && providers.says("North Star"));
}

/// What the partner accepted by the API can be refused here all the same.
async fn what_was_accepted_elsewhere_can_be_refused_here(world: &World) {
    let invitation = invite(world, json!({ "fleet_ref": "refused-here" })).await;
    let path = format!("/v2/orgs/invitations/{}/accept", invitation["id"].as_str().unwrap());
    assert_eq!(answer(world.request(Method::POST, &path)).await.0, 200);
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invitation)).await;
    let ask = browser.open(&consent.page("decline")).await;
    assert!(ask.path.ends_with("/decline"), "{}", ask.path);
    let form = [("csrf", &*ask.field("csrf")), ("chosen", ""), ("reason", "")];
    let declined = browser.submit(&ask.page("decline"), &form).await;
    assert!(declined.says("You have declined"), "{}", declined.html);
    let agreements = world.api.get("/v2/orgs/share-agreements?fleet_ref=refused-here").await.unwrap();
    assert_eq!(agreements["items"][0]["status"], "cancelled", "{agreements}");
}

async fn more_is_asked_again(world: &World) {
    let asked = json!({ "fleet_ref": "grows", "permissions": { "vehicle": "read" } });
    let invitation = invite(world, asked).await;
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invitation)).await;
    assert!(consent.says("<dt>Vehicles</dt>") && !consent.says("<dt>Positions</dt>"), "{}", consent.html);
    let wider = json!({ "fleet_ref": "grows", "permissions": { "vehicle": "read", "vehicle_location": "read" } });
    invite(world, wider.clone()).await;
    let changed = browser.agree(&consent, "Growing Freight").await;
    assert_eq!(changed.status, 422, "what was not shown is not agreed to");
    assert!(changed.says("The request has changed") && changed.says("<dt>Positions</dt>"));
    let agreement = async || world.api.get("/v2/orgs/share-agreements?fleet_ref=grows").await.unwrap();
    assert_eq!(agreement().await["items"], json!([]));
    browser.agree(&changed, "Growing Freight, LLC").await;
    let fleets = world.api.get("/v2/orgs/fleets?fleet_refs=grows").await.unwrap();
    assert_eq!(fleets["items"][0]["name"], "Growing Freight, LLC", "the fleet's own name counts");
    let all =
        json!({ "fleet_ref": "grows", "permissions": { "vehicle": "read_write", "vehicle_location": "read", "user": "read" } });
    let refreshed = invite(world, all).await;
    assert_eq!(agreement().await["items"][0]["scopes"], wider["permissions"], "a refresh changes nothing by itself");
    let again = browser.open(&link(&refreshed)).await;
    assert!(again.says("asks for more") && again.says("change your vehicles") && again.says("<dt>Drivers and staff</dt>"));
    assert!(!again.says("<dt>Positions</dt>"), "what was agreed before is not asked again");
    browser.agree(&again, "").await;
    assert_eq!(
        agreement().await["items"][0]["scopes"],
        json!({ "user": "read", "vehicle": "read_write", "vehicle_location": "read" })
    );
}

/// Two partners' links in two tabs: each tab's form goes to its own.
async fn two_links_do_not_mix(world: &World) {
    let browser = Browser::new(world);
    let (one, other) = (invite(world, json!({ "fleet_ref": "one" })).await, invite(world, json!({ "fleet_ref": "other" })).await);
    let first = browser.open(&link(&one)).await;
    let second = browser.open(&link(&other)).await;
    assert_ne!(first.path, second.path);
    let stolen = [("csrf", &*second.field("csrf")), ("shown", &*first.field("shown"))];
    assert_eq!(browser.submit(&first.page("accept"), &stolen).await.status, 410, "another visit's form");
    let providers = browser.agree(&first, "One").await;
    assert_eq!(providers.path, first.page("providers"));
    assert!(browser.open(&second.path).await.path.ends_with("/consent"), "the other one has agreed to nothing");
    let again = browser.open(&link(&one)).await;
    assert_eq!(again.path, first.page("providers"), "the same link in another tab is the same visit");
    let form = browser.open(&first.page("providers/samsara")).await;
    let again = browser.open(&link(&one)).await;
    assert!(again.path.ends_with("/providers"));
    let sent = [("csrf", &*form.field("csrf")), ("token", &world.platform.demo.keys(demo::TSP)[0])];
    assert!(browser.submit(&form.path, &sent).await.path.ends_with("/accounts"), "the first tab lives");
    assert_eq!((connections(world, "one").await.len(), connections(world, "other").await.len()), (1, 0));
}

async fn a_used_link_opens_nothing_by_itself(world: &World) {
    let body = json!({ "fleet_ref": "used", "fleet_name": "Used Link", "success_redirect_url": "http://partner.example/back" });
    let invitation = invite(world, body.clone()).await;
    let own = Browser::new(world);
    let consent = own.open(&link(&invitation)).await;
    let providers = own.agree(&consent, "").await;
    own.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    let done = own.open(&consent.page("done")).await;
    assert!(done.path.starts_with("http://partner.example/back?invitation_id=") && done.path.contains("status=success"));
    assert_eq!(own.open(&consent.page("accounts")).await.status, 410, "the session ended");
    assert_eq!(own.open(&consent.page("done")).await.path, done.path, "a reload shows its end again");
    assert!(own.open(&link(&invitation)).await.path.ends_with("/accounts"), "its own browser is known");

    let stranger = Browser::new(world);
    let used = stranger.open(&link(&invitation)).await;
    assert_eq!(used.status, 403);
    assert!(used.says("This link was used already") && used.says("Demo Insurance") && !used.says("Used Link"));
    assert_eq!(stranger.open(&consent.page("accounts")).await.status, 410);
    let refreshed = invite(world, body).await;
    assert!(link(&refreshed).contains("&key=") && refreshed["id"] == invitation["id"]);
    let read = world.api.get(&format!("/v2/orgs/invitations/{}", invitation["id"].as_str().unwrap())).await.unwrap();
    assert!(!link(&read).contains("key="), "the key is told once");
    let asked = stranger.open(&link(&refreshed)).await;
    assert!(asked.status == 200 && asked.says("This link opens once"), "{}", asked.html);
    let proof = [("invite", &*asked.field("invite")), ("key", &*asked.field("key"))];
    let review = stranger.submit("/connect/open", &proof).await;
    assert!(review.path.ends_with("/consent") && review.says("What is shared already"), "{}", review.html);
    assert!(stranger.open(&review.page("accounts")).await.says("You are connected"));
    assert_eq!(Browser::new(world).open(&link(&refreshed)).await.status, 403, "it opened once");
    assert_eq!(Browser::new(world).submit("/connect/open", &proof).await.status, 403);
}

async fn a_no_is_never_lost(world: &World) {
    let reason = "First line\r\nSecond line";
    let browser = Browser::new(world);
    let invitation = invite(world, json!({ "fleet_ref": "says-no", "failure_redirect_url": "https://partner.example/no" })).await;
    let consent = browser.open(&link(&invitation)).await;
    let ask = browser.open(&consent.page("decline")).await;
    let long = "x".repeat(501);
    let refused = browser.submit(&ask.path, &[("csrf", &ask.field("csrf")), ("reason", &long)]).await;
    assert!(refused.status == 422 && refused.says("501 characters") && refused.says(&long), "nothing is lost");
    let declined = browser.submit(&ask.path, &[("csrf", &ask.field("csrf")), ("reason", reason)]).await;
    assert!(
        declined.says("You have declined") && declined.says("https://partner.example/no?invitation_id="),
        "{}",
        declined.html
    );
    let read = world.api.get(&format!("/v2/orgs/invitations/{}", invitation["id"].as_str().unwrap())).await.unwrap();
    assert_eq!((read["status"].as_str(), read["decline_reason"].as_str()), (Some("declined"), Some("First line\nSecond line")));
    let open = browser.open(&consent.path).await;
    assert!(open.says("You have declined"), "an open page does not ask any more");
}

async fn accounts_are_shown_as_they_are(world: &World) {
    let browser = Browser::new(world);
    let body = json!({ "fleet_ref": "states", "failure_redirect_url": "https://partner.example/no" });
    let consent = browser.open(&link(&invite(world, body).await)).await;
    let providers = browser.agree(&consent, "States").await;
    let nothing = browser.open(&consent.page("done")).await;
    assert_eq!(browser.open(&consent.page("done")).await.path, nothing.path, "the last page is shown again");
    assert!(
        nothing.path.starts_with("https://partner.example/no?") && nothing.path.contains("status=failure"),
        "{}",
        nothing.path
    );
    let body = json!({ "fleet_ref": "states" });
    browser.open(&link(&invite(world, body).await)).await;
    let wrong = browser.link(&providers, "nonsense").await;
    assert!(wrong.status == 422 && wrong.says("Samsara says: ") && !wrong.says("nonsense"), "{}", wrong.html);
    let empty = browser.link(&providers, " ").await;
    assert!(
        empty.status == 422 && empty.says("Enter the API token.") && empty.says("<title>Error: Connect Samsara"),
        "{}",
        empty.html
    );
    let accounts = browser.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    assert!(accounts.says("You are connected") && accounts.says("Samsara"), "{}", accounts.html);
    let api = &world.api;
    let agreement =
        api.get("/v2/orgs/share-agreements?fleet_ref=states").await.unwrap()["items"][0]["id"].as_str().unwrap().to_owned();
    let act = async |action: &str| {
        let path = format!("/v2/orgs/share-agreements/{agreement}/{action}");
        assert_eq!(api.send(Method::POST, &path).await.unwrap().status, 200);
    };
    act("pause").await;
    let paused = browser.open(&accounts.path).await;
    assert!(
        paused.says("Sharing is paused") && paused.says("has paused sharing") && !paused.says("Resume sharing"),
        "{}",
        paused.html
    );
    act("activate").await;
    act("cancel").await;
    let ended = browser.open(&accounts.path).await;
    assert!(ended.status == 410 && ended.says("Sharing has ended"), "{}", ended.html);
    let renewed = invite(world, json!({ "fleet_ref": "states" })).await;
    assert!(browser.open(&link(&renewed)).await.path.ends_with("/consent"), "it can be asked anew");
}

async fn a_fleet_pauses_removes_and_stops(world: &World) {
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invite(world, json!({ "fleet_ref": "manages" })).await)).await;
    let providers = browser.agree(&consent, "Manages").await;
    let accounts = browser.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    let press = async |page: &str| browser.submit(&accounts.page(page), &[("csrf", &accounts.field("csrf"))]).await;
    assert!(press("pause").await.says("Resume sharing"));
    assert_eq!(connections(world, "manages").await.len(), 0, "the partner sees nothing meanwhile");
    assert!(press("resume").await.says("Pause sharing"));
    let id = connections(world, "manages").await[0]["id"].as_str().unwrap().to_owned();
    assert!(press(&format!("accounts/{id}/remove")).await.path.ends_with("/providers"), "no account is left");
    browser.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    let stopped = press("stop").await;
    assert!(stopped.status == 410 && stopped.says("Sharing has ended"), "{}", stopped.html);
    let agreement = world.api.get("/v2/orgs/share-agreements?fleet_ref=manages").await.unwrap();
    assert_eq!(agreement["items"][0]["status"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_a_page() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let invitation = invite(&world, json!({ "fleet_ref": "pages" })).await;
    let consent = browser.open(&link(&invitation)).await;
    browser.agree(&consent, "Pages").await;
    let long = "x".repeat(3_000);
    let cases = [
        ("/", 404),
        ("/?invite=nonsense", 404),
        (&*format!("/?invite={long}"), 404),
        (&*format!("{}&invite=nonsense", link(&invitation).replace(&world.url, "")), 200),
        ("/connect/nowhere", 404),
        ("/connect/s/x/consent", 410),
        (&*format!("/connect/s/{long}/consent"), 404),
        (&*consent.page("accept"), 405),
        (&*consent.page("accounts/nonsense/remove"), 404),
        (&*consent.page(&format!("providers/{long}")), 404),
        (&*consent.page(&format!("providers?q={long}")), 200),
        (&*consent.page("providers?q=keep%20truckin&q=2&utm=3"), 200),
    ];
    for (path, status) in cases {
        let shown = browser.open(path).await;
        assert_eq!(shown.status, status, "{path}: {}", shown.html);
        assert!(shown.says("<h1>") && shown.says("</html>"), "{path}: {}", shown.html);
    }
    let huge = "x".repeat(70_000);
    let form = browser.open(&consent.page("providers/samsara")).await;
    let refused = browser.submit(&form.path, &[("csrf", &form.field("csrf")), ("token", &huge)]).await;
    assert_eq!(refused.status, 413);
    let deleted = invite(&world, json!({ "fleet_ref": "pages-deleted" })).await;
    let open = browser.open(&link(&deleted)).await;
    let path = format!("/v2/orgs/invitations/{}", deleted["id"].as_str().unwrap());
    assert_eq!(world.api.send(Method::DELETE, &path).await.unwrap().status, 204);
    for page in ["consent", "decline", "providers", "accounts", "done"] {
        assert_eq!(browser.open(&open.page(page)).await.status, 404, "{page} of a withdrawn invitation");
    }
    world.stop().await;
}
