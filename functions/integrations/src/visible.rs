//! The connections that a caller may see, and for which fleets.

use gateway::{ApiError, Call, Caller, Context, Reader};
use model::agreement::{Agreement, Linked};
use model::connection::{Connection, ConnectionStatus};
use model::{ConnectionId, FleetId, Resource, Scopes, ShareLevel, TspId};
use store::control::Key;

/// A connection as one caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Visible {
    pub(crate) connection_id: ConnectionId,
    pub(crate) tsp_id: TspId,
    pub(crate) fleet_id: FleetId,
    /// The caller's own reference for the fleet; absent if the caller is the fleet.
    pub(crate) fleet_ref: Option<String>,
    /// The resources a partner may see; `None` = everything, since the caller is the fleet.
    scopes: Option<Scopes>,
}

impl Visible {
    /// Whether the caller may see this resource of the connection.
    pub(crate) fn includes(&self, resource: Resource) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains_key(&resource))
    }

    /// How far the resource is shared with the caller.
    pub(crate) fn level(&self, resource: Resource) -> Option<ShareLevel> {
        self.scopes.as_ref()?.get(&resource).copied()
    }

    fn through(agreement: &Agreement, link: &Linked) -> Self {
        Self {
            connection_id: link.connection_id,
            tsp_id: link.tsp_id,
            fleet_id: agreement.fleet_id,
            fleet_ref: agreement.fleet_ref.clone(),
            scopes: Some(agreement.scopes.clone()),
        }
    }
}

/// The filters `fleet_ids` and `fleet_refs` that lists share; both must match.
#[derive(Default)]
pub(crate) struct FleetFilter {
    ids: Option<Vec<FleetId>>,
    refs: Option<Vec<String>>,
}

impl FleetFilter {
    pub(crate) fn read(reader: &mut Reader) -> Self {
        let ids = reader.query("fleet_ids").about("Only these fleets.").ids(100);
        Self { ids, ..Self::of_refs(reader) }
    }

    /// `fleet_refs` alone.
    pub(crate) fn of_refs(reader: &mut Reader) -> Self {
        let refs =
            reader.query("fleet_refs").about("Only these fleets, by your own ids.").example(r#"["FLEET-12345"]"#).texts(100, 200);
        Self { ids: None, refs }
    }

    fn matches(&self, seen: &Visible) -> bool {
        let by_id = self.ids.as_ref().is_none_or(|ids| ids.contains(&seen.fleet_id));
        let named = |refs: &Vec<String>| seen.fleet_ref.as_ref().is_some_and(|name| refs.contains(name));
        by_id && self.refs.as_ref().is_none_or(named)
    }
}

/// Every connection that the caller may see, once per fleet, sorted by fleet and connection.
///
/// # Errors
/// 403 for callers that are neither partner nor fleet; 500 if storage fails.
pub(crate) async fn all(context: &Context, call: &Call, fleets: &FleetFilter) -> Result<Vec<Visible>, ApiError> {
    let mut found = match call.caller {
        Caller::Fleet { id, .. } => own(context, id).await?,
        _ => shared(context, call).await?,
    };
    found.retain(|seen| fleets.matches(seen));
    found.sort_by_key(|seen| (seen.fleet_id, seen.connection_id));
    found.dedup_by_key(|seen| (seen.fleet_id, seen.connection_id));
    Ok(found)
}

/// One connection, if the caller may see it: once for each fleet that has it, in the order of fleets.
///
/// # Errors
/// 404 if the caller may not see it; 500 if storage fails.
pub(crate) async fn each(context: &Context, call: &Call, id: ConnectionId) -> Result<Vec<Visible>, ApiError> {
    let mut found = all(context, call, &FleetFilter::default()).await?;
    found.retain(|seen| seen.connection_id == id);
    if found.is_empty() { Err(missing()) } else { Ok(found) }
}

/// What of a connection's schedules a caller sees.
pub(crate) enum Sight {
    /// All of them: it administers the platform.
    All,
    /// Those of the resources that it sees through fleets.
    Through(Vec<Visible>),
}

impl Sight {
    /// Whether the caller sees the schedule of this resource.
    pub(crate) fn includes(&self, resource: Resource) -> bool {
        match self {
            Self::All => true,
            Self::Through(seen) => seen.iter().any(|seen| seen.includes(resource)),
        }
    }
}

/// What the caller sees of a connection's schedules.
///
/// # Errors
/// 404 if it sees nothing of the connection; 500 if storage fails.
pub(crate) async fn sight(context: &Context, call: &Call, id: ConnectionId) -> Result<Sight, ApiError> {
    if matches!(call.caller, Caller::Admin { .. }) {
        return existing(context, id).await.map(|_| Sight::All);
    }
    each(context, call, id).await.map(Sight::Through)
}

/// A connection that is not deleted, whoever may see it.
///
/// # Errors
/// 404 if there is none; 500 if storage fails.
pub(crate) async fn existing(context: &Context, id: ConnectionId) -> Result<Connection, ApiError> {
    let found = context.store().get::<Connection>(Key::connection(id)).await?;
    found.filter(|connection| connection.status != ConnectionStatus::Deleted).ok_or_else(missing)
}

/// One connection, as the first of its fleets.
///
/// # Errors
/// 404 if the caller may not see it; 500 if storage fails.
pub(crate) async fn one(context: &Context, call: &Call, id: ConnectionId) -> Result<Visible, ApiError> {
    each(context, call, id).await?.into_iter().next().ok_or_else(missing)
}

/// 404.
pub(crate) fn missing() -> ApiError {
    ApiError::not_found("connection")
}

async fn shared(context: &Context, call: &Call) -> Result<Vec<Visible>, ApiError> {
    let agreements = context.store().cached_agreements(call.caller.partner()?, call.now).await?;
    let links =
        agreements.open_at(call.now).flat_map(|agreement| agreement.connections.iter().map(move |link| (agreement, link)));
    Ok(links.filter(|(_, link)| link.is_open()).map(|(agreement, link)| Visible::through(agreement, link)).collect())
}

async fn own(context: &Context, fleet: FleetId) -> Result<Vec<Visible>, ApiError> {
    let fleet_connections = context.store().connections_of(fleet).await?;
    let seen = fleet_connections.into_iter().map(|fleet_connection| Visible {
        connection_id: fleet_connection.connection_id,
        tsp_id: fleet_connection.tsp_id,
        fleet_id: fleet,
        fleet_ref: None,
        scopes: None,
    });
    Ok(seen.collect())
}
