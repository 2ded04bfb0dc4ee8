//! Deadlines: when an entity must be re-evaluated. They lie in one partition per hour, so that the worker that enforces them
//! reads the hours that have passed and nothing else.

use model::agreement::Agreement;
use model::invitation::Invitation;
use model::resource_operation::{LONGEST_OPERATION, ResourceOperation};
use model::{AgreementId, ConnectionId, InvitationId, OperationId, PartnerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::query::Range;
use crate::{Store, StoreError};

/// How long a deadline is kept after it has passed, in case the worker that enforces it is down.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// When an entity must be re-evaluated. What is to be done follows from the entity's state at that time, so a deadline that
/// has moved since does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When.
    pub at: Timestamp,
    /// The entity.
    pub subject: Subject,
}

/// The entity of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An invitation expires.
    Invitation(InvitationId),
    /// An agreement begins or ends.
    Agreement(PartnerId, AgreementId),
    /// A write to a TSP has had the time for all its attempts.
    Operation(ConnectionId, OperationId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invitation(id) => write!(f, "INVITATION#{id}"),
            Self::Agreement(_, id) => write!(f, "AGREEMENT#{id}"),
            Self::Operation(_, id) => write!(f, "OPERATION#{id}"),
        }
    }
}

impl Deadline {
    /// The deadline of an invitation.
    #[must_use]
    pub fn of_invitation(invitation: &Invitation) -> Self {
        Self { at: invitation.expires_at, subject: Subject::Invitation(invitation.id) }
    }

    /// The deadline of a write to a TSP.
    #[must_use]
    pub fn of_operation(operation: &ResourceOperation) -> Self {
        let subject = Subject::Operation(operation.connection_id, operation.id);
        Self { at: operation.created_at.plus_seconds(LONGEST_OPERATION), subject }
    }

    /// The deadlines of an agreement: its beginning and, where it has one, its end.
    #[must_use]
    pub fn of_agreement(agreement: &Agreement) -> Vec<Self> {
        let subject = Subject::Agreement(agreement.partner_id, agreement.id);
        [Some(agreement.effective_date), agreement.expiration_date].into_iter().flatten().map(|at| Self { at, subject }).collect()
    }
}

impl Keyed for Deadline {
    const KIND: &'static str = "deadline";
    const VERSION: &'static str = "at";

    fn key(&self) -> Key {
        Key::deadline(self.at, self.subject)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.at.plus_seconds(KEPT_SECONDS))
    }
}

/// How far deadlines were enforced: every deadline of an earlier hour is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// The hour that was being enforced.
    pub until: Timestamp,
}

impl Keyed for Enforced {
    const KIND: &'static str = "deadlines_enforced";
    const VERSION: &'static str = "until";

    fn key(&self) -> Key {
        Key::enforced()
    }
}

impl Store {
    /// The deadlines of one hour that have passed by `now`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deadlines_due(&self, hour: Timestamp, now: Timestamp) -> Result<Vec<Deadline>, StoreError> {
        let mut found: Vec<Deadline> = self.all(&Range::table(keys::deadlines(hour), "")).await?;
        found.retain(|deadline| deadline.at <= now);
        Ok(found)
    }
}
