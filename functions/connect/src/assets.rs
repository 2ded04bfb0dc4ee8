//! `GET /connect/assets/{name}`

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;

use crate::brand;

/// Style sheets and scripts.
pub(crate) struct Asset;

/// Its name.
pub(crate) struct Name(String);

impl Input for Name {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path_text("name"))
    }
}

/// `brand-1d4ed8.css`
fn brand(name: &str) -> Option<String> {
    let color = name.strip_prefix("brand-")?.strip_suffix(".css")?;
    brand::style_sheet(color)
}

impl Operation for Asset {
    type Input = Name;
    type Output = Html;

    async fn run(_: &Context, _: Call, Name(name): Name) -> Result<Self::Output, ApiError> {
        let (style, script) = ("text/css; charset=utf-8", "text/javascript; charset=utf-8");
        let (kind, text) = match name.as_str() {
            "connect.css" => (style, include_str!("../assets/connect.css").to_owned()),
            "connect.js" => (script, include_str!("../assets/connect.js").to_owned()),
            "embed.js" => (script, include_str!("../assets/embed.js").to_owned()),
            "probe.js" => (script, include_str!("../assets/probe.js").to_owned()),
            _ => (style, brand(&name).ok_or_else(|| ApiError::not_found("asset"))?),
        };
        let mut response = Response::empty(StatusCode::OK);
        response.set("content-type", kind);
        response.set("cache-control", "public, max-age=300");
        response.set("x-content-type-options", "nosniff");
        response.body = text.into();
        Ok(Html(response))
    }
}
