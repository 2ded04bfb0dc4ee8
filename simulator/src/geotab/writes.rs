//! What the API takes: `Set` of devices and users, which replaces them whole, and `Add` of messages.

use serde_json::{Map, Value, json};

use super::messages::{self, MESSAGES};
use super::rpc::Fault;
use super::wire::without_nulls;
use super::{Answer, Request, devices, users};

/// The kinds that can be set, and what there is of each.
type Settable = (&'static str, &'static str, fn(&Request<'_>) -> Vec<Value>);
const SETTABLE: [Settable; 2] = [("Device", "geotab/devices", devices::list), ("User", "geotab/users", users::list)];

fn entity<'a>(request: &'a Request<'_>) -> Result<&'a Map<String, Value>, Fault> {
    request.params.get("entity").and_then(Value::as_object).ok_or(Fault::Argument("entity"))
}

fn kind<'a>(request: &'a Request<'_>) -> Result<&'a str, Fault> {
    request.params.get("typeName").and_then(Value::as_str).ok_or(Fault::Argument("typeName"))
}

/// Ids are known within a database.
fn key(request: &Request<'_>, id: &Value) -> String {
    format!("{}/{}", request.account.login, id.as_str().unwrap_or_default())
}

/// `Set`: a member that is not sent is reset.
pub(super) fn set(request: &Request<'_>) -> Answer {
    let (name, sent) = (kind(request)?, entity(request)?);
    let settable = SETTABLE.iter().find(|(known, ..)| *known == name);
    let (_, kept, list) = settable.ok_or(Fault::Argument("typeName"))?;
    let id = sent.get("id").ok_or(Fault::Argument("entity"))?;
    let held = list(request).into_iter().find(|record| record.get("id") == Some(id)).ok_or(Fault::Argument("entity"))?;
    if sent.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Fault::Argument("name"));
    }
    let mut members = sent.clone();
    for (member, _) in held.as_object().into_iter().flatten().filter(|(member, _)| !sent.contains_key(*member)) {
        members.insert(member.clone(), Value::Null);
    }
    members.remove("id");
    request.app.written().change(kept, &key(request, id), members);
    Ok(Value::Null)
}

/// Records of a list as they are since they were set.
pub(super) fn current(request: &Request<'_>, name: &str, records: Vec<Value>) -> Vec<Value> {
    let Some((_, kept, _)) = SETTABLE.iter().find(|(known, ..)| *known == name) else { return records };
    let written = request.app.written();
    let one = |mut record: Value| {
        let id = record.get("id").cloned().unwrap_or_default();
        let changed = written.current(kept, json!({ "id": key(request, &id) }));
        if let (Value::Object(members), Value::Object(mut changed)) = (&mut record, changed) {
            changed.remove("id");
            members.extend(changed);
        }
        without_nulls(record)
    };
    records.into_iter().map(one).collect()
}

/// `Add` of a `TextMessage` to a user: its id.
pub(super) fn add(request: &Request<'_>) -> Answer {
    if kind(request)? != "TextMessage" {
        return Err(Fault::Argument("typeName"));
    }
    let sent = entity(request)?;
    let content = sent.get("messageContent").filter(|content| content.get("message").is_some_and(Value::is_string));
    let recipient = sent.get("recipient").and_then(|recipient| recipient.get("id"));
    let is_known = users::list(request).iter().any(|user| user.get("id") == recipient);
    let (Some(content), true) = (content, recipient.is_some() && is_known) else { return Err(Fault::Argument("entity")) };
    let mut written = request.app.written();
    let id = format!("b{:X}", written.next_id());
    let message = messages::added(&id, content, sent, request.now);
    written.make(MESSAGES, request.account.login, message);
    Ok(id.into())
}
