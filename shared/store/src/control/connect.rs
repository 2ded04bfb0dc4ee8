//! What Connect keeps: sessions, the browsers of fleets, and what fleets agreed to.

use std::collections::BTreeSet;

use model::{AgreementId, ConnectionId, FleetId, InvitationId, PartnerId, Scopes, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::query::Range;
use crate::{Store, StoreError};

/// A fleet's session in Connect: from its consent, or from opening its link again, to the end of the visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectSession {
    /// Digest of the cookie.
    pub digest: String,
    /// The invitation whose link was opened.
    pub invitation_id: InvitationId,
    /// Whether the visit is over: then its last page is shown again, and no other one.
    #[serde(default)]
    pub is_done: bool,
    /// The accounts that were linked or mended in it.
    #[serde(default)]
    pub linked: BTreeSet<ConnectionId>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Keyed for ConnectSession {
    const KIND: &'static str = "connect_session";

    fn key(&self) -> Key {
        Key::session(&self.digest)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// A browser in which a fleet agreed, or opened a link that opens once: it opens the used link again. To share more than is shared it
/// must have given credentials that work, for partners have the links too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectBrowser {
    /// Digest of the cookie.
    pub digest: String,
    /// The invitation whose link it opens.
    pub invitation_id: InvitationId,
    /// What was shown in it as shared, and submitted.
    #[serde(default)]
    pub reviewed: Scopes,
    /// The accounts of which it has given credentials that work.
    #[serde(default)]
    pub proved: BTreeSet<ConnectionId>,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Keyed for ConnectBrowser {
    const KIND: &'static str = "connect_browser";

    fn key(&self) -> Key {
        Key::browser(&self.digest)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What a fleet saw and submitted in Connect, or what an administrator of the platform added without asking it. Entries are never changed; a
/// wider one follows the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// The invitation that asked.
    pub invitation_id: InvitationId,
    /// The agreement that it is about.
    pub agreement_id: AgreementId,
    /// The fleet that agreed.
    pub fleet_id: FleetId,
    /// The partner that may read.
    pub partner_id: PartnerId,
    /// All that was agreed to by then.
    pub scopes: Scopes,
    /// The client of the administrator who added to what is shared; `None` where the fleet agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
    /// When it was submitted.
    pub created_at: Timestamp,
}

impl Keyed for Consent {
    const KIND: &'static str = "consent";
    const VERSION: &'static str = "created_at";

    fn key(&self) -> Key {
        Key::consent(self.invitation_id, self.created_at)
    }
}

impl Store {
    /// What the fleet agreed to of an invitation, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn consents(&self, invitation: InvitationId) -> Result<Vec<Consent>, StoreError> {
        let mut found: Vec<Consent> = self.all(&Range::table(keys::invitation(invitation), "CONSENT#")).await?;
        found.retain(|consent| consent.added_by.is_none());
        Ok(found)
    }
}
