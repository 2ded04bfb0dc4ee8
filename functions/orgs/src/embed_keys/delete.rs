//! `DELETE /v2/orgs/partners/{partner_id}/embed-keys/{embed_key}`

use gateway::{ApiError, Call, Context, NoContent, Operation};
use store::control::{Key, Write};

use super::{Ids, find};

/// Revokes a key: from now on it is like one that never was.
pub struct Delete;

impl Operation for Delete {
    type Input = Ids;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, ids: Ids) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let key = find(context, &ids).await?;
        context.store().commit(vec![Write::delete(Key::embed_key(&key.key))]).await?;
        Ok(NoContent)
    }
}
