//! A partner has the links of its invitations too. What it opens with them shares nothing more: the fleet shows that it is itself.

use std::time::Duration;

use catena::demo;
use futures::FutureExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::connect::{Browser, Shown, connections, invite, link};

#[tokio::test(flavor = "multi_thread")]
async fn only_the_fleet_shares_more() {
    let world = World::start().await;
    a_link_that_the_partner_opens_widens_nothing(&world).await;
    a_link_that_the_partner_opens_resumes_nothing(&world).await;
    what_the_partner_agreed_to_is_shown_to_the_fleet(&world).await;
    accounts_that_the_api_linked_are_proved_too(&world).await;
    a_removed_account_is_proved_by_linking_it_again(&world).await;
    guesses_end_with_the_visit(&world).await;
    nothing_is_linked_to_what_was_not_shown(&world).await;
    world.stop().await;
}

/// Sets how the simulated providers answer.
async fn provider(world: &World, faults: Value) {
    let mut url: url::Url = world.platform.demo.simulated[0].url.parse().unwrap();
    url.set_path("/_sim/faults");
    world.http.put(url).json(&faults).send().await.unwrap().error_for_status().unwrap();
}

fn asks(fleet_ref: &str, resources: &[&str]) -> Value {
    let permissions: serde_json::Map<String, Value> = resources.iter().map(|name| ((*name).to_owned(), "read".into())).collect();
    json!({ "fleet_ref": fleet_ref, "fleet_name": "Careful Freight", "permissions": permissions })
}

async fn agreement(world: &World, fleet_ref: &str) -> Value {
    let page = world.api.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await.unwrap();
    page["items"][0].clone()
}

/// A fleet that agreed to share its vehicles, and linked an account, in a browser of its own.
async fn sharing<'a>(world: &'a World, fleet_ref: &str) -> Browser<'a> {
    let own = Browser::new(world);
    let consent = own.open(&link(&invite(world, asks(fleet_ref, &["vehicle"])).await)).await;
    let providers = own.agree(&consent, "").await;
    assert!(own.link(&providers, key(world, 0)).await.path.ends_with("/accounts"));
    own
}

fn key(world: &World, number: usize) -> &str {
    &world.platform.demo.keys(demo::TSP)[number]
}

/// Opens the link that a refresh answers, in another browser.
async fn opened<'a>(world: &'a World, body: Value) -> (Browser<'a>, Shown) {
    let browser = Browser::new(world);
    let asked = browser.open(&link(&invite(world, body).await)).await;
    let proof = [("invite", &*asked.field("invite")), ("key", &*asked.field("key"))];
    let shown = browser.submit("/connect/open", &proof).await;
    (browser, shown)
}

async fn press(browser: &Browser<'_>, page: &Shown, name: &str) -> Shown {
    browser.submit(&page.page(name), &[("csrf", &page.field("csrf"))]).await
}

async fn not_now(browser: &Browser<'_>, consent: &Shown) -> Shown {
    let form = [("csrf", &*consent.field("csrf")), ("shown", &*consent.field("shown")), ("answer", "no")];
    browser.submit(&consent.page("accept"), &form).await
}

/// Gives credentials of the account that the page of the proof asks for.
async fn prove(browser: &Browser<'_>, page: &Shown, token: &str) -> Shown {
    let asked = browser.open(&page.page("proof")).await;
    let action = asked.html.split_once("action=\"").unwrap().1.split('"').next().unwrap().to_owned();
    browser.submit(&action, &[("csrf", &asked.field("csrf")), ("token", token)]).await
}

