//! Links a fleet to a TSP account: creates a connection, or adds the fleet to the existing connection of the account.

use gateway::{ApiError, Caller, Context};
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::credentials::Credentials;
use model::schedule::{Schedule, ScheduleStatus};
use model::tsp::Tsp;
use model::{ConnectionId, FleetId, Resource, Timestamp};
use store::control::{AccountClaim, Key, ScheduleClaim, SealedCredentials, Write};
use store::{Attempts, StoreError};
use uuid::Uuid;

use super::recheck::Recheck;
use super::validation::ProviderEndpoint;
use crate::visible;

/// A fleet's request to link an account, with validated credentials.
pub(super) struct LinkRequest<'a> {
    pub(super) caller: &'a Caller,
    pub(super) fleet: FleetId,
    /// The connection that the fleet has to have already; `None` = any, also a new one.
    pub(super) only: Option<ConnectionId>,
    pub(super) tsp: &'a Tsp,
    pub(super) endpoint: &'a ProviderEndpoint,
    pub(super) account: String,
    pub(super) credentials: Credentials,
    pub(super) description: Option<String>,
    pub(super) now: Timestamp,
}

/// Links the fleet to the connection of the account in one transaction; creates the connection if there is none.
///
/// # Errors
/// 401 or 409 if the consent behind the request does not hold any more; 409 if concurrent requests keep changing the same items; 500 if storage or the vault fails.
pub(super) async fn link(context: &Context, request: &LinkRequest<'_>) -> Result<(Connection, FleetConnection), ApiError> {
    let mut attempts = Attempts::default();
    let mut recheck = Recheck::default();
    loop {
        let Some(Plan { connection, link, writes }) = plan(context, request, &mut recheck).await? else {
            // The last link was removed after the claim was read.
            if attempts.again().await {
                continue;
            }
            return Err(StoreError::Conflict.into());
        };
        if writes.is_empty() {
            return Ok((connection, link));
        }
        match context.store().commit(writes).await {
            Err(StoreError::Conflict) if attempts.again().await => {}
            result => return result.map(|()| (connection, link)).map_err(ApiError::from),
        }
    }
}

/// What a request comes to.
struct Plan {
    connection: Connection,
    link: FleetConnection,
    writes: Vec<Write>,
}

/// `None` where the connection that holds the account has just ended.
async fn plan(context: &Context, request: &LinkRequest<'_>, recheck: &mut Recheck) -> Result<Option<Plan>, ApiError> {
    // The TSP took its time: what was consented to as the call began may have ended, or be more.
    request.caller.check_consent(context, request.now).await?;
    let agreements = context.store().agreements_of_fleet(request.fleet).await?;
    let claim = context.store().get::<AccountClaim>(Key::account(request.tsp.id, &request.account)).await?;
    match (claim, request.only) {
        (Some(claim), only) if only.is_none_or(|only| only == claim.connection_id) => {
            plan_existing(context, request, &agreements, claim.connection_id, recheck).await
        }
        (None, None) => plan_new(context, request, &agreements).await.map(Some),
        _ => Err(visible::missing()),
    }
}

/// The writes for an account that has no connection yet.
async fn plan_new(context: &Context, request: &LinkRequest<'_>, agreements: &[Agreement]) -> Result<Plan, ApiError> {
    let id = ConnectionId::at(request.now);
    let connection = Connection {
        id,
        tsp_id: request.tsp.id,
        tsp_slug: request.tsp.slug.clone(),
        source_name: request.tsp.source_name.clone(),
        account: request.account.clone(),
        masked: request.credentials.masked(),
        description: None,
        status: ConnectionStatus::Active,
        changed_at: None,
        refusals: 0,
        refused_since: None,
        fleets: Some([request.fleet].into()),
        created_at: request.now,
        updated_at: request.now,
    };
    let claim = AccountClaim { tsp_id: request.tsp.id, account: request.account.clone(), connection_id: id };
    let link = fleet_connection(request, &connection, ConnectionOrigin::New);
    let mut writes = vec![
        Write::create(&connection)?,
        Write::create(&claim)?,
        Write::create(&sealed(context, request, id).await?)?,
        Write::create(&link)?,
    ];
    writes.extend(agreement_writes(agreements, &connection, request.now)?);
    writes.extend(schedule_writes(request, agreements, &connection, &[])?);
    Ok(Plan { connection, link, writes })
}

