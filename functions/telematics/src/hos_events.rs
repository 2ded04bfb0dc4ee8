//! `GET /v2/telematics/hos-events`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader};
use model::telematics::{HosEvent, Record as _, Row};
use model::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};
use store::telematics::{MemberFilter, Query, Values};

use crate::scope::Scope;
use crate::window::{Bounds, Window, remembered};

/// Duty log entries, by time.
pub struct List;

/// Filters and paging.
pub struct Filters {
    occurred: Bounds,
    active: Bounds,
    driver_ids: Option<Vec<RecordId>>,
    vehicle_ids: Option<Vec<RecordId>>,
    event_type_codes: Option<Vec<String>>,
    scope: Scope,
    paging: Paging,
}

/// The windows that the first page fixed.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Windows {
    occurred: Option<Window>,
    active: Option<Window>,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        let active =
            Bounds { from: reader.query("active_from_datetime").instant(), to: reader.query("active_to_datetime").instant() };
        Self {
            occurred: Bounds::read(reader),
            active,
            driver_ids: reader.query("driver_ids").ids(100),
            vehicle_ids: reader.query("vehicle_ids").ids(100),
            event_type_codes: reader.query("event_type_codes").listed_many(5, model::codes::HOS_EVENT_TYPES),
            scope: Scope::read(reader),
            paging: Paging::read(reader, 500),
        }
    }
}

impl Filters {
    /// An active window takes the default day's place; both may be given.
    fn windows(&self, now: Timestamp) -> Result<Windows, ApiError> {
        let active = (!self.active.is_open()).then(|| self.active.window(now, ["active_from_datetime", "active_to_datetime"]));
        let occurred = (!self.occurred.is_open() || self.active.is_open())
            .then(|| self.occurred.window(now, ["from_datetime", "to_datetime"]));
        Ok(Windows { occurred: occurred.transpose()?, active: active.transpose()? })
    }

    fn query(&self, windows: Windows) -> Query {
        let ids = |member, ids: &Option<Vec<RecordId>>| ids.clone().map(|ids| MemberFilter { member, any_of: Values::Ids(ids) });
        let codes = self.event_type_codes.clone();
        let codes = codes.map(|codes| MemberFilter { member: "event_type_code", any_of: Values::Texts(codes) });
        let members = [ids("driver_id", &self.driver_ids), ids("vehicle_id", &self.vehicle_ids), codes];
        Query {
            members: members.into_iter().flatten().collect(),
            from: windows.occurred.map(|window| window.from),
            to: windows.occurred.map(|window| window.to),
            active_from: windows.active.map(|window| window.from),
            active_to: windows.active.map(|window| window.to),
            ..Query::default()
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Listing<Row<HosEvent>>;

    async fn run(context: &Context, call: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let mut cursor = filters.paging.clone().open(context, &call).await?;
        let windows = remembered(&mut cursor, || filters.windows(call.now))?;
        let query = filters.query(windows);
        let grant = filters.scope.grant(context, &call, HosEvent::TYPE).await?;
        let store = context.store();
        let total = match cursor.total() {
            Some(total) => total,
            None => store.count_rows(&grant, &query).await?,
        };
        let slice = store.list_rows(&grant, &query, &cursor.page(), filters.scope.source_data).await?;
        Listing::of_rows(&cursor, &slice, Some(total))
    }
}
