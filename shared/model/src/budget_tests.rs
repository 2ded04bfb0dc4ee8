//! Buckets under load, second by second, with no clock but the tests' own.

use super::*;

const FIVE: Rate = Rate { class: "lists", requests: 5, seconds: 1 };
const MINUTE: Rate = Rate { class: "feeds", requests: 60, seconds: 60 };

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis)
}

fn bucket() -> RequestBudget {
    RequestBudget::new("samsara", "1", "lists", at(0))
}

/// When requests are sent by callers that ask one after the other, each for one request as soon as it may, within some time.
fn sent(division: Division, lanes: &[Lane], millis: i64) -> Vec<(Lane, Timestamp)> {
    let (mut bucket, mut all) = (bucket(), Vec::new());
    for step in 0..millis {
        let now = at(step);
        for lane in lanes {
            while let Ok((next, slots)) = bucket.reserve(division, *lane, 1, now) {
                all.push((*lane, slots.first.max(now)));
                bucket = next;
            }
        }
    }
    all
}

/// The limiter of a TSP: a bucket that holds what is allowed in a period.
#[test]
fn a_bucket_of_the_tsp_never_runs_dry() {
    for (rate, schedules) in [(FIVE, 1), (FIVE, 3), (FIVE, 4), (MINUTE, 1), (MINUTE, 12), (MINUTE, 40)] {
        let division = Division::of(rate, schedules);
        let span = 3 * i64::from(rate.seconds) * 1_000;
        let mut sent = sent(division, &[Lane::Live, Lane::Backfill], span);
        // Every schedule takes all that it may, as soon as it may.
        for _ in 0..schedules {
            let mut from = at(-span);
            for now in (0..span).map(at) {
                while let Some(next) = division.allowance().and_then(|allowance| allowance.take(from, now)) {
                    sent.push((Lane::Live, now));
                    from = next;
                }
            }
        }
        // What is reserved may be sent late.
        let late = |at: Timestamp| at.micros() + if at.millis() % 2 == 0 { division.validity() } else { 0 };
        let mut times: Vec<i64> = sent.iter().map(|(_, at)| late(*at)).collect();
        times.sort_unstable();
        if rate.seconds > 1 {
            // Such a limit counts from any instant on.
            let within = |from: &i64| times.iter().filter(|at| (*from..from + rate.period()).contains(*at)).count();
            let most = times.iter().map(within).max().unwrap();
            assert!(most <= usize::try_from(rate.requests).unwrap(), "{rate:?} with {schedules} schedules: {most}");
            continue;
        }
        let (mut tokens, mut seen) = (f64::from(rate.requests), at(0));
        for now in times.into_iter().map(Timestamp::from_micros) {
            let gained = now.seconds_since(seen) * f64::from(rate.requests) / f64::from(rate.seconds);
            tokens = (tokens + gained).min(f64::from(rate.requests)) - 1.0;
            seen = now;
            assert!(tokens >= 0.0, "{rate:?} with {schedules} schedules at {now}");
        }
    }
}

#[test]
fn neither_lane_starves_and_one_alone_has_it_all() {
    let division = Division::of(FIVE, 4);
    let both = sent(division, &[Lane::Backfill, Lane::Live], 20_000);
    let span = at(5_000)..at(20_000);
    let of = |lane: Lane| both.iter().filter(|(sent, at)| *sent == lane && span.contains(at)).count();
    let (live, backfill) = (of(Lane::Live), of(Lane::Backfill));
    assert!((44..=46).contains(&live), "three quarters of 4 per second: {live}");
    assert!((14..=16).contains(&backfill), "one quarter: {backfill}");
    for lane in [Lane::Live, Lane::Backfill] {
        let alone = sent(division, &[lane], 20_000);
        assert!((80..=92).contains(&alone.len()), "{lane:?} alone: {}", alone.len());
    }
}

