//! `GET /v2/orgs/tsps`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};

use super::TspRead;

/// Every TSP that is not deleted, sorted by slug; not paged.
pub struct List;

/// Filters.
pub struct Filters {
    slug: Option<String>,
    source_name: Option<&'static str>,
}

impl Input for Filters {
    fn read(reader: &mut Reader) -> Self {
        Self {
            slug: reader.query("slug").about("Only the TSP with this slug.").example("samsara").text(1, 200),
            source_name: reader.query("source_name").about("Only TSPs with this adapter.").listed(model::codes::TSP_SOURCE_NAMES),
        }
    }
}

impl Operation for List {
    type Input = Filters;
    type Output = Json<Vec<TspRead>>;

    async fn run(context: &Context, _: Call, filters: Filters) -> Result<Self::Output, ApiError> {
        let mut tsps = context.store().tsps().await?;
        tsps.retain(|tsp| filters.slug.as_ref().is_none_or(|slug| *slug == tsp.slug));
        tsps.retain(|tsp| filters.source_name.is_none_or(|name| name == tsp.source_name));
        Ok(Json(tsps.into_iter().map(TspRead::from).collect()))
    }
}
