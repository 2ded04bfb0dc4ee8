//! Share agreements: what a fleet shares with a partner, and until when.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{AgreementId, ConnectionId, FleetId, InvitationId, PartnerId, Resource, Scopes, Timestamp, TspId};

/// An agreement between one fleet and one partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// The fleet that shares.
    pub fleet_id: FleetId,
    /// The partner that reads.
    pub partner_id: PartnerId,
    /// The invitation it came from.
    pub invitation_id: Option<InvitationId>,
    /// The partner's own id for the fleet.
    pub fleet_ref: Option<String>,
    /// The stored state; see [`Agreement::status_at`] for the effective state.
    pub status: AgreementStatus,
    /// Who paused it: only that party may activate it again.
    pub paused_by: Option<Party>,
    /// Start of access.
    pub effective_date: Timestamp,
    /// End of access; `None` = unlimited.
    pub expiration_date: Option<Timestamp>,
    /// What is shared.
    pub scopes: Scopes,
    /// The fleet's connections, copied here so that one query yields a grant.
    #[serde(default)]
    pub connections: Vec<Linked>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The part of a fleet's connection that readers need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The TSP.
    pub tsp_id: TspId,
    /// Its slug.
    pub tsp_slug: String,
    /// The adapter.
    pub source_name: String,
    /// When the fleet removed it; what is older stays readable.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "deleted", deserialize_with = "end")]
    pub ended_at: Option<Timestamp>,
}

/// Builds before `ended_at` wrote `deleted`, without a time: such a link that ended shows nothing.
fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum End {
        At(Timestamp),
        Deleted(bool),
    }
    Ok(match Option::<End>::deserialize(deserializer)? {
        Some(End::At(end)) => Some(end),
        Some(End::Deleted(true)) => Some(Timestamp::from_micros(0)),
        Some(End::Deleted(false)) | None => None,
    })
}

impl Linked {
    /// Whether the fleet still has the connection.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// The state of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ShareAgreementStatusEnum")]
pub enum AgreementStatus {
    /// In force within its dates.
    Active,
    /// Suspended.
    Paused,
    /// Ended permanently.
    Cancelled,
    /// Deleted.
    Deleted,
    /// Ended by its date.
    Expired,
}

/// A party of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The partner.
    Partner,
    /// The fleet.
    Fleet,
}

/// What a party can do to an agreement, apart from changing its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Suspend it.
    Pause,
    /// Resume it.
    Activate,
    /// End it permanently.
    Cancel,
    /// Delete it.
    Delete,
}

/// Why an action is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// The agreement is deleted.
    #[error("the share agreement is deleted")]
    Deleted,
    /// It was cancelled or has expired.
    #[error("the share agreement has ended")]
    Ended,
    /// The other party paused it.
    #[error("only the party that paused the share agreement may activate it")]
    PausedByOtherParty,
}

