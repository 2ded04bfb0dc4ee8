//! Connect in each of its languages, and how one is chosen.

use catena::demo;
use reqwest::Method;
use serde_json::{Value, json};

use crate::World;
use crate::connect::{Browser, Shown, invite, link};

/// The languages beside English, and what is written there as in English: loan words, and words of the same root.
const OTHERS: &[(&str, &[&str])] = &[("es", &[]), ("fr", &["Inspections", "Messages", "Positions"])];
/// Attributes that people read, or that scripts show them.
const READ: &[&str] = &[
    "placeholder",
    "aria-label",
    "data-busy",
    "data-asks",
    "data-waits",
    "data-one",
    "data-many",
    "data-other",
    "data-show",
    "data-hide",
    "data-blocked",
];

#[tokio::test(flavor = "multi_thread")]
async fn fleets_read_their_language() {
    let world = World::start().await;
    no_english_is_left(&world).await;
    the_switch_needs_no_scripts(&world).await;
    a_link_chooses(&world).await;
    hostile_languages_are_none(&world).await;
    world.stop().await;
}

/// Everything that people read on a page, without what is said to be of another language.
fn read_by_people(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        for name in READ {
            let value = tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next());
            found.extend(value);
        }
        if !tag.contains(" lang=\"") {
            found.push(text.trim());
        }
    }
    found.retain(|text| text.chars().filter(|letter| letter.is_alphabetic()).count() > 2);
    found
}

async fn no_english_is_left(world: &World) {
    let tsps = world.api.get("/v2/orgs/tsps").await.unwrap();
    // Names, and what the partner says of itself.
    let mut names: Vec<&str> = tsps.as_array().unwrap().iter().filter_map(|tsp| tsp["name"].as_str()).collect();
    names.extend([
        "Demo Insurance",
        "to price your fleet's insurance by how it is really driven",
        "North Star",
        "Catena Connect",
    ]);
    let english = walk(world, "en").await;
    for (language, alike) in OTHERS {
        let other = walk(world, language).await;
        for ((screen, theirs), (_, ours)) in english.iter().zip(&other) {
            let texts = read_by_people(&ours.html);
            assert!(ours.says(&format!("<html lang=\"{language}\" dir=\"ltr\"")), "{screen}: {}", ours.html);
            assert_eq!(ours.headers["content-language"], language, "{screen}");
            assert_eq!(ours.headers["vary"], "Accept-Language, Cookie", "{screen}");
            assert_eq!(theirs.status, ours.status, "{screen}: {}", ours.html);
            let left: Vec<&str> = read_by_people(&theirs.html).into_iter().filter(|text| texts.contains(text)).collect();
            let left: Vec<&str> = left.into_iter().filter(|text| !names.contains(text) && !alike.contains(text)).collect();
            assert_eq!(left, Vec::<&str>::new(), "{screen} in {language}");
            assert!(!texts.iter().any(|text| text.contains(['{', '}']) && !text.contains("{count}")), "{screen}: {texts:?}");
            assert!(texts.len() > 5, "{screen}: {texts:?}");
        }
    }
}

