//! Terms: moments at which a thing changes by itself. They lie in one partition per hour, so that who enforces them reads
//! the hours that have passed and nothing else.

use model::agreement::Agreement;
use model::invitation::Invitation;
use model::{AgreementId, InvitationId, PartnerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::query::Range;
use crate::{Store, StoreError};

/// A lapsed term is kept as long, should the worker that enforces it stand still.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// A moment at which somebody has to look at a thing. What is to be done follows from the thing as it is then: a term that
/// was moved since does no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The moment.
    pub at: Timestamp,
    /// The thing.
    pub subject: Subject,
}

/// What a term is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An invitation lapses.
    Invitation(InvitationId),
    /// An agreement begins or ends.
    Agreement(PartnerId, AgreementId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invitation(id) => write!(f, "INVITATION#{id}"),
            Self::Agreement(_, id) => write!(f, "AGREEMENT#{id}"),
        }
    }
}

impl Term {
    /// The term of an invitation.
    #[must_use]
    pub fn of_invitation(invitation: &Invitation) -> Self {
        Self { at: invitation.expires_at, subject: Subject::Invitation(invitation.id) }
    }

    /// The terms of an agreement: its beginning and, where it has one, its end.
    #[must_use]
    pub fn of_agreement(agreement: &Agreement) -> Vec<Self> {
        let subject = Subject::Agreement(agreement.partner_id, agreement.id);
        [Some(agreement.effective_date), agreement.expiration_date].into_iter().flatten().map(|at| Self { at, subject }).collect()
    }
}

impl Keyed for Term {
    const KIND: &'static str = "term";
    const VERSION: &'static str = "at";

    fn key(&self) -> Key {
        Key::term(self.at, self.subject)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.at.plus_seconds(KEPT_SECONDS))
    }
}

/// How far terms were enforced: every term of an earlier hour is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// The hour that was being enforced.
    pub until: Timestamp,
}

impl Keyed for Enforced {
    const KIND: &'static str = "terms_enforced";
    const VERSION: &'static str = "until";

    fn key(&self) -> Key {
        Key::enforced()
    }
}

impl Store {
    /// The terms of one hour that have come by `now`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn terms_due(&self, hour: Timestamp, now: Timestamp) -> Result<Vec<Term>, StoreError> {
        let mut found: Vec<Term> = self.all(&Range::table(keys::terms(hour), "")).await?;
        found.retain(|term| term.at <= now);
        Ok(found)
    }
}