impl Agreement {
    /// The state at `now`: after its expiration date an agreement is expired, regardless of the stored state.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> AgreementStatus {
        let expired = self.expiration_date.is_some_and(|end| now >= end);
        match self.status {
            AgreementStatus::Active | AgreementStatus::Paused if expired => AgreementStatus::Expired,
            status => status,
        }
    }

    /// Whether it is over for good.
    #[must_use]
    pub fn has_ended_at(&self, now: Timestamp) -> bool {
        !matches!(self.status_at(now), AgreementStatus::Active | AgreementStatus::Paused)
    }

    /// Whether the partner may see data at `now`.
    #[must_use]
    pub fn opens_at(&self, now: Timestamp) -> bool {
        self.status_at(now) == AgreementStatus::Active && now >= self.effective_date
    }

    /// Whether the partner may see this resource at `now`.
    #[must_use]
    pub fn covers(&self, resource: Resource, now: Timestamp) -> bool {
        self.opens_at(now) && self.scopes.contains_key(&resource)
    }

    /// Whether this resource has to be fetched at `now`: the partner may see it, or what is worked out of it.
    #[must_use]
    pub fn needs(&self, resource: Resource, now: Timestamp) -> bool {
        self.covers(resource, now) || resource.derived().any(|derived| self.covers(derived, now))
    }

    /// Whether this resource of a connection has to be fetched from `now` on.
    #[must_use]
    pub fn needs_of(&self, connection: ConnectionId, resource: Resource, now: Timestamp) -> bool {
        self.needs(resource, now) && self.link(connection).is_some_and(Linked::is_open)
    }

    /// Whether the partner may see what is fetched of this resource of a connection from `now` on.
    #[must_use]
    pub fn shares(&self, connection: ConnectionId, resource: Resource, now: Timestamp) -> bool {
        self.covers(resource, now) && self.link(connection).is_some_and(Linked::is_open)
    }

    /// The fleet's link to a connection; `None` if it never had one.
    #[must_use]
    pub fn link(&self, connection: ConnectionId) -> Option<&Linked> {
        self.connections.iter().find(|link| link.connection_id == connection)
    }

    /// The agreement after `party` did `action` at `now` (table of contract section 5). An action that changes nothing
    /// returns the agreement as it is.
    ///
    /// # Errors
    /// [`TransitionError`] if the table says 409 or 404.
    pub fn after(&self, action: Action, party: Party, now: Timestamp) -> Result<Self, TransitionError> {
        use AgreementStatus::{Active, Cancelled, Deleted, Expired, Paused};
        let status = match (self.status_at(now), action) {
            (Deleted, _) => return Err(TransitionError::Deleted),
            (_, Action::Delete) => Deleted,
            (Cancelled | Expired, _) => return Err(TransitionError::Ended),
            (Active | Paused, Action::Cancel) => Cancelled,
            (Active | Paused, Action::Pause) => Paused,
            (Active, Action::Activate) => Active,
            (Paused, Action::Activate) if self.paused_by == Some(party) => Active,
            (Paused, Action::Activate) => return Err(TransitionError::PausedByOtherParty),
        };
        if status == self.status {
            return Ok(self.clone());
        }
        let paused_by = (status == Paused).then_some(party);
        Ok(Self { status, paused_by, updated_at: now, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(status: AgreementStatus) -> Agreement {
        let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        Agreement {
            id: AgreementId::at(now),
            fleet_id: FleetId::at(now),
            partner_id: PartnerId::at(now),
            invitation_id: None,
            fleet_ref: None,
            status,
            paused_by: (status == AgreementStatus::Paused).then_some(Party::Partner),
            effective_date: now,
            expiration_date: None,
            scopes: crate::resource::read_everything(),
            connections: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn the_table_of_actions_holds() {
        use Action::{Activate, Cancel, Delete, Pause};
        use AgreementStatus::{Active, Cancelled, Deleted, Expired, Paused};
        let cases = [
            (Active, Pause, Ok(Paused)),
            (Active, Activate, Ok(Active)),
            (Active, Cancel, Ok(Cancelled)),
            (Active, Delete, Ok(Deleted)),
            (Paused, Pause, Ok(Paused)),
            (Paused, Activate, Ok(Active)),
            (Paused, Cancel, Ok(Cancelled)),
            (Paused, Delete, Ok(Deleted)),
            (Cancelled, Pause, Err(TransitionError::Ended)),
            (Cancelled, Activate, Err(TransitionError::Ended)),
            (Cancelled, Delete, Ok(Deleted)),
            (Expired, Cancel, Err(TransitionError::Ended)),
            (Expired, Delete, Ok(Deleted)),
            (Deleted, Pause, Err(TransitionError::Deleted)),
            (Deleted, Delete, Err(TransitionError::Deleted)),
        ];
        let now = Timestamp::parse("2026-01-02T00:00:00Z").unwrap();
        for (from, action, expected) in cases {
            let after = agreement(from).after(action, Party::Partner, now).map(|agreement| agreement.status);
            assert_eq!(after, expected, "{from:?} {action:?}");
        }
    }

    #[test]
    fn a_link_that_an_earlier_build_ended_is_not_open() {
        let now = Timestamp::parse("2026-01-02T00:00:00Z").unwrap();
        let (connection, tsp) = (ConnectionId::at(now), TspId::at(now));
        let stored = serde_json::json!({ "connection_id": connection, "tsp_id": tsp, "tsp_slug": "s", "source_name": "s" });
        let cases = [
            (None, None),
            (Some(("deleted", serde_json::json!(false))), None),
            (Some(("deleted", serde_json::json!(true))), Some(Timestamp::from_micros(0))),
            (Some(("ended_at", serde_json::json!(now))), Some(now)),
        ];
        for (member, expected) in cases {
            let mut stored = stored.clone();
            if let Some((name, value)) = member {
                stored[name] = value;
            }
            let link: Linked = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(link.ended_at, expected, "{stored}");
            let again: Linked = serde_json::from_value(serde_json::to_value(&link).unwrap()).unwrap();
            assert_eq!(again, link);
        }
    }

    #[test]
    fn only_the_party_that_paused_activates() {
        let now = Timestamp::parse("2026-01-02T00:00:00Z").unwrap();
        let paused = agreement(AgreementStatus::Paused);
        assert_eq!(paused.after(Action::Activate, Party::Fleet, now), Err(TransitionError::PausedByOtherParty));
    }

    #[test]
    fn access_ends_with_the_expiration_date() {
        let end = Timestamp::parse("2026-02-01T00:00:00Z").unwrap();
        let agreement = Agreement { expiration_date: Some(end), ..agreement(AgreementStatus::Active) };
        assert!(agreement.opens_at(end.plus_seconds(-1)));
        assert!(!agreement.opens_at(end));
        assert_eq!(agreement.status_at(end), AgreementStatus::Expired);
    }
}
