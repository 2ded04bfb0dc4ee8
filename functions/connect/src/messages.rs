//! What the partner's page hears of a visit that it shows, or that it opened a window for. Ids and words only: what counts is told by webhooks.

use maud::{Markup, html};
use model::ConnectionId;
use serde::Serialize;
use serde_json::json;

use crate::launch::{Launch, Mode};

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Message {
    /// The link was opened.
    Open,
    /// An account was linked, or mended.
    Connection {
        /// It.
        #[serde(rename = "connectionId")]
        id: ConnectionId,
    },
    /// An account was removed.
    ConnectionDeleted {
        /// It.
        #[serde(rename = "connectionId")]
        id: ConnectionId,
    },
    /// The fleet is done.
    Success {
        /// The accounts that it linked or mended in this session, as far as they are there.
        #[serde(rename = "connectionIds")]
        ids: Vec<ConnectionId>,
    },
    /// The visit ended in another way.
    Exit {
        /// In which.
        reason: Reason,
    },
    /// After the last two, at once.
    Close,
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The fleet said no.
    Declined,
    /// It ended sharing.
    Disconnected,
    /// The link had expired.
    Expired,
    /// Nothing came of it.
    UserCancelled,
}

/// What a page tells.
#[derive(Default)]
pub(crate) struct Told {
    /// At once, in this order.
    pub(crate) messages: Vec<Message>,
    /// Where a window goes whose opener is gone, or a page that is in no frame after all.
    pub(crate) back: Option<String>,
    /// What is told when the person closes the page.
    pub(crate) leave: Option<Reason>,
}

impl Told {
    /// The last message of a visit, and where it leads if nobody hears it.
    pub(crate) fn end(&mut self, message: Message, back: Option<String>) {
        self.messages.extend([message, Message::Close]);
        self.back = back;
    }

    /// For the script of the page: whom it tells what.
    pub(crate) fn script(&self, launch: &Launch) -> Option<String> {
        let target = if launch.asked.mode == Mode::Iframe { "parent" } else { "opener" };
        let told = json!({ "target": target, "origins": launch.origins, "messages": self.messages, "back": self.back });
        launch.is_heard().then(|| told.to_string())
    }

    /// The button of pages at which nothing goes on: the partner's page closes them.
    pub(crate) fn button(&self, launch: &Launch) -> Option<Markup> {
        let reason = self.leave.filter(|_| launch.is_heard())?;
        let messages = json!([Message::Exit { reason }, Message::Close]).to_string();
        Some(html! { div.actions { button type="button" data-tells=(messages) hidden { (launch.asked.texts().frame.close) } } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_contract() {
        let id: ConnectionId = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234".parse().unwrap();
        for (message, expected) in [
            (Message::Open, json!({ "event": "open" })),
            (Message::Connection { id }, json!({ "event": "connection", "connectionId": id })),
            (Message::ConnectionDeleted { id }, json!({ "event": "connection_deleted", "connectionId": id })),
            (Message::Success { ids: vec![id] }, json!({ "event": "success", "connectionIds": [id] })),
            (Message::Exit { reason: Reason::UserCancelled }, json!({ "event": "exit", "reason": "user_cancelled" })),
            (Message::Close, json!({ "event": "close" })),
        ] {
            assert_eq!(json!(message), expected);
        }
    }

    #[test]
    fn nobody_hears_without_a_key() {
        let mut told = Told { leave: Some(Reason::Expired), ..Told::default() };
        told.end(Message::Success { ids: Vec::new() }, None);
        assert!(told.script(&Launch::default()).is_none() && told.button(&Launch::default()).is_none());
    }
}