/// The writes for an account that has a connection already, of this fleet or of another one.
async fn plan_existing(
    context: &Context,
    request: &LinkRequest<'_>,
    agreements: &[Agreement],
    id: ConnectionId,
    recheck: &mut Recheck,
) -> Result<Option<Plan>, ApiError> {
    let store = context.store();
    let seen = store
        .get::<Connection>(Key::connection(id))
        .await?
        .ok_or_else(|| ApiError::internal("account claim without a connection"))?;
    if seen.status == ConnectionStatus::Deleted {
        return Ok(None);
    }
    let existing = store.get::<FleetConnection>(Key::fleet_connection(request.fleet, id)).await?;
    if existing.is_none() && request.only.is_some() {
        return Err(visible::missing());
    }
    let old_works = recheck.stored_work(context, request.endpoint, &seen, &request.credentials).await?;
    let mut next = with_working_credentials(&seen, request, old_works.then_some(&seen.masked));
    _ = next.fleets.as_mut().is_some_and(|fleets| fleets.insert(request.fleet));
    let mut writes = Vec::new();
    let link = match &existing {
        None => fleet_connection(request, &seen, ConnectionOrigin::Existing),
        Some(existing) => with_what_was_given(existing, &seen, request),
    };
    match &existing {
        None => writes.push(Write::create(&link)?),
        Some(existing) if *existing != link => writes.push(Write::replace(existing, &link)?),
        Some(_) => {}
    }
    if !old_works {
        writes.push(Write::overwrite(&sealed(context, request, id).await?)?);
        writes.push(Write::delete(Key::account_session(id)));
    }
    writes.extend(agreement_writes(agreements, &seen, request.now)?);
    writes.extend(schedule_writes(request, agreements, &next, &store.schedules_of(id).await?)?);
    if writes.is_empty() && next.status == seen.status {
        return Ok(Some(Plan { connection: seen, link, writes }));
    }
    // Every link replaces the connection, so that it conflicts with a concurrent removal of the last fleet connection.
    writes.push(Write::replace(&seen, &next)?);
    Ok(Some(Plan { connection: next, link, writes }))
}

/// The fleet's link with what it has given now. A name that is left out stays.
fn with_what_was_given(existing: &FleetConnection, connection: &Connection, request: &LinkRequest<'_>) -> FleetConnection {
    let description = request.description.clone().or_else(|| existing.name(connection));
    let next = FleetConnection { description, masked: Some(request.credentials.masked()), ..existing.clone() };
    if next == *existing { next } else { FleetConnection { updated_at: Some(request.now), ..next } }
}

/// The connection with working credentials; `stored` is the masked form of the old ones if they are kept.
fn with_working_credentials(seen: &Connection, request: &LinkRequest<'_>, stored: Option<&serde_json::Value>) -> Connection {
    let status = match seen.status {
        ConnectionStatus::Stale | ConnectionStatus::Failed => ConnectionStatus::Active,
        other => other,
    };
    let masked = stored.cloned().unwrap_or_else(|| request.credentials.masked());
    let changed_at = if status == seen.status { seen.changed_at } else { Some(request.now) };
    Connection { status, masked, changed_at, refusals: 0, refused_since: None, updated_at: request.now, ..seen.clone() }
}

async fn sealed(context: &Context, request: &LinkRequest<'_>, id: ConnectionId) -> Result<SealedCredentials, ApiError> {
    context.seal_credentials(id, &request.tsp.source_name, &request.credentials.to_sealed_json()).await
}

/// Whether the connection is created by this link.
#[derive(Clone, Copy, PartialEq)]
enum ConnectionOrigin {
    New,
    Existing,
}

fn fleet_connection(request: &LinkRequest<'_>, connection: &Connection, origin: ConnectionOrigin) -> FleetConnection {
    FleetConnection {
        id: Uuid::now_v7(),
        fleet_id: request.fleet,
        connection_id: connection.id,
        tsp_id: connection.tsp_id,
        tsp_slug: connection.tsp_slug.clone(),
        source_name: connection.source_name.clone(),
        first: origin == ConnectionOrigin::New,
        description: request.description.clone(),
        masked: Some(request.credentials.masked()),
        created_at: request.now,
        updated_at: None,
    }
}

