//! Connections: TSP accounts a fleet has linked.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectionId, FleetId, Timestamp, TspId};

/// A linked TSP account. Its credentials are stored separately, encrypted; this contains only their masked form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The TSP.
    pub tsp_id: TspId,
    /// The TSP's slug.
    pub tsp_slug: String,
    /// The adapter.
    pub source_name: String,
    /// The TSP's own id of the account.
    pub account: String,
    /// The stored credentials with every secret masked. Each fleet is shown what it gave itself: see [`FleetConnection::masked`].
    pub masked: Value,
    /// What the fleet that made it calls the account, in items of builds that kept the name here: see [`FleetConnection::name`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its state.
    pub status: ConnectionStatus,
    /// When the state last changed; `None` if it never did.
    #[serde(default)]
    pub changed_at: Option<Timestamp>,
    /// Consecutive rejections of the credentials by the TSP.
    #[serde(default)]
    pub refusals: u32,
    /// When the first of these rejections happened.
    #[serde(default)]
    pub refused_since: Option<Timestamp>,
    /// The fleets that are linked to it: what says whether a link is the last one has to be in the item that every link and its end
    /// replace. `None` in items of builds that did not keep them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleets: Option<BTreeSet<FleetId>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The link between a fleet and a connection. A connection may be shared by fleets; a fleet connection belongs to one fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetConnection {
    /// Its id, published in `fleet_connection.created`.
    pub id: uuid::Uuid,
    /// The fleet.
    pub fleet_id: FleetId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The TSP, copied so that grants need no further read.
    pub tsp_id: TspId,
    /// Its slug.
    pub tsp_slug: String,
    /// The adapter.
    pub source_name: String,
    /// Whether the connection was created together with this fleet connection, which emits `connection.created`.
    pub first: bool,
    /// What the fleet calls the account, to tell it from others at the same TSP.
    #[serde(default)]
    pub description: Option<String>,
    /// The credentials that the fleet gave, with every secret masked; `None` where an earlier build linked it.
    #[serde(default)]
    pub masked: Option<Value>,
    /// When the fleet linked it.
    pub created_at: Timestamp,
    /// When the fleet last gave credentials or a name; `None` if it did so once.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
}

impl FleetConnection {
    /// What the fleet calls the account. Earlier builds kept the name of the fleet that made the connection there, until the fleet
    /// gives something anew.
    #[must_use]
    pub fn name(&self, connection: &Connection) -> Option<String> {
        let is_untouched = self.first && self.updated_at.is_none();
        self.description.clone().or_else(|| connection.description.clone().filter(|_| is_untouched))
    }
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConnectionStatusEnum")]
pub enum ConnectionStatus {
    /// Data is ingested.
    Active,
    /// Stored, but the first use of the credentials failed.
    Failed,
    /// Ended; its history stays readable.
    Cancelled,
    /// Suspended by the fleet or an administrator.
    Paused,
    /// The TSP rejects the credentials.
    Stale,
    /// Removed; its history stays readable.
    Deleted,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_an_earlier_build_kept_in_the_connection_is_its_maker_s() {
        let now = Timestamp::from_millis(1_790_000_000_000);
        let (connection, fleet, tsp) = (ConnectionId::at(now), FleetId::at(now), TspId::at(now));
        let stored = json!({
            "id": connection, "tsp_id": tsp, "tsp_slug": "s", "source_name": "s", "account": "1", "masked": {}, "status": "active",
            "description": "East yard", "created_at": now, "updated_at": now,
        });
        let stored: Connection = serde_json::from_value(stored).unwrap();
        assert_eq!(serde_json::to_value(&stored).unwrap()["description"], "East yard", "a replacement keeps it");
        let link = |first: bool| {
            let link = json!({
                "id": uuid::Uuid::nil(), "fleet_id": fleet, "connection_id": connection, "tsp_id": tsp, "tsp_slug": "s", "source_name": "s",
                "first": first, "created_at": now,
            });
            serde_json::from_value::<FleetConnection>(link).unwrap()
        };
        assert_eq!(link(true).name(&stored).as_deref(), Some("East yard"));
        assert_eq!(link(false).name(&stored), None, "another fleet's name for it is nobody else's");
        let cleared = FleetConnection { updated_at: Some(now), ..link(true) };
        assert_eq!(cleared.name(&stored), None);
        let own = FleetConnection { description: Some("West".into()), ..link(true) };
        assert_eq!(own.name(&stored).as_deref(), Some("West"));
    }
}