async fn a_link_that_the_partner_opens_widens_nothing(world: &World) {
    sharing(world, "widens").await;
    let wider = ["vehicle", "vehicle_location"];
    let (partner, review) = opened(world, asks("widens", &wider)).await;
    assert!(review.path.ends_with("/consent") && review.says("asks for more"), "{}", review.html);
    assert!(review.says("What is shared already") && review.says("<dt>Vehicles</dt>"), "all of it is reviewed");
    assert!(!review.says("Agree and continue") && review.says("Show that it is you"));
    let scopes = async || agreement(world, "widens").await["scopes"].clone();
    let forced = partner.agree(&review, "").await;
    assert!(forced.path.ends_with("/proof"), "{}", forced.html);
    assert_eq!(scopes().await, json!({ "vehicle": "read" }));
    let linking = partner.open(&review.page("providers/samsara")).await;
    assert!(linking.path.ends_with("/consent"), "what is shared is read first");

    let nonsense = prove(&partner, &review, "nonsense").await;
    assert!(nonsense.status == 422 && nonsense.says("Samsara says: "), "{}", nonsense.html);
    let other = prove(&partner, &review, key(world, 1)).await;
    assert!(other.status == 422 && other.says("another account"), "{}", other.html);
    assert_eq!(connections(world, "widens").await.len(), 1, "nothing was linked");
    let forced = partner.agree(&review, "").await;
    assert!(forced.path.ends_with("/proof") && scopes().await == json!({ "vehicle": "read" }), "{}", forced.html);

    // An account of its own proves nothing about the fleet's.
    assert!(not_now(&partner, &review).await.path.ends_with("/accounts"));
    partner.link(&review, key(world, 1)).await;
    assert_eq!(connections(world, "widens").await.len(), 2);
    let again = partner.open(&review.page("consent")).await;
    assert!(again.says("Show that it is you") && partner.agree(&again, "").await.path.ends_with("/proof"));
    assert_eq!(scopes().await, json!({ "vehicle": "read" }));

    let proved = prove(&partner, &review, key(world, 0)).await;
    assert!(proved.path.ends_with("/consent") && proved.says("Agree and continue"), "{}", proved.html);
    assert!(partner.agree(&proved, "").await.path.ends_with("/accounts"));
    assert_eq!(scopes().await, json!({ "vehicle": "read", "vehicle_location": "read" }));
}

async fn a_link_that_the_partner_opens_resumes_nothing(world: &World) {
    let own = sharing(world, "resumes").await;
    let (partner, review) = opened(world, asks("resumes", &["vehicle"])).await;
    assert!(review.says("What you share with") && !review.says("asks for more"), "{}", review.html);
    let accounts = not_now(&partner, &review).await;
    assert!(accounts.path.ends_with("/accounts"), "{}", accounts.path);
    let paused = press(&partner, &accounts, "pause").await;
    assert!(paused.says("Sharing is paused"), "less is always possible: {}", paused.html);
    let status = async || agreement(world, "resumes").await["status"].clone();
    assert!(press(&partner, &accounts, "resume").await.path.ends_with("/proof"));
    assert_eq!(status().await, "paused");
    assert!(prove(&partner, &accounts, key(world, 0)).await.path.ends_with("/accounts"));
    press(&partner, &accounts, "resume").await;
    assert_eq!(status().await, "active");

    let accounts = own.open(&accounts.path).await;
    press(&own, &accounts, "pause").await;
    press(&own, &accounts, "resume").await;
    assert_eq!(status().await, "active", "the browser that linked the account needs no other proof");
    let (stranger, review) = opened(world, asks("resumes", &["vehicle"])).await;
    let accounts = stranger.open(&review.page("accounts")).await;
    press(&stranger, &accounts, "stop").await;
    assert_eq!(status().await, "cancelled");
}

/// The partner opens its own link first and agrees; what it then sends to the fleet shows all of it, and its own browser stays without
/// a proof.
async fn what_the_partner_agreed_to_is_shown_to_the_fleet(world: &World) {
    let partner = Browser::new(world);
    let consent = partner.open(&link(&invite(world, asks("forestalled", &["vehicle", "user"])).await)).await;
    partner.agree(&consent, "").await;
    let (fleet, review) = opened(world, asks("forestalled", &["vehicle", "user"])).await;
    assert!(review.says("What is shared already") && review.says("<dt>Drivers and staff</dt>"), "{}", review.html);
    assert!(fleet.open(&review.page("providers")).await.path.ends_with("/consent"));
    assert!(fleet.open(&review.page("accounts")).await.says("Stop sharing"));
    not_now(&fleet, &review).await;
    assert!(fleet.link(&review, key(world, 0)).await.path.ends_with("/accounts"));

    invite(world, asks("forestalled", &["vehicle", "user", "vehicle_location"])).await;
    let asked = partner.open(&consent.path).await;
    assert!(asked.says("asks for more") && partner.agree(&asked, "").await.path.ends_with("/proof"));
    assert_eq!(agreement(world, "forestalled").await["scopes"], json!({ "vehicle": "read", "user": "read" }));
    let asked = fleet.open(&review.path).await;
    assert!(fleet.agree(&asked, "").await.path.ends_with("/accounts"));
    assert_eq!(agreement(world, "forestalled").await["scopes"].as_object().unwrap().len(), 3);
    let seen = partner.open(&consent.page("providers")).await;
    assert!(seen.path.ends_with("/consent") && seen.says("<dt>Positions</dt>"), "what another browser agreed to is shown here");
}

