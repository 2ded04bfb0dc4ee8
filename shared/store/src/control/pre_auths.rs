//! What a fleet gives before a provider asks it, and keeps until the provider has answered.

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
    /// The vault's envelope; none once it was used.
    pub sealed: Option<Value>,
    /// Counts the changes.
    pub revision: u64,
    /// When it ends.
    pub expires_at: Timestamp,
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
    /// One that begins now.
    #[must_use]
    pub fn new(id: Uuid, fleet_id: FleetId, tsp_id: TspId, sealed: Value, now: Timestamp) -> Self {
        Self { id, fleet_id, tsp_id, sealed: Some(sealed), revision: 0, expires_at: now.plus_seconds(PRE_AUTH_SECONDS) }
    }

    /// What it holds, and the state after it was taken; `None` where it may not be taken.
    fn taken(&self, (fleet, tsp): (FleetId, TspId), now: Timestamp) -> Option<(Value, Self)> {
        let is_theirs = self.fleet_id == fleet && self.tsp_id == tsp;
        let sealed = self.sealed.clone().filter(|_| is_theirs && now < self.expires_at)?;
        Some((sealed, Self { sealed: None, revision: self.revision.wrapping_add(1), ..self.clone() }))
    }
}

impl Store {
    /// What a pre-auth of this fleet for this provider holds, which nobody gets again. `None` for one that is unknown, used, over, of
    /// another fleet or for another provider; such a try does not use it up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_pre_auth(&self, id: Uuid, owner: (FleetId, TspId), now: Timestamp) -> Result<Option<Value>, StoreError> {
        let Some(seen) = self.get::<PreAuth>(Key::pre_auth(id)).await? else { return Ok(None) };
        let Some((sealed, next)) = seen.taken(owner, now) else { return Ok(None) };
        match self.commit(vec![Write::replace(&seen, &next)?]).await {
            Ok(()) => Ok(Some(sealed)),
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
        let made = PreAuth::new(Uuid::nil(), fleet, tsp, Value::from("sealed"), now);
        let (held, used) = made.taken((fleet, tsp), now.plus_seconds(899)).unwrap();
        assert_eq!((held, &used.sealed), (Value::from("sealed"), &None));
        assert!(used.revision != made.revision && used.taken((fleet, tsp), now).is_none(), "used");
        assert_eq!(made.taken((fleet, tsp), now.plus_seconds(900)), None, "over");
        assert_eq!(made.taken((FleetId::at(now.plus_seconds(1)), tsp), now), None, "another fleet");
        assert_eq!(made.taken((fleet, TspId::at(now.plus_seconds(1))), now), None, "another provider");
    }
}