/// A fleet's way through the pages, and what is beside it.
async fn walk(world: &World, language: &str) -> Vec<(&'static str, Shown)> {
    let browser = Browser::speaking(world, language);
    let mut seen = Vec::new();
    for (screen, path) in [
        ("no invitation", "/"),
        ("no page", "/connect/nowhere"),
        ("no visit", "/connect/s/x/consent"),
        ("no visit in a frame", "/connect/s/x/consent?embed=iframe"),
        ("no sign-in", "/connect/sign-in"),
    ] {
        seen.push((screen, browser.open(path).await));
    }
    seen.extend(declining(world, &browser, language).await);
    let all: serde_json::Map<String, Value> =
        model::Resource::ALL.iter().map(|one| (one.name().to_owned(), json!("read"))).collect();
    let mut permissions = Value::Object(all);
    permissions["message"] = json!("read_write");
    let body = json!({ "fleet_ref": format!("speaks-{language}"), "fleet_name": "North Star", "permissions": permissions });
    let consent = browser.open(&link(&invite(world, body.clone()).await)).await;
    let providers = browser.agree(&consent, "").await;
    seen.push(("not a form", browser.open(&consent.page("accept")).await));
    seen.push(("no match", browser.open(&consent.page("providers?q=zzz")).await));
    seen.push(("credentials", browser.open(&consent.page("providers/samsara")).await));
    seen.push(("another provider", browser.open(&consent.page("providers/geotab")).await));
    seen.push(("nothing entered", browser.link(&providers, " ").await));
    seen.push(("refused", browser.link(&providers, "nonsense").await));
    let accounts = browser.link(&providers, &world.platform.demo.keys(demo::TSP)[0]).await;
    let remove = accounts.html.split("href=\"").find(|rest| rest.contains("/remove\"")).unwrap().split('"').next().unwrap();
    seen.push(("remove", browser.open(remove).await));
    let press = async |page: &str| browser.submit(&accounts.page(page), &[("csrf", &accounts.field("csrf"))]).await;
    seen.push(("paused", press("pause").await));
    seen.push(("resumed", press("resume").await));
    seen.push(("stop", browser.open(&consent.page("stop")).await));
    seen.push(("done", browser.open(&consent.page("done")).await));
    seen.push(("after it", browser.open(&consent.page("accounts")).await));
    seen.extend(elsewhere(world, body, language).await);
    browser.open(&link(&invite(world, json!({ "fleet_ref": format!("speaks-{language}") })).await)).await;
    seen.push(("stopped", press("stop").await));
    seen.extend([("consent", consent), ("providers", providers), ("accounts", accounts)]);
    seen
}

