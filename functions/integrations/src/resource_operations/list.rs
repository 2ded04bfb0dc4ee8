//! `GET /v2/integrations/connections/resource-operations`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::codes::TSP_SOURCE_NAMES;
use model::resource_operation::{OperationType, ResourceOperation};
use model::{ConnectionId, PartnerId, Resource, Timestamp};
use serde_json::json;
use store::control::{Range, keys};

use super::{ResourceOperationRead, is_seen, sight};
use crate::visible::FleetFilter;

const DAY: i64 = 86_400;
const LONGEST: i64 = 45 * DAY;

/// The writes that the caller asked for, by age.
pub struct List;

/// Filters and paging.
pub struct Filters {
    chosen: Chosen,
    paging: Paging,
}

/// Which writes.
struct Chosen {
    resource: Option<Resource>,
    connection: Option<ConnectionId>,
    source_name: Option<&'static str>,
    fleets: FleetFilter,
    operation: Option<OperationType>,
    source_id: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let chosen = Chosen {
            resource: reader.query("resource").about("Only writes of this resource.").code(),
            connection: reader.query("connection_id").about("Only writes through this connection.").id(),
            source_name: reader.query("source_name").about("Only writes through this adapter.").listed(TSP_SOURCE_NAMES),
            fleets: FleetFilter::of_refs(reader),
            operation: reader.query("operation").about("Only writes that make a record, or that change one.").code(),
            source_id: reader.query("source_id").about("Only writes of this record of the TSP; needs `resource`.").text(1, 200),
            from: reader
                .query("from_datetime")
                .about("Only writes that were asked for at this time or later; one day before the end unless given.")
                .instant(),
            to: reader
                .query("to_datetime")
                .about("Only writes that were asked for before this time; now unless given. At most 45 days after the start.")
                .instant(),
        };
        if let (Some(id), None) = (&chosen.source_id, chosen.resource) {
            reader.problem("query.source_id", id, "missing", "needs `resource`: ids are unique within one");
        }
        Self { chosen, paging: Paging::read(reader, 1_000) }
    }
}

impl Chosen {
    fn admits(&self, operation: &ResourceOperation, (from, to): (Timestamp, Timestamp)) -> bool {
        let changed = || operation.source_id.as_ref().or(operation.target.as_ref());
        (from..to).contains(&operation.created_at)
            && self.resource.is_none_or(|resource| resource == operation.resource)
            && self.connection.is_none_or(|connection| connection == operation.connection_id)
            && self.source_name.is_none_or(|name| name == operation.source_name)
            && self.operation.is_none_or(|kind| kind == operation.operation_type)
            && self.source_id.as_ref().is_none_or(|id| changed() == Some(id))
    }

    /// Where they are read: of one connection, or of all.
    fn range(&self, partner: PartnerId, (from, to): (Timestamp, Timestamp)) -> Range {
        let all = || Range::index_1(keys::operations_of(partner));
        self.connection.map_or_else(all, Range::operations_through).made_between(from, to)
    }

    /// The times between which operations are listed; `end` stands for now.
    fn window(&self, end: Timestamp) -> Result<(Timestamp, Timestamp), ApiError> {
        let to = self.to.unwrap_or(end);
        let from = self.from.unwrap_or_else(|| to.plus_seconds(-DAY));
        let refused =
            |kind, message: &str| Err(ApiError::invalid_member("query.from_datetime", &from.to_string(), kind, message));
        if from >= to {
            return refused("time_range_empty", "the time range is empty");
        }
        if from.plus_seconds(LONGEST) < to {
            return refused("time_span_too_long", "the time range may span 45 days at most");
        }
        Ok((from, to))
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ResourceOperationRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let Filters { chosen, paging } = filters;
        let (partner, seen) = sight(context, &call, &chosen.fleets).await?;
        let mut cursor = paging.open(context, &call).await?;
        // What is asked for in the moment of the request is part of the first page.
        let usual = call.now.plus_seconds(1);
        let end = cursor.remembered().and_then(|end| Timestamp::parse(end.as_str()?)).unwrap_or(usual);
        cursor.remember(json!(end));
        let window = chosen.window(end)?;
        let keep = |operation: &ResourceOperation| {
            operation.partner_id == partner && chosen.admits(operation, window) && is_seen(operation, &seen, call.now)
        };
        let slice = context.store().bounded_page(&chosen.range(partner, window), &cursor.page(), keep).await?;
        Listing::of(&cursor, &slice.map(|operation| ResourceOperationRead::of(operation, &seen)), None)
    }
}
