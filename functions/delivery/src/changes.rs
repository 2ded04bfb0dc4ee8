//! The events that a change of the control table causes, from (kind, old state, new state).

use gateway::{Wanted, WorkerError};
use model::agreement::{Agreement, AgreementStatus};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::execution::{Execution, ExecutionStatus};
use model::integration_request::IntegrationRequest;
use model::invitation::{Invitation, InvitationStatus};
use model::resource_operation::{OperationStatus, ResourceOperation};
use model::schedule::{Schedule, ScheduleStatus};
use model::tsp::{Tsp, TspStatus};
use model::webhook::{Webhook, WebhookStatus};
use model::{ConnectionId, FleetId, PartnerId, Resource, WebhookId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::Item;
use serde_json::Value;
use store::control::Keyed;

use crate::payloads::{
    AgreementEvent, ConnectionEvent, ExecutionEvent, FleetConnectionEvent, InvitationEvent, ResourceOperationEvent,
    ScheduleEvent, TspEvent, TspRequestedEvent, WebhookEvent,
};
use crate::stream;

/// A control-plane event.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlEvent {
    /// Its name.
    pub name: &'static str,
    /// Its recipients.
    pub audience: Audience,
    /// Its payload. A `fleet_id` of null stands for the reader's own fleet.
    pub payload: Value,
}

/// The recipients of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Audience {
    /// One partner, regardless of its agreements: it owns the resource, or it must learn that access ended.
    Owner {
        /// The partner.
        partner: PartnerId,
        /// The fleet, for filters.
        fleet: Option<FleetId>,
        /// The partner's own id of the fleet, for filters.
        fleet_ref: Option<String>,
        /// The subscription that the event is about; it receives no event about itself.
        subject: Option<WebhookId>,
    },
    /// Partners with an active agreement with the fleet.
    Fleet(FleetId),
    /// Partners with an active agreement with any fleet of the connection, covering the resource if one is given.
    Connection(ConnectionId, Option<Resource>),
    /// Every partner that subscribes to it.
    Everyone,
}

/// The changes that cause events. An execution writes its schedule and itself several times; most of that says nothing to partners.
pub(crate) const WANTED: &[Wanted] = &[
    Wanted::Written(&[Invitation::KIND, Agreement::KIND, Webhook::KIND, Tsp::KIND, ResourceOperation::KIND]),
    Wanted::Created(&[FleetConnection::KIND, IntegrationRequest::KIND]),
    Wanted::WrittenWith(&[Schedule::KIND], "began"),
    Wanted::WrittenAs(&[Connection::KIND, Execution::KIND, Schedule::KIND], &["stale", "failed", "inactive"]),
    Wanted::Removed(&[FleetConnection::KIND]),
];

/// The events behind a change of the control table, in the order they happened. `connect_url` is where magic links start.
///
/// # Errors
/// [`WorkerError`] for an image that does not match its kind.
pub fn of_control(old: &Item, new: &Item, connect_url: &str) -> Result<Vec<ControlEvent>, WorkerError> {
    if new.inner().is_empty() {
        return removed(old);
    }
    match stream::kind(new) {
        Some(Invitation::KIND) => pair(old, new, |old, new| invitation(old, new, connect_url)),
        Some(Agreement::KIND) => pair(old, new, agreement),
        Some(FleetConnection::KIND) => pair(old, new, fleet_connection),
        Some(Connection::KIND) => pair(old, new, connection),
        Some(Webhook::KIND) => pair(old, new, webhook),
        Some(Execution::KIND) => pair(old, new, execution),
        Some(Schedule::KIND) => pair(old, new, |old, new| schedule(old, &new)),
        Some(Tsp::KIND) => pair(old, new, tsp),
        Some(IntegrationRequest::KIND) => pair(old, new, integration_request),
        Some(ResourceOperation::KIND) => pair(old, new, |old, new| resource_operation(old, &new)),
        // Kinds without events.
        _ => Ok(Vec::new()),
    }
}

/// The events behind an item that was removed. Most entities end by their state, and their items stay.
fn removed(old: &Item) -> Found {
    if stream::kind(old) != Some(FleetConnection::KIND) {
        return Ok(Vec::new());
    }
    let Some(tie) = stream::entity::<FleetConnection>(old)? else { return Ok(Vec::new()) };
    one(Some("fleet_connection.deleted"), Audience::Fleet(tie.fleet_id), FleetConnectionEvent::of(&tie))
}

type Found = Result<Vec<ControlEvent>, WorkerError>;

fn pair<T: DeserializeOwned>(old: &Item, new: &Item, judge: impl FnOnce(Option<&T>, T) -> Found) -> Found {
    match stream::entity(new)? {
        Some(new) => judge(stream::entity(old)?.as_ref(), new),
        None => Ok(Vec::new()),
    }
}

fn event(name: &'static str, audience: Audience, payload: impl Serialize) -> Result<ControlEvent, WorkerError> {
    Ok(ControlEvent { name, audience, payload: serde_json::to_value(payload)? })
}

fn one(name: Option<&'static str>, audience: Audience, payload: impl Serialize) -> Found {
    name.map(|name| event(name, audience, payload)).into_iter().collect()
}

