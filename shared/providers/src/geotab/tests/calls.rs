//! Logins, sessions and errors.

use super::*;
use crate::{BoxFuture, ProviderError, Sessions};

fn validate(asker: &Asker<'_>, http: &Canned) -> Result<Account, ProviderError> {
    run(Geotab.validate(http, &asker.base, &asker.credentials))
}

fn ask(answers: Vec<Answer>) -> (Result<Fetched, ProviderError>, Canned) {
    let http = Canned::new(answers);
    let asked = asker().ask(&http, Resource::Vehicle, None);
    (asked, http)
}

fn devices() -> [Answer; 3] {
    [result(&json!([{ "id": "b1", "name": "T-1", "deviceType": "GO9" }])), count(1), result(&json!([]))]
}

#[test]
fn an_account_is_a_database_at_a_server() {
    let asker = asker();
    let http = Canned::new(vec![opened("ThisServer"), count(7)]);
    let account = validate(&asker, &http).unwrap();
    assert_eq!(account, Account { id: "exampledb@my.geotab.com".into(), name: Some("exampledb".into()) });
    assert_eq!(methods(&http), ["Authenticate", "GetCountOf Device"]);
    assert_eq!(http.asked(), ["https://my.geotab.com/apiv1"; 2]);
    let [login, call] = http.posted().try_into().unwrap();
    assert_eq!((&login["params"]["database"], &login["params"]["password"]), (&json!("ExampleDB"), &json!(PASSWORD)));
    assert_eq!((&call["params"]["credentials"]["sessionId"], &call["params"]["password"]), (&json!(SESSION), &Value::Null));
    // A user who may see nothing has an account all the same.
    assert!(validate(&asker, &Canned::new(vec![opened("ThisServer"), count(0)])).is_ok());
}

#[test]
fn a_login_is_made_each_time_that_credentials_are_tried_and_else_once() {
    let asker = asker();
    let http = Canned::new(vec![opened("ThisServer"), count(1), opened("ThisServer"), count(1)]);
    validate(&asker, &http).unwrap();
    validate(&asker, &http).unwrap();
    let http = Canned::new(devices().into());
    asker.ask(&http, Resource::Vehicle, None).unwrap();
    assert_eq!(methods(&http), ["Get Device", "GetCountOf Device", "Get Group"]);
}

#[test]
fn calls_go_to_the_server_of_the_database_and_to_no_stranger() {
    let server = |path: &str, base: &str| {
        let http = Canned::new([opened(path)].into_iter().chain(devices()).collect());
        let asked = at_base(base).ask(&http, Resource::Vehicle, None);
        asked.map(|_| http.asked()[1].clone()).map_err(|error| matches!(error, ProviderError::Malformed { .. }))
    };
    assert_eq!(server("my3.geotab.com", BASE).as_deref(), Ok("https://my3.geotab.com/apiv1"));
    assert_eq!(server("", BASE).as_deref(), Ok("https://my.geotab.com/apiv1"));
    let local = "http://127.0.0.1:4600/geotab";
    assert_eq!(server("ThisServer", local).as_deref(), Ok("http://127.0.0.1:4600/geotab/apiv1"));
    assert_eq!(server("127.0.0.1:4600", local).as_deref(), Ok("http://127.0.0.1:4600/geotab/apiv1"));
    let strangers =
        ["evil.example.com", "geotab.com.evil.example", "evilgeotab.com", "http://my3.geotab.com", "a b", "me@my3.geotab.com"];
    for stranger in strangers {
        assert_eq!(server(stranger, BASE), Err(true), "{stranger}");
    }
    assert_eq!(server("my3.geotab.com", local), Err(true), "a server of somebody else sends nobody to the provider");
}

#[test]
fn a_session_that_died_costs_one_login() {
    for death in ["InvalidUserException", "DbUnavailableException"] {
        let asker = asker();
        asker.ask(&signed_in(devices().into()), Resource::Vehicle, None).unwrap();
        let again = [fault(death, "Invalid session"), opened("my7.geotab.com")].into_iter().chain(devices());
        let http = Canned::new(again.collect());
        asker.ask(&http, Resource::Vehicle, None).unwrap();
        assert_eq!(methods(&http)[..3], ["Get Device", "Authenticate", "Get Device"], "{death}");
        assert_eq!(http.asked()[2], "https://my7.geotab.com/apiv1");
    }
    // Another login does not help twice.
    let refused = || fault("InvalidUserException", "Invalid session");
    let (asked, http) = ask(vec![opened("ThisServer"), refused()]);
    assert!(matches!(asked, Err(ProviderError::Refused { .. })) && http.is_empty());
}

/// A session that others have stored, and that has ended, too.
struct Stored(String);

impl Sessions for Stored {
    fn session<'a>(
        &'a self,
        _login: &'a str,
        ended: Option<&'a str>,
        log_in: BoxFuture<'a, Result<String, ProviderError>>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        if ended == Some(self.0.as_str()) { log_in } else { Box::pin(async { Ok(self.0.clone()) }) }
    }
}

#[test]
fn where_the_stored_session_has_ended_as_well_one_logs_in() {
    let asker = asker();
    asker.ask(&signed_in(devices().into()), Resource::Vehicle, None).unwrap();
    let stored = r#"{"server":"https://my.geotab.com/","database":"exampledb","user_name":"api","session_id":"stored"}"#;
    let ended = || fault("InvalidUserException", "Invalid session");
    let http = Canned::new([ended(), ended(), opened("ThisServer")].into_iter().chain(devices()).collect());
    asker.ask_with(&Stored(stored.to_owned()), &http, Resource::Vehicle, None).unwrap();
    assert_eq!(methods(&http)[..4], ["Get Device", "Get Device", "Authenticate", "Get Device"]);
}

