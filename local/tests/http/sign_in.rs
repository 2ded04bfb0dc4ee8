//! Customers who sign in at their provider instead of copying a key.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use ingestion::sign_in::credentials_of;
use model::ConnectionId;
use model::connection::{Connection, ConnectionStatus};
use providers::ProviderError;
use reqwest::StatusCode;
use serde_json::{Value, json};
use store::control::{Key, Refreshing, Write};
use url::Url;

use crate::World;
use crate::connect::{Browser, Shown, connections, invite, link};

/// Everything around one sign-in, on one platform.
pub(crate) async fn customers_sign_in_at_their_provider(world: &World) {
    a_sign_in_links_an_account(world).await;
    a_sign_in_belongs_to_its_browser_and_is_used_once(world).await;
    a_no_and_a_failure_are_told(world).await;
    tokens_are_replaced_once_for_all(world).await;
    what_is_lost_is_signed_in_again(world).await;
}

/// A fleet that has agreed, at the choice of providers.
async fn agreed<'a>(world: &'a World, fleet_ref: &str) -> (Browser<'a>, Shown) {
    let invitation = invite(world, json!({ "fleet_ref": fleet_ref })).await;
    let browser = Browser::new(world);
    let consent = browser.open(&link(&invitation)).await;
    let providers = browser.agree(&consent, "").await;
    (browser, providers)
}

/// The provider's page, as the browser is sent to it.
async fn begun(browser: &Browser<'_>, visit: &Shown, slug: &str) -> Url {
    let form = browser.open(&visit.page(&format!("providers/{slug}"))).await;
    assert!(form.says("Sign in with"), "{}", form.html);
    let sent = browser.open(&visit.page(&format!("providers/{slug}/sign-in"))).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    Url::parse(&sent.path).unwrap()
}

/// Where the provider sends the browser back to after an answer.
async fn answered(world: &World, page: &Url, answer: &str) -> String {
    let shown = world.http.get(page.clone()).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK, "{page}");
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.extend([("account".into(), "demo2".into()), ("answer".into(), answer.into())]);
    let mut at = page.clone();
    at.set_query(None);
    let back = world.http.post(at).form(&form).send().await.unwrap();
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let back = back.headers()["location"].to_str().unwrap().to_owned();
    assert!(back.starts_with(&format!("{}/connect/sign-in?", world.url)), "{back}");
    back
}

async fn signed_in(world: &World, browser: &Browser<'_>, visit: &Shown, slug: &str) -> Shown {
    let page = begun(browser, visit, slug).await;
    let done = browser.open(&answered(world, &page, "approve").await).await;
    assert!(done.says("is connected"), "{}", done.html);
    done
}

async fn faults(world: &World, faults: Value) {
    let samsara = &world.platform.demo.simulated.iter().find(|provided| provided.name == "samsara").unwrap().url;
    let root = samsara.strip_suffix("/samsara").unwrap();
    let put = world.http.put(format!("{root}/_sim/faults")).json(&faults).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
}

/// How often Samsara was asked for tokens.
async fn tokens_asked(world: &World) -> u64 {
    let samsara = &world.platform.demo.simulated.iter().find(|provided| provided.name == "samsara").unwrap().url;
    let root = samsara.strip_suffix("/samsara").unwrap();
    let state: Value = world.http.get(format!("{root}/_sim/state")).send().await.unwrap().json().await.unwrap();
    let answers = state["requests"]["POST /samsara/oauth2/token"].as_object().cloned().unwrap_or_default();
    answers.values().filter_map(Value::as_u64).sum()
}

