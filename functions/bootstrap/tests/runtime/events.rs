//! Events in the shapes that AWS documents, members that we do not read included.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::request::Parts;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An HTTP request as API Gateway hands it over: HTTP API, payload format 2.0.
pub(crate) fn http(parts: &Parts, body: &[u8], route: &str, path: &BTreeMap<String, String>) -> Value {
    let mut headers = Map::new();
    let mut cookies = Vec::new();
    for name in parts.headers.keys() {
        let all: Vec<&str> = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        if name == "cookie" {
            cookies = all.iter().flat_map(|line| line.split("; ")).map(|cookie| json!(cookie)).collect();
        } else {
            headers.insert(name.as_str().to_owned(), json!(all.join(",")));
        }
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = ["application/json", "application/xml", "text/"].iter().any(|kind| text("content-type").starts_with(kind));
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "r3pmxmplak",
            "domainName": text("host"),
            "domainPrefix": "r3pmxmplak",
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "205.0.113.7",
                "userAgent": text("user-agent"),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route,
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1_795_248_000_000_u64,
        },
        "isBase64Encoded": !body.is_empty() && !is_text,
    });
    let members = event.as_object_mut().unwrap();
    if !body.is_empty() {
        let body = if is_text { String::from_utf8(body.to_vec()).unwrap() } else { STANDARD.encode(body) };
        members.insert("body".into(), json!(body));
    }
    if !cookies.is_empty() {
        members.insert("cookies".into(), json!(cookies));
    }
    if !path.is_empty() {
        members.insert("pathParameters".into(), json!(path));
    }
    if let Some(query) = query(parts) {
        members.insert("queryStringParameters".into(), query);
    }
    if let Some(claims) = claims(text("authorization")) {
        event["requestContext"]["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    event
}

/// Repeated parameters are joined by commas.
fn query(parts: &Parts) -> Option<Value> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(parts.uri.query()?.as_bytes()) {
        found.entry(name.into_owned()).and_modify(|all| *all = format!("{all},{value}")).or_insert_with(|| value.into_owned());
    }
    Some(json!(found))
}

/// The claims of a bearer token as the authorizer passes them on: all of them texts.
fn claims(authorization: &str) -> Option<Value> {
    let payload = authorization.strip_prefix("Bearer ")?.split('.').nth(1)?;
    let claims: Map<String, Value> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(claims.into_iter().map(|(name, value)| (name, json!(text(value)))).collect())
}

/// What EventBridge Scheduler sends for a schedule without an input of its own.
pub(crate) fn tick(name: &str) -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": "2026-11-21T08:00:00Z",
        "region": "us-east-1",
        "resources": [format!("arn:aws:scheduler:us-east-1:000000000000:schedule/catena/{name}")],
        "detail": "{}",
    })
}

/// Messages of a queue, by their bodies. Answers their ids too.
pub(crate) fn queue(queue: &str, bodies: &[String]) -> (Vec<String>, Value) {
    let ids: Vec<String> = bodies.iter().map(|_| Uuid::new_v4().to_string()).collect();
    let records: Vec<Value> = ids
        .iter()
        .zip(bodies)
        .map(|(id, body)| {
            json!({
                "messageId": id,
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1795248000000",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1795248000012",
                },
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:catena-{queue}"),
                "awsRegion": "us-east-1",
            })
        })
        .collect();
    (ids, json!({ "Records": records }))
}

/// A change of the control table, by the new image's attributes in DynamoDB's JSON.
pub(crate) fn inserted(table: &str, sequence: &str, image: &Value) -> Value {
    json!({
        "eventID": Uuid::new_v4().simple().to_string(),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_248_000.0,
            "Keys": { "pk": image["pk"], "sk": image["sk"] },
            "NewImage": image,
            "SequenceNumber": sequence,
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:000000000000:table/{table}/stream/2026-11-21T00:00:00.000"),
    })
}
