//! `GET /v2/orgs/tsps/{tsp_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::TspId;

use super::TspRead;

/// One TSP.
pub struct Get;

/// The TSP's id.
pub struct Id(pub(super) TspId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("tsp_id"))
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<TspRead>;

    async fn run(context: &Context, _: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let tsp = context.store().tsp(id).await?.ok_or_else(|| ApiError::not_found("tsp"))?;
        Ok(Json(tsp.into()))
    }
}