async fn a_sign_in_links_an_account(world: &World) {
    let (browser, visit) = agreed(world, "signs-in").await;
    for slug in ["samsara", "motive"] {
        signed_in(world, &browser, &visit, slug).await;
    }
    let linked = connections(world, "signs-in").await;
    assert_eq!(linked.len(), 2, "{linked:?}");
    for connection in &linked {
        let shown = &connection["credentials"];
        assert_eq!((&shown["access_token"], &shown["refresh_token"]), (&json!("*****"), &json!("*****")), "{connection}");
    }
    let accounts = browser.open(&visit.page("accounts")).await;
    assert!(accounts.says("Samsara") && accounts.says("Motive") && !accounts.says("refuses"), "{}", accounts.html);
    // Geotab has no such way, and a key goes on working beside it.
    let geotab = browser.open(&visit.page("providers/geotab")).await;
    assert!(!geotab.says("Sign in with"));
    let none = browser.open(&visit.page("providers/geotab/sign-in")).await;
    assert!(none.path.ends_with("/providers/geotab"), "{}", none.path);
}

async fn a_sign_in_belongs_to_its_browser_and_is_used_once(world: &World) {
    let (browser, visit) = agreed(world, "signs-in-once").await;
    let (other, _) = agreed(world, "signs-in-elsewhere").await;
    let page = begun(&browser, &visit, "samsara").await;
    let pairs: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    assert!(pairs.iter().any(|(name, value)| name == "code_challenge_method" && value == "S256"), "{page}");
    let back = answered(world, &page, "approve").await;

    for stranger in [&other, &Browser::new(world)] {
        let shown = stranger.open(&back).await;
        assert!(shown.status == StatusCode::GONE && shown.says("Please open your link again"), "{}", shown.html);
    }
    for unknown in ["", "?state=nonsense&code=c", "?state=0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234&code=c"] {
        let shown = browser.open(&format!("/connect/sign-in{unknown}")).await;
        assert!(shown.status == StatusCode::GONE && shown.says("This sign-in is over"), "{}", shown.html);
    }
    let head = world.http.head(&back).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::GONE);
    let at_once = join_all((0..10).map(|_| browser.open(&back))).await;
    let done = at_once.iter().filter(|shown| shown.says("is connected")).count();
    assert_eq!(done, 1, "{:?}", at_once.iter().map(|shown| &shown.html).collect::<Vec<_>>());
    assert!(browser.open(&back).await.says("This sign-in is over"));
    assert_eq!(connections(world, "signs-in-once").await.len(), 1);
    assert_eq!(connections(world, "signs-in-elsewhere").await.len(), 0);
}

async fn a_no_and_a_failure_are_told(world: &World) {
    let (browser, visit) = agreed(world, "says-no").await;
    let back = async |answer: &str| answered(world, &begun(&browser, &visit, "samsara").await, answer).await;
    let denied = browser.open(&back("deny").await).await;
    assert!(denied.says("Access was not allowed at Samsara") && denied.says("Sign in with Samsara"), "{}", denied.html);

    // A code that was guessed, and one of another sign-in, which its challenge does not fit.
    let (other, elsewhere) = agreed(world, "says-yes").await;
    let foreign = answered(world, &begun(&other, &elsewhere, "samsara").await, "approve").await;
    for code in ["guessed".to_owned(), parameter(&foreign, "code")] {
        let state = parameter(&back("approve").await, "state");
        let shown = browser.open(&format!("/connect/sign-in?state={state}&code={code}")).await;
        assert!(shown.says("did not confirm the sign-in"), "{}", shown.html);
    }

    for (fault, text) in
        [(json!({ "token_error_next": 1 }), "is not responding"), (json!({ "token_slow_ms": 6_000 }), "is not responding")]
    {
        let back = back("approve").await;
        faults(world, fault).await;
        let shown = browser.open(&back).await;
        faults(world, json!({})).await;
        assert!(shown.says(text), "{}", shown.html);
    }
    assert_eq!(connections(world, "says-no").await.len(), 0, "nothing was stored");
    signed_in(world, &browser, &visit, "samsara").await;
}

fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// A connection by sign-in whose tokens run out in a second, and which the platform itself leaves alone.
async fn short_lived<'a>(world: &'a World, fleet_ref: &str) -> (Connection, Browser<'a>, Shown) {
    let (browser, visit) = agreed(world, fleet_ref).await;
    faults(world, json!({ "token_seconds": 1 })).await;
    signed_in(world, &browser, &visit, "samsara").await;
    faults(world, json!({})).await;
    let id = connections(world, fleet_ref).await[0]["id"].as_str().unwrap().parse::<ConnectionId>().unwrap();
    set_status(world, id, ConnectionStatus::Stale).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let connection = world.platform.context().store().get(Key::connection(id)).await.unwrap().unwrap();
    (connection, browser, visit)
}

