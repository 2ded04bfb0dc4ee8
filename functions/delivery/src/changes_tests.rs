//! Stored images and the events they cause.

use model::{AgreementId, ExecutionId, InvitationId, Timestamp, TspId};
use serde_json::json;
use store::control::Keyed;

use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
}

/// The image of an entity as the store writes it: absent members are left out, and `kind` is added.
fn image<T: Keyed>(entity: &T) -> Item {
    let mut json = serde_json::to_value(entity).unwrap();
    json.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json["kind"] = T::KIND.into();
    json["pk"] = entity.key().pk.into();
    serde_dynamo::to_item(json).unwrap()
}

fn names<T: Keyed>(old: Option<&T>, new: &T) -> Vec<&'static str> {
    control_events(old, new).iter().map(|event| event.name).collect()
}

fn control_events<T: Keyed>(old: Option<&T>, new: &T) -> Vec<ControlEvent> {
    let (old, new) = (old.map(image).unwrap_or_default(), image(new));
    let events = of_control(&old, &new, "https://connect.example").unwrap();
    assert!(events.is_empty() || is_wanted(&old, &new), "the worker is not invoked for {new:?}");
    events
}

/// Whether the worker is invoked for a change.
fn is_wanted(old: &Item, new: &Item) -> bool {
    let (is_new, is_gone) = (old.inner().is_empty(), new.inner().is_empty());
    let text = |item: &Item, name: &str| match item.inner().get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    };
    let is_of = |item: &Item, kinds: &[&str]| kinds.contains(&text(item, "kind").as_str());
    let describes = |wanted: &Wanted| match *wanted {
        Wanted::Written(kinds) => !is_gone && is_of(new, kinds),
        Wanted::WrittenAs(kinds, states) => !is_gone && is_of(new, kinds) && states.contains(&text(new, "status").as_str()),
        Wanted::WrittenWith(kinds, name) => !is_gone && is_of(new, kinds) && !text(new, name).is_empty(),
        Wanted::Created(kinds) => is_new && is_of(new, kinds),
        Wanted::Removed(kinds) => is_gone && is_of(old, kinds),
        Wanted::WrittenUnder(_) | Wanted::CreatedWith(_) => false,
    };
    WANTED.iter().any(describes)
}

fn some_invitation(status: InvitationStatus) -> Invitation {
    Invitation {
        id: InvitationId::at(now()),
        created_at: now(),
        updated_at: now(),
        partner_id: PartnerId::at(now()),
        partner_slug: Some("acme".into()),
        fleet_ref: "F-1".into(),
        status,
        expires_at: now().plus_seconds(3_600),
        expires_in_hours: 1,
        permissions: model::resource::read_everything(),
        limit_tsps: None,
        success_redirect_url: None,
        failure_redirect_url: None,
        callback_url: None,
        prefill: model::invitation::Prefill { name: Some("Rolling".into()), ..Default::default() },
        viewed_at: None,
        accepted_at: None,
        fleet_id: None,
        declined_at: None,
        decline_reason: None,
        key_hash: None,
    }
}

#[test]
fn invitations() {
    use InvitationStatus::{Accepted, Active, Declined, Deleted, Expired};
    let cases = [
        (None, Active, Some("invitation.created")),
        (Some(Active), Active, None),
        (Some(Active), Accepted, Some("invitation.accepted")),
        (Some(Active), Declined, Some("invitation.declined")),
        (Some(Declined), Active, Some("invitation.created")),
        (Some(Active), Expired, Some("invitation.expired")),
        (Some(Active), Deleted, Some("invitation.deleted")),
    ];
    for (old, new, expected) in cases {
        let found = names(old.map(some_invitation).as_ref(), &some_invitation(new));
        assert_eq!(found, Vec::from_iter(expected), "{old:?} {new:?}");
    }
    let viewed = |viewed_at| Invitation { viewed_at, ..some_invitation(Active) };
    assert_eq!(names(Some(&viewed(None)), &viewed(Some(now()))), ["invitation.viewed"]);
    assert_eq!(names(Some(&viewed(Some(now()))), &viewed(Some(now()))), [""; 0], "it is told once");
    assert_eq!(names(Some(&viewed(Some(now()))), &viewed(None)), [""; 0]);
    let made = control_events(None, &some_invitation(Active));
    let payload = &made[0].payload;
    assert_eq!(payload["magic_link"], format!("https://connect.example/?invite={}", payload["id"].as_str().unwrap()));
    assert_eq!(payload["partner_provided_fleet_name"], "Rolling");
    assert!(payload["pre_registration_access_token"].is_null());
    assert!(matches!(&made[0].audience, Audience::Owner { fleet_ref: Some(name), .. } if name == "F-1"));
}

