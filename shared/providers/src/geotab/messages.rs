//! Messages to and from vehicles: `Get TextMessage` by the time of sending. There is a feed, too; whether a message comes again in it when it
//! is delivered or read is not documented, so the last day is read again with every run, and eight days once a day.

use model::telematics::code::{Code, MessageStatus};
use model::telematics::{Message, Observation, source_hash};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Geotab, members};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The most messages that are asked for at once.
pub(super) const PAGE_SIZE: u32 = 20_000;

const RULES: SourceRules = SourceRules {
    volatile: &["version"],
    extras: &["device", "messageContent", "isDirectionToVehicle", "markedReadBy"],
    references: &["device", "user", "recipient", "markedReadBy", "parentMessage", "replyMessage"],
};

pub(super) struct Messages;

impl Source for Messages {
    type Provider = Geotab;
    type Rows = Vec<Observation<Message>>;
    type Cursor = Window<DAY, { 8 * DAY }>;

    const KNOWN: Known = Known { members: members::MESSAGE, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Geotab>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let how = json!({ "search": { "fromDate": window.from.to_string() }, "resultsLimit": PAGE_SIZE });
        let response = api.get("TextMessage", how).await?;
        let listed: Vec<&RawValue> = response.parse()?;
        if listed.len() >= usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX) {
            tracing::warn!(provider = "geotab", most = PAGE_SIZE, "a list of messages was cut");
        }
        Ok(Page::of(listed.into_iter().filter_map(observation).collect(), Some(window), false))
    }
}

/// A message; `None` (and a warning) where it has no id. The contract knows people: the vehicle that one was sent to or from is in its
/// extras.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<Message>> {
    let wire = Members::of(raw);
    let source_id = wire.id("message", "geotab")?;
    // One that waits to be sent has no time of its own.
    let sent = wire.moment("sent").or_else(|| wire.moment("activeFrom"));
    let by_driver = wire.get("isDirectionToVehicle").map(|to_vehicle: bool| !to_vehicle);
    let text: Option<String> = wire.object("messageContent").get("message");
    let sender = wire.reference("user");
    let (delivered, read) = (wire.moment("delivered"), wire.moment("read"));
    let status: Code<MessageStatus> = match (read, delivered) {
        (Some(_), _) => const { Code::of("read") },
        (None, Some(_)) => const { Code::of("delivered") },
        (None, None) => const { Code::of("sent") },
    };
    let fields = Message {
        // Recorded messages have a telephone number in the place of a person.
        source_recipient_id: wire.reference("recipient").filter(|recipient| !recipient.starts_with('+')),
        message_hash: text.as_ref().map(|text| source_hash(&json!([sender, text, sent]), &[])),
        source_sender_id: sender,
        message_text: text,
        status: Some(status),
        delivered_at: delivered,
        read_at: read,
        sent_by_driver: by_driver,
        source_reply_to_message_id: wire.reference("parentMessage"),
        ..Message::default()
    };
    Some(RULES.observation(source_id, sent, source_of(raw), fields))
}
