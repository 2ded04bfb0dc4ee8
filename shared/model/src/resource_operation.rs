//! Resource operations: what partners have written to fleets' accounts at TSPs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{ConnectionId, FleetId, OperationId, PartnerId, RecordId, Resource, Timestamp};

/// A write to a TSP that a partner asked for, kept for 90 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceOperation {
    /// Its id.
    pub id: OperationId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts its changes.
    pub revision: u64,
    /// Who asked.
    pub partner_id: PartnerId,
    /// The connection that is written through.
    pub connection_id: ConnectionId,
    /// The fleet whose agreement allows it.
    pub fleet_id: FleetId,
    /// The partner's own id of the fleet.
    pub fleet_ref: Option<String>,
    /// The adapter.
    pub source_name: String,
    /// What is written.
    pub resource: Resource,
    /// Whether a record is made or changed.
    pub operation_type: OperationType,
    /// The TSP's id of the record that is changed.
    pub target: Option<String>,
    /// The members that were sent, with the TSP's ids of the records that they name.
    pub payload: Map<String, Value>,
    /// Its state.
    pub status: OperationStatus,
    /// Whether the caller waits for the result: it is tried once, and no event tells of it.
    pub is_sync: bool,
    /// The written record's id here, once it succeeded.
    pub resource_id: Option<RecordId>,
    /// The written record's id at the TSP, once it succeeded.
    pub source_id: Option<String>,
    /// The attempts that ended.
    #[serde(default)]
    pub logs: Vec<Attempt>,
    /// When the attempt began that has not ended.
    #[serde(default)]
    pub attempting_since: Option<Timestamp>,
    /// Before when it is not attempted again; `None` before its first attempt.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
}

/// What an operation does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ResourceOperationTypeEnum")]
pub enum OperationType {
    /// It makes one.
    Create,
    /// It changes one.
    Update,
}

/// The state of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ResourceOperationStatusEnum")]
pub enum OperationStatus {
    /// It waits for its first or its next attempt.
    Pending,
    /// The TSP took it.
    Success,
    /// The TSP did not take it, and it is not tried again.
    Failed,
}

/// An attempt at an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: Uuid,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub updated_at: Timestamp,
    /// Why it failed; `None` if it did not.
    pub error: Option<AttemptError>,
    /// What the TSP answered.
    #[serde(default)]
    pub answer: TspAnswer,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptError {
    /// The kind of reason.
    pub kind: ErrorKind,
    /// The TSP's reason, or ours.
    pub details: String,
}

/// What is kept of a TSP's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TspAnswer {
    /// Its HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The headers that say something about limits and traces.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// The kinds of reasons for which attempts fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ResourceOperationErrorTypeEnum")]
pub enum ErrorKind {
    /// The TSP refused the credentials, or they may not write this.
    Auth,
    /// What was to be written is not what the TSP takes.
    Validation,
    /// There was no answer.
    Network,
    /// The TSP is down or asks to wait.
    Tsp,
}

/// An attempt at a write to a TSP.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ResourceOperationLogRead")]
pub struct LogRead {
    /// The attempt's id.
    id: Uuid,
    /// When it began.
    created_at: Timestamp,
    /// When it ended.
    updated_at: Timestamp,
    /// The operation.
    resource_operation_id: OperationId,
    /// How it ended.
    status: LogStatus,
    /// Why it failed.
    error_type: Option<ErrorKind>,
    /// The TSP's words about that, or ours.
    error_details: Option<String>,
    /// The TSP's HTTP status; null if it did not answer.
    response_status_code: Option<u16>,
    /// Those of the TSP's headers that say something about limits and traces.
    response_headers: Option<BTreeMap<String, String>>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ResourceOperationLogStatusEnum")]
pub enum LogStatus {
    /// The TSP took the write.
    Success,
    /// It did not.
    Failed,
}

/// How many days an operation is kept.
pub const RETENTION_DAYS: i64 = 90;

/// The longest that an attempt takes, in seconds: one that has not ended by then was lost.
pub const LONGEST_ATTEMPT: i64 = 120;

/// Seconds within which all attempts are over, lost ones and waits included.
pub const LONGEST_OPERATION: i64 = 7_200;

const UNKNOWN_END: &str = "no attempt ended in time; whether the provider did it is not known";
const NOT_SENT: &str = "there was no time for an attempt; nothing was sent to the provider";

/// Seconds between attempts: six of them within an hour.
const DELAYS: [i64; 5] = [60, 240, 720, 890, 890];

/// The longest that the queue holds a message back.
const LONGEST_DELAY: i64 = 899;

/// What becomes of an operation after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has ended.
    Nothing,
    /// It is tried again after so many seconds.
    Retry(i64),
}

