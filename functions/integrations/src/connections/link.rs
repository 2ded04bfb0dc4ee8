//! Storing a link between a fleet and a TSP account: a new connection, or a tie to the one that holds the account already.

use gateway::{ApiError, Context};
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::{Connection, ConnectionStatus, FleetConnection};
use model::credentials::Credentials;
use model::schedule::{Schedule, ScheduleStatus};
use model::tsp::Tsp;
use model::{ConnectionId, FleetId, Resource, Timestamp};
use providers::ProviderError;
use store::StoreError;
use store::control::{AccountClaim, Key, ScheduleClaim, SealedCredentials, Write};
use uuid::Uuid;
use vault::Sealed;

use super::trial::Door;

/// How often a link is tried again after somebody else changed what it was based on.
const TRIES: usize = 3;

/// Proven credentials of an account, offered by a fleet.
pub(super) struct Offer<'a> {
    pub(super) fleet: FleetId,
    pub(super) tsp: &'a Tsp,
    pub(super) door: &'a Door,
    pub(super) account: String,
    pub(super) credentials: Credentials,
    pub(super) description: Option<String>,
    pub(super) now: Timestamp,
}

/// The connection of the account, tied to the fleet; all in one transaction.
///
/// # Errors
/// 409 where others keep changing the same things; 500 if storage or the vault fails.
pub(super) async fn link(context: &Context, offer: &Offer<'_>) -> Result<Connection, ApiError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (connection, writes) = planned(context, offer).await?;
        if writes.is_empty() {
            return Ok(connection);
        }
        match context.store().commit(writes).await {
            Err(StoreError::Conflict) if tries < TRIES => {}
            done => return done.map(|()| connection).map_err(ApiError::from),
        }
    }
}

async fn planned(context: &Context, offer: &Offer<'_>) -> Result<(Connection, Vec<Write>), ApiError> {
    let agreements = context.store().agreements_of_fleet(offer.fleet).await?;
    match context.store().get::<AccountClaim>(Key::account(offer.tsp.id, &offer.account)).await? {
        None => opened(context, offer, &agreements).await,
        Some(claim) => joined(context, offer, &agreements, claim.connection_id).await,
    }
}

/// The account is new to the platform.
async fn opened(context: &Context, offer: &Offer<'_>, agreements: &[Agreement]) -> Result<(Connection, Vec<Write>), ApiError> {
    let id = ConnectionId::at(offer.now);
    let connection = Connection {
        id,
        tsp_id: offer.tsp.id,
        tsp_slug: offer.tsp.slug.clone(),
        source_name: offer.tsp.source_name.clone(),
        account: offer.account.clone(),
        masked: offer.credentials.masked(),
        status: ConnectionStatus::Active,
        description: offer.description.clone(),
        refusals: 0,
        refused_since: None,
        created_at: offer.now,
        updated_at: offer.now,
    };
    let claim = AccountClaim { tsp_id: offer.tsp.id, account: offer.account.clone(), connection_id: id };
    let mut writes = vec![
        Write::create(&connection)?,
        Write::create(&claim)?,
        Write::create(&sealed(context, offer, id).await?)?,
        Write::create(&tie(offer, &connection, Maker::First))?,
    ];
    writes.extend(agreement_writes(agreements, &connection, offer.now)?);
    writes.extend(schedule_writes(offer, agreements, &connection, &[])?);
    Ok((connection, writes))
}

/// The account has a connection, of this fleet or of another one.
async fn joined(
    context: &Context,
    offer: &Offer<'_>,
    agreements: &[Agreement],
    id: ConnectionId,
) -> Result<(Connection, Vec<Write>), ApiError> {
    let store = context.store();
    let seen = store
        .get::<Connection>(Key::connection(id))
        .await?
        .ok_or_else(|| ApiError::internal("account claim without a connection"))?;
    let known = store.get::<FleetConnection>(Key::fleet_connection(offer.fleet, id)).await?;
    let old_works = old_credentials_work(context, offer, &seen).await?;
    let next = revived(&seen, offer, old_works.then_some(&seen.masked));
    let mut writes = Vec::new();
    if known.is_none() {
        writes.push(Write::create(&tie(offer, &seen, Maker::Found))?);
    }
    if !old_works {
        writes.push(Write::overwrite(&sealed(context, offer, id).await?)?);
    }
    writes.extend(agreement_writes(agreements, &seen, offer.now)?);
    writes.extend(schedule_writes(offer, agreements, &next, &store.schedules_of(id).await?)?);
    if writes.is_empty() && next.status == seen.status {
        return Ok((seen, writes));
    }
    // Every link changes the connection, so that it cannot race with the end of the connection's last tie.
    writes.push(Write::replace(&seen, &next)?);
    Ok((next, writes))
}

/// The connection with credentials that work; `kept` = the masked form of the old ones, where they stay.
fn revived(seen: &Connection, offer: &Offer<'_>, kept: Option<&serde_json::Value>) -> Connection {
    let status = match seen.status {
        ConnectionStatus::Stale | ConnectionStatus::Failed => ConnectionStatus::Active,
        other => other,
    };
    let masked = kept.cloned().unwrap_or_else(|| offer.credentials.masked());
    Connection { status, masked, refusals: 0, refused_since: None, updated_at: offer.now, ..seen.clone() }
}

