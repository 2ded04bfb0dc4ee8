//! `GET /v2/integrations/connections/data-freshness`

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::budget::{Rate, RequestBudget};
use model::connection::Connection;
use model::schedule::{Schedule, ScheduleStatus};
use model::{ConnectionId, FleetId, Resource, ScheduleId, ShareLevel, Timestamp, TspId};
use schemars::JsonSchema;
use serde::Serialize;
use store::control::{Key, Keyed as _};

use crate::visible::{self, FleetFilter, Visible};

/// How many connections are read concurrently.
const MAX_CONCURRENT: usize = 16;

/// The freshness of each resource of each connection.
pub struct Freshness;

/// Filters, and whether request budgets are shown.
pub struct Filters {
    fleets: FleetFilter,
    budgets: bool,
}

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
    /// The request budget of the account, where it is asked for and the resource is fetched from the TSP.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_budget: Option<BudgetRead>,
}

/// What the TSP lets anyone ask of the account under the limit that the resource is fetched under. Everyone who has the account shares it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestBudget")]
pub struct BudgetRead {
    /// The limit: a path of the TSP, or a method and the kind of its records.
    #[schemars(example = &"/fleet/vehicles/stats/feed")]
    rate_class: String,
    /// So many requests are allowed ...
    #[schemars(example = &25)]
    requests: u32,
    /// ... in so many seconds.
    #[schemars(example = &1)]
    per_seconds: u32,
    /// The part of the budget that may be used, from 0 to 1: less than 1 after the TSP refused a request, and a little more with each
    /// second since.
    share: f64,
    /// When the next live request may be sent; null where that is now.
    live_from: Option<Timestamp>,
    /// When the next request for history may be sent; null where that is now.
    backfill_from: Option<Timestamp>,
    /// Until when nothing is sent, since the TSP asked to wait; null where it does not.
    closed_until: Option<Timestamp>,
    /// When the TSP last refused a request of the account; null where it has refused none, or nobody has asked for a day.
    rate_limited_at: Option<Timestamp>,
}

impl BudgetRead {
    fn of(rate: Rate, bucket: &RequestBudget, now: Timestamp) -> Self {
        let ahead = |from: Timestamp| Some(from).filter(|from| *from > now);
        Self {
            rate_class: rate.class.into(),
            requests: rate.requests,
            per_seconds: rate.seconds,
            share: f64::from(u16::try_from(bucket.share_at(now)).unwrap_or(1_000)) / 1_000.0,
            live_from: ahead(bucket.live_from),
            backfill_from: ahead(bucket.backfill_from),
            closed_until: bucket.closed_at(now),
            rate_limited_at: bucket.limited_at(now),
        }
    }
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let about = "Whether `request_budget` tells how much of the TSP's limits is used.";
        let budgets = reader.query("include_request_budget").about(about).flag_or(false);
        Self { fleets: FleetFilter::read(reader), budgets }
    }
}

impl Operation for Freshness {
    type Input = Filters;
    type Output = Json<Vec<DataFreshness>>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let seen = visible::all(context, &call, &filters.fleets).await?;
        let by_id = super::by_id(context, seen.iter().map(|seen| seen.connection_id)).await?;
        let links = super::links(context, seen.iter()).await?;
        let schedules: HashMap<_, _> = stream::iter(by_id.keys().copied())
            .map(|id| async move { context.store().schedules_of(id).await.map(|schedules| (id, schedules)) })
            .buffer_unordered(MAX_CONCURRENT)
            .try_collect()
            .await?;
        let wanted = by_id.values().filter(|_| filters.budgets);
        let budgets = Budgets::of(context, wanted, call.now).await?;
        let mut rows = Vec::new();
        for seen in &seen {
            if let (Some(connection), Some(schedules)) = (by_id.get(&seen.connection_id), schedules.get(&seen.connection_id)) {
                let description = links.get(&(seen.fleet_id, seen.connection_id)).and_then(|link| link.name(connection));
                rows.extend(rows_of(seen, (connection, schedules), description.as_ref(), &budgets));
            }
        }
        Ok(Json(rows))
    }
}

/// The rows of one connection, sorted by the resource's name.
fn rows_of(
    seen: &Visible,
    (connection, schedules): (&Connection, &[Schedule]),
    description: Option<&String>,
    budgets: &Budgets,
) -> Vec<DataFreshness> {
    let included =
        schedules.iter().filter(|schedule| schedule.status != ScheduleStatus::Deleted && seen.includes(schedule.resource));
    let row = |schedule| {
        let budget = budgets.read(connection, schedule);
        DataFreshness { request_budget: budget, ..row(seen, connection, schedule, description) }
    };
    let mut rows: Vec<DataFreshness> = included.map(row).collect();
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
        request_budget: None,
    }
}

/// The request budgets of some connections, by their keys.
struct Budgets {
    limits: HashMap<ConnectionId, Vec<(Resource, Rate)>>,
    stored: HashMap<Key, RequestBudget>,
    now: Timestamp,
}

impl Budgets {
    /// Reads them all at once.
    async fn of(context: &Context, connections: impl Iterator<Item = &Connection>, now: Timestamp) -> Result<Self, ApiError> {
        let (mut limits, mut keys) = (HashMap::new(), BTreeSet::new());
        for connection in connections {
            let known = providers::accounts(&connection.source_name).map(|accounts| accounts.capabilities()).unwrap_or_default();
            keys.extend(known.iter().map(|known| key(connection, known.rate)));
            limits.insert(connection.id, known.iter().map(|known| (known.record.resource, known.rate)).collect());
        }
        let keys: Vec<Key> = keys.into_iter().collect();
        let stored: Vec<RequestBudget> = context.store().get_many(&keys).await?;
        Ok(Self { limits, stored: stored.into_iter().map(|bucket| (bucket.key(), bucket)).collect(), now })
    }

    /// The budget that a schedule draws on. One that nobody used for a day is whole.
    fn read(&self, connection: &Connection, schedule: &Schedule) -> Option<BudgetRead> {
        let limits = self.limits.get(&connection.id)?;
        let (_, rate) = limits.iter().find(|(resource, _)| *resource == schedule.resource)?;
        let fresh = || RequestBudget::new(&connection.source_name, &connection.account, rate.class, self.now);
        let bucket = self.stored.get(&key(connection, *rate)).cloned().unwrap_or_else(fresh);
        Some(BudgetRead::of(*rate, &bucket, self.now))
    }
}

fn key(connection: &Connection, rate: Rate) -> Key {
    Key::budget(&connection.source_name, &connection.account, rate.class)
}
