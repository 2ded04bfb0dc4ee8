//! The authorization servers without a socket, on a clock that is set by hand.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::app::App;
use crate::clock::ManualClock;
use crate::http::{Call, Reply};
use crate::options::Options;
use crate::router;

const NOW: i64 = 1_795_242_600_000;
const BACK: &str = "http://127.0.0.1:8080/back";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Bench {
    app: App,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        Self { app: App::new(&Options { clock: Arc::clone(&clock) as _, ..Options::default() }).unwrap(), clock }
    }

    fn send(&self, method: &str, url: &str, basic: Option<&str>, body: &str) -> Reply {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        router::answer(&self.app, &Call { method, path, query, bearer: None, api_key: None, basic, body: body.as_bytes() })
    }

    /// What an approved request brings back: the parameters of the redirect.
    fn approved(&self, page: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let fixed = [("client_id", super::CLIENT.0), ("redirect_uri", BACK), ("response_type", "code"), ("state", "a&b")];
        let form = [("answer", "approve"), ("account", "demo")];
        let pairs: Vec<(&str, &str)> = fixed.iter().chain(more).chain(&form).copied().collect();
        let reply = self.send("POST", page, None, &serde_urlencoded::to_string(pairs).unwrap());
        assert_eq!(reply.status, 303, "{}", String::from_utf8_lossy(&reply.body));
        let location = reply.location.unwrap();
        serde_urlencoded::from_str(location.strip_prefix(&format!("{BACK}?")).unwrap()).unwrap()
    }

    fn token(&self, url: &str, basic: bool, form: &[(&str, &str)]) -> (u16, Value) {
        let proof = STANDARD.encode(format!("{}:{}", super::CLIENT.0, super::CLIENT.1));
        let reply = self.send("POST", url, basic.then_some(proof.as_str()), &serde_urlencoded::to_string(form).unwrap());
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }

    fn opens(&self, path: &str, token: &Value) -> u16 {
        let call = Call { method: "GET", path, query: "", bearer: token.as_str(), api_key: None, basic: None, body: b"" };
        router::answer(&self.app, &call).status
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[test]
fn samsara_exchanges_a_code_once_for_whoever_holds_the_verifier() {
    let bench = Bench::new();
    let challenge = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let exchange = |verifier: &str, basic: bool| {
        let back = bench.approved("/samsara/oauth2/authorize", &challenge);
        assert_eq!(value(&back, "state"), "a&b");
        let form = [("grant_type", "authorization_code"), ("code", value(&back, "code")), ("code_verifier", verifier)];
        let first = bench.token("/samsara/oauth2/token", basic, &form);
        (first, bench.token("/samsara/oauth2/token", basic, &form))
    };
    assert_eq!(exchange(CHALLENGE, true).0.1["error"], "invalid_grant");
    let ((status, body), _) = exchange(VERIFIER, false);
    assert_eq!((status, &body["error"]), (401, &json!("invalid_client")));
    let ((status, body), again) = exchange(VERIFIER, true);
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(3600), &json!("bearer")));
    assert_eq!((again.0, &again.1["error"]), (400, &json!("invalid_grant")));
    assert_eq!(
        (bench.opens("/samsara/me", &body["access_token"]), bench.opens("/motive/v1/companies", &body["access_token"])),
        (200, 401)
    );
    bench.clock.advance(3_600_000);
    assert_eq!(bench.opens("/samsara/me", &body["access_token"]), 401, "an hour later");
}

#[test]
fn refresh_tokens_are_used_once() {
    let bench = Bench::new();
    let form = |more: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
        [("client_id", super::CLIENT.0.to_owned()), ("client_secret", super::CLIENT.1.to_owned())]
            .into_iter()
            .chain(more.to_vec())
            .collect()
    };
    let post = |more: &[(&'static str, String)]| {
        let form = form(more);
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        bench.token("/motive/oauth/token", false, &pairs)
    };
    let scope = [("scope", "companies.read vehicles.read")];
    let back = bench.approved("/motive/oauth/authorize", &scope);
    let code = |address: &str| {
        let code = [("grant_type", "authorization_code".to_owned()), ("code", value(&back, "code").to_owned())];
        post(&[code.to_vec(), vec![("redirect_uri", address.to_owned())]].concat())
    };
    let (status, first) = code(BACK);
    assert_eq!((status, &first["expires_in"], &first["scope"]), (200, &json!(7200), &json!("companies.read vehicles.read")));
    assert_eq!(first["created_at"], json!(NOW / 1000));
    let refresh = |body: &Value| {
        let token = body["refresh_token"].as_str().unwrap().to_owned();
        post(&[("grant_type", "refresh_token".to_owned()), ("refresh_token", token)])
    };
    let (status, second) = refresh(&first);
    assert_eq!(status, 200);
    assert_ne!((&first["access_token"], &first["refresh_token"]), (&second["access_token"], &second["refresh_token"]));
    assert_eq!(refresh(&first).1["error"], "invalid_grant", "the old one");
    assert_eq!((refresh(&second).0, bench.opens("/motive/v1/companies", &second["access_token"])), (200, 200));
}

#[test]
fn customers_deny_and_strangers_see_a_page() {
    let bench = Bench::new();
    let ask = |more: &[(&str, &str)], method: &str| {
        let query = serde_urlencoded::to_string(more).unwrap();
        match method {
            "GET" => bench.send("GET", &format!("/samsara/oauth2/authorize?{query}"), None, ""),
            _ => bench.send(method, "/samsara/oauth2/authorize", None, &query),
        }
    };
    let good = [("client_id", super::CLIENT.0), ("redirect_uri", BACK), ("response_type", "code"), ("state", "\"><script>")];
    let shown = ask(&good, "GET");
    let text = String::from_utf8_lossy(&shown.body);
    assert!(shown.status == 200 && text.contains("Allow") && !text.contains("<script>"), "{text}");
    let denied = ask(&[good.as_slice(), &[("answer", "deny")]].concat(), "POST");
    assert!(denied.location.unwrap().contains("error=access_denied") && denied.status == 303);
    for (name, wrong) in [
        ("client_id", "other"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://localhost.evil.example/"),
        ("response_type", "token"),
    ] {
        let changed: Vec<(&str, &str)> =
            good.iter().map(|(key, value)| (*key, if *key == name { wrong } else { value })).collect();
        let reply = ask(&changed, "GET");
        assert_eq!((reply.status, reply.location), (400, None), "{name}");
    }
    let scope = bench.send(
        "GET",
        &format!("/motive/oauth/authorize?client_id={}&redirect_uri={BACK}&response_type=code&scope=no.such", super::CLIENT.0),
        None,
        "",
    );
    assert_eq!(scope.status, 400, "one bad scope kills the page");
}
