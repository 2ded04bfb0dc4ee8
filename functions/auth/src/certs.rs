//! `GET /realms/{realm}/protocol/openid-connect/certs`

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;

use crate::check_realm;

/// The public halves of the keys that sign tokens, as a JWK set (RFC 7517).
pub struct Certs;

/// The realm.
pub struct Realm(pub(crate) String);

impl Input for Realm {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path_text("realm"))
    }
}

impl Operation for Certs {
    type Input = Realm;
    type Output = Html;

    async fn run(context: &Context, _: Call, Realm(realm): Realm) -> Result<Self::Output, ApiError> {
        check_realm(context, &realm)?;
        let keys = context.vault().keys().await?;
        Ok(Html(gateway::Response::json(StatusCode::OK, keys.as_ref())))
    }
}
