//! What a hostile body costs: memory while it is read, and the size of the answer. docs/api-design.md states the figures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use gateway::{ApiError, Body, Incoming, Input, LIST_BODY, MOST_PROBLEMS, Reader};
use http::Method;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The most memory that reading a body may take, in bytes per byte of it. The worst are objects of one member, each in another
/// one: `{"":` is a node of 630 bytes.
const MOST_PER_BYTE: usize = 130;
/// The most bytes of an answer.
const MOST_ANSWER: usize = 24 << 10;

/// One member of each kind.
struct Everything {
    _text: Option<String>,
    _texts: Option<Vec<String>>,
    _ids: Option<Vec<Uuid>>,
    _flag: Option<bool>,
    _whole: Option<u32>,
    _secret: Option<String>,
    _object: Option<Map<String, Value>>,
    _raw: Option<Map<String, Value>>,
}

impl Input for Everything {
    const BODY: Body = Body::Json("Everything");
    const MAX_BODY: usize = LIST_BODY;

    fn read(reader: &mut Reader) -> Self {
        Self {
            _text: reader.body("text").text(1, 200),
            _texts: reader.body("texts").texts(100, 200),
            _ids: reader.body("ids").ids(100),
            _flag: reader.body("flag").flag(),
            _whole: reader.body("whole").whole(0, 9),
            _secret: reader.body("secret").secret(100),
            _object: reader.body("object").object(|inner| {
                let _inner = inner.body("text").text(1, 200);
                Map::new()
            }),
            _raw: reader.body("raw").raw_object(schemars::Schema::default),
        }
    }
}

fn request(kind: &'static str, body: String) -> Incoming {
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", http::HeaderValue::from_static(kind));
    let (raw_path, raw_query, path) = ("/".into(), String::new(), std::collections::BTreeMap::new());
    Incoming { method: Method::POST, raw_path, raw_query, headers, path, body: body.into(), address: None }
}

/// As many of these, separated by commas, as a body may hold.
fn filled(before: &str, part: impl Fn(usize) -> String, after: &str) -> String {
    let mut body = before.to_owned();
    for number in 0.. {
        let part = part(number);
        if body.len() + part.len() + 1 + after.len() > LIST_BODY {
            break;
        }
        body.push_str(&part);
        body.push(',');
    }
    body.pop();
    body + after
}

fn check(name: &str, kind: &'static str, body: String, form: Body) {
    assert!(body.len() <= LIST_BODY && body.len() > LIST_BODY / 2, "{name}: {} bytes", body.len());
    let length = body.len();
    let incoming = request(kind, body);
    let mut answer = None;
    let memory = allocation_counter::measure(|| {
        answer = Reader::read(&incoming, form, Everything::read).err();
    });
    let per_byte = usize::try_from(memory.bytes_max).unwrap() / length;
    println!("{name}: {per_byte} bytes per byte, {} at most", memory.bytes_max);
    assert!(per_byte <= MOST_PER_BYTE, "{name} takes {per_byte} bytes per byte of the body");
    let Some(error) = answer else { return };
    let text = error.body().to_string();
    assert!(text.len() <= MOST_ANSWER, "{name} is answered with {} bytes", text.len());
    let named = error.body()["detail"].as_array().map_or(0, Vec::len);
    assert!(named <= MOST_PROBLEMS, "{name}: {named} problems");
}

#[test]
fn a_hostile_body_costs_little_and_its_answer_is_small() {
    let json = |name: &str, body: String| check(name, "application/json", body, Body::Json("Everything"));
    json("unknown members", filled("{", |number| format!("\"{number:x}\":0"), "}"));
    json("unknown members of an object", filled("{\"object\":{", |number| format!("\"{number:x}\":0"), "}}"));
    json("members of a raw object", filled("{\"raw\":{", |number| format!("\"{number:x}\":0"), "}}"));
    json("a member again and again", filled("{", |_| "\"text\":[]".into(), "}"));
    for member in ["text", "texts", "ids", "flag", "whole", "secret", "object", "raw"] {
        let before = format!("{{\"{member}\":[");
        json(&format!("{member}: empty arrays"), filled(&before, |_| "[]".into(), "]}"));
        json(&format!("{member}: empty objects"), filled(&before, |_| "{}".into(), "]}"));
        json(&format!("{member}: digits"), filled(&before, |_| "1".into(), "]}"));
        json(&format!("{member}: empty strings"), filled(&before, |_| "\"\"".into(), "]}"));
        json(&format!("{member}: short strings"), filled(&before, |_| "\"a\"".into(), "]}"));
        json(&format!("{member}: nested arrays"), filled(&before, |_| "[".repeat(120) + &"]".repeat(120), "]}"));
        json(&format!("{member}: nested objects"), filled(&before, |_| "{\"\":".repeat(120) + "0" + &"}".repeat(120), "]}"));
        let long = "a".repeat(LIST_BODY - 40);
        json(&format!("{member}: a long string"), format!("{{\"{member}\":\"{long}\"}}"));
        json(&format!("{member}: a long string in a list"), format!("{{\"{member}\":[\"{long}\"]}}"));
        json(&format!("{member}: escapes"), format!("{{\"{member}\":\"{}\"}}", "\\u0001".repeat(LIST_BODY / 6 - 10)));
    }
    json("a long name", format!("{{\"{}\":0}}", "a".repeat(LIST_BODY - 40)));
    let form = |name: &str, body: String| check(name, "application/x-www-form-urlencoded", body, Body::Form("Everything"));
    form("a form of short members", filled("", |number| format!("{number:x}"), "").replace(',', "&"));
    form("a form of ampersands", "&".repeat(LIST_BODY - 1));
    form("a form of one long member", format!("text={}", "%20".repeat(LIST_BODY / 3 - 10)));
}

#[test]
fn an_error_names_the_first_problems_and_counts_all() {
    let body = filled("{", |number| format!("\"{number:x}\":0"), "}");
    let count = body.matches(':').count();
    let incoming = request("application/json", body);
    let error: ApiError = Reader::read(&incoming, Body::Json("Everything"), Everything::read).err().unwrap();
    assert_eq!(error.body()["detail"].as_array().unwrap().len(), MOST_PROBLEMS);
    let message = error.body()["message"].as_str().unwrap();
    assert_eq!(message, format!("Invalid Request Body (the first 20 of {count} problems)"));
}
