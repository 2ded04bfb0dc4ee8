//! `POST /v2/integrations/connections/schedules/backfill`

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::agreement::Linked;
use model::connection::{Connection, ConnectionStatus};
use model::schedule::Schedule;
use model::{ConnectionId, Resource, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Key, ScheduleClaim, Write};
use store::{Attempts, StoreError};

use super::create::writes_of;

/// Makes the schedule of a resource wherever it is shared and there never was one, as after a source was added to an adapter.
pub struct Backfill;

/// The resource, and where.
pub struct Request {
    resource: Option<Resource>,
    tsp_id: Option<TspId>,
    connection_ids: Option<Vec<ConnectionId>>,
}

/// Where schedules were made.
#[derive(Serialize, JsonSchema)]
pub struct ScheduleBackfillResponse {
    /// The connections that have a schedule of the resource now, and had none before.
    connection_ids: Vec<ConnectionId>,
}

/// How many connections get their schedule in one request, for it is one transaction of 100 writes.
const AT_ONCE: usize = 50;
/// How many partners are read concurrently.
const MAX_CONCURRENT: usize = 16;

impl Input for Request {
    const BODY: Body = Body::Json("ScheduleBackfillRequest");

    fn read(reader: &mut Reader) -> Self {
        Self {
            resource: reader.body("resource").required().about("The resource.").example("vehicle").code(),
            tsp_id: reader.body("tsp_id").about("Only connections to this TSP.").id(),
            connection_ids: reader.body("connection_ids").about("Only these connections; all by default.").ids(100),
        }
    }
}

impl Operation for Backfill {
    type Input = Request;
    type Output = Json<ScheduleBackfillResponse>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let Some(resource) = request.resource else { return Err(ApiError::internal("a required member is missing")) };
        let named = match request.connection_ids.clone() {
            Some(ids) => ids.into_iter().collect(),
            None => shared(context, resource, call.now).await?,
        };
        let mut attempts = Attempts::default();
        loop {
            let lacking = request.lacking(context, resource, &named, call.now).await?;
            let connection_ids = lacking.iter().map(|connection| connection.id).collect();
            if lacking.is_empty() {
                return Ok(Json(ScheduleBackfillResponse { connection_ids }));
            }
            match context.store().commit(writes(&lacking, resource, call.now)?).await {
                Err(StoreError::Conflict) if attempts.again().await => {}
                done => return Ok(done.map(|()| Json(ScheduleBackfillResponse { connection_ids }))?),
            }
        }
    }
}

/// The connections of which some agreement in force shares the resource.
async fn shared(context: &Context, resource: Resource, now: Timestamp) -> Result<BTreeSet<ConnectionId>, ApiError> {
    let partners = context.store().partners().await?;
    let agreements =
        stream::iter(partners).map(|partner| context.store().agreements(partner.id)).buffer_unordered(MAX_CONCURRENT);
    let agreements: Vec<_> = agreements.try_collect().await?;
    let covering = agreements.iter().flatten().filter(|agreement| agreement.needs(resource, now));
    let links = covering.flat_map(|agreement| agreement.connections.iter()).filter(|link| link.is_open());
    Ok(links.map(|Linked { connection_id, .. }| *connection_id).collect())
}

fn writes(lacking: &[Connection], resource: Resource, now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::with_capacity(2 * lacking.len());
    for connection in lacking {
        writes.extend(writes_of(Schedule::new(connection.id, resource, &connection.source_name, now))?.1);
    }
    Ok(writes)
}

impl Request {
    /// The connections among these that are active, offer and share the resource, and never had its schedule; [`AT_ONCE`] at most.
    async fn lacking(
        &self,
        context: &Context,
        resource: Resource,
        named: &BTreeSet<ConnectionId>,
        now: Timestamp,
    ) -> Result<Vec<Connection>, ApiError> {
        let ids: Vec<ConnectionId> = named.iter().copied().collect();
        let keys: Vec<Key> = ids.iter().map(|id| Key::schedule_for(*id, resource)).collect();
        let claims: Vec<ScheduleClaim> = context.store().get_many(&keys).await?;
        let had: BTreeSet<ConnectionId> = claims.iter().map(|claim| claim.connection_id).collect();
        let keys: Vec<Key> = ids.into_iter().filter(|id| !had.contains(id)).map(Key::connection).collect();
        let mut found: Vec<Connection> = context.store().get_many(&keys).await?;
        found.retain(|connection| self.takes(connection, resource));
        found.sort_by_key(|connection| connection.id);
        let mut lacking = Vec::new();
        for connection in found {
            if lacking.len() == AT_ONCE {
                break;
            }
            let agreements = context.store().agreements_on(connection.id).await?;
            if agreements.iter().any(|agreement| agreement.needs_of(connection.id, resource, now)) {
                lacking.push(connection);
            }
        }
        Ok(lacking)
    }

    fn takes(&self, connection: &Connection, resource: Resource) -> bool {
        let accounts = providers::accounts(&connection.source_name);
        let is_offered = accounts.is_some_and(|accounts| accounts.resources().contains(&resource));
        let is_wanted = self.tsp_id.is_none_or(|tsp| tsp == connection.tsp_id);
        is_wanted && is_offered && connection.status == ConnectionStatus::Active
    }
}