/// The TSP's and our ids of a record that was written. Some TSPs tell none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenRecord {
    /// The TSP's.
    pub source_id: Option<String>,
    /// Ours.
    pub resource_id: Option<RecordId>,
}

impl ResourceOperation {
    /// The operation with its next attempt begun; `None` if it has ended or is being attempted.
    #[must_use]
    pub fn begin(&self, now: Timestamp) -> Option<Self> {
        let is_free = self.attempting_since.is_none() || self.is_lost(now);
        let mut next = (self.status == OperationStatus::Pending && is_free).then(|| self.changed(now))?;
        if let Some(since) = self.attempting_since {
            let details = "the attempt was interrupted; what it did is not known".to_owned();
            next.logs.push(Attempt {
                id: OperationId::at(now).uuid(),
                created_at: since,
                updated_at: now,
                error: Some(AttemptError { kind: ErrorKind::Network, details }),
                answer: TspAnswer::default(),
            });
            if next.is_exhausted() {
                return Some(Self { status: OperationStatus::Failed, attempting_since: None, ..next });
            }
        }
        Some(Self { attempting_since: Some(now), ..next })
    }

    /// The operation after an attempt that sent nothing: it is no attempt, and begins again in so many seconds.
    #[must_use]
    pub fn put_off(&self, seconds: i64, now: Timestamp) -> Self {
        Self { attempting_since: None, due_at: Some(now.plus_seconds(seconds)), ..self.changed(now) }
    }

    /// Whether an attempt began so long ago that nobody is at it any more.
    #[must_use]
    pub fn is_lost(&self, now: Timestamp) -> bool {
        let is_old = |since: Timestamp| since.plus_seconds(LONGEST_ATTEMPT) <= now;
        self.status == OperationStatus::Pending && self.attempting_since.is_some_and(is_old)
    }

    /// Whether another attempt might not be over in time.
    #[must_use]
    pub fn has_no_time(&self, now: Timestamp) -> bool {
        self.created_at.plus_seconds(LONGEST_OPERATION - LONGEST_ATTEMPT) <= now
    }

    /// The seconds until it may be attempted.
    #[must_use]
    pub fn seconds_until_due(&self, now: Timestamp) -> i64 {
        self.due_at.map_or(0, |due| due.seconds().saturating_sub(now.seconds())).clamp(0, LONGEST_DELAY)
    }

    /// The operation after its time, where its messages got lost or earlier writes of the record took all of it: it has failed. `None` if
    /// it has ended.
    #[must_use]
    pub fn given_up(&self, now: Timestamp) -> Option<Self> {
        let mut next = (self.status == OperationStatus::Pending).then(|| self.changed(now))?;
        let was_sent = self.attempting_since.is_some() || !self.logs.is_empty();
        let details = if was_sent { UNKNOWN_END } else { NOT_SENT }.to_owned();
        next.logs.push(Attempt {
            id: OperationId::at(now).uuid(),
            created_at: self.attempting_since.unwrap_or(now),
            updated_at: now,
            error: Some(AttemptError { kind: ErrorKind::Network, details }),
            answer: TspAnswer::default(),
        });
        Some(Self { status: OperationStatus::Failed, attempting_since: None, ..next })
    }

