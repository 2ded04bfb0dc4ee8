//! `GET /v2/telematics/analytics/overview`

use std::collections::BTreeSet;

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::FleetId;
use model::telematics::{Record, RecordType, Storage, Trailer, User, Vehicle};
use schemars::JsonSchema;
use serde::Serialize;
use store::telematics::{MemberFilter, Query, Values};

use super::sight::Sight;
use crate::scope::Scope;

/// How much there is now.
pub struct Overview;

/// The fleets and the connection that are counted.
pub struct Narrowing(Scope);

/// What a partner's fleets have now.
#[derive(Serialize, JsonSchema)]
pub struct ResourceCount {
    /// Fleets with an active share agreement.
    fleets: u64,
    /// Their vehicles that the TSPs list, in as far as they share them.
    vehicles: u64,
    /// Their drivers.
    drivers: u64,
    /// Their trailers.
    trailers: u64,
}

impl Input for Narrowing {
    fn read(reader: &mut Reader) -> Self {
        Self(Scope::narrowing(reader))
    }
}

impl Operation for Overview {
    type Input = Narrowing;
    type Output = Json<ResourceCount>;

    async fn run(context: &Context, call: Call, Narrowing(scope): Narrowing) -> Result<Self::Output, ApiError> {
        let sight = Sight::open(context, &call, scope).await?;
        let fleets: BTreeSet<FleetId> = sight.agreements().map(|agreement| agreement.fleet_id).collect();
        Ok(Json(ResourceCount {
            fleets: u64::try_from(fleets.len()).map_err(ApiError::internal)?,
            vehicles: listed(&sight, Vehicle::TYPE).await?,
            drivers: listed(&sight, User::TYPE).await?,
            trailers: listed(&sight, Trailer::TYPE).await?,
        }))
    }
}

/// How many entities the TSPs list; of those that are counted by a member, those.
async fn listed(sight: &Sight<'_>, record: &'static RecordType) -> Result<u64, ApiError> {
    let flag = match record.storage {
        Storage::Entity { counted_if } => counted_if,
        Storage::Event(_) | Storage::Series(..) | Storage::Derived(_) => None,
    };
    let members = flag.map(|member| MemberFilter { member, any_of: Values::Flag(true) }).into_iter().collect();
    let query = Query { listed: true, members, ..Query::default() };
    Ok(sight.store.count_rows(&sight.grant(record), &query).await?)
}