async fn accounts_that_the_api_linked_are_proved_too(world: &World) {
    let invitation = invite(world, asks("by-api", &["vehicle"])).await;
    let accept = format!("/v2/orgs/invitations/{}/accept", invitation["id"].as_str().unwrap());
    let accepted = world.api.send(Method::POST, &accept).await.unwrap().expect(&[200]).unwrap();
    let fleet = world.api.with_token(accepted["pre_registration_access_token"].as_str().unwrap());
    demo::connect(&fleet, demo::TSP, key(world, 0)).await.unwrap();
    invite(world, asks("by-api", &["vehicle", "user"])).await;
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invitation)).await;
    let asked = browser.agree(&consent, "").await;
    assert!(asked.path.ends_with("/proof"), "{}", asked.html);
    assert_eq!(agreement(world, "by-api").await["scopes"], json!({ "vehicle": "read" }));
    let proved = prove(&browser, &asked, key(world, 0)).await;
    browser.agree(&proved, "").await;
    assert_eq!(agreement(world, "by-api").await["scopes"], json!({ "user": "read", "vehicle": "read" }));
}

async fn a_removed_account_is_proved_by_linking_it_again(world: &World) {
    let own = sharing(world, "removed").await;
    let id = connections(world, "removed").await[0]["id"].as_str().unwrap().to_owned();
    let (partner, review) = opened(world, asks("removed", &["vehicle", "user"])).await;
    let remove = format!("accounts/{id}/remove");
    assert!(press(&partner, &review, &remove).await.path.ends_with("/accounts"), "less is always possible");
    assert_eq!(connections(world, "removed").await.len(), 0);
    let asked = partner.agree(&review, "").await;
    assert!(asked.path.ends_with("/proof") && asked.says("Link it again"), "{}", asked.html);
    not_now(&partner, &review).await;
    partner.link(&review, key(world, 1)).await;
    let asked = partner.open(&review.page("proof")).await;
    assert!(asked.says("Link it again"), "another account is no proof: {}", asked.html);
    partner.link(&review, key(world, 0)).await;
    let consent = partner.open(&review.page("proof")).await;
    partner.agree(&consent, "").await;
    assert_eq!(agreement(world, "removed").await["scopes"], json!({ "user": "read", "vehicle": "read" }));
    drop(own);
}

async fn guesses_end_with_the_visit(world: &World) {
    sharing(world, "guessed").await;
    let (partner, review) = opened(world, asks("guessed", &["vehicle", "user"])).await;
    for number in 0..5 {
        let wrong = prove(&partner, &review, &format!("samsara_api_{number}")).await;
        assert!(wrong.says("Samsara says: "), "{}", wrong.html);
    }
    let stopped = prove(&partner, &review, key(world, 0)).await;
    assert!(stopped.says("There were too many tries"), "{}", stopped.html);
    let (other, review) = opened(world, asks("guessed", &["vehicle", "user"])).await;
    assert!(prove(&other, &review, key(world, 0)).await.says("Agree and continue"), "another visit goes on");
}

/// While a provider checks credentials, somebody else with the link agrees to more, or the agreement ends.
async fn nothing_is_linked_to_what_was_not_shown(world: &World) {
    let own = Browser::new(world);
    let consent = own.open(&link(&invite(world, asks("meanwhile", &["vehicle"])).await)).await;
    let providers = own.agree(&consent, "").await;
    let (other, review) = opened(world, asks("meanwhile", &["vehicle", "user"])).await;
    provider(world, json!({ "slow_ms": 1500 })).await;
    let later = tokio::time::sleep(Duration::from_millis(700));
    let agreeing = later.then(async |()| other.agree(&review, "").await);
    let (linked, agreed) = futures::join!(own.link(&providers, key(world, 1)), agreeing);
    assert!(agreed.path.ends_with("/providers"), "{}", agreed.html);
    assert!(linked.path.ends_with("/consent") && linked.says("What you share with"), "{}", linked.html);
    assert!(connections(world, "meanwhile").await.is_empty());

    let providers = own.agree(&linked, "").await;
    let path = format!("/v2/orgs/share-agreements/{}/cancel", agreement(world, "meanwhile").await["id"].as_str().unwrap());
    let later = tokio::time::sleep(Duration::from_millis(700));
    let ending = later.then(async |()| world.api.send_json(Method::POST, &path, &Value::Null).await.unwrap());
    let (linked, ended) = futures::join!(own.link(&providers, key(world, 1)), ending);
    provider(world, json!({})).await;
    assert!(ended.status.is_success(), "{}", ended.body);
    assert!(linked.status == 410 && linked.says("ended"), "{} {}", linked.status, linked.html);
    let fleet = agreement(world, "meanwhile").await["fleet_id"].as_str().unwrap().parse().unwrap();
    assert!(world.platform.context().store().connections_of(fleet).await.unwrap().is_empty());
}
