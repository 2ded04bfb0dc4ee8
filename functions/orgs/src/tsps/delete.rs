//! `DELETE /v2/orgs/tsps/{tsp_id}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use model::tsp::{Tsp, TspStatus};
use store::control::Key;

use super::get::Id;
use super::missing;

/// Hides a provider: nobody links it any more, and connections to it go on.
pub struct Delete;

impl Operation for Delete {
    type Input = Id;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let found = context.store().tsp(id).await?.ok_or_else(missing)?;
        let deleted = |seen: &Tsp| {
            (seen.status != TspStatus::Deleted).then(|| Tsp { status: TspStatus::Deleted, updated_at: call.now, ..seen.clone() })
        };
        context.store().update(Key::tsp(&found.slug), deleted).await?.ok_or_else(missing)?;
        Ok(NoContent)
    }
}
