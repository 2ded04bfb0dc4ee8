//! `GET /v2/orgs/tsps`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};

use super::TspRead;

/// Every TSP that is not deleted, by slug; not paged.
pub struct List;

/// Filters.
pub struct Filter {
    slug: Option<String>,
    source_name: Option<&'static str>,
}

impl Input for Filter {
    fn read(reader: &mut Reader) -> Self {
        Self {
            slug: reader.query("slug").text(1, 200),
            source_name: reader.query("source_name").listed(model::codes::TSP_SOURCE_NAMES),
        }
    }
}

impl Operation for List {
    type Input = Filter;
    type Output = Json<Vec<TspRead>>;

    async fn run(context: &Context, _: Call, filter: Filter) -> Result<Self::Output, ApiError> {
        let mut tsps = context.store().tsps().await?;
        tsps.retain(|tsp| filter.slug.as_ref().is_none_or(|slug| *slug == tsp.slug));
        tsps.retain(|tsp| filter.source_name.is_none_or(|name| name == tsp.source_name));
        Ok(Json(tsps.into_iter().map(TspRead::from).collect()))
    }
}
