//! What a fleet gives before it links an account, and its sign-ins at providers: kept for a while, and used once.

use model::{FleetId, Timestamp, TspId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::Write;
use super::items::Keyed;
use super::keys::Key;
use crate::{Store, StoreError};

/// How long a pre-auth waits (contract section 6).
pub const PRE_AUTH_SECONDS: i64 = 900;

/// What one fleet has given for one provider. It is used once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreAuth {
    /// Its id, which is random: it is the `state` of a sign-in at the provider.
    pub id: Uuid,
    /// The fleet that gave it.
    pub fleet_id: FleetId,
    /// The provider that it is for.
    pub tsp_id: TspId,
    /// The vault's envelope; none in a sign-in, and none once it was used.
    #[serde(default)]
    pub sealed: Option<Value>,
    /// The visit to Connect that a sign-in belongs to.
    #[serde(default)]
    pub visit: Option<SignInVisit>,
    /// Whether it was used.
    #[serde(default)]
    pub is_used: bool,
    /// Counts the changes.
    pub revision: u64,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The visit to Connect from which a customer went to sign in. None of it opens anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignInVisit {
    /// Its name, as in the paths of its pages.
    pub name: String,
    /// The digest of its cookie.
    pub digest: String,
    /// The provider that was chosen.
    pub slug: String,
    /// The tag of the language that its link chose.
    #[serde(default)]
    pub language: Option<String>,
}

impl Keyed for PreAuth {
    const KIND: &'static str = "pre_auth";
    const VERSION: &'static str = "revision";

    fn key(&self) -> Key {
        Key::pre_auth(self.id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl PreAuth {
    /// What was given, from now on.
    #[must_use]
    pub fn new(id: Uuid, (fleet_id, tsp_id): (FleetId, TspId), sealed: Value, now: Timestamp) -> Self {
        let expires_at = now.plus_seconds(PRE_AUTH_SECONDS);
        Self { id, fleet_id, tsp_id, sealed: Some(sealed), visit: None, is_used: false, revision: 0, expires_at }
    }

    /// A sign-in that begins now.
    #[must_use]
    pub fn of_sign_in(id: Uuid, owner: (FleetId, TspId), visit: SignInVisit, now: Timestamp) -> Self {
        Self { sealed: None, visit: Some(visit), ..Self::new(id, owner, Value::Null, now) }
    }

    /// The state after it was taken; `None` where it may not be taken.
    fn taken(&self, (fleet, tsp): (FleetId, TspId), now: Timestamp) -> Option<Self> {
        let is_theirs = self.fleet_id == fleet && self.tsp_id == tsp;
        let may = is_theirs && !self.is_used && now < self.expires_at;
        may.then(|| Self { sealed: None, is_used: true, revision: self.revision.wrapping_add(1), ..self.clone() })
    }
}

impl Store {
    /// A pre-auth of this fleet for this provider as it was, which nobody gets again. `None` for one that is unknown, used, over, of
    /// another fleet or for another provider; such a try does not use it up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_pre_auth(&self, id: Uuid, owner: (FleetId, TspId), now: Timestamp) -> Result<Option<PreAuth>, StoreError> {
        let Some(seen) = self.get::<PreAuth>(Key::pre_auth(id)).await? else { return Ok(None) };
        let Some(next) = seen.taken(owner, now) else { return Ok(None) };
        match self.commit(vec![Write::replace(&seen, &next)?]).await {
            Ok(()) => Ok(Some(seen)),
            Err(StoreError::Conflict) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pre_auth_is_taken_once_in_time_by_its_fleet_for_its_provider() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let (fleet, tsp) = (FleetId::at(now), TspId::at(now));
        let visit = SignInVisit { name: "name".into(), digest: "digest".into(), slug: "samsara".into(), language: None };
        let signing = PreAuth::of_sign_in(Uuid::nil(), (fleet, tsp), visit, now);
        for made in [PreAuth::new(Uuid::nil(), (fleet, tsp), Value::from("sealed"), now), signing] {
            let used = made.taken((fleet, tsp), now.plus_seconds(899)).unwrap();
            assert!(used.sealed.is_none() && used.revision != made.revision);
            assert_eq!(used.taken((fleet, tsp), now), None, "used");
            assert_eq!(made.taken((fleet, tsp), now.plus_seconds(900)), None, "over");
            assert_eq!(made.taken((FleetId::at(now.plus_seconds(1)), tsp), now), None, "another fleet");
            assert_eq!(made.taken((fleet, TspId::at(now.plus_seconds(1))), now), None, "another provider");
        }
    }
}