async fn set_status(world: &World, id: ConnectionId, status: ConnectionStatus) {
    let store = world.platform.context().store();
    let now = world.platform.context().now();
    let next = |seen: &Connection| Some(Connection { status, updated_at: now.plus_seconds(1), ..seen.clone() });
    store.update(Key::connection(id), next).await.unwrap();
}

async fn opened(world: &World, connection: &Connection) -> (String, Option<ProviderError>) {
    let adapter = providers::adapter("samsara").unwrap();
    let samsara = &world.platform.demo.simulated.iter().find(|provided| provided.name == "samsara").unwrap().url;
    let base = Url::parse(samsara).unwrap();
    let (credentials, refused) = credentials_of(world.platform.context(), connection, adapter, &base).await.unwrap();
    (credentials.get("access_token").unwrap().to_owned(), refused)
}

async fn tokens_are_replaced_once_for_all(world: &World) {
    let (connection, ..) = short_lived(world, "refreshes").await;
    let before = tokens_asked(world).await;
    // Slow enough for all to look again and again meanwhile.
    faults(world, json!({ "token_slow_ms": 900 })).await;
    let all = join_all((0..50).map(|_| opened(world, &connection))).await;
    faults(world, json!({})).await;
    let tokens: BTreeSet<&String> = all.iter().map(|(token, _)| token).collect();
    assert!(all.iter().all(|(_, refused)| refused.is_none()) && tokens.len() == 1, "{all:?}");
    assert_eq!(tokens_asked(world).await - before, 1, "one refresh for fifty runs");

    // Who died after the new pair was stored, and before its claim ended, has lost nothing.
    let store = world.platform.context().store();
    let now = world.platform.context().now();
    let dead = Refreshing::by(uuid::Uuid::new_v4(), connection.id, now);
    store.commit(vec![Write::overwrite(&dead).unwrap()]).await.unwrap();
    let (token, refused) = opened(world, &connection).await;
    assert!(refused.is_none() && tokens.contains(&token));

    // Who died before it asked holds the others up until its claim lapses, and no longer.
    let (connection, ..) = short_lived(world, "refreshes-late").await;
    let lapsed = Refreshing::by(uuid::Uuid::new_v4(), connection.id, world.platform.context().now().plus_seconds(-58));
    store.commit(vec![Write::overwrite(&lapsed).unwrap()]).await.unwrap();
    let before = tokens_asked(world).await;
    assert!(opened(world, &connection).await.1.is_none());
    assert_eq!(tokens_asked(world).await - before, 1);
}

async fn what_is_lost_is_signed_in_again(world: &World) {
    let (connection, browser, visit) = short_lived(world, "loses").await;
    faults(world, json!({ "token_error_next": 1 })).await;
    let (_, down) = opened(world, &connection).await;
    assert!(matches!(down, Some(ProviderError::Unavailable { status: Some(500), .. })), "{down:?}");
    faults(world, json!({ "token_lost_next": 1 })).await;
    let (_, lost) = opened(world, &connection).await;
    assert!(matches!(lost, Some(ProviderError::Unavailable { status: Some(502), .. })), "{lost:?}");
    let (_, refused) = opened(world, &connection).await;
    assert!(matches!(refused, Some(ProviderError::Refused { .. })), "the old token was used up: {refused:?}");

    // The way back is the same link.
    let accounts = browser.open(&visit.page("accounts")).await;
    assert!(accounts.says("refuses the credentials"), "{}", accounts.html);
    signed_in(world, &browser, &visit, "samsara").await;
    let linked = connections(world, "loses").await;
    let id = connection.id.to_string();
    assert_eq!((linked.len(), linked[0]["id"].as_str(), &linked[0]["status"]), (1, Some(id.as_str()), &json!("active")));
    assert!(opened(world, &connection).await.1.is_none());
}