#[test]
fn a_provider_is_announced_when_it_can_be_linked() {
    let tsp = |status| Tsp {
        id: TspId::at(now()),
        name: "Samsara".into(),
        description: None,
        websites: None,
        source_name: "samsara".into(),
        status,
        conn_type: "token".into(),
        is_sandbox: false,
        logo_url: None,
        logo_dark_url: None,
        slug: "samsara".into(),
        base_url: None,
        base_url_is_set: false,
        created_at: now(),
        updated_at: now(),
    };
    use TspStatus::{Active, Inactive};
    assert_eq!(names(None, &tsp(Active)), ["tsp.created"]);
    assert_eq!(names(None, &tsp(Inactive)), [""; 0]);
    assert_eq!(names(Some(&tsp(Inactive)), &tsp(Active)), ["tsp.created"]);
    assert_eq!(names(Some(&tsp(Active)), &tsp(Active)), [""; 0]);
    let made = control_events(None, &tsp(Active));
    assert_eq!((&made[0].audience, &made[0].payload["name"]), (&Audience::Everyone, &json!("Samsara")));
}

fn some_agreement(status: AgreementStatus) -> Agreement {
    Agreement {
        id: AgreementId::at(now()),
        fleet_id: FleetId::at(now()),
        partner_id: PartnerId::at(now()),
        invitation_id: None,
        fleet_ref: Some("F-1".into()),
        status,
        paused_by: None,
        effective_date: now(),
        expiration_date: None,
        scopes: model::resource::read_everything(),
        connections: Vec::new(),
        created_at: now(),
        updated_at: now(),
    }
}

/// A fleet's request for a provider is told to the partner that invited it, and to nobody else.
#[test]
fn a_request_for_a_provider_is_its_partner_s() {
    let request = IntegrationRequest {
        id: uuid::Uuid::nil(),
        ext_tsp_id: uuid::Uuid::max(),
        ext_tsp_name: "Zonar".into(),
        fleet_id: FleetId::at(now()),
        fleet_ref: "FLEET-1".into(),
        partner_id: PartnerId::at(now()),
        invitation_id: InvitationId::at(now()),
        contact_name: Some("Ana".into()),
        contact_email: Some("ana@fleet.example".into()),
        contact_notes: None,
        created_at: now(),
    };
    let made = control_events(None, &request);
    let [event] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!((event.name, event.payload["fleet_ref"].as_str()), ("tsp.requested", Some("FLEET-1")));
    let Audience::Owner { partner, fleet, .. } = &event.audience else { panic!("{event:?}") };
    assert_eq!((*partner, *fleet), (request.partner_id, Some(request.fleet_id)));
    assert!(!event.payload.to_string().contains("Ana") && !event.payload.to_string().contains("ana@"), "whom to ask is not told");
}

#[test]
fn agreements() {
    use AgreementStatus::{Active, Cancelled, Deleted, Paused};
    let seen = some_agreement(Active);
    assert_eq!(names(None, &seen), ["share_agreement.created"]);
    for status in [Paused, Cancelled] {
        assert_eq!(names(Some(&seen), &Agreement { status, ..seen.clone() }), ["share_agreement.updated"]);
    }
    assert_eq!(names(Some(&seen), &Agreement { status: Deleted, ..seen.clone() }), ["share_agreement.deleted"]);
    let dated = Agreement { expiration_date: Some(now().plus_seconds(60)), ..seen.clone() };
    assert_eq!(names(Some(&seen), &dated), ["share_agreement.updated"]);
    assert_eq!(names(Some(&seen), &Agreement { scopes: Default::default(), ..seen.clone() }), ["share_agreement.updated"]);
    let link = model::agreement::Linked {
        connection_id: ConnectionId::at(now()),
        tsp_id: TspId::at(now()),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        ended_at: None,
    };
    let linked = Agreement { connections: vec![link], updated_at: now().plus_seconds(1), ..seen.clone() };
    assert_eq!(names(Some(&seen), &linked), [""; 0], "connections alone are no update");
}

