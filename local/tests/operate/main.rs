//! The platform as its operators see it: a process of its own, what it writes, and what it never writes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod canaries;
mod erase;
mod job;
mod logs;
mod recorder;
mod renormalise;
mod running;
mod sign_in;
mod throttle;
mod throttled;
mod timers;

use canaries::{Canary, Written};
use running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_tells_all_that_happened_and_no_secret() {
    let running = Running::start().await;
    let canaries = job::drive(&running).await;
    let written = running.stop().await;

    logs::check(&written.logs);
    logs::check_metrics(&written.logs);
    check_coverage(&written, &canaries);
    check_secrets(&written, &canaries);
}

/// What was captured is all that there is to capture: otherwise a clean search would mean nothing.
fn check_coverage(written: &Written, canaries: &[Canary]) {
    for (text, expected) in [
        (&written.logs, "\"message\":\"execution\""),
        (&written.logs, "\"message\":\"delivery attempt\""),
        (&written.logs, "\"message\":\"message moved to dead letters\""),
        (&written.logs, "\"status\":\"failed\""),
        (&written.queues, "vehicle_location.added"),
        (&written.queues, "schedule_id"),
        (&written.tables, "Canary Mutual"),
        (&written.tables, "the receiver rejected the message"),
        (&written.answers, "credentials_rejected"),
        (&written.answers, "unauthorized"),
    ] {
        assert!(text.to_lowercase().contains(&expected.to_lowercase()), "nothing captured says {expected}");
    }
    assert!(canaries.len() >= 12, "{} canaries", canaries.len());
}

fn check_secrets(written: &Written, canaries: &[Canary]) {
    for canary in canaries {
        for (place, text) in written.places(canary) {
            assert!(!canary.is_in(text), "{} is in the {place}: {}", canary.what, canary.around(text));
            // The search finds what is there: planted as it is, in base64, in hex and escaped for URLs.
            for planted in canary.forms() {
                assert!(canary.is_in(&format!("{text}{planted}")), "{} would not be found in the {place}", canary.what);
            }
        }
    }
}
