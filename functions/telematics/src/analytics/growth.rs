//! `GET /v2/telematics/analytics/{fleets,vehicles,drivers,trailers}/time-series`: how many came on each day.

use std::collections::BTreeMap;

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Describe, Incoming, MemberSpec, Reader, Response, ResponseSchemas, Serve,
};
use http::StatusCode;
use model::FleetId;
use model::telematics::RecordType;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::Serialize;
use store::telematics;

use super::sight::Sight;
use crate::scope::Scope;

/// A series of days.
#[derive(Clone, Copy, Debug)]
pub enum Growth {
    /// Fleets, by the day of their first agreement that is in force.
    Fleets,
    /// Entities that the TSPs list, by the day on which they were first stored.
    Of(&'static RecordType),
}

/// What there was on a day (UTC).
#[derive(Serialize, JsonSchema)]
struct TimeSeriesDataPoint {
    /// The day.
    #[schemars(schema_with = "super::published::date")]
    date: String,
    /// How many came on that day.
    daily_count: u64,
    /// How many had come until the end of that day.
    cumulative_count: u64,
}

impl Growth {
    fn read(reader: &mut Reader) -> (Scope, u32) {
        let scope = Scope::narrowing(reader);
        let days = reader.query("period_days").about("How many days to look back. The last point is today.");
        (scope, days.whole_or(1, 365, 30))
    }

    async fn points(self, sight: &Sight<'_>, days: u32) -> Result<Vec<TimeSeriesDataPoint>, ApiError> {
        let since = sight.day(days);
        let growth = match self {
            Self::Fleets => fleets(sight, &since),
            Self::Of(record) => sight.store.growth(&sight.grant(record), &since).await?,
        };
        let earlier = growth.total.saturating_sub(growth.days.values().sum());
        let points = (0..=days).rev().map(|ago| sight.day(ago)).scan(earlier, |cumulative_count, date| {
            let daily_count = growth.days.get(&date).copied().unwrap_or(0);
            *cumulative_count += daily_count;
            Some(TimeSeriesDataPoint { date, daily_count, cumulative_count: *cumulative_count })
        });
        Ok(points.collect())
    }
}

/// Fleets by the day of their first agreement.
fn fleets(sight: &Sight<'_>, since: &str) -> telematics::Growth {
    let mut first: BTreeMap<FleetId, String> = BTreeMap::new();
    for agreement in sight.agreements() {
        let day = agreement.created_at.date().to_string();
        first.entry(agreement.fleet_id).and_modify(|known| *known = day.clone().min(known.clone())).or_insert(day);
    }
    let mut growth = telematics::Growth { total: 0, days: BTreeMap::new() };
    for day in first.into_values() {
        growth.total += 1;
        if day.as_str() >= since {
            *growth.days.entry(day).or_default() += 1;
        }
    }
    growth
}

impl Describe for Growth {
    fn description(&self) -> String {
        "Counts by the day (UTC) on which they came, oldest first, with a point for each day. What there is now is counted: what was removed \
         since is not."
            .to_owned()
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(Self::read)
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        let point = generator.subschema_for::<TimeSeriesDataPoint>();
        vec![(200, Some(json_schema!({ "type": "array", "items": point })))]
    }
}

impl Serve for Growth {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let (scope, days) = Reader::read(incoming, Body::None, Self::read)?;
            let sight = Sight::open(context, &call, scope).await?;
            Ok(Response::json(StatusCode::OK, &self.points(&sight, days).await?))
        })
    }
}
