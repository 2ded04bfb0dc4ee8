//! `GET /v2/integrations/connections/data-freshness`

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::connection::Connection;
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, FleetId, Resource, ScheduleId, ShareLevel, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::visible::{self, FleetFilter, Visible};

/// How many connections are read concurrently.
const MAX_CONCURRENT: usize = 16;

/// The freshness of each resource of each connection.
pub struct Freshness;

/// Filters.
pub struct Filters(FleetFilter);

/// The freshness of one resource of one connection.
#[derive(Serialize, JsonSchema)]
pub struct DataFreshness {
    /// The resource.
    resource: Resource,
    /// The level at which the fleet shares it with you; null for the fleet itself.
    share_level: Option<ShareLevel>,
    /// The fleet.
    fleet_id: FleetId,
    /// Your own id of the fleet.
    #[schemars(example = &"FLEET-12345")]
    fleet_ref: Option<String>,
    /// The connection.
    connection_id: ConnectionId,
    /// What the fleet calls the connection, to tell it from others at the same TSP.
    connection_description: Option<String>,
    /// The schedule that fetches it.
    schedule_id: ScheduleId,
    /// The adapter.
    source_name: String,
    /// The TSP.
    tsp_id: TspId,
    /// The TSP's slug.
    #[schemars(example = &"samsara")]
    tsp_slug: String,
    /// When it was last fetched successfully.
    last_successful_execution_at: Option<Timestamp>,
    /// When it is fetched next; null where the schedule ended or is suspended.
    next_execution_at: Option<Timestamp>,
    /// The state of the schedule.
    schedule_status: Option<ScheduleStatus>,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self(FleetFilter::read(reader))
    }
}

impl Operation for Freshness {
    type Input = Filters;
    type Output = Json<Vec<DataFreshness>>;

    async fn run(context: &Context, call: Call, Filters(fleets): Filters) -> Result<Self::Output, ApiError> {
        let seen = visible::all(context, &call, &fleets).await?;
        let by_id = super::by_id(context, seen.iter().map(|seen| seen.connection_id)).await?;
        let links = super::links(context, seen.iter()).await?;
        let schedules: HashMap<_, _> = stream::iter(by_id.keys().copied())
            .map(|id| async move { context.store().schedules_of(id).await.map(|schedules| (id, schedules)) })
            .buffer_unordered(MAX_CONCURRENT)
            .try_collect()
            .await?;
        let mut rows = Vec::new();
        for seen in &seen {
            if let (Some(connection), Some(schedules)) = (by_id.get(&seen.connection_id), schedules.get(&seen.connection_id)) {
                let description = links.get(&(seen.fleet_id, seen.connection_id)).and_then(|link| link.name(connection));
                rows.extend(rows_of(seen, connection, schedules, description.as_ref()));
            }
        }
        Ok(Json(rows))
    }
}

/// The rows of one connection, sorted by the resource's name.
fn rows_of(seen: &Visible, connection: &Connection, schedules: &[Schedule], description: Option<&String>) -> Vec<DataFreshness> {
    let included =
        schedules.iter().filter(|schedule| schedule.status != ScheduleStatus::Deleted && seen.includes(schedule.resource));
    let mut rows: Vec<DataFreshness> = included.map(|schedule| row(seen, connection, schedule, description)).collect();
    rows.sort_by_key(|row| row.resource.name());
    rows
}

fn row(seen: &Visible, connection: &Connection, schedule: &Schedule, description: Option<&String>) -> DataFreshness {
    DataFreshness {
        resource: schedule.resource,
        share_level: seen.level(schedule.resource),
        fleet_id: seen.fleet_id,
        fleet_ref: seen.fleet_ref.clone(),
        connection_id: connection.id,
        connection_description: description.cloned(),
        schedule_id: schedule.id,
        source_name: connection.source_name.clone(),
        tsp_id: connection.tsp_id,
        tsp_slug: connection.tsp_slug.clone(),
        last_successful_execution_at: schedule.last_success_at,
        next_execution_at: schedule.next_execution_at.filter(|_| schedule.runs()),
        schedule_status: Some(schedule.status),
    }
}
