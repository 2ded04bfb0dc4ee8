//! The layout of every page, and the headers it is sent with.

use gateway::{Context, Html, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

/// A page with a title (also shown in the browser tab) and content.
pub(crate) fn document(context: &Context, status: StatusCode, title: &str, content: &Markup) -> Html {
    let product = &context.config().product_name;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " – " (product) }
                link rel="stylesheet" href="/connect/assets/connect.css";
                script src="/connect/assets/connect.js" defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header.bar { span.mark aria-hidden="true" {} span { (product) " Connect" } }
                main #main { (content) }
                footer { p { "Your data is encrypted in transit. You decide what is shared, and can stop at any time." } }
            }
        }
    };
    let mut response = Response::html(status, page.into_string());
    set_security_headers(&mut response, context);
    Html(response)
}

/// A page with a message only.
pub(crate) fn message_page(context: &Context, status: StatusCode, title: &str, text: &str) -> Html {
    document(context, status, title, &html! { h1 { (title) } p.soft { (text) } })
}

/// A redirect within Connect, or out of it.
pub(crate) fn redirect(context: &Context, target: &str) -> Html {
    let mut response = Response::see_other(target);
    set_security_headers(&mut response, context);
    Html(response)
}

/// Forbids framing, third-party code, caching and referrers. Forms may be submitted to Connect only; external targets are links.
fn set_security_headers(response: &mut Response, context: &Context) {
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: data:; form-action 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    response.set("content-security-policy", policy);
    response.set("referrer-policy", "no-referrer");
    response.set("x-content-type-options", "nosniff");
    response.set("cache-control", "no-store");
    response.set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    if context.config().connect_url.starts_with("https:") {
        response.set("strict-transport-security", "max-age=31536000");
    }
}

/// The hidden field that proves that a form was submitted from a page of Connect.
pub(crate) fn csrf(token: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(token); }
}
