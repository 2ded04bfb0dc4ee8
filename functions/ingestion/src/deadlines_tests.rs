use model::invitation::Prefill;
use model::resource_operation::{LONGEST_OPERATION, OperationStatus, OperationType};
use model::{ConnectionId, FleetId, InvitationId, OperationId, PartnerId, Resource, resource};

use super::*;
use crate::testing::database;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

fn invitation(expires_at: Timestamp) -> Invitation {
    Invitation {
        id: InvitationId::at(at(0)),
        created_at: at(0),
        updated_at: at(0),
        partner_id: PartnerId::at(at(0)),
        partner_slug: None,
        fleet_ref: "7".into(),
        status: InvitationStatus::Active,
        expires_at,
        expires_in_hours: 1,
        permissions: resource::read_everything(),
        limit_tsps: None,
        success_redirect_url: None,
        failure_redirect_url: None,
        callback_url: None,
        prefill: Prefill::default(),
        viewed_at: None,
        accepted_at: None,
        fleet_id: None,
        declined_at: None,
        decline_reason: None,
        key_hash: None,
    }
}

async fn status(store: &Store, id: InvitationId) -> InvitationStatus {
    store.get::<Invitation>(Key::invitation(id)).await.unwrap().unwrap().status
}

#[tokio::test]
async fn an_invitation_ends_when_its_time_has_come_and_not_before() {
    let store = database().await;
    let open = invitation(at(3_600));
    store.commit(vec![Write::create(&open).unwrap()]).await.unwrap();
    store_deadlines(&store, vec![Deadline::of_invitation(&open)], at(0)).await.unwrap();
    assert_eq!(enforce_due(&store, at(3_599)).await.unwrap(), 0);
    assert_eq!(status(&store, open.id).await, InvitationStatus::Active);
    assert_eq!(enforce_due(&store, at(3_601)).await.unwrap(), 1);
    assert_eq!(status(&store, open.id).await, InvitationStatus::Expired);
    assert_eq!(enforce_due(&store, at(3_661)).await.unwrap(), 0, "a deadline is enforced once");
}

#[tokio::test]
async fn a_deadline_that_was_moved_ends_nothing_early() {
    let store = database().await;
    let first = invitation(at(3_600));
    let refreshed = Invitation { expires_at: at(7_200), ..first.clone() };
    store.commit(vec![Write::create(&refreshed).unwrap()]).await.unwrap();
    store_deadlines(&store, vec![Deadline::of_invitation(&first), Deadline::of_invitation(&refreshed)], at(0)).await.unwrap();
    enforce_due(&store, at(3_700)).await.unwrap();
    assert_eq!(status(&store, first.id).await, InvitationStatus::Active);
    enforce_due(&store, at(7_300)).await.unwrap();
    assert_eq!(status(&store, first.id).await, InvitationStatus::Expired);
}

#[tokio::test]
async fn hours_missed_while_the_worker_was_down_are_made_up() {
    let store = database().await;
    enforce_due(&store, at(0)).await.unwrap();
    let open = invitation(at(3_600));
    store.commit(vec![Write::create(&open).unwrap()]).await.unwrap();
    store_deadlines(&store, vec![Deadline::of_invitation(&open)], at(0)).await.unwrap();
    assert_eq!(enforce_due(&store, at(5 * 86_400)).await.unwrap(), 1);
    assert_eq!(status(&store, open.id).await, InvitationStatus::Expired);
}

#[tokio::test]
async fn a_write_whose_messages_got_lost_fails_when_all_its_attempts_would_be_over() {
    let store = database().await;
    let lost = ResourceOperation {
        id: OperationId::at(at(0)),
        created_at: at(0),
        updated_at: at(9),
        revision: 1,
        partner_id: PartnerId::at(at(0)),
        connection_id: ConnectionId::at(at(0)),
        fleet_id: FleetId::at(at(0)),
        fleet_ref: None,
        source_name: "samsara".into(),
        resource: Resource::User,
        operation_type: OperationType::Create,
        target: None,
        payload: serde_json::Map::new(),
        status: OperationStatus::Pending,
        is_sync: false,
        resource_id: None,
        source_id: None,
        logs: Vec::new(),
        attempting_since: Some(at(9)),
        due_at: None,
    };
    store.commit(vec![Write::create(&lost).unwrap()]).await.unwrap();
    store_deadlines(&store, vec![Deadline::of_operation(&lost)], at(0)).await.unwrap();
    assert_eq!(enforce_due(&store, at(LONGEST_OPERATION - 1)).await.unwrap(), 0);
    assert_eq!(enforce_due(&store, at(LONGEST_OPERATION + 1)).await.unwrap(), 1);
    let ended: ResourceOperation = store.get(Key::operation(lost.connection_id, lost.id)).await.unwrap().unwrap();
    assert_eq!((ended.status, ended.logs.len(), ended.attempting_since), (OperationStatus::Failed, 1, None));
    store_deadlines(&store, vec![Deadline::of_operation(&lost)], at(0)).await.unwrap();
    enforce_due(&store, at(LONGEST_OPERATION + 61)).await.unwrap();
    assert_eq!(store.get::<ResourceOperation>(Key::operation(lost.connection_id, lost.id)).await.unwrap(), Some(ended));
}
