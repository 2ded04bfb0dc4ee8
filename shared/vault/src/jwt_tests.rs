use serde_json::{Value, json};

use super::*;
use crate::SigningKey;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
}

fn claims() -> Value {
    json!({ "sub": "client-1", "exp": now().seconds() + 900 })
}

fn token(index: usize, kid: &str, claims: &Value) -> String {
    let unsigned = encode_unsigned(kid, claims).unwrap();
    format!("{unsigned}.{}", test_keys::sign(index, &unsigned))
}

fn kid(index: usize) -> String {
    test_keys::set().keys[index].kid.clone()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn check(token: &str, expected: Result<(), &str>) {
    let found = verify::<Value>(&test_keys::set(), token, now()).map(drop).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned), "{token}");
}

const MALFORMED: Result<(), &str> = Err("malformed token");
const SIGNATURE: Result<(), &str> = Err("invalid signature");
const EXPIRED: Result<(), &str> = Err("expired");

#[test]
fn both_published_keys_verify() {
    for index in [0, 1] {
        let token = token(index, &kid(index), &claims());
        assert_eq!(verify::<Value>(&test_keys::set(), &token, now()).unwrap(), claims());
    }
}

#[test]
fn a_signature_needs_its_own_key() {
    check(&token(0, &kid(1), &claims()), SIGNATURE);
    check(&token(0, "another", &claims()), SIGNATURE);
    let retired = JwkSet { keys: test_keys::set().keys.split_off(1) };
    let token = token(0, &kid(0), &claims());
    assert!(matches!(verify::<Value>(&retired, &token, now()), Err(TokenError::Signature)));
}

#[test]
fn the_header_does_not_choose_the_algorithm() {
    for alg in ["none", "None", "HS256", "HS512", "RS512", "PS256", "rs256", ""] {
        let header = part(&json!({ "alg": alg, "typ": "JWT", "kid": kid(0) }));
        let unsigned = format!("{header}.{}", part(&claims()));
        check(&format!("{unsigned}."), SIGNATURE);
        check(&format!("{unsigned}.{}", test_keys::sign(0, &unsigned)), SIGNATURE);
        // The classic confusion: the public key taken as an HMAC key.
        let forged = SigningKey::new(test_keys::public(0)).sign(unsigned.as_bytes());
        check(&assemble(&unsigned, &forged), SIGNATURE);
    }
}

#[test]
fn altered_tokens_are_refused() {
    let good = token(0, &kid(0), &claims());
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = unsigned.split_once('.').unwrap();
    let other = part(&json!({ "sub": "client-2", "exp": now().seconds() + 900 }));
    check(&format!("{header}.{other}.{signature}"), SIGNATURE);
    check(&format!("{unsigned}."), SIGNATURE);
    check(&format!("{unsigned}.{}", &signature[4..]), SIGNATURE);
    check(&format!("{unsigned}.!!!"), SIGNATURE);
}

#[test]
fn a_token_ends_at_its_exp() {
    let at = |exp: i64| token(0, &kid(0), &json!({ "exp": exp }));
    check(&at(now().seconds() + 1), Ok(()));
    check(&at(now().seconds()), EXPIRED);
    check(&at(now().seconds() - 1), EXPIRED);
    check(&at(i64::MIN), EXPIRED);
}

#[test]
fn things_that_are_no_tokens_are_malformed() {
    for text in ["", ".", "..", "a.b", "e30.e30", "e30.e30.", "!.e30.e30", "a.b.c.d", "e30.e30.e30.e30"] {
        check(text, MALFORMED);
    }
    check(&"a".repeat(MAX_LENGTH + 1), MALFORMED);
    check(&token(0, &kid(0), &json!({ "sub": "client-1" })), MALFORMED);
    check(&token(0, &kid(0), &json!({ "exp": "soon" })), MALFORMED);
    check(&token(0, &kid(0), &json!([])), MALFORMED);
}

#[test]
fn critical_extensions_are_refused() {
    let header = part(&json!({ "alg": "RS256", "kid": kid(0), "crit": ["b64"], "b64": false }));
    let unsigned = format!("{header}.{}", part(&claims()));
    check(&format!("{unsigned}.{}", test_keys::sign(0, &unsigned)), MALFORMED);
}
