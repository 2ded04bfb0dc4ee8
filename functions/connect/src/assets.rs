//! `GET /connect/assets/{name}`

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;

/// Style sheet and script.
pub(crate) struct Asset;

/// Its name.
pub(crate) struct Name(String);

impl Input for Name {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path_text("name"))
    }
}

impl Operation for Asset {
    type Input = Name;
    type Output = Html;

    async fn run(_: &Context, _: Call, Name(name): Name) -> Result<Self::Output, ApiError> {
        let (kind, text) = match name.as_str() {
            "connect.css" => ("text/css; charset=utf-8", include_str!("../assets/connect.css")),
            "connect.js" => ("text/javascript; charset=utf-8", include_str!("../assets/connect.js")),
            _ => return Err(ApiError::not_found("asset")),
        };
        let mut response = Response::empty(StatusCode::OK);
        response.set("content-type", kind);
        response.set("cache-control", "public, max-age=300");
        response.set("x-content-type-options", "nosniff");
        response.body = text.into();
        Ok(Html(response))
    }
}
