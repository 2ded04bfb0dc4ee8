//! `GET /docs/assets/{name}`

use std::sync::LazyLock;

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;

/// The style sheet and the scripts.
pub(crate) struct Asset;

/// Its name.
pub(crate) struct Name(String);

impl Input for Name {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self(reader.path_text("name"))
    }
}

/// `redoc.standalone.js` of the package; the version is part of the name.
pub(crate) const REDOC: &str = "redoc-2.5.4.js";
/// The one thing in it that is on another host: the mark of its makers.
const MARK: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";

/// The script as it is served.
static SCRIPT: LazyLock<String> = LazyLock::new(|| include_str!("../assets/redoc.standalone.js").replace(MARK, "data:,"));

impl Operation for Asset {
    type Input = Name;
    type Output = Html;

    async fn run(_: &Context, _: Call, Name(name): Name) -> Result<Self::Output, ApiError> {
        let (style, script, plain) = ("text/css; charset=utf-8", "text/javascript; charset=utf-8", "text/plain; charset=utf-8");
        let (own, fixed) = ("public, max-age=300", "public, max-age=31536000, immutable");
        let (kind, text, lasts) = match name.as_str() {
            "documentation.css" => (style, include_str!("../assets/documentation.css"), own),
            "reference.js" => (script, include_str!("../assets/reference.js"), own),
            REDOC => (script, SCRIPT.as_str(), fixed),
            // The script says that its licence stands beside it.
            "redoc.standalone.js.LICENSE.txt" => (plain, include_str!("../assets/redoc.standalone.js.LICENSE.txt"), own),
            _ => return Err(ApiError::not_found("asset")),
        };
        let mut response = Response::empty(StatusCode::OK);
        response.set("content-type", kind);
        response.set("cache-control", lasts);
        response.set("x-content-type-options", "nosniff");
        response.body = text.into();
        Ok(Html(response))
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    #[test]
    fn redoc_is_as_it_was_published() {
        let text = include_str!("../assets/redoc.standalone.js");
        assert_eq!(text.matches(super::MARK).count(), 1);
        let found = Sha256::digest(text);
        assert_eq!(model::hex(&found), "dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b");
    }
}