async fn declining(world: &World, browser: &Browser<'_>, language: &str) -> Vec<(&'static str, Shown)> {
    let invitation = invite(world, json!({ "fleet_ref": format!("declines-{language}") })).await;
    let consent = browser.open(&link(&invitation)).await;
    let ask = browser.open(&consent.page("decline")).await;
    let long = "9".repeat(1_501);
    let too_long = browser.submit(&ask.path, &[("csrf", &ask.field("csrf")), ("reason", &long)]).await;
    let declined = browser.submit(&ask.path, &[("csrf", &ask.field("csrf")), ("chosen", "Not now")]).await;
    let read = world.api.get(&format!("/v2/orgs/invitations/{}", invitation["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(read["decline_reason"], "Not now", "partners read one language");
    let again = browser.open(&consent.path).await;
    vec![("decline", ask), ("reason too long", too_long), ("declined", declined), ("declined before", again)]
}

/// The link in another browser: it was used, opens once, and asks for a proof.
async fn elsewhere(world: &World, mut body: Value, language: &str) -> Vec<(&'static str, Shown)> {
    let other = Browser::speaking(world, language);
    let invitation = invite(world, body.clone()).await;
    let (whole, key) = (link(&invitation), "&key=");
    let used = other.open(whole.split(key).next().unwrap()).await;
    body["permissions"]["user"] = json!("read_write");
    let once = other.open(&link(&invite(world, body).await)).await;
    let form = [("invite", &*once.field("invite")), ("key", &*once.field("key"))];
    let review = other.submit("/connect/open", &form).await;
    let proof = other.open(&review.page("proof")).await;
    let accounts = other.open(&review.page("accounts")).await;
    vec![("used", used), ("once", once), ("review", review), ("proof", proof), ("accounts of another", accounts)]
}

/// Where the switch of a page leads.
fn switch(shown: &Shown, language: &str) -> String {
    let links = shown.html.split("href=\"").map(|rest| rest.split('"').next().unwrap());
    let wanted = format!("set_language={language}");
    let found = links.into_iter().find(|link| link.ends_with(&wanted));
    assert!(found.is_some(), "no {wanted}: {}", shown.html);
    found.unwrap().replace("&amp;", "&")
}

async fn the_switch_needs_no_scripts(world: &World) {
    let browser = Browser::new(world);
    let start = browser.open("/?invite=nonsense&utm=x").await;
    assert_eq!(start.headers["content-language"], "en");
    assert_eq!(switch(&start, "es"), "/?invite=nonsense&set_language=es");
    let english = browser.open(&link(&invite(world, json!({ "fleet_ref": "switches" })).await)).await;
    assert!(english.says("<html lang=\"en\"") && english.says("aria-current=\"true\">English<"), "{}", english.html);
    let spanish = browser.open(&switch(&english, "es")).await;
    assert_eq!((&spanish.path, spanish.status.as_u16()), (&english.path, 200));
    assert!(spanish.says("<html lang=\"es\"") && spanish.says("Aceptar y continuar"), "{}", spanish.html);
    let providers = browser.agree(&spanish, "").await;
    assert!(providers.says("<html lang=\"es\""), "it is remembered");
    let sought = browser.open(&providers.page("providers?q=samsara")).await;
    assert!(switch(&sought, "en").contains("?q=samsara&"), "the search stays");
    let refused = browser.link(&providers, "nonsense").await;
    assert!(refused.status == 422 && refused.says("Samsara responde: <span lang=\"\" dir=\"auto\">"), "{}", refused.html);
    let again = browser.open(&switch(&refused, "en")).await;
    assert!(again.path == refused.path && again.status == 200 && again.says("Connect Samsara"), "{}", again.html);
    let nowhere = browser.open("/connect/nowhere?set_language=es").await;
    assert!(nowhere.status == 404 && nowhere.says("Esta página no existe"), "{}", nowhere.html);
    assert!(browser.open("/").await.says("<html lang=\"es\""), "any page remembers");
}

async fn a_link_chooses(world: &World) {
    let browser = Browser::speaking(world, "de, en;q=0.5");
    let invitation = invite(world, json!({ "fleet_ref": "link-chooses" })).await;
    let consent = browser.open(&format!("{}&language=es-MX", link(&invitation))).await;
    assert!(consent.says("<html lang=\"es\"") && consent.says("/decline?language=es\""), "{}", consent.html);
    let plain = browser.open(&consent.path).await;
    assert!(plain.says("<html lang=\"en\""), "only its own pages have it");
    let own = browser.open(&switch(&consent, "en")).await;
    assert!(own.says("<html lang=\"en\""), "a person's own choice counts more");
    let next = browser.open(&format!("{}&language=es", link(&invitation))).await;
    assert!(next.says("<html lang=\"en\""), "on other links, too");
    // A link on another site chooses for who has not chosen, and is not taken for the person's own choice.
    let elsewhere = format!("{}&set_language=fr", link(&invitation));
    let opened = world.http.get(elsewhere).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert!(opened.headers()["location"].to_str().unwrap().contains("language=fr"), "{opened:?}");
    assert!(
        opened.headers().get_all("set-cookie").iter().all(|cookie| !cookie.to_str().unwrap().contains("language")),
        "{opened:?}"
    );
}

async fn hostile_languages_are_none(world: &World) {
    let invitation = invite(world, json!({ "fleet_ref": "hostile-language" })).await;
    let long = "e".repeat(3_000);
    for tag in
        ["%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "..%2F..%2Fes", "es%00", "%C3%A9s", "xx", "", "es%0d%0aSet-Cookie:a=b", &long]
    {
        let browser = Browser::new(world);
        for name in ["language", "set_language"] {
            let shown = browser.open(&format!("{}&{name}={tag}", link(&invitation))).await;
            assert_eq!(shown.status, 200, "{name} {tag}");
            assert!(shown.says("<html lang=\"en\"") && !shown.says("<script>"), "{name} {tag}: {}", shown.html);
            assert!(!shown.says("language=es%0") && !shown.says("?language="), "{name} {tag}: {}", shown.html);
        }
    }
    let response = world.http.get(format!("{}/?set_language=xx", world.url)).send().await.unwrap();
    assert!(response.status() == 404 && !response.headers().contains_key("set-cookie"));
    let response =
        world.request(Method::GET, "/").header("accept-language", "es;q=1.5, \"<script>\", es;;q=").send().await.unwrap();
    assert_eq!(response.headers()["content-language"], "en");
}