#[test]
fn a_session_that_was_given_is_tried_first() {
    let given = json!({ "username": "given@example.com", "password": PASSWORD, "database": "d", "session_id": "given-session" });
    let asker = Asker { credentials: credentials("geotab", &given), ..asker() };
    let http = Canned::new(devices().into());
    asker.ask(&http, Resource::Vehicle, None).unwrap();
    assert_eq!(http.posted()[0]["params"]["credentials"]["sessionId"], "given-session");
    let dead = [fault("InvalidUserException", "Invalid session"), opened("ThisServer")].into_iter().chain(devices());
    asker.ask(&Canned::new(dead.collect()), Resource::Vehicle, None).unwrap();
    let http = Canned::new(devices().into());
    asker.ask(&http, Resource::Vehicle, None).unwrap();
    assert_eq!(http.posted()[0]["params"]["credentials"]["sessionId"], SESSION);
}

#[test]
fn errors_come_with_status_200_and_mean_different_things() {
    type Is = fn(&ProviderError) -> bool;
    let cases: [(&str, Is); 9] = [
        ("InvalidUserException", |error| matches!(error, ProviderError::Refused { .. }) && !error.is_forbidden()),
        ("InvalidPermissionsException", ProviderError::is_forbidden),
        ("OverLimitException", |error| error.retry_after() == Some(Duration::from_secs(60))),
        ("DbUnavailableException", |error| matches!(error, ProviderError::Unavailable { status: Some(200), .. })),
        ("MissingMethodException", |error| matches!(error, ProviderError::Rejected { .. })),
        ("ArgumentException", |error| matches!(error, ProviderError::Rejected { .. })),
        ("JsonSerializerException", |error| matches!(error, ProviderError::Rejected { .. })),
        ("GenericException", |error| matches!(error, ProviderError::Unavailable { .. })),
        ("", |error| matches!(error, ProviderError::Unavailable { .. })),
    ];
    for (name, is) in cases {
        let (asked, _) = ask(vec![opened("ThisServer"), fault(name, "told")]);
        let error = asked.unwrap_err();
        assert!(is(&error), "{name}: {error:?}");
    }
    let mut busy = fault("OverLimitException", "API calls quota exceeded.").unwrap();
    busy.headers.insert("retry-after", "56".parse().unwrap());
    let (asked, _) = ask(vec![opened("ThisServer"), Ok(busy)]);
    assert_eq!(asked.unwrap_err().retry_after(), Some(Duration::from_secs(56)));
    // One of the two places is enough.
    let listed = json!({ "error": { "message": "m", "errors": [{ "name": "OverLimitException" }] } }).to_string();
    let (asked, _) = ask(vec![opened("ThisServer"), response(200, &listed)]);
    assert!(matches!(asked, Err(ProviderError::RateLimited { .. })));
}

#[test]
fn a_login_that_fails_says_why() {
    let login = |answer: Answer| validate(&asker(), &Canned::new(vec![answer])).unwrap_err();
    let wrong = login(fault("InvalidUserException", "Incorrect login credentials"));
    assert_eq!(wrong.to_string(), "provider refused the credentials: Incorrect login credentials");
    let unknown = login(fault("DbUnavailableException", "UnknownDatabase nowhere"));
    assert!(matches!(unknown, ProviderError::Refused { .. }), "{unknown:?}");
    let starting = login(fault("DbUnavailableException", "Initializing"));
    assert!(matches!(starting, ProviderError::Unavailable { .. }), "{starting:?}");
    assert!(matches!(login(result(&json!({ "path": "ThisServer" }))), ProviderError::Malformed { .. }));
}

#[test]
fn what_is_no_answer_is_told_apart() {
    let failed = |answer: Answer| ask(vec![opened("ThisServer"), answer]).0.unwrap_err();
    assert!(matches!(failed(Err(HttpFailure::Timeout)), ProviderError::Timeout));
    assert!(matches!(failed(response(500, "Internal Server Error")), ProviderError::Unavailable { status: Some(500), .. }));
    assert!(matches!(failed(response(429, "{}")), ProviderError::RateLimited { .. }));
    assert!(matches!(failed(response(302, "")), ProviderError::Rejected { status: 302, .. }));
    for body in ["<html>Sign in</html>", r#"{"result":[{"id":"b1""#, r#"{"jsonrpc":"2.0"}"#, r#"{"result":{}}"#, "[]", ""] {
        assert!(matches!(failed(response(200, body)), ProviderError::Malformed { .. }), "{body}");
    }
}

#[test]
fn no_error_tells_a_secret() {
    let echo = format!("no such user with {PASSWORD} and {SESSION}");
    for answer in [fault("GenericException", &echo), response(400, &echo), response(200, &echo)] {
        let (asked, _) = ask(vec![opened("ThisServer"), answer]);
        let error = asked.unwrap_err();
        let kept = error.response().map(|response| response.body.clone()).unwrap_or_default();
        assert!(!kept.contains("hidden"), "{kept}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn a_server_that_is_gone_is_forgotten() {
    let asker = asker();
    let moved = [opened("my3.geotab.com")].into_iter().chain(devices());
    asker.ask(&Canned::new(moved.collect()), Resource::Vehicle, None).unwrap();
    let down = Err(HttpFailure::Unreachable("connection failed".into()));
    assert!(asker.ask(&Canned::new(vec![down]), Resource::Vehicle, None).is_err());
    let http = signed_in(devices().into());
    asker.ask(&http, Resource::Vehicle, None).unwrap();
    assert_eq!(http.asked(), ["https://my.geotab.com/apiv1"; 4]);
}
