//! What is counted and measured. Whoever installs a recorder (the Lambda entry: CloudWatch's embedded format) gets it;
//! without one nothing happens.
//!
//! Labels become dimensions, each combination a series that costs money: handlers, TSPs and codes, never ids.

use std::sync::atomic::{AtomicU32, Ordering};

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use model::Timestamp;

/// Requests, by handler and class of the status (`2xx`, `4xx`, `5xx`).
pub const REQUESTS: &str = "Requests";
/// From a request to its answer, in milliseconds, by handler.
pub const REQUEST_LATENCY: &str = "RequestLatency";
/// Per cent of requests that were answered with a server error, by service: 0 or 100 for each.
pub const FAILURES: &str = "Failures";
/// How many requests in a row a sandbox answered with a server error, by service. A function that fails always shows here however small its
/// share of the service's requests is.
pub const FAILURES_IN_A_ROW: &str = "FailuresInARow";
/// Per cent of an invocation's events (messages, stream records) that were not processed, by handler.
pub const EVENT_FAILURES: &str = "EventFailures";
/// Per cent of executions that failed: 0 or 100 for each. Its samples are the executions.
pub const EXECUTION_FAILURES: &str = "ExecutionFailures";
/// Executions, by TSP and outcome.
pub const EXECUTIONS: &str = "Executions";
/// New or changed records, by TSP.
pub const RECORDS_STORED: &str = "RecordsStored";
/// Age of the newest position at the end of its execution, in seconds, by TSP.
pub const DATA_LAG: &str = "DataLag";
/// Requests that the TSP answered with 429, by TSP.
pub const PROVIDER_RATE_LIMITED: &str = "ProviderRateLimited";
/// Credentials that fleets entered, by TSP and what became of them.
pub const CREDENTIAL_TRIALS: &str = "CredentialTrials";
/// Secrets (of clients, ids of invitations, keys of links) that were wrong; one that comes again counts once.
pub const WRONG_SECRETS: &str = "WrongSecrets";
/// Secrets that were not compared, because too many from there were wrong.
pub const SECRETS_STOPPED: &str = "SecretsStopped";
/// Rows and pages of TSPs that were not stored as data, by TSP and reason.
pub const SET_ASIDE: &str = "SetAside";
/// What TSPs sent that their adapters do not know, members and words, by TSP and resource.
pub const SCHEMA_DRIFT: &str = "SchemaDrift";
/// Cursors that were given up because no page could be read at them, by TSP.
pub const CURSORS_LOST: &str = "CursorsLost";
/// Attempts to deliver a webhook message, by outcome.
pub const DELIVERY_ATTEMPTS: &str = "DeliveryAttempts";
/// From an event to its delivery, in seconds.
pub const DELIVERY_LATENCY: &str = "DeliveryLatency";
/// Age of an event whose delivery failed, in seconds; the maximum is that of the oldest undelivered event.
pub const UNDELIVERED_AGE: &str = "UndeliveredAge";
/// Messages delayed without an attempt because their receiver is unresponsive.
pub const DELIVERIES_HELD: &str = "DeliveriesHeld";
/// Messages moved to dead letters.
pub const DEAD_LETTERS: &str = "DeadLetters";
/// Subscriptions paused because their receiver responded 410 Gone.
pub const SUBSCRIPTIONS_PAUSED: &str = "SubscriptionsPaused";
/// Subscriptions that became stale because their receiver fails too much.
pub const SUBSCRIPTIONS_STALED: &str = "SubscriptionsStaled";
/// Deliveries that the ledger of what partners receive lacks.
pub const ACCESSES_NOT_NOTED: &str = "AccessesNotNoted";
pub use store::THROTTLED as STORE_THROTTLED;

/// Describes the units to the installed recorder.
pub fn describe() {
    describe_histogram!(REQUEST_LATENCY, Unit::Milliseconds, "from a request to its response");
    for name in [FAILURES, EVENT_FAILURES, EXECUTION_FAILURES] {
        describe_histogram!(name, Unit::Percent, "share of what failed");
    }
    describe_histogram!(FAILURES_IN_A_ROW, Unit::Count, "requests in a row that failed");
    for name in [DATA_LAG, DELIVERY_LATENCY, UNDELIVERED_AGE] {
        describe_histogram!(name, Unit::Seconds, "age of the handled item");
    }
    for name in [
        REQUESTS,
        EXECUTIONS,
        RECORDS_STORED,
        PROVIDER_RATE_LIMITED,
        CREDENTIAL_TRIALS,
        WRONG_SECRETS,
        SECRETS_STOPPED,
        SET_ASIDE,
        SCHEMA_DRIFT,
        CURSORS_LOST,
        DELIVERY_ATTEMPTS,
        DELIVERIES_HELD,
        DEAD_LETTERS,
        SUBSCRIPTIONS_PAUSED,
        SUBSCRIPTIONS_STALED,
        ACCESSES_NOT_NOTED,
        STORE_THROTTLED,
    ] {
        describe_counter!(name, Unit::Count, "number of occurrences");
    }
}

