//! `GET /v2/integrations/tsps`

use gateway::{ApiError, Call, Context, Input, Listing, Operation, Paging, Reader, Uncounted};
use store::{Slice, page};

use super::TspIntegrationsRead;

/// What can be fetched from each TSP, by slug.
pub struct List;

/// Paging.
pub struct Pages(Paging);

impl Input for Pages {
    fn read(reader: &mut Reader) -> Self {
        Self(Paging::read(reader, 1_000))
    }
}

impl Operation for List {
    type Input = Pages;
    type Output = Listing<TspIntegrationsRead, Uncounted>;

    async fn run(context: &Context, call: Call, Pages(paging): Pages) -> Result<Self::Output, ApiError> {
        let cursor = paging.open(context, &call).await?;
        let tsps = context.store().tsps().await?;
        let slice = Slice::from_unsorted(tsps, &cursor.page(), |tsp| tsp.slug.clone().into(), page::by_text);
        Listing::of(&cursor, &slice.map(TspIntegrationsRead::from), None)
    }
}
