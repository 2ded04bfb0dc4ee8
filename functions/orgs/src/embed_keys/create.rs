//! `POST /v2/orgs/partners/{partner_id}/embed-keys`

use gateway::{ApiError, Body, Call, Context, Created, Input, Operation, Reader};
use model::PartnerId;
use model::embed::{EmbedKey, MOST_KEYS, RANDOM_CHARACTERS};
use store::control::Write;

use super::{EmbedKeyRead, origins};
use crate::partners;

/// Issues a key.
pub struct Create;

/// Whose, and for which pages.
pub struct Request(PartnerId, Vec<String>);

impl Input for Request {
    const BODY: Body = Body::Json("EmbedKeyCreate");

    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("partner_id"), origins(reader))
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<EmbedKeyRead>;

    async fn run(context: &Context, call: Call, Request(id, origins): Request) -> Result<Self::Output, ApiError> {
        call.caller.admin()?;
        let partner = partners::find(context, &call, id).await?;
        if context.store().embed_keys(id).await?.len() >= MOST_KEYS {
            return Err(ApiError::conflict(
                "too_many_embed_keys",
                format!("a partner has at most {MOST_KEYS}; delete one first"),
            ));
        }
        let key = EmbedKey::new(&partner, origins, &vault::random_name(RANDOM_CHARACTERS), call.now);
        context.store().commit(vec![Write::create(&key)?]).await?;
        Ok(Created(key.into()))
    }
}
