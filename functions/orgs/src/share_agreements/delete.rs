//! `DELETE /v2/orgs/share-agreements/{share_agreement_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::agreement::Action;

use super::{Id, act};

/// Ends an agreement and hides it.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        act::apply(context, &call, id, Action::Delete).await?;
        Ok(NoContent)
    }
}
