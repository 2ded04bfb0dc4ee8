//! Messages between drivers and dispatchers: `GET /v1/fleet/messages`, an older list that has neither pages nor ids. Each run reads
//! again the last 24 h, for messages are read late, and once a day the last 8 days.

use std::time::Duration;

use model::Timestamp;
use model::telematics::code::{Code, MessageStatus};
use model::telematics::{Message, Observation, source_hash};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, PAGE_DEADLINE, Page, ProviderError, Remap, Source};

/// How much of a text's hash tells messages of one instant apart.
pub(super) const HASH_LENGTH: usize = 16;

pub(super) const RULES: SourceRules = SourceRules { volatile: &[], extras: &[], references: &[] };

pub(super) struct Messages;

impl Source for Messages {
    type Provider = Samsara;
    type Rows = Vec<Observation<Message>>;
    type Cursor = Window<DAY, { 8 * DAY }>;

    const KNOWN: Known = Known { members: members::MESSAGE, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let rows = listed(api, window.from, window.to, PAGE_DEADLINE).await?;
        Ok(Page::of(rows, Some(window), false))
    }
}

/// The messages of a window of time.
pub(super) async fn listed(
    api: &Api<'_, Samsara>,
    from: Timestamp,
    to: Timestamp,
    deadline: Duration,
) -> Result<Vec<Observation<Message>>, ProviderError> {
    let (end, span) = (to.millis().to_string(), (to.millis() - from.millis()).to_string());
    let response = api.get("/v1/fleet/messages", &[("endMs", &end), ("durationMs", &span)], deadline).await?;
    let body = Members::of(response.parse()?);
    if body.raw("data").is_none_or(|list| !list.get().starts_with('[')) {
        return Err(response.malformed("no list of messages"));
    }
    Ok(body.list("data").into_iter().filter_map(observation).collect())
}

/// A message has no id: `message:<driver>:<time>:<start of the text's hash>`. `None` (and a warning) where one of them is missing.
fn observation(raw: &RawValue) -> Option<Observation<Message>> {
    let wire = Members::of(raw);
    let told = wire.get::<String>("driverId").zip(wire.get::<i64>("sentAtMs")).zip(wire.get::<String>("text"));
    let Some(((driver, sent_ms), text)) = told else {
        tracing::warn!(provider = "samsara", "skipped a message without driver, time or text");
        return None;
    };
    let sender = wire.object("sender");
    let kind: Option<String> = sender.get("type");
    let by_driver = kind.as_deref().map(|kind| kind == "driver");
    let sent = Timestamp::from_millis(sent_ms);
    let digest = source_hash(&json!(text), &[]);
    let source_id = format!("message:{driver}:{sent}:{}", digest.get(..HASH_LENGTH).unwrap_or_default());
    let own = |is_own: bool| Some(driver.clone()).filter(|_| by_driver == Some(is_own));
    let fields = Message {
        source_sender_id: own(true),
        source_recipient_id: own(false),
        message_hash: Some(source_hash(&json!([own(true), text, sent]), &[])),
        message_text: Some(text),
        status: wire.get("isRead").map(|is_read| if is_read { READ } else { SENT }),
        sent_by_driver: by_driver,
        sender_name: sender.get("name"),
        ..Message::default()
    };
    Some(RULES.observation(source_id, Some(sent), source_of(raw), fields))
}

const READ: Code<MessageStatus> = Code::of("read");
pub(super) const SENT: Code<MessageStatus> = Code::of("sent");

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, ask, fields, records, response};

    #[test]
    fn check_messages() {
        let message = |sender: &str, text: &str, is_read: bool| {
            json!({ "driverId": 555, "isRead": is_read, "sender": { "name": "John Doe", "type": sender },
                "sentAtMs": 1_795_200_000_034_i64, "text": text })
        };
        let data = json!([message("dispatch", "Dock 4", true), message("driver", "On my way", false), { "driverId": 5 }]);
        let http = Canned::new(vec![response(200, &json!({ "data": data }).to_string())]);
        let page = ask(&http, Resource::Message, None).unwrap();
        let asked = http.asked().remove(0);
        assert!(asked.ends_with("/v1/fleet/messages?endMs=1795262400000&durationMs=691200000"), "{asked}");
        let rows: Vec<Value> = records(&page).iter().map(fields).collect();
        let expected = [
            json!({ "source_recipient_id": "555", "message_text": "Dock 4", "status": "read", "sent_by_driver": false }),
            json!({ "source_sender_id": "555", "message_text": "On my way", "status": "sent", "sent_by_driver": true }),
        ];
        assert_eq!(rows.len(), 2);
        for (row, expected) in rows.iter().zip(&expected) {
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(&row[name], value, "{name}");
            }
        }
        assert!(rows[0].get("sender_id").is_none() && rows[0]["recipient_id"].is_string() && rows[1]["sender_id"].is_string());
        assert!(rows[0]["message_hash"] != rows[1]["message_hash"] && page.window.is_none());
        let [first, second] = records(&page) else { panic!("{page:?}") };
        assert!(first.source_id.starts_with("message:555:2026-11-20T18:40:00.034000Z:") && first.source_id != second.source_id);
    }

    #[test]
    fn an_error_in_plain_text_is_told_and_something_else_is_no_list() {
        let plain = "rpc error: code = InvalidArgument desc = bad duration";
        for (answer, what) in [(response(400, plain), plain), (response(200, r#"{"data":{}}"#), "no list of messages")] {
            let error = ask(&Canned::new(vec![answer]), Resource::Message, None).unwrap_err();
            assert!(error.to_string().ends_with(what), "{error}");
        }
    }
}
