//! What a partner may be told of now. Webhooks ask at every attempt and replay, and so does the list of past events: what counts is
//! what the partner may see at that moment, and not what it could see when the event happened.

use std::collections::HashMap;

use serde_json::Value;

use crate::agreement::{Agreement, AgreementStatus, Linked};
use crate::invitation::InvitationStatus;
use crate::{FleetId, InvitationId, Resource, Timestamp};

/// An event, as far as it decides who may hear of it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Its name.
    pub event: &'a str,
    /// The fleet that it names.
    pub fleet: Option<FleetId>,
    /// The resource of its records, if it carries records.
    pub resource: Option<Resource>,
}

/// What has to be in force for an event to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Nothing: it tells of the partner's own affairs.
    None,
    /// The invitation that it tells of.
    Invitation,
    /// The agreement that it tells of.
    Agreement,
    /// Any agreement with its fleet, for the resource and the connection of each record.
    Fleet,
}

/// What a partner has: its agreements, and the invitations that the events in question tell of.
#[derive(Clone, Copy, Debug)]
pub struct Holdings<'a> {
    /// Its agreements, deleted ones left out.
    pub agreements: &'a [Agreement],
    /// States of invitations.
    pub invitations: &'a HashMap<InvitationId, InvitationStatus>,
}

impl Told<'_> {
    /// What its being told depends on.
    #[must_use]
    pub fn basis(self) -> Basis {
        match self.event.split('.').next() {
            Some("invitation") => Basis::Invitation,
            Some("share_agreement") => Basis::Agreement,
            _ if self.fleet.is_some() => Basis::Fleet,
            _ => Basis::None,
        }
    }

    /// Whether a record of the event may be told now.
    #[must_use]
    pub fn permits(self, holdings: Holdings<'_>, record: &Value, now: Timestamp) -> bool {
        match self.basis() {
            Basis::None => true,
            Basis::Invitation => {
                let status = id_of(record).and_then(|id| holdings.invitations.get(&id));
                self.event == "invitation.deleted" || status.is_some_and(|status| *status != InvitationStatus::Deleted)
            }
            Basis::Agreement => {
                let found = holdings.agreements.iter().find(|agreement| id_of(record) == Some(agreement.id));
                tells_of_an_end(record) || found.is_some_and(|found| found.status_at(now) == AgreementStatus::Active)
            }
            Basis::Fleet => {
                let mut of_fleet = holdings.agreements.iter().filter(|agreement| Some(agreement.fleet_id) == self.fleet);
                of_fleet.any(|agreement| self.is_open(agreement, record, now))
            }
        }
    }

    /// Whether an agreement shows a record of its fleet.
    fn is_open(self, agreement: &Agreement, record: &Value, now: Timestamp) -> bool {
        let resource = self.resource.or_else(|| member(record, "resource").and_then(Resource::parse));
        let covers = resource.map_or_else(|| agreement.opens_at(now), |resource| agreement.covers(resource, now));
        let about_itself = self.event.starts_with("connection.");
        let connection = member(record, if about_itself { "id" } else { "connection_id" });
        let end = connection.and_then(|id| agreement.link(id.parse().ok()?)).and_then(ended_at);
        // The end of the link itself is told after it, as long as the agreement is in force.
        let end = end.filter(|_| self.event != "fleet_connection.deleted");
        covers && end.is_none_or(|end| self.is_seen_beyond(end, record))
    }

    /// Whether a partner still sees something after the fleet's link to its connection ended: the records that are older. The
    /// connection itself, its schedules and its executions went with the link.
    fn is_seen_beyond(self, end: Timestamp, record: &Value) -> bool {
        let time = |name| member(record, name).and_then(Timestamp::parse);
        let is_before = |at| at < end;
        self.resource.is_some() && time("updated_at").is_some_and(is_before) && time("occurred_at").is_none_or(is_before)
    }
}

/// The ids of the invitations that an event's records tell of.
pub fn invitations_in(records: &[Value]) -> impl Iterator<Item = InvitationId> {
    records.iter().filter_map(id_of::<InvitationId>)
}

/// Whether the state in an agreement's event says that it is not in force: what a partner learns because it sees nothing any more.
fn tells_of_an_end(record: &Value) -> bool {
    member(record, "status").is_some_and(|status| status != "active")
}

fn ended_at(link: &Linked) -> Option<Timestamp> {
    link.ended_at
}

fn member<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name).and_then(Value::as_str)
}

fn id_of<T: std::str::FromStr>(record: &Value) -> Option<T> {
    member(record, "id").and_then(|id| id.parse().ok())
}