/// Requests that this process has failed since the last one that it did not.
static IN_A_ROW: AtomicU32 = AtomicU32::new(0);

/// A request was answered.
pub fn request(service: &str, handler: &'static str, status: u16, duration_ms: f64) {
    let class = match status {
        500.. => "5xx",
        400.. => "4xx",
        _ => "2xx",
    };
    counter!(REQUESTS, "Handler" => handler, "Class" => class).increment(1);
    histogram!(REQUEST_LATENCY, "Handler" => handler).record(duration_ms);
    // What no provider offers is not implemented, and no fault.
    if status >= 500 && status != 501 {
        failed(service, IN_A_ROW.fetch_add(1, Ordering::Relaxed).saturating_add(1));
    } else {
        IN_A_ROW.store(0, Ordering::Relaxed);
        histogram!(FAILURES, "Service" => service.to_owned()).record(0);
    }
}

/// A sandbox cannot start: it would fail every request.
pub fn failed_start(service: &str) {
    failed(service, u32::from(u8::MAX));
}

fn failed(service: &str, in_a_row: u32) {
    histogram!(FAILURES, "Service" => service.to_owned()).record(100);
    histogram!(FAILURES_IN_A_ROW, "Service" => service.to_owned()).record(in_a_row);
}

/// `failed` of an invocation's `events` were not processed.
pub fn events(handler: &'static str, events: usize, failed: usize) {
    let events = u32::try_from(events.max(1)).unwrap_or(u32::MAX);
    let failed = u32::try_from(failed).unwrap_or(u32::MAX).min(events);
    histogram!(EVENT_FAILURES, "Handler" => handler).record(f64::from(failed) * 100.0 / f64::from(events));
}

/// An execution ended.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// The TSP's source name.
    pub tsp: &'a str,
    /// How it ended.
    pub outcome: &'static str,
    /// New or changed records.
    pub stored: u64,
    /// Age of the newest position, in seconds, where any came.
    pub lag_seconds: Option<f64>,
}

impl Execution<'_> {
    /// Counts it.
    pub fn count(&self) {
        counter!(EXECUTIONS, "Tsp" => self.tsp.to_owned(), "Code" => self.outcome).increment(1);
        histogram!(EXECUTION_FAILURES).record(if self.outcome == "failed" { 100 } else { 0 });
        counter!(RECORDS_STORED, "Tsp" => self.tsp.to_owned()).increment(self.stored);
        if let Some(lag) = self.lag_seconds {
            histogram!(DATA_LAG, "Tsp" => self.tsp.to_owned()).record(lag);
        }
    }
}

/// A TSP answered a request with 429.
pub fn rate_limited(tsp: &str) {
    counter!(PROVIDER_RATE_LIMITED, "Tsp" => tsp.to_owned()).increment(1);
}

/// Credentials were tried at a TSP: `accepted`, `refused`, `failed` for other reasons, or `limited` before they were.
pub fn credential_trial(tsp: &str, outcome: &'static str) {
    counter!(CREDENTIAL_TRIALS, "Tsp" => tsp.to_owned(), "Code" => outcome).increment(1);
}

/// A secret was wrong that had not been tried before.
pub fn wrong_guess() {
    counter!(WRONG_SECRETS).increment(1);
}

/// A secret was not compared.
pub fn guess_stopped() {
    counter!(SECRETS_STOPPED).increment(1);
}

/// A row or page of a TSP was set aside.
pub fn set_aside(tsp: &str, reason: &'static str) {
    counter!(SET_ASIDE, "Tsp" => tsp.to_owned(), "Code" => reason).increment(1);
}

/// A TSP sent members or words of a resource that its adapter does not know.
pub fn schema_drift(tsp: &str, resource: &'static str, times: u64) {
    counter!(SCHEMA_DRIFT, "Tsp" => tsp.to_owned(), "Code" => resource).increment(times);
}

/// A cursor was given up.
pub fn cursor_lost(tsp: &str) {
    counter!(CURSORS_LOST, "Tsp" => tsp.to_owned()).increment(1);
}

/// A webhook message of an event that happened at `event` was tried at `now`.
pub fn delivery_attempt(outcome: &'static str, event: Timestamp, now: Timestamp) {
    counter!(DELIVERY_ATTEMPTS, "Code" => outcome).increment(1);
    let name = if outcome == "delivered" { DELIVERY_LATENCY } else { UNDELIVERED_AGE };
    histogram!(name).record(now.seconds_since(event));
}

/// A webhook message was put off without an attempt.
pub fn delivery_held() {
    counter!(DELIVERIES_HELD).increment(1);
}

/// A webhook message was kept for replay.
pub fn dead_letter() {
    counter!(DEAD_LETTERS).increment(1);
}

/// A subscription was paused by us.
pub fn subscription_paused() {
    counter!(SUBSCRIPTIONS_PAUSED).increment(1);
}

/// Messages were delivered, and it could not be noted whose records they had.
pub fn access_not_noted() {
    counter!(ACCESSES_NOT_NOTED).increment(1);
}

/// A subscription became stale.
pub fn subscription_staled() {
    counter!(SUBSCRIPTIONS_STALED).increment(1);
}
