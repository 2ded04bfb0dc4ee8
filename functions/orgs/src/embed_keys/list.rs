//! `GET /v2/orgs/partners/{partner_id}/embed-keys`

use gateway::{ApiError, Call, Context, Json, Operation};

use super::EmbedKeyRead;
use crate::partners::{self, Id};

/// The keys of a partner, oldest first; not paged.
pub struct List;

impl Operation for List {
    type Input = Id;
    type Output = Json<Vec<EmbedKeyRead>>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let partner = partners::find(context, &call, id).await?;
        let keys = context.store().embed_keys(partner.id).await?;
        Ok(Json(keys.into_iter().map(EmbedKeyRead::from).collect()))
    }
}
