//! What a partner may see now decides what is sent: at every attempt, a replay's too, and not only when an event happens.

use std::collections::{HashMap, HashSet};

use gateway::{Context, WorkerError};
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::invitation::{Invitation, InvitationStatus};
use model::{InvitationId, PartnerId, Resource, Timestamp};
use serde_json::Value;
use store::control::Key;

use crate::message::Message;

/// What the owners of messages may see: their agreements, and the invitations that the messages tell of.
#[derive(Default)]
pub(crate) struct Permitted {
    agreements: HashMap<PartnerId, Vec<Agreement>>,
    invitations: HashMap<InvitationId, InvitationStatus>,
}

/// What has to be in force for a message to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Nothing: it tells of the partner's own affairs.
    None,
    /// The invitation that it tells of.
    Invitation,
    /// The agreement that it tells of.
    Agreement,
    /// Any agreement with its fleet, for the resource and the connection of each record.
    Fleet,
}

impl Basis {
    fn of(message: &Message) -> Self {
        match message.event_name.split('.').next() {
            Some("invitation") => Self::Invitation,
            Some("share_agreement") => Self::Agreement,
            _ if message.fleet_id.is_some() => Self::Fleet,
            _ => Self::None,
        }
    }
}

impl Permitted {
    /// Reads what these messages depend on.
    pub(crate) async fn read<'a>(context: &Context, messages: impl Iterator<Item = &'a Message>) -> Result<Self, WorkerError> {
        let (mut partners, mut wanted) = (HashSet::new(), HashSet::new());
        for message in messages {
            match Basis::of(message) {
                Basis::None => {}
                Basis::Invitation => wanted.extend(message.data.iter().filter_map(id_of::<InvitationId>)),
                Basis::Agreement | Basis::Fleet => {
                    partners.insert(message.partner_id);
                }
            }
        }
        let mut found = Self::default();
        for partner in partners {
            found.agreements.insert(partner, context.store().agreements(partner).await?);
        }
        let keys: Vec<Key> = wanted.into_iter().map(Key::invitation).collect();
        let invitations: Vec<Invitation> = context.store().get_many(&keys).await?;
        found.invitations.extend(invitations.into_iter().map(|invitation| (invitation.id, invitation.status)));
        Ok(found)
    }

    /// The records of a message that its owner may see now.
    pub(crate) fn records(&self, message: &Message, now: Timestamp) -> Vec<Value> {
        message.data.iter().filter(|record| self.permits(message, record, now)).cloned().collect()
    }

    fn permits(&self, message: &Message, record: &Value, now: Timestamp) -> bool {
        let agreements = self.agreements.get(&message.partner_id).map(Vec::as_slice).unwrap_or_default();
        match Basis::of(message) {
            Basis::None => true,
            Basis::Invitation => {
                let status = id_of(record).and_then(|id| self.invitations.get(&id));
                message.event_name == "invitation.deleted" || status.is_some_and(|status| *status != InvitationStatus::Deleted)
            }
            Basis::Agreement => {
                let is_it = |agreement: &&Agreement| id_of(record) == Some(agreement.id);
                let found = agreements.iter().find(is_it);
                tells_of_an_end(record) || found.is_some_and(|found| found.status_at(now) == AgreementStatus::Active)
            }
            Basis::Fleet => {
                let mut of_fleet = agreements.iter().filter(|agreement| Some(agreement.fleet_id) == message.fleet_id);
                of_fleet.any(|agreement| opens(agreement, message, record, now))
            }
        }
    }
}

/// Whether the state in an agreement's event says that it is not in force: what a partner learns because it sees nothing any more.
fn tells_of_an_end(record: &Value) -> bool {
    member(record, "status").is_some_and(|status| status != "active")
}

/// Whether an agreement shows a record of its fleet.
fn opens(agreement: &Agreement, message: &Message, record: &Value, now: Timestamp) -> bool {
    let resource = message.resource.or_else(|| member(record, "resource").and_then(Resource::parse));
    let covers = resource.map_or_else(|| agreement.opens_at(now), |resource| agreement.covers(resource, now));
    let about_itself = message.event_name.starts_with("connection.");
    let connection = member(record, if about_itself { "id" } else { "connection_id" });
    let end = connection.and_then(|id| agreement.link(id.parse().ok()?)).and_then(ended_at);
    // The end of the link itself is told after it, as long as the agreement is in force.
    let end = end.filter(|_| message.event_name != "fleet_connection.deleted");
    covers && end.is_none_or(|end| is_seen_beyond(end, message, record))
}

fn ended_at(link: &Linked) -> Option<Timestamp> {
    link.ended_at
}

/// Whether a partner still sees something after the fleet's link to its connection ended: the records that are older. The connection
/// itself, its schedules and its executions went with the link.
fn is_seen_beyond(end: Timestamp, message: &Message, record: &Value) -> bool {
    message.resource.is_some() && member(record, "updated_at").and_then(Timestamp::parse).is_some_and(|at| at < end)
}

fn member<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name).and_then(Value::as_str)
}

fn id_of<T: std::str::FromStr>(record: &Value) -> Option<T> {
    member(record, "id").and_then(|id| id.parse().ok())
}

#[cfg(test)]
#[path = "permitted_tests.rs"]
mod tests;
