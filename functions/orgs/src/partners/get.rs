//! `GET /v2/orgs/partners/{partner_id}`

use gateway::{ApiError, Call, Context, Json, Operation};

use super::{Id, PartnerRead, find};

/// One partner.
pub struct Get;

impl Operation for Get {
    type Input = Id;
    type Output = Json<PartnerRead>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        Ok(Json(find(context, &call, id).await?.into()))
    }
}
