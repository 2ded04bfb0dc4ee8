//! The layout of every page, and the headers it is sent with.

use gateway::{ApiError, Context, Html, Incoming, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use crate::assets::REDOC;
use crate::guides::GUIDES;
use crate::openapi::DOCUMENTS;

/// What a page runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    None,
    /// Redoc, which makes style elements, and searches in a worker of its own.
    Reference,
}

impl Scripts {
    const fn policy(self) -> &'static str {
        match self {
            Self::None => {
                "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            }
            Self::Reference => {
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; worker-src blob:; \
                 img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            }
        }
    }
}

/// A page.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    pub(crate) scripts: Scripts,
    pub(crate) content: Markup,
}

impl Page<'_> {
    /// The page, found.
    pub(crate) fn show(self, context: &Context) -> Html {
        let mut response = self.with_status(StatusCode::OK, &menus(), context);
        response.set("cache-control", "public, max-age=300");
        Html(response)
    }

    fn with_status(self, status: StatusCode, menus: &Markup, context: &Context) -> Response {
        let Self { title, scripts, content } = self;
        let product = &context.config().product_name;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · " (product) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="/docs/assets/documentation.css";
                    @if scripts == Scripts::Reference {
                        script src={ "/docs/assets/" (REDOC) } defer {}
                        script src="/docs/assets/reference.js" defer {}
                    }
                }
                body.wide[scripts == Scripts::Reference] {
                    header {
                        a.product href="/docs" { (product) }
                        (menus)
                    }
                    main { (content) }
                }
            }
        };
        let mut response = Response::html(status, page.into_string());
        response.set("content-security-policy", scripts.policy());
        response.set("x-content-type-options", "nosniff");
        response.set("referrer-policy", "no-referrer");
        response
    }
}

/// Every guide and reference.
fn menus() -> Markup {
    html! {
        nav aria-label="Documentation" {
            details name="menu" {
                summary { "Guides" }
                ul { @for guide in GUIDES { li { a href={ "/docs/guides/" (guide.name) } { (guide.title()) } } } }
            }
            details name="menu" {
                summary { "Reference" }
                ul { @for document in DOCUMENTS { li { a href={ "/docs/reference/" (document.name) } { (document.title) } } } }
            }
        }
    }
}

/// The page for an error, in place of JSON. Other artifacts show it, too, so it has no menus: they come from the texts.
#[must_use]
pub fn error_page(context: &Context, _: &Incoming, error: &ApiError) -> Response {
    let (title, text) = match error.status() {
        StatusCode::NOT_FOUND => ("Not found", "There is no such page."),
        StatusCode::METHOD_NOT_ALLOWED => ("Not allowed", "This page can only be read."),
        _ => ("Something failed", "Please try again in a moment."),
    };
    let content = html! { h1 { (title) } p { (text) } p { a href="/docs" { "All documentation" } } };
    let mut response = Page { title, scripts: Scripts::None, content }.with_status(error.status(), &html! {}, context);
    response.set("cache-control", "no-store");
    response
}
