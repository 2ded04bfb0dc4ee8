use model::agreement::{Agreement, AgreementStatus, Linked, Party};
use model::{AgreementId, ConnectionId, FleetId, MessageId, Resource, TspId, WebhookId};
use serde_json::json;

use super::*;

const HOUR: i64 = 3_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn connection() -> ConnectionId {
    ConnectionId::from_uuid(id(3))
}

fn agreement(ended_at: Option<Timestamp>) -> Agreement {
    let link = Linked {
        connection_id: connection(),
        tsp_id: TspId::from_uuid(id(4)),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        ended_at,
    };
    Agreement {
        id: AgreementId::from_uuid(id(5)),
        fleet_id: FleetId::from_uuid(id(1)),
        partner_id: PartnerId::from_uuid(id(2)),
        invitation_id: None,
        fleet_ref: None,
        status: AgreementStatus::Active,
        paused_by: None,
        effective_date: at(0),
        expiration_date: None,
        scopes: model::resource::read_everything(),
        connections: vec![link],
        created_at: at(0),
        updated_at: at(0),
    }
}

fn message(event: &str, resource: Option<Resource>, data: Vec<Value>) -> Message {
    Message {
        webhook_id: WebhookId::from_uuid(id(6)),
        partner_id: PartnerId::from_uuid(id(2)),
        message_id: MessageId::from_uuid(id(7)),
        event_name: event.into(),
        timestamp: at(0),
        data,
        fleet_id: Some(FleetId::from_uuid(id(1))),
        resource,
        trace: None,
        claimed: false,
        sequence: None,
        snapshot: None,
        attempts: 0,
        step: 0,
        first_try_at: None,
        not_before: None,
    }
}

fn sent(agreements: Vec<Agreement>, message: &Message) -> usize {
    let permitted = Permitted {
        agreements: HashMap::from([(message.partner_id, Arc::new(Agreements::new(agreements)))]),
        invitations: HashMap::new(),
    };
    permitted.records(message, at(HOUR)).len()
}

/// One message of every kind that names the fleet.
fn naming_the_fleet() -> Vec<Message> {
    let run = json!({ "id": id(8), "connection_id": connection(), "resource": "vehicle" });
    let record = json!({ "id": id(9), "connection_id": connection(), "updated_at": at(1) });
    let tied = json!({ "id": id(10), "connection_id": connection() });
    vec![
        message("vehicle.added", Some(Resource::Vehicle), vec![record.clone()]),
        message("vehicle.removed", Some(Resource::Vehicle), vec![record]),
        message("execution.created", None, vec![run.clone()]),
        message("execution.failed", None, vec![run.clone()]),
        message("schedule.deactivated", None, vec![run]),
        message("fleet_connection.created", None, vec![tied.clone()]),
        message("fleet_connection.deleted", None, vec![tied]),
        message("connection.created", None, vec![json!({ "id": connection() })]),
        message("connection.staled", None, vec![json!({ "id": connection() })]),
        message("share_agreement.created", None, vec![json!({ "id": id(5), "status": "active" })]),
        message("share_agreement.updated", None, vec![json!({ "id": id(5), "status": "active" })]),
    ]
}

#[test]
fn nothing_that_names_a_fleet_is_sent_without_an_agreement_in_force() {
    for message in naming_the_fleet() {
        let of = |change: &dyn Fn(Agreement) -> Agreement| sent(vec![change(agreement(None))], &message);
        let name = &message.event_name;
        assert_eq!(of(&|agreement| agreement), 1, "{name}");
        assert_eq!(of(&|agreement| Agreement { status: AgreementStatus::Cancelled, ..agreement }), 0, "{name} cancelled");
        let paused = |agreement| Agreement { status: AgreementStatus::Paused, paused_by: Some(Party::Fleet), ..agreement };
        assert_eq!(of(&paused), 0, "{name} paused");
        assert_eq!(of(&|agreement| Agreement { expiration_date: Some(at(HOUR)), ..agreement }), 0, "{name} expired");
        assert_eq!(sent(Vec::new(), &message), 0, "{name} deleted");
    }
}

