use super::*;

const OK: Attempt = Attempt { success: true, first: true, response_ms: Some(20) };
const BAD: Attempt = Attempt { success: false, first: true, response_ms: None };

fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap().plus_seconds(seconds)
}

fn id() -> WebhookId {
    WebhookId::from_uuid(uuid::Uuid::from_u128(1))
}

/// Judges each attempt as it ends, the first one when the grace is over; returns the number of the one that trips the breaker.
fn trips(attempts: &[Attempt], apart: i64) -> Option<usize> {
    let mut health = Health::new(id(), at(0), at(0));
    for (index, attempt) in attempts.iter().enumerate() {
        let now = at(GRACE_SECONDS + i64::try_from(index).unwrap() * apart);
        health = health.after(&[*attempt], at(0), now).0;
        if !attempt.success && health.is_failing(now) {
            return Some(index + 1);
        }
    }
    None
}

fn mixed(count: usize, is_ok: impl Fn(usize) -> bool) -> Vec<Attempt> {
    (0..count).map(|index| if is_ok(index) { OK } else { BAD }).collect()
}

#[test]
fn a_receiver_of_low_volume_fails_ten_times_in_a_row() {
    assert_eq!(trips(&[BAD; 15], 60), Some(10));
    assert_eq!(trips(&mixed(19, |index| index == 9), 60), None, "nine, a success, and nine");
}

#[test]
fn a_receiver_of_medium_volume_takes_less_than_four_of_five() {
    assert_eq!(trips(&mixed(49, |index| index % 5 != 4), 60), None, "80 % is enough");
    assert_eq!(trips(&mixed(49, |index| index % 4 != 3), 60), Some(20), "75 % is not");
}

#[test]
fn a_busy_receiver_is_judged_by_its_moving_share() {
    let fine = |count| mixed(count, |_| true);
    let then = |mut before: Vec<Attempt>, after: Vec<Attempt>| {
        before.extend(after);
        before
    };
    assert_eq!(trips(&then(fine(1_000), mixed(100, |_| false)), 1), Some(1_062), "two failures, and a minute of them");
    assert_eq!(trips(&then(fine(1_000), then(vec![BAD; 20], fine(500))), 1), None, "a restart");
    assert_eq!(trips(&mixed(1_000, |index| index % 50 != 0), 1), None, "2 % fail");
    assert!(trips(&mixed(1_000, |index| index % 5 != 0), 1).is_some(), "20 % fail");
}

#[test]
fn nothing_is_judged_in_the_first_quarter_of_an_hour() {
    let mut health = Health::new(id(), at(0), at(0));
    for second in 0..GRACE_SECONDS {
        health = health.after(&[BAD], at(0), at(second)).0;
        assert!(!health.is_failing(at(second)));
    }
    assert!(health.is_failing(at(GRACE_SECONDS)));
    let changed = health.after(&[BAD], at(GRACE_SECONDS), at(GRACE_SECONDS + 1)).0;
    assert!(!changed.is_failing(at(GRACE_SECONDS + 1)), "a change starts another grace");
    assert_eq!(changed.failures_in_a_row, 1, "and what was before it does not count");
}

/// Thirty failures, and a repair in the same quarter of an hour.
#[test]
fn what_failed_before_a_repair_does_not_count_after_it() {
    let broken = Health::new(id(), at(-HOUR), at(-HOUR)).after(&[BAD; 30], at(-HOUR), at(60)).0;
    let repaired = at(200);
    let well = broken.after(&[OK; 15], repaired, at(1_000)).0;
    let well = well.after(&[BAD], repaired, at(1_200)).0;
    assert!(!well.is_failing(at(1_200)));
}

#[test]
fn hours_that_are_over_are_handed_on_and_quarters_last_six_hours() {
    let health = Health::new(id(), at(0), at(0));
    let (health, over) = health.after(&[OK, BAD], at(0), at(10));
    assert_eq!(over, None);
    let (health, over) = health.after(&[OK], at(0), at(2 * HOUR + 5));
    let tally = Tally { attempts: 2, successes: 1, messages: 2, delivered: 1, responses: 1, response_ms: 20 };
    assert_eq!(over, Some(HealthHour { webhook_id: id(), start: at(0), tally }));
    assert_eq!(health.recent(at(2 * HOUR + 5)).attempts, 3);
    let (health, _) = health.after(&[], at(0), at(6 * HOUR + 60));
    assert_eq!(health.recent(at(6 * HOUR + 60)).attempts, 1);
}

#[test]
fn no_attempt_is_counted_twice_or_lost() {
    for seed in 1..200_i64 {
        let mut health = Health::new(id(), at(0), at(0));
        let (mut now, mut handed_on) = (at(0), Tally::default());
        for step in 1..=80_i64 {
            now = now.plus_seconds(seed * step * 7_919 % 3_000);
            let (next, over) = health.after(&[Attempt { success: step % 3 != 0, ..OK }], at(0), now);
            handed_on = handed_on.plus(over.map(|hour| hour.tally).unwrap_or_default());
            health = next;
            let item = serde_json::to_string(&health).unwrap();
            assert!(health.quarters.len() <= 25 && item.len() < 2_500, "{}", item.len());
        }
        assert_eq!(handed_on.plus(health.hour.1).attempts, 80, "{seed}");
    }
}