/// Adds the connection to the fleet's agreements that have not ended.
fn agreement_writes(agreements: &[Agreement], connection: &Connection, now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let current =
        agreements.iter().filter(|agreement| !matches!(agreement.status, AgreementStatus::Deleted | AgreementStatus::Cancelled));
    let changed = current.filter_map(|agreement| Some((agreement, with_link(agreement, connection, now)?)));
    changed.map(|(agreement, next)| Write::replace(agreement, &next)).collect()
}

/// The agreement with the connection added; `None` if it contains it already.
fn with_link(agreement: &Agreement, connection: &Connection, now: Timestamp) -> Option<Agreement> {
    let link = Linked {
        connection_id: connection.id,
        tsp_id: connection.tsp_id,
        tsp_slug: connection.tsp_slug.clone(),
        source_name: connection.source_name.clone(),
        ended_at: None,
    };
    if agreement.connections.contains(&link) {
        return None;
    }
    let mut connections = agreement.connections.clone();
    connections.retain(|existing| existing.connection_id != link.connection_id);
    connections.push(link);
    Some(Agreement { connections, updated_at: now, ..agreement.clone() })
}

/// New schedules for shared resources without one; schedules that waited for credentials or consent are reactivated.
fn schedule_writes(
    request: &LinkRequest<'_>,
    agreements: &[Agreement],
    connection: &Connection,
    existing: &[Schedule],
) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::new();
    for resource in request.endpoint.accounts.resources() {
        let shared = agreements.iter().any(|agreement| agreement.needs(resource, request.now));
        match existing.iter().find(|schedule| schedule.resource == resource) {
            None if shared => writes.extend(new_schedule(connection, resource, request.now)?),
            Some(schedule) if is_waiting(schedule, shared) => {
                writes.push(Write::replace(schedule, &schedule.restarted(request.now))?)
            }
            _ => {}
        }
    }
    Ok(writes)
}

fn new_schedule(connection: &Connection, resource: Resource, now: Timestamp) -> Result<[Write; 2], StoreError> {
    let schedule = Schedule::new(connection.id, resource, &connection.source_name, now);
    let claim = ScheduleClaim { connection_id: connection.id, resource, schedule_id: schedule.id };
    Ok([Write::create(&schedule)?, Write::create(&claim)?])
}

fn is_waiting(schedule: &Schedule, shared: bool) -> bool {
    match schedule.status {
        ScheduleStatus::Stale => true,
        ScheduleStatus::CancelledInsufficientScope => shared,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use model::{AgreementId, PartnerId, TspId};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    fn connection() -> Connection {
        Connection {
            id: ConnectionId::at(at(0)),
            tsp_id: TspId::at(at(0)),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            account: "1".into(),
            masked: serde_json::json!({}),
            description: None,
            status: ConnectionStatus::Active,
            changed_at: None,
            refusals: 0,
            refused_since: None,
            fleets: None,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn agreement() -> Agreement {
        Agreement {
            id: AgreementId::at(at(0)),
            fleet_id: FleetId::at(at(0)),
            partner_id: PartnerId::at(at(0)),
            invitation_id: None,
            fleet_ref: None,
            status: AgreementStatus::Active,
            paused_by: None,
            effective_date: at(0),
            expiration_date: None,
            scopes: model::resource::read_everything(),
            connections: Vec::new(),
            created_at: at(0),
            updated_at: at(0),
        }
    }

    #[test]
    fn an_agreement_holds_each_connection_once() {
        let connection = connection();
        let mut linked = with_link(&agreement(), &connection, at(1)).unwrap();
        assert_eq!((linked.connections.len(), linked.updated_at), (1, at(1)));
        assert_eq!(with_link(&linked, &connection, at(2)), None);
        linked.connections[0].ended_at = Some(at(2));
        let again = with_link(&linked, &connection, at(3)).unwrap();
        assert!(again.connections.len() == 1 && again.connections[0].is_open());
    }

    #[test]
    fn schedules_are_reactivated_once_they_can_run() {
        use ScheduleStatus::{Active, CancelledInsufficientScope, Paused, Stale};
        let schedule = Schedule::new(ConnectionId::at(at(0)), Resource::Vehicle, "samsara", at(0));
        let cases = [
            (Stale, false, true),
            (CancelledInsufficientScope, false, false),
            (CancelledInsufficientScope, true, true),
            (Paused, true, false),
            (Active, true, false),
        ];
        for (status, shared, expected) in cases {
            assert_eq!(is_waiting(&Schedule { status, ..schedule.clone() }, shared), expected, "{status:?}");
        }
    }
}
