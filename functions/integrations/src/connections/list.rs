//! `GET /v2/integrations/connections`

use std::collections::HashMap;

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::TspId;
use model::connection::{Connection, ConnectionStatus};
use store::control::Key;
use store::{Slice, page};

use super::ConnectionRead;
use crate::visible::{self, FleetFilter};

/// The connections that the caller may see, each once, sorted by id.
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
        seen.sort_by_key(|seen| seen.connection_id);
        seen.dedup_by_key(|seen| seen.connection_id);
        let slice = Slice::from_unsorted(seen, &cursor.page(), |seen| seen.connection_id.to_string().into(), page::by_text);
        let keys: Vec<Key> = slice.rows.iter().map(|(seen, _)| Key::connection(seen.connection_id)).collect();
        let found: Vec<Connection> = context.store().get_many(&keys).await?;
        let mut by_id: HashMap<_, _> = found.into_iter().map(|connection| (connection.id, connection)).collect();
        let mut rows = Vec::with_capacity(slice.rows.len());
        for (seen, mark) in slice.rows {
            let connection = by_id.remove(&seen.connection_id).filter(|found| found.status != ConnectionStatus::Deleted);
            rows.extend(connection.map(|connection| (ConnectionRead::of(connection, &seen), mark)));
        }
        Listing::of(&cursor, &Slice { rows, before: slice.before, after: slice.after }, None)
    }
}
