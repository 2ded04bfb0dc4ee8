use model::{ConnectionId, Resource};
use providers::ErrorResponse;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
}

fn schedule() -> Schedule {
    Schedule::new(ConnectionId::at(at(0)), Resource::VehicleLocation, "samsara", at(0))
}

fn connection() -> Connection {
    crate::testing::connection(at(0))
}

#[test]
fn a_tick_is_due_from_shortly_before_its_instant() {
    let schedule = Schedule { next_execution_at: Some(at(60)), ..schedule() };
    for (now, expected) in [(0, false), (29, false), (30, true), (60, true), (3_600, true)] {
        assert_eq!(is_due(&schedule, at(now)), expected, "{now}");
    }
    let inactive = Schedule { status: ScheduleStatus::Inactive, ..schedule.clone() };
    assert!(!is_due(&inactive, at(29)) && is_due(&inactive, at(60)), "it is tried all the same");
    let paused = Schedule { status: ScheduleStatus::Paused, ..schedule };
    assert!(!is_due(&paused, at(60)));
}

#[test]
fn leases_are_bounded_and_lapse() {
    let (first, second) = (ExecutionId::at(at(0)), ExecutionId::at(at(1)));
    let one = leased(&schedule(), first, at(0)).unwrap();
    assert_eq!(leased(&one, second, at(LEASE_SECONDS - 1)), None);
    let two = leased(&one, second, at(LEASE_SECONDS)).unwrap();
    assert_eq!(two.leases.keys().copied().collect::<Vec<_>>(), [second]);
    assert_eq!(two.revision, 2);
    let kept = renewed(&one, first, at(20)).unwrap();
    assert_eq!((kept.leases[&first], leased(&kept, second, at(LEASE_SECONDS))), (at(20 + LEASE_SECONDS), None));
    assert_eq!(renewed(&two, first, at(LEASE_SECONDS)), None, "it is lost for good");
    let wide = Schedule { max_concurrent_executions: 2, ..one };
    assert_eq!(leased(&wide, second, at(10)).unwrap().leases.len(), 2);
}

#[test]
fn a_success_moves_everything_on() {
    let id = ExecutionId::at(at(0));
    let running = Schedule { consecutive_error_count: 4, last_data_at: Some(at(-5)), ..leased(&schedule(), id, at(0)).unwrap() };
    let progress = Progress { cursor: Some("c1".into()), last_data_at: Some(at(-9)), more: false, ..Progress::default() };
    let next = after_success(&running, id, &progress, at(0), at(3));
    assert_eq!((next.cursor.as_deref(), next.consecutive_error_count, next.leases.len()), (Some("c1"), 0, 0));
    assert_eq!((next.last_data_at, next.last_success_at, next.next_execution_at), (Some(at(-5)), Some(at(3)), Some(at(60))));
    let more = after_success(&running, id, &Progress { more: true, ..progress }, at(0), at(3));
    assert_eq!(more.next_execution_at, Some(at(3)));
}

#[test]
fn failures_count_or_wait() {
    let id = ExecutionId::at(at(0));
    let running = Schedule {
        cursor: Some("c".into()),
        consecutive_error_count: 2,
        cursor_failures: 2,
        ..leased(&schedule(), id, at(0)).unwrap()
    };
    // kind, errors after, seconds until the next run may begin, cursor kept
    let cases = [
        (FailureKind::RateLimited { seconds: 90 }, 2, 90, true),
        (FailureKind::Unavailable { seconds: 0 }, 3, 480, true),
        (FailureKind::Unavailable { seconds: 700 }, 3, 700, true),
        (FailureKind::Unauthorized, 3, 480, true),
        (FailureKind::Forbidden, 3, 480, true),
        (FailureKind::Rejected, 3, 60, false),
        (FailureKind::Unreadable, 3, 480, true),
    ];
    for (kind, errors, wait, kept) in cases {
        let next = after_failure(&running, id, kind, at(0));
        assert_eq!((next.consecutive_error_count, next.cursor.is_some(), next.leases.len()), (errors, kept, 0), "{kind:?}");
        assert!(!is_due(&next, at(wait - 1)) && is_due(&next, at(wait)), "{kind:?}");
        assert_eq!(next.status, ScheduleStatus::Active);
    }
}

