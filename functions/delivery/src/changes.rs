//! What a change of the control table means to partners: one table of (kind, old state, new state) to events.

use gateway::WorkerError;
use model::agreement::{Agreement, AgreementStatus};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::execution::{Execution, ExecutionStatus};
use model::invitation::{Invitation, InvitationStatus};
use model::schedule::{Schedule, ScheduleStatus};
use model::webhook::{Webhook, WebhookStatus};
use model::{ConnectionId, FleetId, PartnerId, Resource, WebhookId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::Item;
use serde_json::Value;
use store::control::Keyed;

use crate::records::{
    AgreementEvent, ConnectionEvent, ExecutionEvent, FleetConnectionEvent, InvitationEvent, ScheduleEvent, WebhookEvent,
};
use crate::stream;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The event's name.
    pub event: &'static str,
    /// Who may know.
    pub audience: Audience,
    /// The event record. A `fleet_id` of null stands for the reader's own fleet.
    pub record: Value,
}

/// Who may know of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Audience {
    /// One partner, whatever its agreements: it owns the thing, or it must learn that access ended.
    Owner {
        /// The partner.
        partner: PartnerId,
        /// The fleet, for filters.
        fleet: Option<FleetId>,
        /// The partner's own id of the fleet, for filters.
        fleet_ref: Option<String>,
        /// The subscription that the event is about; it is not told of itself.
        subject: Option<WebhookId>,
    },
    /// Partners with an active agreement with the fleet.
    Fleet(FleetId),
    /// Partners with an active agreement with any fleet of the connection, covering the resource where one is named.
    Connection(ConnectionId, Option<Resource>),
}

/// The events behind a change of the control table, in the order they happened. `connect_url` is where magic links start.
///
/// # Errors
/// [`WorkerError`] for an image that is not what its kind says.
pub fn of_control(old: &Item, new: &Item, connect_url: &str) -> Result<Vec<Change>, WorkerError> {
    match stream::kind(new) {
        Some(Invitation::KIND) => pair(old, new, |old, new| invitation(old, new, connect_url)),
        Some(Agreement::KIND) => pair(old, new, agreement),
        Some(FleetConnection::KIND) => pair(old, new, fleet_connection),
        Some(Connection::KIND) => pair(old, new, connection),
        Some(Webhook::KIND) => pair(old, new, webhook),
        Some(Execution::KIND) => pair(old, new, execution),
        Some(Schedule::KIND) => pair(old, new, |old, new| schedule(old, &new)),
        // Removed items (no new image), and things that no event tells of.
        _ => Ok(Vec::new()),
    }
}

type Found = Result<Vec<Change>, WorkerError>;

fn pair<T: DeserializeOwned>(old: &Item, new: &Item, judge: impl FnOnce(Option<&T>, T) -> Found) -> Found {
    match stream::thing(new)? {
        Some(new) => judge(stream::thing(old)?.as_ref(), new),
        None => Ok(Vec::new()),
    }
}

fn change(event: &'static str, audience: Audience, record: impl Serialize) -> Result<Change, WorkerError> {
    Ok(Change { event, audience, record: serde_json::to_value(record)? })
}

fn one(event: Option<&'static str>, audience: Audience, record: impl Serialize) -> Found {
    event.map(|event| change(event, audience, record)).into_iter().collect()
}

fn invitation(old: Option<&Invitation>, new: Invitation, connect_url: &str) -> Found {
    use InvitationStatus::{Accepted, Active, Declined, Deleted, Expired};
    let event = match (old.map(|old| old.status), new.status) {
        (None, _) => Some("invitation.created"),
        (Some(before), after) if before == after => None,
        // A refused invitation that is asked for again starts anew.
        (_, Active) => Some("invitation.created"),
        (_, Accepted) => Some("invitation.accepted"),
        (_, Declined) => Some("invitation.declined"),
        (_, Expired) => Some("invitation.expired"),
        (_, Deleted) => Some("invitation.deleted"),
    };
    let audience =
        Audience::Owner { partner: new.partner_id, fleet: new.fleet_id, fleet_ref: Some(new.fleet_ref.clone()), subject: None };
    one(event, audience, InvitationEvent::of(new, connect_url))
}

fn agreement(old: Option<&Agreement>, new: Agreement) -> Found {
    let event = match old {
        None => Some("share_agreement.created"),
        Some(old) if old.status != new.status && new.status == AgreementStatus::Deleted => Some("share_agreement.deleted"),
        Some(old) => {
            // Connections are copied onto agreements; that is not news about the agreement.
            let told = |agreement: &Agreement| {
                (agreement.status, agreement.effective_date, agreement.expiration_date, agreement.fleet_ref.clone())
            };
            (told(old) != told(&new) || old.scopes != new.scopes).then_some("share_agreement.updated")
        }
    };
    let audience =
        Audience::Owner { partner: new.partner_id, fleet: Some(new.fleet_id), fleet_ref: new.fleet_ref.clone(), subject: None };
    one(event, audience, AgreementEvent::of(new))
}

fn fleet_connection(old: Option<&FleetConnection>, new: FleetConnection) -> Found {
    if old.is_some() {
        return Ok(Vec::new());
    }
    let (audience, tied) = (Audience::Fleet(new.fleet_id), FleetConnectionEvent::of(&new));
    let mut found = one(new.first.then_some("connection.created"), audience.clone(), ConnectionEvent::made_with(new))?;
    found.push(change("fleet_connection.created", audience, tied)?);
    Ok(found)
}

fn connection(old: Option<&Connection>, new: Connection) -> Found {
    let turned = old.is_some_and(|old| old.status != new.status) && new.status == ConnectionStatus::Stale;
    one(turned.then_some("connection.staled"), Audience::Connection(new.id, None), ConnectionEvent::of(new))
}

fn webhook(old: Option<&Webhook>, new: Webhook) -> Found {
    use WebhookStatus::{Active, Deleted, Paused, Stale};
    let event = match (old.map(|old| (old.status, old.updated_at)), new.status) {
        (None, _) => Some("webhook.created"),
        (Some((before, at)), after) if before == after => (at != new.updated_at).then_some("webhook.updated"),
        (_, Active) => Some("webhook.activated"),
        (_, Paused) => Some("webhook.paused"),
        (_, Stale) => Some("webhook.staled"),
        (_, Deleted) => Some("webhook.deleted"),
    };
    let audience = Audience::Owner { partner: new.partner_id, fleet: None, fleet_ref: None, subject: Some(new.id) };
    one(event, audience, WebhookEvent::of(new))
}

fn execution(old: Option<&Execution>, new: Execution) -> Found {
    let failed = |run: &Execution| run.status == ExecutionStatus::Failed;
    let ended = failed(&new) && !old.is_some_and(failed);
    let made = old.is_none().then_some("execution.created");
    let over = ended.then_some(if new.lost { "execution.staled" } else { "execution.failed" });
    let audience = Audience::Connection(new.connection_id, Some(new.resource));
    let record = serde_json::to_value(ExecutionEvent::of(new))?;
    made.into_iter().chain(over).map(|event| change(event, audience.clone(), &record)).collect()
}

fn schedule(old: Option<&Schedule>, new: &Schedule) -> Found {
    let turned = old.is_some_and(|old| old.status != new.status) && new.status == ScheduleStatus::Inactive;
    let audience = Audience::Connection(new.connection_id, Some(new.resource));
    one(turned.then_some("schedule.deactivated"), audience, ScheduleEvent::of(new))
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
