//! The layout of every page, and the headers it is sent with.

use gateway::{Context, Html, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};
use model::partner::Partner;

use crate::visit::Visit;

/// How far a fleet has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Review,
    Connect,
    Done,
}

const STEPS: [(Step, &str); 3] = [(Step::Review, "Review"), (Step::Connect, "Connect"), (Step::Done, "Done")];

/// A page before it is laid out.
pub(crate) struct Page<'a> {
    status: StatusCode,
    title: String,
    visit: Option<&'a Visit>,
    partner: Option<&'a Partner>,
    step: Option<Step>,
    prefix: &'static str,
}

impl<'a> Page<'a> {
    /// A page with a title, which is shown in the browser's tab too.
    pub(crate) fn titled(title: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, title: title.into(), visit: None, partner: None, step: None, prefix: "" }
    }

    /// With another status than 200.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// A page of a visit: it names partner and fleet.
    pub(crate) fn of(self, visit: &'a Visit) -> Self {
        Self { visit: Some(visit), partner: Some(&visit.partner), ..self }
    }

    /// A page that names the partner only.
    pub(crate) fn partner(self, partner: &'a Partner) -> Self {
        Self { partner: Some(partner), ..self }
    }

    /// A page of one of the steps.
    pub(crate) fn step(self, step: Step) -> Self {
        Self { step: Some(step), ..self }
    }

    /// The page of a form that was refused: the title says so, for those who hear it first.
    pub(crate) fn refused(self) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, prefix: "Error: ", ..self }
    }

    /// The page with its content.
    pub(crate) fn show(self, context: &Context, content: &Markup) -> Html {
        let product = &context.config().product_name;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.prefix) (self.title) " – " (product) }
                    link rel="stylesheet" href="/connect/assets/connect.css";
                    script src="/connect/assets/connect.js" defer {}
                }
                body {
                    a.skip href="#main" { "Skip to content" }
                    (header(self.partner, product))
                    main #main {
                        @if let Some(step) = self.step { (steps(step)) }
                        @if let Some(visit) = self.visit { (parties(visit)) }
                        (content)
                    }
                    footer { p { "Your data is encrypted. You decide what is shared, and can stop at any time." } }
                }
            }
        };
        let mut response = Response::html(self.status, page.into_string());
        set_security_headers(&mut response, context);
        Html(response)
    }
}

fn header(partner: Option<&Partner>, product: &str) -> Markup {
    html! {
        header.bar {
            @if let Some(partner) = partner { (mark(&partner.name, partner.logo_url.as_deref(), None)) span.dots aria-hidden="true" {} }
            span.product aria-hidden="true" {}
            span { (product) " Connect" }
        }
    }
}

fn steps(current: Step) -> Markup {
    let place = STEPS.iter().position(|(step, _)| *step == current).unwrap_or_default();
    html! {
        ol.steps aria-label="Steps" {
            @for (index, (_, name)) in STEPS.iter().enumerate() {
                li aria-current=[(index == place).then_some("step")] data-past=[(index < place).then_some("yes")] { (name) }
            }
        }
    }
}

fn parties(visit: &Visit) -> Markup {
    html! {
        p.parties {
            "Sharing with " bdi { (visit.partner.name) }
            @if let Some(fleet) = visit.fleet_name() { " · for " bdi { (fleet) } }
        }
    }
}

/// A logo, or the first letter of the name on a colour that follows from it.
pub(crate) fn mark(name: &str, logo: Option<&str>, dark: Option<&str>) -> Markup {
    let shown = |url: Option<&'_ str>| url.filter(|url| url.starts_with("https://")).map(str::to_owned);
    let initial: String = name.chars().find(|letter| letter.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    let hue = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 6;
    html! {
        @match (shown(logo), shown(dark)) {
            (Some(logo), dark) => span.logo {
                picture {
                    @if let Some(dark) = dark { source srcset=(dark) media="(prefers-color-scheme: dark)"; }
                    img src=(logo) alt="" height="34" loading="lazy" referrerpolicy="no-referrer";
                }
            },
            (None, _) => span.avatar data-hue=(hue) aria-hidden="true" { (initial) },
        }
    }
}

/// A redirect within Connect, or out of it.
pub(crate) fn redirect(context: &Context, target: &str) -> Html {
    let mut response = Response::see_other(target);
    set_security_headers(&mut response, context);
    Html(response)
}

/// Forbids framing, third-party code, caching and referrers. Forms may be submitted to Connect only; external targets are links.
pub(crate) fn set_security_headers(response: &mut Response, context: &Context) {
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https:; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    response.set("content-security-policy", policy);
    response.set("referrer-policy", "no-referrer");
    response.set("x-content-type-options", "nosniff");
    response.set("x-frame-options", "DENY");
    response.set("cache-control", "no-store");
    response.set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    response.set("cross-origin-opener-policy", "same-origin");
    if context.config().connect_url.starts_with("https:") {
        response.set("strict-transport-security", "max-age=31536000");
    }
}

/// The hidden field that proves that a form was submitted from a page of this visit.
pub(crate) fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.held.csrf()); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logos_over_https_are_shown() {
        let shown = |logo: &str| mark("Acme", Some(logo), None).into_string();
        assert!(shown("https://acme.example/a.svg").contains("<img"));
        for other in ["javascript:alert(1)", "http://acme.example/a.svg", "data:image/svg+xml,<svg/>", "//acme.example/a.svg"] {
            let html = shown(other);
            assert!(!html.contains("<img") && html.contains(">A<"), "{html}");
        }
        assert!(mark("", None, None).into_string().contains("avatar"));
    }
}
