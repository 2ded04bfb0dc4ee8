//! Snapshots that are being sent: existing records go to a new subscription, fleet by fleet and page by page.

use model::{FleetId, Timestamp, WebhookId};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::Key;
use crate::Bookmark;

/// How far the snapshot of a subscription was sent. It is removed when what waited for it is released.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The subscriptions that wait for it, itself among them.
    pub waiting: Vec<WebhookId>,
    /// The fleet whose records come next.
    pub fleet_id: Option<FleetId>,
    /// After which of its records, as JSON; `None` = from its first one.
    pub after: Option<String>,
    /// Whether its records have all been sent.
    pub is_fleet_done: bool,
    /// Whether the end was told.
    pub is_complete: bool,
    /// Failed attempts to send what comes next.
    pub step: u32,
    /// The first of them.
    pub first_try_at: Option<Timestamp>,
    /// When the order for what comes next is due; absent from what an earlier build began.
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// Grows with every change.
    pub revision: u64,
}

impl Snapshot {
    /// One of which nothing has been sent.
    #[must_use]
    pub fn begin(webhook_id: WebhookId, waiting: Vec<WebhookId>, now: Timestamp) -> Self {
        Self {
            webhook_id,
            waiting,
            fleet_id: None,
            after: None,
            is_fleet_done: false,
            is_complete: false,
            step: 0,
            first_try_at: None,
            next_at: Some(now),
            revision: 0,
        }
    }

    /// The same place; what comes next is due then.
    #[must_use]
    pub fn due(self, at: Timestamp) -> Self {
        Self { next_at: Some(at), ..self }
    }

    /// Whether what comes next has been due for so long.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp, seconds: i64) -> bool {
        self.next_at.is_none_or(|due| due.plus_seconds(seconds) < now)
    }

    /// Whether records of a fleet are still to be sent. Fleets come in the order of their ids.
    #[must_use]
    pub fn lacks(&self, fleet: FleetId) -> bool {
        self.fleet_id.is_none_or(|current| fleet > current || fleet == current && !self.is_fleet_done)
    }

    /// Where the records of a fleet go on.
    #[must_use]
    pub fn bookmark(&self, fleet: FleetId) -> Option<Bookmark> {
        let after = self.after.as_ref().filter(|_| self.fleet_id == Some(fleet));
        after.and_then(|after| serde_json::from_str(after).ok())
    }

    /// After a page of a fleet; `after` is where the next one starts, if there is one.
    #[must_use]
    pub fn past(&self, fleet: FleetId, after: Option<&Bookmark>) -> Self {
        Self { fleet_id: Some(fleet), after: after.map(Bookmark::to_string), is_fleet_done: after.is_none(), ..self.moved() }
    }

    /// After the end was told.
    #[must_use]
    pub fn completed(&self) -> Self {
        Self { is_complete: true, ..self.moved() }
    }

    /// After a failed attempt.
    #[must_use]
    pub fn failed(&self, now: Timestamp) -> Self {
        let (step, first) = (self.step.saturating_add(1), self.first_try_at.unwrap_or(now));
        Self { step, first_try_at: Some(first), revision: self.revision + 1, ..self.clone() }
    }

    /// After nothing was attempted, as the receiver is held back.
    #[must_use]
    pub fn waited(&self) -> Self {
        Self { revision: self.revision + 1, ..self.clone() }
    }

    /// At the start of another round of attempts.
    #[must_use]
    pub fn restarted(&self) -> Self {
        self.moved()
    }

    fn moved(&self) -> Self {
        Self { step: 0, first_try_at: None, revision: self.revision + 1, ..self.clone() }
    }
}

impl Keyed for Snapshot {
    const KIND: &'static str = "webhook_snapshot";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::snapshot(self.webhook_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fleets_come_one_after_the_other_and_pages_go_on_where_they_ended() {
        let at = Timestamp::from_millis(1_790_000_000_000);
        let fleet = |number: u128| FleetId::from_uuid(uuid::Uuid::from_u128(number));
        let id = WebhookId::at(at);
        let begun = Snapshot::begin(id, vec![id], at);
        let lacks = |place: &Snapshot| [1, 2, 3].map(|number| place.lacks(fleet(number)));
        assert_eq!(lacks(&begun), [true; 3]);
        let page = begun.failed(at).past(fleet(2), Some(&json!(["x", 1])));
        assert_eq!((lacks(&page), page.step, page.first_try_at), ([false, true, true], 0, None));
        assert_eq!(page.bookmark(fleet(2)), Some(json!(["x", 1])));
        assert_eq!(page.bookmark(fleet(3)), None);
        let waited = begun.failed(at).waited().due(at.plus_seconds(30));
        assert_eq!((waited.step, waited.first_try_at, waited.revision), (1, Some(at), 2));
        let overdue = |place: &Snapshot| place.is_overdue(at.plus_seconds(901), 900);
        assert_eq!([&begun, &page, &begun.clone().due(at.plus_seconds(2))].map(overdue), [true, true, false]);
        let done = page.past(fleet(2), None);
        assert_eq!(lacks(&done), [false, false, true]);
        assert!(done.completed().is_complete && done.completed().revision == 4);
    }
}