#[test]
fn a_lane_that_comes_back_waits_three_seconds_at_most() {
    let division = Division::of(FIVE, 4);
    let mut bucket = bucket();
    for step in 0..10_000 {
        while let Ok((next, _)) = bucket.reserve(division, Lane::Backfill, 8, at(step)) {
            bucket = next;
        }
    }
    let mut now = 10_000;
    let (next, slots) = loop {
        match bucket.reserve(division, Lane::Live, 1, at(now)) {
            Ok(reserved) => break reserved,
            Err(again) => now = again.millis() - at(0).millis() + 1,
        }
    };
    assert!(slots.first <= at(13_100), "{}", slots.first);
    let (_, backfill) = next.reserve(division, Lane::Backfill, 1, at(13_100)).unwrap();
    assert_eq!(backfill.interval, 1_000_000, "a quarter of 4 per second from then on");
}

#[test]
fn what_is_reserved_and_not_sent_comes_back_with_time() {
    let division = Division::of(FIVE, 4);
    let (taken, slots) = bucket().reserve(division, Lane::Live, 100, at(0)).unwrap();
    assert_eq!((slots.first, slots.count), (at(-250), 4), "two at once, and two that are lost");
    let (_, again) = taken.reserve(division, Lane::Live, 100, at(60_000)).unwrap();
    assert_eq!(again.count, slots.count, "a minute later nothing of that is left");
}

#[test]
fn a_refusal_closes_the_bucket_shrinks_it_once_and_is_forgotten() {
    let division = Division::of(FIVE, 1);
    let wait = Duration::from_secs(7);
    let limited = bucket().limited(FIVE, wait, at(0)).limited(FIVE, Duration::from_secs(1), at(20));
    assert_eq!((limited.share_at(at(30)), limited.closed_at(at(30))), (700, Some(at(7_000))));
    assert_eq!(limited.reserve(division, Lane::Live, 1, at(30)).unwrap_err(), at(5_000));
    assert!(!limited.is_whole(at(60_000)) && limited.closed_at(at(60_000)).is_none());
    assert!(limited.is_whole(at(900_000)));
    let mut worse = limited;
    for round in 1..20 {
        worse = worse.limited(FIVE, wait, at(round * 10_000));
    }
    assert_eq!(worse.share_at(at(190_000)), LEAST_SHARE);
}

#[test]
fn wrong_clocks_do_not_close_a_bucket() {
    let division = Division::of(FIVE, 4);
    let (ahead, _) = bucket().reserve(division, Lane::Live, 8, at(3_600_000)).unwrap();
    assert_eq!(ahead.reserve(division, Lane::Live, 1, at(0)).unwrap().1.first, at(0), "an hour ahead");
    let (little, _) = bucket().reserve(division, Lane::Live, 8, at(1_500)).unwrap();
    assert_eq!(little.reserve(division, Lane::Live, 1, at(0)).unwrap_err(), at(250), "a little is waited for");
    let closed = bucket().closed(at(90 * 86_400_000), at(0));
    assert_eq!((closed.closed_at(at(0)), closed.closed_at(at(3_600_000))), (Some(at(3_600_000)), None), "an hour at most");
    let ahead = bucket().limited(FIVE, Duration::from_secs(60), at(90 * 86_400_000));
    assert_eq!((ahead.closed_at(at(0)), ahead.share_at(at(0))), (None, WHOLE), "of a clock that was months ahead");
    let refused = ahead.limited(FIVE, Duration::from_secs(60), at(0));
    assert_eq!((refused.closed_at(at(0)), refused.share_at(at(0))), (Some(at(60_000)), AFTER_REFUSAL), "it is learned anew");
}

#[test]
fn allowances_fit_or_there_are_none() {
    let of = |rate, schedules| Division::of(rate, schedules).allowance().map(|own| (own.burst, own.interval));
    assert_eq!(of(FIVE, 1), Some((3, 1_000_000)));
    assert_eq!(of(FIVE, 3), Some((1, 3_000_000)));
    assert_eq!(of(FIVE, 4), None);
    assert_eq!(of(FIVE, 0), None);
    assert_eq!(of(MINUTE, 2), Some((6, 13_333_332)));
    let own = Allowance { burst: 2, interval: 1_000_000 };
    let second = own.take(at(-9_000), at(0)).unwrap();
    let third = own.take(second, at(0)).unwrap();
    assert_eq!((third, own.take(third, at(900))), (at(1_000), None));
}