    /// When the first attempt began of which nobody knows whether the TSP did it: there was no answer, or one of a server at fault.
    #[must_use]
    pub fn unclear_since(&self) -> Option<Timestamp> {
        let is_unclear = |attempt: &&Attempt| {
            let is_unanswered = attempt.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Network);
            is_unanswered || attempt.answer.status.is_some_and(|status| status >= 500)
        };
        self.logs.iter().find(is_unclear).map(|attempt| attempt.created_at)
    }

    /// The operation after an attempt, and what becomes of it. `wait` is how long the TSP asks to wait.
    #[must_use]
    pub fn after(
        &self,
        result: Result<WrittenRecord, AttemptError>,
        answer: TspAnswer,
        wait: Option<i64>,
        now: Timestamp,
    ) -> (Self, Next) {
        let mut next = Self { attempting_since: None, ..self.changed(now) };
        next.logs.push(Attempt {
            id: OperationId::at(now).uuid(),
            created_at: self.attempting_since.unwrap_or(now),
            updated_at: now,
            error: result.as_ref().err().cloned(),
            answer,
        });
        match result {
            Ok(WrittenRecord { source_id, resource_id }) => {
                (Self { status: OperationStatus::Success, source_id, resource_id, ..next }, Next::Nothing)
            }
            Err(error) if error.kind == ErrorKind::Validation || next.is_exhausted() => {
                (Self { status: OperationStatus::Failed, ..next }, Next::Nothing)
            }
            Err(_) => {
                let usual = next.logs.len().checked_sub(1).and_then(|index| DELAYS.get(index)).copied().unwrap_or(LONGEST_DELAY);
                let seconds = usual.max(wait.unwrap_or(0)).min(LONGEST_DELAY);
                (Self { due_at: Some(now.plus_seconds(seconds)), ..next }, Next::Retry(seconds))
            }
        }
    }

    /// Its attempts as they are published.
    #[must_use]
    pub fn published_logs(&self) -> Vec<LogRead> {
        let log = |attempt: &Attempt| LogRead {
            id: attempt.id,
            created_at: attempt.created_at,
            updated_at: attempt.updated_at,
            resource_operation_id: self.id,
            status: if attempt.error.is_some() { LogStatus::Failed } else { LogStatus::Success },
            error_type: attempt.error.as_ref().map(|error| error.kind),
            error_details: attempt.error.as_ref().map(|error| error.details.clone()),
            response_status_code: attempt.answer.status,
            response_headers: attempt.answer.status.map(|_| attempt.answer.headers.clone()),
        };
        self.logs.iter().map(log).collect()
    }

    fn changed(&self, now: Timestamp) -> Self {
        Self { updated_at: now, revision: self.revision.saturating_add(1), ..self.clone() }
    }

    /// Whether it has had all its attempts.
    fn is_exhausted(&self) -> bool {
        self.is_sync || self.logs.len() > DELAYS.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn operation(is_sync: bool) -> ResourceOperation {
        let now = at("2026-11-21T12:00:00Z");
        ResourceOperation {
            id: OperationId::at(now),
            created_at: now,
            updated_at: now,
            revision: 0,
            partner_id: PartnerId::at(now),
            connection_id: ConnectionId::at(now),
            fleet_id: FleetId::at(now),
            fleet_ref: None,
            source_name: "samsara".into(),
            resource: Resource::User,
            operation_type: OperationType::Create,
            target: None,
            payload: Map::new(),
            status: OperationStatus::Pending,
            is_sync,
            resource_id: None,
            source_id: None,
            logs: Vec::new(),
            attempting_since: None,
            due_at: None,
        }
    }

    fn failure(kind: ErrorKind) -> Result<WrittenRecord, AttemptError> {
        Err(AttemptError { kind, details: "no".into() })
    }

    #[test]
    fn six_attempts_within_an_hour_are_all() {
        let (mut held, mut now, mut attempts) = (operation(false), at("2026-11-21T12:00:00Z"), 0);
        let end = loop {
            let begun = held.begin(now).unwrap();
            attempts += 1;
            let (after, next) = begun.after(failure(ErrorKind::Tsp), TspAnswer::default(), None, now);
            held = after;
            match next {
                Next::Retry(seconds) => now = now.plus_seconds(seconds),
                Next::Nothing => break now,
            }
        };
        assert_eq!((attempts, held.logs.len(), held.status), (6, 6, OperationStatus::Failed));
        assert!(end < at("2026-11-21T13:00:00Z") && end > at("2026-11-21T12:40:00Z"), "{end}");
        assert_eq!(held.begin(now), None, "what has ended is not tried again");
    }

    #[test]
    fn what_the_tsp_does_not_take_is_tried_once_and_a_caller_that_waits_has_one_try() {
        let now = at("2026-11-21T12:00:00Z");
        for (is_sync, kind) in [(false, ErrorKind::Validation), (true, ErrorKind::Network)] {
            let begun = operation(is_sync).begin(now).unwrap();
            let (after, next) = begun.after(failure(kind), TspAnswer::default(), None, now);
            assert_eq!((after.status, next), (OperationStatus::Failed, Next::Nothing));
            assert_eq!(after.logs[0].error.as_ref().unwrap().kind, kind);
        }
    }

    #[test]
    fn an_attempt_at_a_time_and_one_that_was_lost_counts() {
        let now = at("2026-11-21T12:00:00Z");
        let begun = operation(false).begin(now).unwrap();
        assert_eq!(begun.begin(now.plus_seconds(LONGEST_ATTEMPT - 1)), None);
        let again = begun.begin(now.plus_seconds(LONGEST_ATTEMPT)).unwrap();
        assert_eq!((again.logs.len(), again.status, again.attempting_since.is_some()), (1, OperationStatus::Pending, true));
        assert_eq!(again.logs[0].error.as_ref().unwrap().kind, ErrorKind::Network);
        let lost = operation(true).begin(now).unwrap().begin(now.plus_seconds(LONGEST_ATTEMPT)).unwrap();
        assert_eq!((lost.status, lost.attempting_since), (OperationStatus::Failed, None));
    }

    #[test]
    fn an_attempt_without_an_answer_may_have_been_done() {
        let now = at("2026-11-21T12:00:00Z");
        let answered = |status| TspAnswer { status: Some(status), ..TspAnswer::default() };
        for (kind, answer, is_unclear) in [
            (ErrorKind::Network, TspAnswer::default(), true),
            (ErrorKind::Tsp, answered(503), true),
            (ErrorKind::Tsp, answered(429), false),
            (ErrorKind::Auth, answered(401), false),
        ] {
            let begun = operation(false).begin(now).unwrap();
            let (after, _) = begun.after(failure(kind), answer, None, now.plus_seconds(9));
            assert_eq!(after.unclear_since(), is_unclear.then_some(now), "{kind:?}");
        }
        let lost = operation(false).begin(now).unwrap().begin(now.plus_seconds(LONGEST_ATTEMPT)).unwrap();
        assert_eq!(lost.unclear_since(), Some(now));
    }

    #[test]
    fn a_tsp_that_asks_to_wait_is_waited_for_as_long_as_a_queue_can() {
        let now = at("2026-11-21T12:00:00Z");
        for (asked, waited) in [(Some(5), 60), (Some(300), 300), (Some(7_200), 899)] {
            let begun = operation(false).begin(now).unwrap();
            let (after, next) = begun.after(failure(ErrorKind::Tsp), TspAnswer::default(), asked, now);
            assert_eq!((next, after.due_at), (Next::Retry(waited), Some(now.plus_seconds(waited))));
            assert_eq!(after.seconds_until_due(now.plus_seconds(waited - 1)), 1);
            assert_eq!(after.seconds_until_due(now.plus_seconds(waited)), 0);
        }
    }

    #[test]
    fn a_write_that_was_held_back_has_had_no_attempt() {
        let now = at("2026-11-21T12:00:00Z");
        let held = operation(false).begin(now).unwrap().put_off(7, now);
        assert_eq!((held.logs.len(), held.attempting_since, held.seconds_until_due(now), held.revision), (0, None, 7, 2));
        assert!(held.begin(now.plus_seconds(7)).is_some());
    }

    #[test]
    fn what_had_no_time_says_whether_anything_was_sent() {
        let now = at("2026-11-21T12:00:00Z");
        let last = now.plus_seconds(LONGEST_OPERATION - LONGEST_ATTEMPT);
        assert!(!operation(false).has_no_time(last.plus_seconds(-1)) && operation(false).has_no_time(last));
        let details = |held: ResourceOperation| held.given_up(last).unwrap().logs.pop().unwrap().error.unwrap().details;
        assert_eq!(details(operation(false)), NOT_SENT);
        assert_eq!(details(operation(false).begin(now).unwrap()), UNKNOWN_END);
    }

    #[test]
    fn a_success_names_the_record() {
        let now = at("2026-11-21T12:00:00Z");
        let written = WrittenRecord { source_id: Some("9".into()), resource_id: None };
        let (after, next) = operation(false).begin(now).unwrap().after(Ok(written), TspAnswer::default(), None, now);
        assert_eq!((after.status, next, after.source_id.as_deref()), (OperationStatus::Success, Next::Nothing, Some("9")));
        assert_eq!((after.logs.len(), &after.logs[0].error, after.revision), (1, &None, 2));
    }
}
