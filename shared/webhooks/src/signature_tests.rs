use proptest::prelude::*;

use super::*;

// Expected values come from Python's hmac module, not from this code.
const BODY: &[u8] = br#"{"version":"3.0","data":[]}"#;
const ID: &str = "01936f3e-0000-7000-8000-000000000001";
const STAMP: &str = "2024-11-28T10:30:00+00:00";
const SECONDS: &str = "1732789800";
const GENERATED: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TEXT: &str = "correct horse battery";

fn headers(current: &str, previous: Option<&str>) -> Vec<(HeaderName, String)> {
    let timestamp = Timestamp::parse("2024-11-28T10:30:00.75Z").unwrap();
    sign(SigningSecrets { current, previous }, ID, timestamp, BODY)
}

fn value(headers: &[(HeaderName, String)], name: &HeaderName) -> Option<String> {
    headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
}

#[test]
fn one_secret_signs_both_forms() {
    let headers = headers(GENERATED, None);
    let check = |name, expected: &str| assert_eq!(value(&headers, &name).as_deref(), Some(expected), "{name}");
    check(SIGNATURE, "cXLJYuWAMF6C3QPipEqZLM6RZbHAJJyPcnDrhP0QgLc=");
    check(TIMESTAMP, STAMP);
    check(WEBHOOK_ID, ID);
    check(WEBHOOK_TIMESTAMP, SECONDS);
    check(WEBHOOK_SIGNATURE, "v1,W6OjEm3KIJ6fWypvoq96maqDk5zbpkxBL3QPGquWg28=");
    assert_eq!(value(&headers, &SIGNATURE_PREVIOUS), None);
}

#[test]
fn a_rotation_signs_with_both_secrets() {
    let headers = headers(GENERATED, Some(TEXT));
    let check = |name, expected: &str| assert_eq!(value(&headers, &name).as_deref(), Some(expected), "{name}");
    check(SIGNATURE_PREVIOUS, "H2BbfKeEGo/AX2w9nW+b0QK4plhZkobFkYx/fhHA/Sk=");
    check(WEBHOOK_SIGNATURE, "v1,W6OjEm3KIJ6fWypvoq96maqDk5zbpkxBL3QPGquWg28= v1,ZAgteLgstdXfUlhmo6pRjVKl7GmUHOnWsNMhIwUG02g=");
}

#[test]
fn the_published_standard_vector_holds() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert!(verify_standard(secret, id, "1614265330", br#"{"test": 2432232314}"#, signature));
    assert!(!verify_standard(secret, id, "1614265331", br#"{"test": 2432232314}"#, signature));
}

#[test]
fn generated_secrets_have_the_prefix() {
    let bytes: Vec<u8> = (0..32).collect();
    assert_eq!(generate_secret(bytes.try_into().unwrap()), GENERATED);
    assert_eq!(standard_key("whsec_not base64"), b"whsec_not base64");
}

#[test]
fn a_prefix_promises_a_key() {
    for (secret, expected) in [
        (GENERATED, true),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true),
        ("a text of one's own", true),
        ("whsec_not base64 at all, but long", false),
        ("whsec_c2hvcnQgb25l", false),
    ] {
        assert_eq!(is_usable(secret), expected, "{secret}");
    }
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", SigningSecrets { current: TEXT, previous: Some(TEXT) }), "SigningSecrets(***)");
}

proptest! {
    #[test]
    fn receivers_verify_what_was_signed(secret in ".{12,80}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let timestamp = Timestamp::from_micros(1_732_789_800_000_000);
        let headers = sign(SigningSecrets { current: &secret, previous: Some("the former one") }, ID, timestamp, &body);
        let own = value(&headers, &SIGNATURE).unwrap();
        let standard = value(&headers, &WEBHOOK_SIGNATURE).unwrap();
        prop_assert_eq!(own.len(), 44);
        prop_assert!(verify(&secret, STAMP, &body, &own));
        prop_assert!(verify_standard(&secret, ID, SECONDS, &body, &standard));
        prop_assert!(verify_standard("the former one", ID, SECONDS, &body, &standard));
        let mut other = body.clone();
        other.push(b' ');
        prop_assert!(!verify(&secret, STAMP, &other, &own));
        prop_assert!(!verify("another secret", STAMP, &body, &own));
        prop_assert!(!verify(&secret, STAMP, &body, "not base64"));
    }
}
