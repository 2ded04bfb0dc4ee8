//! `GET /docs/guides/{name}`: a guide.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use maud::{PreEscaped, html};

use crate::guides::GUIDES;
use crate::layout::{Page, Scripts};

/// Shows a guide.
pub(crate) struct Read;

/// Its name.
pub(crate) struct Name(String);

impl Input for Name {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self(reader.path_text("name"))
    }
}

impl Operation for Read {
    type Input = Name;
    type Output = Html;

    async fn run(context: &Context, _: Call, Name(name): Name) -> Result<Self::Output, ApiError> {
        let place = GUIDES.iter().position(|guide| guide.name == name).ok_or_else(|| ApiError::not_found("guide"))?;
        let guide = GUIDES.get(place).ok_or_else(|| ApiError::not_found("guide"))?;
        let next = GUIDES.get(place + 1);
        let content = html! {
            article { (PreEscaped(guide.html())) }
            @if let Some(next) = next {
                p.next { "Next: " a href={ "/docs/guides/" (next.name) } { (next.title()) } }
            }
        };
        Ok(Page { title: guide.title(), scripts: Scripts::None, content }.show(context))
    }
}