#[test]
fn an_agreement_with_another_fleet_opens_nothing() {
    let other = Agreement { fleet_id: FleetId::from_uuid(id(11)), id: AgreementId::from_uuid(id(12)), ..agreement(None) };
    for message in naming_the_fleet() {
        assert_eq!(sent(vec![other.clone()], &message), 0, "{}", message.event_name);
    }
}

#[test]
fn a_resource_that_is_not_shared_any_more_is_not_told_of() {
    let mut narrowed = agreement(None);
    narrowed.scopes.remove(&Resource::Vehicle);
    let about_vehicles = ["vehicle.added", "vehicle.removed", "execution.created", "execution.failed", "schedule.deactivated"];
    for message in naming_the_fleet() {
        let expected = usize::from(!about_vehicles.contains(&message.event_name.as_str()));
        assert_eq!(sent(vec![narrowed.clone()], &message), expected, "{}", message.event_name);
    }
}

#[test]
fn a_link_that_ended_takes_its_connection_along_and_leaves_older_records() {
    let ended = agreement(Some(at(20)));
    let left =
        ["vehicle.added", "vehicle.removed", "fleet_connection.deleted", "share_agreement.created", "share_agreement.updated"];
    for message in naming_the_fleet() {
        let expected = usize::from(left.contains(&message.event_name.as_str()));
        assert_eq!(sent(vec![ended.clone()], &message), expected, "{}", message.event_name);
    }
    let record = |seconds| json!({ "connection_id": connection(), "updated_at": at(seconds) });
    let records = message("vehicle.added", Some(Resource::Vehicle), vec![record(10), record(20), record(30)]);
    for (ended_at, expected) in [(None, 3), (Some(at(20)), 1), (Some(at(5)), 0)] {
        assert_eq!(sent(vec![agreement(ended_at)], &records), expected, "{ended_at:?}");
    }
    // Stored before the end, of a time after it.
    let ahead = json!({ "connection_id": connection(), "updated_at": at(5), "occurred_at": at(30) });
    let ahead = message("hos_event.added", Some(Resource::HosEvent), vec![ahead]);
    assert_eq!(sent(vec![agreement(Some(at(20)))], &ahead), 0);
    assert_eq!(sent(vec![agreement(None)], &ahead), 1);
}

#[test]
fn the_end_of_an_agreement_is_told_after_it() {
    for (event, status) in [
        ("share_agreement.updated", "cancelled"),
        ("share_agreement.updated", "paused"),
        ("share_agreement.updated", "expired"),
        ("share_agreement.deleted", "deleted"),
    ] {
        let end = message(event, None, vec![json!({ "id": id(5), "status": status })]);
        assert_eq!(sent(Vec::new(), &end), 1, "{event} {status}");
    }
}

#[test]
fn an_invitation_that_was_withdrawn_is_told_of_no_more() {
    let invitation = InvitationId::from_uuid(id(13));
    let of = |event: &str, status: Option<InvitationStatus>| {
        let message = message(event, None, vec![json!({ "id": invitation })]);
        let invitations = status.map(|status| (invitation, status)).into_iter().collect();
        Permitted { agreements: HashMap::new(), invitations }.records(&message, at(0)).len()
    };
    assert_eq!(of("invitation.created", Some(InvitationStatus::Active)), 1);
    assert_eq!(of("invitation.accepted", Some(InvitationStatus::Accepted)), 1, "its owner sees it after the agreement, too");
    assert_eq!(of("invitation.created", Some(InvitationStatus::Deleted)), 0);
    assert_eq!(of("invitation.created", None), 0);
    assert_eq!(of("invitation.deleted", Some(InvitationStatus::Deleted)), 1);
}

#[test]
fn the_partners_own_affairs_need_no_fleet() {
    let own = Message { fleet_id: None, ..message("webhook.updated", None, vec![json!({ "id": id(14) })]) };
    assert_eq!(sent(Vec::new(), &own), 1);
}