#[test]
fn the_threshold_switches_off() {
    let id = ExecutionId::at(at(0));
    let running = Schedule { consecutive_error_count: 14, ..schedule() };
    assert_eq!(after_failure(&running, id, FailureKind::Unavailable { seconds: 0 }, at(0)).status, ScheduleStatus::Inactive);
    assert_eq!(after_failure(&running, id, FailureKind::RateLimited { seconds: 1 }, at(0)).status, ScheduleStatus::Active);
    let ended = Schedule { status: ScheduleStatus::Cancelled, ..running };
    assert_eq!(after_failure(&ended, id, FailureKind::Unavailable { seconds: 0 }, at(0)).status, ScheduleStatus::Cancelled);
}

#[test]
fn three_refusals_over_ten_minutes_make_stale() {
    let times = |instants: &[i64]| instants.iter().fold(connection(), |seen, now| after_refusal(&seen, at(*now))).status;
    assert_eq!(times(&[0, 300, 599]), ConnectionStatus::Active);
    assert_eq!(times(&[0, 600]), ConnectionStatus::Active);
    assert_eq!(times(&[0, 300, 600]), ConnectionStatus::Stale);
    assert_eq!(stale(&schedule(), at(0)).unwrap().status, ScheduleStatus::Stale);
    assert_eq!(stale(&Schedule { status: ScheduleStatus::Paused, ..schedule() }, at(0)), None);
}

#[test]
fn answers_are_redacted() {
    let response = ErrorResponse::new(429, br#"{"error":"slow","access_token":"abc","deep":[{"Set-Cookie":"x"}]}"#, &[]);
    let error = ProviderError::RateLimited { retry_after: Duration::from_millis(1_500), response: Some(response) };
    let expected =
        json!({ "status": 429, "body": { "error": "slow", "access_token": "*****", "deep": [{ "Set-Cookie": "*****" }] } });
    assert_eq!(response_of(&error), expected);
    assert_eq!(FailureKind::of(&error), FailureKind::RateLimited { seconds: 2 });
    assert_eq!(FailureKind::of(&ProviderError::Timeout), FailureKind::Unavailable { seconds: 0 });
}

#[test]
fn the_end_of_an_outage_activates_and_wakes_the_others() {
    let id = ExecutionId::at(at(0));
    let off = Schedule { status: ScheduleStatus::Inactive, consecutive_error_count: 15, ..schedule() };
    let failed = after_failure(&off, id, FailureKind::Unavailable { seconds: 0 }, at(0));
    assert_eq!((failed.status, failed.consecutive_error_count), (ScheduleStatus::Inactive, 16));
    assert!(!is_due(&failed, at(3_599)) && is_due(&failed, at(3_600)), "once an hour");
    assert!(is_due(&woken(&failed, at(60)).unwrap(), at(60)));
    assert!(ends_outage(&failed) && !ends_outage(&schedule()));
    let back = after_success(&failed, id, &Progress::default(), at(60), at(61));
    assert_eq!((back.status, back.consecutive_error_count), (ScheduleStatus::Active, 0));
    assert_eq!(woken(&back, at(62)), None, "it waits for nothing but its interval");
    let paused = Schedule { status: ScheduleStatus::Paused, ..off };
    assert_eq!(after_success(&paused, id, &Progress::default(), at(60), at(61)).status, ScheduleStatus::Paused);
}

#[test]
fn a_cursor_is_given_up_for_what_is_wrong_with_it_only() {
    let id = ExecutionId::at(at(0));
    let fail = |seen: &Schedule, kind| after_failure(seen, id, kind, at(0));
    let mut seen = Schedule { cursor: Some("c".into()), ..schedule() };
    for _ in 0..4 {
        seen = fail(&fail(&seen, FailureKind::Unavailable { seconds: 0 }), FailureKind::Unreadable);
        assert!(seen.cursor.is_some());
    }
    let moved = after_page(&seen, id, Some("d"), at(0));
    assert!(fail(&moved, FailureKind::Unreadable).cursor.is_some(), "another cursor has its own tries");
    assert!(loses_cursor(&seen, FailureKind::Unreadable) && fail(&seen, FailureKind::Unreadable).cursor.is_none());
    assert!(!loses_cursor(&Schedule { cursor: None, ..seen }, FailureKind::Unreadable), "there is none");
}
