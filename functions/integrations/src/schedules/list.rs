//! `GET /v2/integrations/connections/{connection_id}/schedules`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use model::schedule::ScheduleStatus;
use model::{ConnectionId, Resource};
use store::{Slice, page};

use super::ScheduleRead;
use crate::visible;

/// The schedules of a connection, by id.
pub struct List;

/// The connection, a filter, paging.
pub struct Filters {
    connection_id: ConnectionId,
    resource: Option<Resource>,
    paging: Paging,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let connection_id = reader.path("connection_id");
        Self {
            connection_id,
            resource: reader.query("resource").about("Only the schedule of this resource.").code(),
            paging: Paging::read(reader, 1_000),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<ScheduleRead, Uncounted>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let sight = visible::sight(context, &call, filters.connection_id).await?;
        let cursor = filters.paging.open(context, &call).await?;
        let mut schedules = context.store().schedules_of(filters.connection_id).await?;
        schedules.retain(|schedule| {
            let wanted = filters.resource.is_none_or(|resource| resource == schedule.resource);
            wanted && schedule.status != ScheduleStatus::Deleted && sight.includes(schedule.resource)
        });
        let slice = Slice::from_unsorted(schedules, &cursor.page(), |schedule| schedule.id.to_string().into(), page::by_text);
        Listing::of(&cursor, &slice.map(ScheduleRead::from), None)
    }
}
