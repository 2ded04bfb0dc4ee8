//! `GET /v2/integrations/tsps/{tsp_id}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::TspId;

use super::TspIntegrationsRead;

/// What can be fetched from one TSP.
pub struct Get;

/// The TSP's id.
pub struct Id(TspId);

impl Input for Id {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("tsp_id"))
    }
}

impl Operation for Get {
    type Input = Id;
    type Output = Json<TspIntegrationsRead>;

    async fn run(context: &Context, _: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let tsp = context.store().tsp(id).await?.ok_or_else(|| ApiError::not_found("tsp"))?;
        Ok(Json(tsp.into()))
    }
}
