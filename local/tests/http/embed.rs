//! Connect in pages of a partner: who may frame which page, what cookies are like there, and the keys that say so.

use catena::api::Api;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::connect::{Browser, invite, link};
use crate::{World, answer};

/// An administrator, and the demo partner's keys.
struct Keys<'a> {
    world: &'a World,
    admin: Api,
    path: String,
}

impl Keys<'_> {
    async fn create(&self, origins: Value) -> (StatusCode, Value) {
        let answer = self.admin.send_json(Method::POST, &self.path, &json!({ "origins": origins })).await.unwrap();
        (answer.status, answer.body)
    }

    async fn made(&self, origins: Value) -> String {
        let (status, body) = self.create(origins).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["key"].as_str().unwrap().to_owned()
    }

    async fn revoke(&self, key: &str) -> StatusCode {
        self.admin.send(Method::DELETE, &format!("{}/{key}", self.path)).await.unwrap().status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_registered_origins_show_connect() {
    let world = World::start().await;
    let operator = world.platform.create_admin("embed-operator").await.unwrap();
    let admin = Api::sign_in(&world.url, &operator.client_id, &operator.client_secret.unwrap()).await.unwrap();
    let partners = world.api.get("/v2/orgs/partners").await.unwrap();
    let path = format!("/v2/orgs/partners/{}/embed-keys", partners["items"][0]["id"].as_str().unwrap());
    let keys = Keys { world: &world, admin, path };
    keys_are_managed(&keys).await;
    a_key_opens_frames_of_its_origins(&keys).await;
    a_key_of_another_partner_opens_nothing(&keys).await;
    a_launch_is_carried_on(&keys).await;
    the_probe_sets_and_sees_a_cookie(&keys).await;
    world.stop().await;
}

async fn keys_are_managed(keys: &Keys<'_>) {
    for (origins, path) in [
        (json!([]), "body.origins"),
        (json!(["https://acme.example/"]), "body.origins.0"),
        (json!(["https://acme.example", "http://acme.example"]), "body.origins.1"),
        (json!(["https://*.acme.example"]), "body.origins.0"),
        (json!(vec!["https://acme.example"; 21]), "body.origins"),
    ] {
        let (status, body) = keys.create(origins.clone()).await;
        assert_eq!((status, &body["detail"][0]["path"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(path)), "{origins}");
    }
    let key = keys.made(json!(["https://b.example", "https://a.example", "https://b.example"])).await;
    assert!(key.starts_with("pk_live_") && key.len() == 32, "{key}");
    let listed = keys.world.api.get(&keys.path).await.unwrap();
    assert_eq!((&listed[0]["key"], &listed[0]["origins"]), (&json!(key), &json!(["https://a.example", "https://b.example"])));
    let one = format!("{}/{key}", keys.path);
    let changed = keys.admin.send_json(Method::PATCH, &one, &json!({ "origins": ["http://localhost:3000"] })).await.unwrap();
    assert_eq!(changed.body["origins"], json!(["http://localhost:3000"]));
    let elsewhere = format!("/v2/orgs/partners/{}/embed-keys/{key}", uuid::Uuid::max());
    assert_eq!(keys.admin.send(Method::DELETE, &elsewhere).await.unwrap().status, StatusCode::NOT_FOUND, "another partner's");
    assert_eq!(keys.revoke(&key).await, StatusCode::NO_CONTENT);
    assert_eq!(keys.revoke(&key).await, StatusCode::NOT_FOUND);
    assert_eq!(keys.world.api.get(&keys.path).await.unwrap(), json!([]));
}

/// The page at the end of redirects, with the cookie that came on the way.
async fn opened(world: &World, url: &str) -> (HeaderMap, HeaderMap, String) {
    let first = world.http.get(url).send().await.unwrap();
    let Some(target) = first.headers().get("location").map(|target| target.to_str().unwrap().to_owned()) else {
        let headers = first.headers().clone();
        return (headers.clone(), headers, first.text().await.unwrap());
    };
    let cookie = first.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = world.http.get(format!("{}{target}", world.url)).header("cookie", cookie).send().await.unwrap();
    (first.headers().clone(), page.headers().clone(), page.text().await.unwrap())
}

fn ancestors(headers: &HeaderMap) -> String {
    let policy = headers["content-security-policy"].to_str().unwrap();
    policy.split_once("frame-ancestors ").unwrap().1.to_owned()
}

async fn a_key_opens_frames_of_its_origins(keys: &Keys<'_>) {
    let world = keys.world;
    let key = keys.made(json!(["https://a.example", "http://localhost:3000"])).await;
    let revoked = keys.made(json!(["https://a.example"])).await;
    assert_eq!(keys.revoke(&revoked).await, StatusCode::NO_CONTENT);
    let origins = "http://localhost:3000 https://a.example";
    let link = link(&invite(world, json!({ "fleet_ref": "embedded" })).await);
    let partitioned = "; HttpOnly; SameSite=None; Secure; Partitioned";
    let lax = "; HttpOnly; SameSite=Lax";
    for (query, framed_by, cookie, has_opener) in [
        (format!("&embed=iframe&embed_key={key}"), origins, partitioned, false),
        (format!("&embed=iframe&embed_key={revoked}"), "'none'", lax, false),
        ("&embed=iframe&embed_key=nobody".into(), "'none'", lax, false),
        ("&embed=iframe".into(), "'none'", lax, false),
        (format!("&embed=popup&embed_key={key}"), "'none'", lax, true),
        (format!("&embed=redirect&embed_key={key}"), "'none'", lax, false),
        (format!("&embed=window&embed_key={key}"), "'none'", lax, false),
        (String::new(), "'none'", lax, false),
    ] {
        let (first, page, html) = opened(world, &format!("{link}{query}")).await;
        assert_eq!(ancestors(&page), framed_by, "{query}");
        assert_eq!(page.contains_key("x-frame-options"), framed_by == "'none'", "{query}");
        assert!(first["set-cookie"].to_str().unwrap().ends_with(cookie), "{query}: {first:?}");
        for headers in [&first, &page] {
            assert_eq!(headers.contains_key("cross-origin-opener-policy"), !has_opener, "{query}");
        }
        let is_heard = html.contains("&quot;event&quot;:&quot;open&quot;");
        assert_eq!(is_heard, framed_by != "'none'" || has_opener, "{query}");
    }
    // Pages at which a visit ends are in the frame as well, and tell that the link was opened.
    for path in ["/?invite=nonsense", "/connect/s/nobody/consent?x=y"] {
        let (_, page, html) = opened(world, &format!("{}{path}&embed=iframe&embed_key={key}", world.url)).await;
        assert_eq!(ancestors(&page), origins, "{path}");
        assert_eq!(html.contains("&quot;open&quot;"), path.starts_with("/?"), "{path}");
    }
    for path in ["/connect/nowhere", "/embed/nowhere", "/embed/probe/other"] {
        let (_, page, html) = opened(world, &format!("{}{path}?embed=iframe&embed_key={key}", world.url)).await;
        assert!(ancestors(&page) == "'none'" && html.contains("<h1>There is no such page</h1>"), "{path}: {html}");
    }
}

async fn a_key_of_another_partner_opens_nothing(keys: &Keys<'_>) {
    let rival = keys.world.platform.create_partner("Framing Rival").await.unwrap().partner_id.unwrap();
    let path = format!("/v2/orgs/partners/{rival}/embed-keys");
    let made = keys.admin.send_json(Method::POST, &path, &json!({ "origins": ["https://rival.example"] })).await.unwrap();
    let key = made.body["key"].as_str().unwrap();
    let link = link(&invite(keys.world, json!({ "fleet_ref": "not-the-rivals" })).await);
    let (first, page, html) = opened(keys.world, &format!("{link}&embed=iframe&embed_key={key}&brand_color=00aaff")).await;
    assert_eq!(ancestors(&page), "'none'");
    assert!(!first["set-cookie"].to_str().unwrap().contains("Partitioned") && !html.contains("data-told"));
    assert!(!html.contains("brand-00aaff"), "{html}");
    // Nor the pages of a link that was used, and of one that opens once.
    let body = json!({ "fleet_ref": "not-the-rivals-either" });
    let used = self::link(&invite(keys.world, body.clone()).await);
    let own = Browser::new(keys.world);
    own.agree(&own.open(&used).await, "").await;
    let once = self::link(&invite(keys.world, body).await);
    for (link, title) in [(used, "This link was used already"), (once, "This link opens once")] {
        for mode in ["iframe", "popup"] {
            let asked = format!("{link}&embed={mode}&embed_key={key}&brand_color=00aaff");
            let (_, page, html) = opened(keys.world, &asked).await;
            assert!(html.contains(title) && !html.contains("data-told") && !html.contains("brand-00aaff"), "{html}");
            assert_eq!((&*ancestors(&page), page.contains_key("cross-origin-opener-policy")), ("'none'", true), "{title}");
        }
    }
    // With the partner its keys end.
    assert_eq!(
        keys.admin.send(Method::DELETE, &format!("/v2/orgs/partners/{rival}")).await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    let (_, page, _) = opened(keys.world, &format!("{}/embed/probe?embed_key={key}", keys.world.url)).await;
    assert_eq!(ancestors(&page), "'none'");
}

async fn a_launch_is_carried_on(keys: &Keys<'_>) {
    let world = keys.world;
    let key = keys.made(json!(["https://a.example"])).await;
    let link = link(&invite(world, json!({ "fleet_ref": "carried" })).await).replace("invite=", "tms_invite=");
    let launch = format!("embed=iframe&embed_key={key}&variant=card&theme=dark&brand_color=00aaff");
    let (_, _, html) = opened(world, &format!("{link}&{launch}&utm=1")).await;
    assert!(html.contains("data-theme=\"dark\"") && html.contains("data-variant=\"card\""), "{html}");
    assert!(html.contains("/connect/assets/brand-00aaff.css") && !html.contains("<header"), "{html}");
    let escaped = launch.replace('&', "&amp;");
    for page in ["accept", "decline"] {
        assert!(html.contains(&format!("/{page}?{escaped}\"")), "{page}: {html}");
    }
    let (status, _) = answer(world.request(Method::GET, "/connect/assets/brand-00aaf.css")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let style = world.request(Method::GET, "/connect/assets/brand-00aaff.css").send().await.unwrap();
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert!(style.text().await.unwrap().starts_with(":root { --brand: #"));
}

async fn the_probe_sets_and_sees_a_cookie(keys: &Keys<'_>) {
    let world = keys.world;
    let key = keys.made(json!(["https://a.example"])).await;
    for (query, framed_by, targets) in [
        (String::new(), "*", "[&quot;*&quot;]"),
        (format!("?embed_key={key}"), "https://a.example", "[&quot;https://a.example&quot;]"),
        ("?embed_key=nobody".into(), "'none'", "[]"),
    ] {
        let (_, page, html) = opened(world, &format!("{}/embed/probe{query}", world.url)).await;
        assert_eq!(ancestors(&page), framed_by, "{query}");
        assert!(!page.contains_key("x-frame-options") && html.contains(&format!("data-targets=\"{targets}\"")), "{html}");
    }
    let set = world.request(Method::GET, "/embed/probe/set").send().await.unwrap();
    let cookie = set.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("; SameSite=None; Secure; Partitioned; HttpOnly; Path=/embed/probe; Max-Age=10"), "{cookie}");
    let token = set.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let check = format!("/embed/probe/check?token={token}");
    let (_, without) = answer(world.request(Method::GET, &check)).await;
    let (_, with) = answer(world.request(Method::GET, &check).header("cookie", cookie.split(';').next().unwrap())).await;
    assert_eq!((without, with), (json!({ "arrived": false }), json!({ "arrived": true })));
}
