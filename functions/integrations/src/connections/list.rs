//! `GET /v2/integrations/connections`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::TspId;
use store::{Slice, page};

use super::ConnectionRead;
use crate::visible::{self, FleetFilter, Visible};

/// The connections that the caller may see, each once per fleet that has it, sorted by id and fleet.
pub struct List;

/// Filters and paging.
pub struct Filters {
    tsp_id: Option<TspId>,
    fleets: FleetFilter,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            tsp_id: reader.query("tsp_id").about("Only connections to this TSP.").id(),
            fleets: FleetFilter::read(reader),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ConnectionRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let mut seen = visible::all(context, &call, &filters.fleets).await?;
        let cursor = filters.paging.open(context, &call).await?;
        seen.retain(|seen| filters.tsp_id.is_none_or(|tsp| tsp == seen.tsp_id));
        let mark = |seen: &Visible| format!("{}#{}", seen.connection_id, seen.fleet_id).into();
        let slice = Slice::from_unsorted(seen, &cursor.page(), mark, page::by_text);
        let by_id = super::by_id(context, slice.rows.iter().map(|(seen, _)| seen.connection_id)).await?;
        let mut links = super::links(context, slice.rows.iter().map(|(seen, _)| seen)).await?;
        let mut rows = Vec::with_capacity(slice.rows.len());
        for (seen, mark) in slice.rows {
            let found = by_id.get(&seen.connection_id).cloned().zip(links.remove(&(seen.fleet_id, seen.connection_id)));
            rows.extend(found.map(|(connection, link)| (ConnectionRead::of(connection, link, seen.fleet_ref), mark)));
        }
        Listing::of(&cursor, &Slice { rows, before: slice.before, after: slice.after, reached: None }, None)
    }
}
