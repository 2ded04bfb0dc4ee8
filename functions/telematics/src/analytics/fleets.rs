//! `GET /v2/telematics/analytics/fleets`

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::connection::{Connection, ConnectionStatus};
use model::telematics::{Record, User, Vehicle, VehicleLocation};
use model::{ConnectionId, FleetId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::control::Key;
use store::telematics::{Order, compare};
use store::{Grant, Slice};

use super::sight::Sight;
use crate::order;
use crate::scope::Scope;

/// The members that the list can be sorted by.
const SORTABLE: &[&str] = &["fleet_ref", "connections", "drivers", "vehicles", "vehicles_with_locations"];
/// That of its own order.
const DEFAULT: &str = "fleet_ref";

/// The partner's fleets, and what they have now.
pub struct Fleets;

/// What a request asks for.
pub struct Request {
    scope: Scope,
    order: Order,
    paging: Paging,
}

/// A fleet, and what it has now.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct FleetSummary {
    /// The partner's own reference of the fleet.
    fleet_ref: Option<String>,
    /// The fleets with this reference: several after one has connected anew.
    fleet_ids: BTreeSet<FleetId>,
    /// Accounts that are linked and active.
    connections: u64,
    /// Drivers that the TSPs list.
    drivers: u64,
    /// Vehicles that they list.
    vehicles: u64,
    /// Vehicles that they list and whose position is known.
    vehicles_with_locations: u64,
}

impl Input for Request {
    fn read(reader: &mut Reader) -> Self {
        let scope = Scope::narrowing(reader);
        let order = order::read(reader, DEFAULT, |name| SORTABLE.contains(&name));
        Self { scope, order, paging: Paging::read(reader, 1_000) }
    }
}

impl Operation for Fleets {
    type Input = Request;
    type Output = Listing<FleetSummary>;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let cursor = request.paging.open(context, &call).await?;
        let sight = Sight::open(context, &call, request.scope).await?;
        let mut rows = fleets(&sight);
        let total = u64::try_from(rows.len()).map_err(ApiError::internal)?;
        let Order { field, descending } = &request.order;
        let field = field.as_deref().unwrap_or(DEFAULT);
        let by_reference = field == DEFAULT;
        if !by_reference {
            count(&sight, rows.iter_mut()).await?;
        }
        let mark = |row: &FleetSummary| json!([row.member(field), row.fleet_ref, row.fleet_ids.first()]);
        let mut slice = Slice::from_unsorted(rows, &cursor.page(), mark, |one, other| compare(one, other, *descending));
        if by_reference {
            count(&sight, slice.rows.iter_mut().map(|(row, _)| row)).await?;
        }
        Listing::of(&cursor, &slice, Some(total))
    }
}

impl FleetSummary {
    fn member(&self, name: &str) -> Value {
        match name {
            "connections" => self.connections.into(),
            "drivers" => self.drivers.into(),
            "vehicles" => self.vehicles.into(),
            "vehicles_with_locations" => self.vehicles_with_locations.into(),
            _ => json!(self.fleet_ref),
        }
    }
}

/// The fleets of the caller, those without a reference each by itself, nothing counted yet.
fn fleets(sight: &Sight<'_>) -> Vec<FleetSummary> {
    let mut found: BTreeMap<(Option<&str>, Option<FleetId>), BTreeSet<FleetId>> = BTreeMap::new();
    for agreement in sight.agreements() {
        let fleet = agreement.fleet_id;
        let name = agreement.fleet_ref.as_deref();
        found.entry((name, name.is_none().then_some(fleet))).or_default().insert(fleet);
    }
    let row = |((name, _), fleet_ids): ((Option<&str>, _), _)| FleetSummary {
        fleet_ref: name.map(str::to_owned),
        fleet_ids,
        ..FleetSummary::default()
    };
    found.into_iter().map(row).collect()
}

/// Numbers of a connection's things.
type Numbers = HashMap<ConnectionId, u64>;

/// Sets the numbers of rows.
async fn count(sight: &Sight<'_>, rows: impl Iterator<Item = &mut FleetSummary>) -> Result<(), ApiError> {
    let rows: Vec<&mut FleetSummary> = rows.collect();
    let wanted: BTreeSet<FleetId> = rows.iter().flat_map(|row| row.fleet_ids.iter().copied()).collect();
    let grant = |record| sight.grant(record).narrowed(|granted| wanted.contains(&granted.fleet));
    let (vehicles, drivers, located) = (grant(Vehicle::TYPE), grant(User::TYPE), grant(VehicleLocation::TYPE));
    let numbers =
        (sight.store.listed(&vehicles).await?, sight.store.listed(&drivers).await?, sight.store.located(&located).await?);
    let links = links(sight, &wanted);
    let active = active(sight, &links).await?;
    for row in rows {
        row.vehicles = sum(&vehicles, &numbers.0, &row.fleet_ids);
        row.drivers = sum(&drivers, &numbers.1, &row.fleet_ids);
        row.vehicles_with_locations = sum(&located, &numbers.2, &row.fleet_ids);
        let own = links.iter().filter(|(fleet, connection)| row.fleet_ids.contains(fleet) && active.contains(connection));
        row.connections = u64::try_from(own.count()).map_err(ApiError::internal)?;
    }
    Ok(())
}

/// What the connections of some fleets have.
fn sum(grant: &Grant, numbers: &Numbers, fleets: &BTreeSet<FleetId>) -> u64 {
    let own = grant.connections().iter().filter(|granted| fleets.contains(&granted.fleet));
    own.filter_map(|granted| numbers.get(&granted.connection)).sum()
}

/// The connections that fleets have linked.
fn links(sight: &Sight<'_>, fleets: &BTreeSet<FleetId>) -> BTreeSet<(FleetId, ConnectionId)> {
    let own = sight.agreements().filter(|agreement| fleets.contains(&agreement.fleet_id));
    own.flat_map(|agreement| sight.links(agreement).map(|connection| (agreement.fleet_id, connection))).collect()
}

/// Those of some connections that are active.
async fn active(sight: &Sight<'_>, links: &BTreeSet<(FleetId, ConnectionId)>) -> Result<BTreeSet<ConnectionId>, ApiError> {
    let ids: BTreeSet<ConnectionId> = links.iter().map(|(_, connection)| *connection).collect();
    let keys: Vec<Key> = ids.into_iter().map(Key::connection).collect();
    let found = sight.store.get_many::<Connection>(&keys).await?.into_iter();
    Ok(found.filter(|connection| connection.status == ConnectionStatus::Active).map(|connection| connection.id).collect())
}
