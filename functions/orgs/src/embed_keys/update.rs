//! `PATCH /v2/orgs/partners/{partner_id}/embed-keys/{embed_key}`

use gateway::{ApiError, Body, Call, Context, Input, Json, Operation, Reader};
use model::embed::EmbedKey;
use store::control::Key;

use super::{EmbedKeyRead, Ids, find, missing, origins};

/// Replaces the origins of a key.
pub struct Update;

/// Which key, and its pages from now on.
pub struct Request(Ids, Vec<String>);

impl Input for Request {
    const BODY: Body = Body::Json("EmbedKeyUpdate");

    fn read(reader: &mut Reader) -> Self {
        Self(Ids::read(reader), origins(reader))
    }
}

impl Operation for Update {
    type Input = Request;
    type Output = Json<EmbedKeyRead>;

    async fn run(context: &Context, call: Call, Request(ids, origins): Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        find(context, &ids).await?;
        let change = |seen: &EmbedKey| {
            let next = seen.with_origins(origins.clone(), call.now);
            (next.origins != seen.origins).then_some(next)
        };
        let after = context.store().update(Key::embed_key(&ids.key), change).await?;
        Ok(Json(after.ok_or_else(missing)?.into()))
    }
}
