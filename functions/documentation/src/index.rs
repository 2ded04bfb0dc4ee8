//! `GET /docs`: everything that there is to read.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use maud::html;

use crate::guides::GUIDES;
use crate::layout::{Page, Scripts};
use crate::openapi::DOCUMENTS;

/// Lists guides and references.
pub(crate) struct Index;

/// Nothing is asked.
pub(crate) struct Nothing;

impl Input for Nothing {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self
    }
}

impl Operation for Index {
    type Input = Nothing;
    type Output = Html;

    async fn run(context: &Context, _: Call, _: Nothing) -> Result<Self::Output, ApiError> {
        let content = html! {
            h1 { "Documentation" }
            p { "Fleets share their telematics data with you, whatever provider they have. Here is how to ask for it." }
            h2 { "Guides" }
            ul.cards {
                @for guide in GUIDES {
                    li { a href={ "/docs/guides/" (guide.name) } { strong { (guide.title()) } span { (guide.lead()) } } }
                }
            }
            h2 { "Reference" }
            ul.cards {
                @for document in DOCUMENTS {
                    li { a href={ "/docs/reference/" (document.name) } { strong { (document.title) } span { (document.about) } } }
                }
            }
            h2 { "OpenAPI documents" }
            p { "Clients are made from them, by a generator of your choice." }
            ul {
                @for document in DOCUMENTS {
                    @let path = format!("/v2/{}/openapi.json", document.name);
                    li { a href=(path) { code { (path) } } }
                }
            }
        };
        Ok(Page { title: "Documentation", scripts: Scripts::None, content }.show(context))
    }
}