#[test]
fn connections() {
    let fleet_connection = |first| FleetConnection {
        id: uuid::Uuid::nil(),
        fleet_id: FleetId::at(now()),
        connection_id: ConnectionId::at(now()),
        tsp_id: TspId::at(now()),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        first,
        description: None,
        masked: None,
        created_at: now(),
        updated_at: None,
    };
    assert_eq!(names(None, &fleet_connection(true)), ["connection.created", "fleet_connection.created"]);
    assert_eq!(names(None, &fleet_connection(false)), ["fleet_connection.created"]);
    assert_eq!(names(Some(&fleet_connection(true)), &fleet_connection(true)), [""; 0]);
    let ended = of_control(&image(&fleet_connection(true)), &Item::default(), "").unwrap();
    assert_eq!(ended.iter().map(|event| event.name).collect::<Vec<_>>(), ["fleet_connection.deleted"]);
    let seen = Connection {
        id: ConnectionId::at(now()),
        tsp_id: TspId::at(now()),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        account: "42".into(),
        masked: json!({}),
        description: None,
        status: ConnectionStatus::Active,
        changed_at: None,
        refusals: 0,
        refused_since: None,
        fleets: None,
        created_at: now(),
        updated_at: now(),
    };
    assert_eq!(names(None, &seen), [""; 0], "its fleet connection causes the event");
    let stale = Connection { status: ConnectionStatus::Stale, ..seen.clone() };
    assert_eq!(names(Some(&seen), &stale), ["connection.staled"]);
    assert_eq!(names(Some(&stale), &stale), [""; 0]);
    assert!(control_events(Some(&seen), &stale)[0].payload["fleet_id"].is_null(), "filled in per reader");
}

#[test]
fn webhooks() {
    use WebhookStatus::{Active, Deleted, Paused, Stale};
    let webhook = |status, seconds| Webhook {
        id: WebhookId::from_uuid(uuid::Uuid::nil()),
        partner_id: PartnerId::at(now()),
        url: "https://hooks.example/in".into(),
        event_name: "vehicle.added".into(),
        filters: None,
        status,
        encoding: None,
        snapshot: None,
        sequence: None,
        awaits: None,
        created_at: now(),
        updated_at: now().plus_seconds(seconds),
        deleted_at: None,
    };
    let seen = webhook(Active, 0);
    assert_eq!(names(None, &seen), ["webhook.created"]);
    assert_eq!(names(Some(&seen), &webhook(Active, 1)), ["webhook.updated"]);
    assert_eq!(names(Some(&seen), &seen), [""; 0]);
    for (status, event) in [(Paused, "webhook.paused"), (Stale, "webhook.staled"), (Deleted, "webhook.deleted")] {
        assert_eq!(names(Some(&seen), &webhook(status, 1)), [event]);
    }
    assert_eq!(names(Some(&webhook(Paused, 0)), &seen), ["webhook.activated"]);
    assert!(control_events(None, &seen)[0].payload.get("secret").is_none());
}

#[test]
fn runs_and_schedules() {
    let active = Schedule::new(ConnectionId::at(now()), Resource::Vehicle, "samsara", now());
    let id = ExecutionId::at(now());
    let run = |status, lost| Execution { status, lost, ..Execution::in_progress(&active, id) };
    let failed = run(ExecutionStatus::Failed, false);
    assert_eq!(names(None, &failed), ["execution.failed"]);
    assert_eq!(names(Some(&failed), &failed), [""; 0]);
    assert_eq!(names(None, &Execution { postponed: true, ..failed }), [""; 0]);
    assert_eq!(names(None, &run(ExecutionStatus::Failed, true)), ["execution.staled"]);
    assert_eq!(names(None, &run(ExecutionStatus::Success, false)), [""; 0]);
    let leased = Schedule { began: Some(id), ..active.touched(now()) };
    assert_eq!(names(Some(&active), &leased), ["execution.created"]);
    assert_eq!(names(Some(&leased), &Schedule { status: ScheduleStatus::Active, ..leased.clone() }), [""; 0], "it began once");
    let payload = &control_events(Some(&active), &leased)[0].payload;
    assert_eq!((payload["id"].as_str(), payload["status"].as_str()), (Some(id.to_string().as_str()), Some("pending")));
    let inactive = Schedule { status: ScheduleStatus::Inactive, ..active.clone() };
    assert_eq!(names(Some(&active), &inactive), ["schedule.deactivated"]);
    assert_eq!(names(Some(&active), &active), [""; 0]);
    assert!(control_events(Some(&active), &inactive)[0].payload.get("fleet_id").is_none(), "schedules name no fleet");
}

#[test]
fn removed_and_unknown_items_say_nothing() {
    let old = image(&some_invitation(InvitationStatus::Active));
    assert!(of_control(&old, &Item::default(), "").unwrap().is_empty());
    let unknown = serde_dynamo::to_item(json!({ "kind": "session", "pk": "x" })).unwrap();
    assert!(of_control(&Item::default(), &unknown, "").unwrap().is_empty());
}