fn invitation(old: Option<&Invitation>, new: Invitation, connect_url: &str) -> Found {
    use InvitationStatus::{Accepted, Active, Declined, Deleted, Expired};
    let is_viewed = new.viewed_at.is_some() && old.is_some_and(|old| old.viewed_at.is_none());
    let name = match (old.map(|old| old.status), new.status) {
        (None, _) => Some("invitation.created"),
        (Some(before), after) if before == after => is_viewed.then_some("invitation.viewed"),
        // A declined invitation that is requested again starts over.
        (_, Active) => Some("invitation.created"),
        (_, Accepted) => Some("invitation.accepted"),
        (_, Declined) => Some("invitation.declined"),
        (_, Expired) => Some("invitation.expired"),
        (_, Deleted) => Some("invitation.deleted"),
    };
    let audience =
        Audience::Owner { partner: new.partner_id, fleet: new.fleet_id, fleet_ref: Some(new.fleet_ref.clone()), subject: None };
    one(name, audience, InvitationEvent::of(new, connect_url))
}

fn agreement(old: Option<&Agreement>, new: Agreement) -> Found {
    let name = match old {
        None => Some("share_agreement.created"),
        Some(old) if old.status != new.status && new.status == AgreementStatus::Deleted => Some("share_agreement.deleted"),
        Some(old) => {
            // Connections are copied onto agreements; changing the copy does not update the agreement.
            let published = |agreement: &Agreement| {
                (agreement.status, agreement.effective_date, agreement.expiration_date, agreement.fleet_ref.clone())
            };
            (published(old) != published(&new) || old.scopes != new.scopes).then_some("share_agreement.updated")
        }
    };
    let audience =
        Audience::Owner { partner: new.partner_id, fleet: Some(new.fleet_id), fleet_ref: new.fleet_ref.clone(), subject: None };
    one(name, audience, AgreementEvent::of(new))
}

fn fleet_connection(old: Option<&FleetConnection>, new: FleetConnection) -> Found {
    if old.is_some() {
        return Ok(Vec::new());
    }
    let (audience, payload) = (Audience::Fleet(new.fleet_id), FleetConnectionEvent::of(&new));
    let mut found = one(new.first.then_some("connection.created"), audience.clone(), ConnectionEvent::created(new))?;
    found.push(event("fleet_connection.created", audience, payload)?);
    Ok(found)
}

fn connection(old: Option<&Connection>, new: Connection) -> Found {
    let changed = old.is_some_and(|old| old.status != new.status) && new.status == ConnectionStatus::Stale;
    one(changed.then_some("connection.staled"), Audience::Connection(new.id, None), ConnectionEvent::of(new))
}

fn webhook(old: Option<&Webhook>, new: Webhook) -> Found {
    use WebhookStatus::{Active, Deleted, Paused, Stale};
    let name = match (old.map(|old| (old.status, old.updated_at)), new.status) {
        (None, _) => Some("webhook.created"),
        // The end of a snapshot.
        _ if old.is_some_and(|old| old.awaits.is_some() && new.awaits.is_none()) => None,
        (Some((before, at)), after) if before == after => (at != new.updated_at).then_some("webhook.updated"),
        (_, Active) => Some("webhook.activated"),
        (_, Paused) => Some("webhook.paused"),
        (_, Stale) => Some("webhook.staled"),
        (_, Deleted) => Some("webhook.deleted"),
    };
    let audience = Audience::Owner { partner: new.partner_id, fleet: None, fleet_ref: None, subject: Some(new.id) };
    one(name, audience, WebhookEvent::of(new))
}

fn execution(old: Option<&Execution>, new: Execution) -> Found {
    let failed = new.status == ExecutionStatus::Failed && !new.postponed && old.is_none();
    let name = failed.then_some(if new.lost { "execution.staled" } else { "execution.failed" });
    let audience = Audience::Connection(new.connection_id, Some(new.resource));
    one(name, audience, ExecutionEvent::of(new))
}

fn schedule(old: Option<&Schedule>, new: &Schedule) -> Found {
    let audience = Audience::Connection(new.connection_id, Some(new.resource));
    if let Some(id) = new.began.filter(|id| old.is_none_or(|old| old.began != Some(*id))) {
        return one(Some("execution.created"), audience, ExecutionEvent::of(Execution::in_progress(new, id)));
    }
    let changed = old.is_some_and(|old| old.status != new.status) && new.status == ScheduleStatus::Inactive;
    one(changed.then_some("schedule.deactivated"), audience, ScheduleEvent::of(new))
}

fn tsp(old: Option<&Tsp>, new: Tsp) -> Found {
    let offered = |tsp: &Tsp| tsp.status == TspStatus::Active;
    let is_new = offered(&new) && !old.is_some_and(offered);
    one(is_new.then_some("tsp.created"), Audience::Everyone, TspEvent::of(new))
}

fn integration_request(old: Option<&IntegrationRequest>, new: IntegrationRequest) -> Found {
    let audience = Audience::Owner {
        partner: new.partner_id,
        fleet: Some(new.fleet_id),
        fleet_ref: Some(new.fleet_ref.clone()),
        subject: None,
    };
    one(old.is_none().then_some("tsp.requested"), audience, TspRequestedEvent::of(new))
}

/// Whoever waits for the result hears of it in the answer.
fn resource_operation(old: Option<&ResourceOperation>, new: &ResourceOperation) -> Found {
    use OperationStatus::{Failed, Pending, Success};
    let name = match (old.map(|old| old.status), new.status) {
        _ if new.is_sync => None,
        (None, _) => Some("resource_operation.created"),
        (Some(Pending), Success) => Some("resource_operation.succeeded"),
        (Some(Pending), Failed) => Some("resource_operation.failed"),
        _ => None,
    };
    let audience =
        Audience::Owner { partner: new.partner_id, fleet: Some(new.fleet_id), fleet_ref: new.fleet_ref.clone(), subject: None };
    one(name, audience, ResourceOperationEvent::of(new))
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
