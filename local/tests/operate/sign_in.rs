//! A customer signs in at a provider: what travels and what is kept of that are secrets.

use std::time::Duration;

use catena::api::Api;
use reqwest::{Client, Response};
use url::Url;

use crate::canaries::{Canary, ForbiddenPlaces};
use crate::running::Running;

/// What begins the access tokens of the simulated Motive.
const TOKENS: &str = "motive_oauth_";

/// Signs in, and waits for data that came by the tokens.
pub(crate) async fn signs_in(running: &Running, api: &Api, canaries: &mut Vec<Canary>) {
    let invitation = api.invite("canary-signs-in", "Canary Signs In").await.unwrap();
    let browser = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let consent = follow(&browser, running, invitation["magic_link"].as_str().unwrap()).await;
    let visit = consent.url().path().strip_suffix("/consent").unwrap().to_owned();
    let page = consent.text().await.unwrap();
    let form = [("csrf", field(&page, "csrf")), ("shown", field(&page, "shown")), ("fleet_name", String::new())];
    let accepted = browser.post(format!("{}{visit}/accept", running.url)).form(&form).send().await.unwrap();
    assert_eq!(accepted.status(), 303);

    let sent = browser.get(format!("{}{visit}/providers/motive/sign-in", running.url)).send().await.unwrap();
    let mut provider = Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap();
    let mut form: Vec<(String, String)> = provider.query_pairs().into_owned().collect();
    form.extend([("account".into(), "demo".into()), ("answer".into(), "approve".into())]);
    provider.set_query(None);
    let back = browser.post(provider).form(&form).send().await.unwrap();
    let back = Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    canaries.push(Canary::new("the code of a sign-in", &code, ForbiddenPlaces::All));
    canaries.push(Canary::new("the secret of an application", simulator::OAUTH_CLIENT.1, ForbiddenPlaces::All));
    canaries.push(Canary::new("an access token of a sign-in", TOKENS, ForbiddenPlaces::All));
    let done = browser.get(back).send().await.unwrap().text().await.unwrap();
    assert!(done.contains("Motive is connected"), "{done}");
    let mut is_fetched = false;
    for _ in 0..100 {
        let vehicles = api.get("/v2/telematics/vehicles?fleet_refs=canary-signs-in").await.unwrap();
        is_fetched = vehicles["items"].as_array().is_some_and(|items| !items.is_empty());
        if is_fetched {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(is_fetched, "nothing was fetched");
}

/// The page at the end of redirects.
async fn follow(browser: &Client, running: &Running, link: &str) -> Response {
    let mut response = browser.get(link).send().await.unwrap();
    while let Some(target) = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned()) {
        response = browser.get(format!("{}{target}", running.url)).send().await.unwrap();
    }
    response
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&")
}