/// Old credentials give way only to a clear refusal: a TSP that is down proves nothing.
async fn old_credentials_work(context: &Context, offer: &Offer<'_>, connection: &Connection) -> Result<bool, ApiError> {
    let Some(kept) = context.store().get::<SealedCredentials>(Key::credentials(connection.id)).await? else {
        return Ok(false);
    };
    let sealed: Sealed = serde_json::from_value(kept.sealed).map_err(ApiError::internal)?;
    let pairs = [("connection_id", connection.id.to_string()), ("tsp", connection.source_name.clone())];
    let opened = context.vault().open(&pairs.each_ref().map(|(name, value)| (*name, value.as_str())), &sealed).await?;
    let Some(old) = opened.expose_text().and_then(|text| Credentials::from_json(text).ok()) else {
        return Ok(false);
    };
    if old == offer.credentials {
        return Ok(true);
    }
    let refused = |error: &ProviderError| matches!(error, ProviderError::Refused { .. } | ProviderError::Unsupported { .. });
    Ok(!offer.door.try_with(context, &old).await?.as_ref().is_err_and(refused))
}

async fn sealed(context: &Context, offer: &Offer<'_>, id: ConnectionId) -> Result<SealedCredentials, ApiError> {
    let id_text = id.to_string();
    let pairs = [("connection_id", id_text.as_str()), ("tsp", offer.tsp.source_name.as_str())];
    let sealed = context.vault().seal(&pairs, offer.credentials.to_sealed_json().as_bytes()).await?;
    let sealed = serde_json::to_value(sealed).map_err(ApiError::internal)?;
    Ok(SealedCredentials { connection_id: id, sealed, updated_at: offer.now })
}

#[derive(Clone, Copy, PartialEq)]
enum Maker {
    First,
    Found,
}

fn tie(offer: &Offer<'_>, connection: &Connection, maker: Maker) -> FleetConnection {
    FleetConnection {
        id: Uuid::now_v7(),
        fleet_id: offer.fleet,
        connection_id: connection.id,
        tsp_id: connection.tsp_id,
        tsp_slug: connection.tsp_slug.clone(),
        source_name: connection.source_name.clone(),
        first: maker == Maker::First,
        created_at: offer.now,
    }
}

/// The fleet's agreements that may still open, with the connection in them.
fn agreement_writes(agreements: &[Agreement], connection: &Connection, now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let living =
        agreements.iter().filter(|agreement| !matches!(agreement.status, AgreementStatus::Deleted | AgreementStatus::Cancelled));
    let changed = living.filter_map(|agreement| Some((agreement, with_link(agreement, connection, now)?)));
    changed.map(|(agreement, next)| Write::replace(agreement, &next)).collect()
}

/// The agreement with the connection in it; `None` where it stands there already.
fn with_link(agreement: &Agreement, connection: &Connection, now: Timestamp) -> Option<Agreement> {
    let link = Linked {
        connection_id: connection.id,
        tsp_id: connection.tsp_id,
        tsp_slug: connection.tsp_slug.clone(),
        source_name: connection.source_name.clone(),
        deleted: false,
    };
    if agreement.connections.contains(&link) {
        return None;
    }
    let mut connections = agreement.connections.clone();
    connections.retain(|known| known.connection_id != link.connection_id);
    connections.push(link);
    Some(Agreement { connections, updated_at: now, ..agreement.clone() })
}

/// New schedules for what is shared and has none; those that waited for credentials or consent run again.
fn schedule_writes(
    offer: &Offer<'_>,
    agreements: &[Agreement],
    connection: &Connection,
    known: &[Schedule],
) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::new();
    for resource in offer.door.adapter.resources().iter().copied() {
        let shared = agreements.iter().any(|agreement| agreement.covers(resource, offer.now));
        match known.iter().find(|schedule| schedule.resource == resource) {
            None if shared => writes.extend(new_schedule(connection, resource, offer.now)?),
            Some(schedule) if waits(schedule, shared) => writes.push(Write::replace(schedule, &awake(schedule, offer.now))?),
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

fn waits(schedule: &Schedule, shared: bool) -> bool {
    match schedule.status {
        ScheduleStatus::Stale => true,
        ScheduleStatus::CancelledInsufficientScope => shared,
        _ => false,
    }
}

fn awake(schedule: &Schedule, now: Timestamp) -> Schedule {
    Schedule {
        status: ScheduleStatus::Active,
        consecutive_error_count: 0,
        next_execution_at: Some(now),
        revision: schedule.revision + 1,
        updated_at: now,
        ..schedule.clone()
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
            status: ConnectionStatus::Active,
            description: None,
            refusals: 0,
            refused_since: None,
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
        linked.connections[0].deleted = true;
        let again = with_link(&linked, &connection, at(3)).unwrap();
        assert!(again.connections.len() == 1 && !again.connections[0].deleted);
    }

    #[test]
    fn schedules_wake_for_what_they_waited_for() {
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
            assert_eq!(waits(&Schedule { status, ..schedule.clone() }, shared), expected, "{status:?}");
        }
        let next = awake(&schedule, at(9));
        assert_eq!((next.status, next.revision, next.next_execution_at), (Active, 1, Some(at(9))));
    }
}
