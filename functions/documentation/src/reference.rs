//! `GET /docs/reference/{service}`: a document of the API, as Redoc shows it.

use gateway::{ApiError, Call, Context, Html, Operation};
use maud::html;

use crate::layout::{Page, Scripts};
use crate::openapi::{Document, Of};

/// Shows a document.
pub(crate) struct Read;

impl Operation for Read {
    type Input = Of;
    type Output = Html;

    async fn run(context: &Context, _: Call, Of(service): Of) -> Result<Self::Output, ApiError> {
        let document = Document::of(&service)?;
        let source = format!("/v2/{}/openapi.json", document.name);
        let content = html! {
            div #reference data-document=(source) {
                p { "The reference is on its way. Without scripts, read " a href=(source) { "the OpenAPI document" } "." }
            }
        };
        Ok(Page { title: document.title, scripts: Scripts::Reference, content }.show(context))
    }
}
