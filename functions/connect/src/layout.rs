//! The layout of every page, and the headers it is sent with. Both depend on how Connect was launched, so they are made last.

use gateway::{Context, Html, Response};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};
use model::partner::Partner;

use crate::launch::{Launch, Mode, News, Theme};
use crate::messages::{Message, Told};
use crate::switch;
use crate::texts::{Frame, Sentence as _};

/// How far a fleet has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Review,
    Connect,
    Done,
}

/// A page or a redirect, before it is known who shows it.
pub(crate) struct Answer {
    response: Response,
    page: Option<Box<Content>>,
    launch: Option<Launch>,
}

/// What a page shows.
pub(crate) struct Content {
    pub(crate) title: String,
    /// Whether it shows again what was refused.
    pub(crate) is_refused: bool,
    /// Its path, if it is another one than that of the request.
    pub(crate) at: Option<String>,
    pub(crate) product: String,
    pub(crate) partner: Option<Partner>,
    pub(crate) step: Option<Step>,
    pub(crate) parties: Option<Markup>,
    pub(crate) body: Markup,
    pub(crate) told: Told,
}

impl Answer {
    /// A page.
    pub(crate) fn page(context: &Context, status: StatusCode, content: Content) -> Self {
        Self { page: Some(Box::new(content)), ..Self::of(context, Response::html(status, String::new())) }
    }

    /// A redirect within Connect, or out of it.
    pub(crate) fn redirect(context: &Context, target: &str) -> Self {
        Self::of(context, Response::see_other(target))
    }

    /// A file of comma-separated values, to be saved.
    pub(crate) fn csv_file(context: &Context, name: &str, text: String) -> Self {
        let mut response = Response::empty(StatusCode::OK);
        response.set("content-type", "text/csv; charset=utf-8");
        response.set("content-disposition", &format!("attachment; filename=\"{name}\""));
        response.body = text.into();
        Self::of(context, response)
    }

    fn of(context: &Context, mut response: Response) -> Self {
        set_security_headers(&mut response, context);
        Self { response, page: None, launch: None }
    }

    /// Of a visit that was launched so.
    pub(crate) fn launched(mut self, launch: Option<Launch>) -> Self {
        self.launch = launch;
        self
    }

    /// How its visit was launched; `None` without a visit.
    pub(crate) fn launch(&self) -> Option<&Launch> {
        self.launch.as_ref()
    }

    /// With a cookie.
    pub(crate) fn with_cookie(mut self, cookie: &str) -> Self {
        self.response.set("set-cookie", cookie);
        self
    }

    /// A page of a window that another window of Connect opened and waits for.
    pub(crate) fn in_opened_window(mut self) -> Self {
        self.response.headers.remove(OPENER_POLICY);
        self
    }

    /// Whether it has something that depends on the launch's key.
    pub(crate) fn is_page(&self) -> bool {
        self.page.is_some()
    }

    /// As it is sent where Connect was launched so.
    pub(crate) fn sent(self, launch: &Launch) -> Html {
        let Self { mut response, page, .. } = self;
        if launch.asked.mode == Mode::Popup && launch.is_heard() {
            response.headers.remove(OPENER_POLICY);
        }
        if let Some(mut page) = page {
            if launch.asked.news == Some(News::Opened) {
                page.told.messages.insert(0, Message::Open);
            }
            if launch.is_framed() {
                response.set("content-security-policy", &policy(&launch.frame_ancestors()));
                response.headers.remove("x-frame-options");
            }
            response.set("content-language", launch.asked.language().tag());
            response.set("vary", "Accept-Language, Cookie");
            response.body = page.laid_out(launch).into_string().into();
        }
        Html(response)
    }
}

const OPENER_POLICY: &str = "cross-origin-opener-policy";

/// What a page may do: no third-party code; forms go to Connect only, external targets are links.
pub(crate) fn policy(frame_ancestors: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )
}

/// Forbids framing, third-party code, caching and referrers.
pub(crate) fn set_security_headers(response: &mut Response, context: &Context) {
    response.set("content-security-policy", &policy("'none'"));
    response.set("referrer-policy", "no-referrer");
    response.set("x-content-type-options", "nosniff");
    response.set("x-frame-options", "DENY");
    response.set("cache-control", "no-store");
    response.set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    response.set(OPENER_POLICY, "same-origin");
    if context.config().connect_url.starts_with("https:") {
        response.set("strict-transport-security", "max-age=31536000");
    }
}

impl Content {
    fn laid_out(&self, launch: &Launch) -> Markup {
        let brand = launch.color().map(|color| format!("/connect/assets/brand-{color}.css"));
        let (told, language, texts) = (self.told.script(launch), launch.asked.language(), &launch.asked.texts().frame);
        let title = if self.is_refused { texts.error.text(&[("title", &self.title)]) } else { self.title.clone() };
        html! {
            (DOCTYPE)
            html lang=(language.tag()) dir=(language.direction()) data-theme=[launch.theme().map(Theme::name)] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (title) " – " (self.product) }
                    link rel="stylesheet" href="/connect/assets/connect.css";
                    @if let Some(brand) = brand { link rel="stylesheet" href=(brand); }
                    script src="/connect/assets/connect.js" defer {}
                    @if told.is_some() { script src="/connect/assets/embed.js" defer {} }
                }
                body data-variant=[launch.is_card().then_some("card")] data-told=[told] {
                    a.skip href="#main" { (texts.skip) }
                    @if !launch.is_card() { (self.header(launch)) }
                    main #main {
                        @if let Some(step) = self.step { (steps(step, texts)) }
                        @if let Some(parties) = &self.parties { (parties) }
                        (self.body)
                        @if let Some(button) = self.told.button(launch) { (button) }
                    }
                    footer { (switch::links(&launch.asked, self.at.as_deref())) p { (texts.promise) } }
                }
            }
        }
    }

    fn header(&self, launch: &Launch) -> Markup {
        html! {
            header.bar {
                @if let Some(partner) = &self.partner {
                    @let (logo, dark) = launch.logos();
                    (mark(&partner.name, (logo.or(partner.logo_url.as_deref()), dark), launch.theme()))
                    span.dots aria-hidden="true" {}
                }
                span.product aria-hidden="true" {}
                span { (launch.asked.texts().frame.product.markup(&[("product", &self.product)])) }
            }
        }
    }
}

fn steps(current: Step, texts: &Frame) -> Markup {
    let steps = [(Step::Review, texts.review), (Step::Connect, texts.connect), (Step::Done, texts.done)];
    let place = steps.iter().position(|(step, _)| *step == current).unwrap_or_default();
    html! {
        ol.steps aria-label=(texts.steps) {
            @for (index, (_, name)) in steps.iter().enumerate() {
                li aria-current=[(index == place).then_some("step")] data-past=[(index < place).then_some("yes")] { (name) }
            }
        }
    }
}

/// A logo, and the one for dark ground; else the first letter of the name on a colour that follows from it.
pub(crate) fn mark(name: &str, (logo, dark): (Option<&str>, Option<&str>), theme: Option<Theme>) -> Markup {
    let shown = |url: Option<&'_ str>| url.filter(|url| url.starts_with("https://")).map(str::to_owned);
    let (logo, dark) = match (theme, shown(logo), shown(dark)) {
        (None, logo, dark) => (logo, dark),
        (Some(Theme::Light), logo, _) => (logo, None),
        (Some(Theme::Dark), logo, dark) => (dark.or(logo), None),
    };
    let initial: String = name.chars().find(|letter| letter.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    let hue = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 6;
    html! {
        @match logo {
            Some(logo) => span.logo {
                picture {
                    @if let Some(dark) = dark { source srcset=(dark) media="(prefers-color-scheme: dark)"; }
                    img src=(logo) alt="" height="34" loading="lazy" referrerpolicy="no-referrer";
                }
            },
            None => span.avatar data-hue=(hue) aria-hidden="true" { (initial) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logos_over_https_are_shown() {
        let shown = |logo: &str| mark("Acme", (Some(logo), None), None).into_string();
        assert!(shown("https://acme.example/a.svg").contains("<img"));
        for other in ["javascript:alert(1)", "http://acme.example/a.svg", "data:image/svg+xml,<svg/>", "//acme.example/a.svg"] {
            let html = shown(other);
            assert!(!html.contains("<img") && html.contains(">A<"), "{html}");
        }
        assert!(mark("", (None, None), None).into_string().contains("avatar"));
    }

    #[test]
    fn a_forced_theme_has_its_logo() {
        let logos = (Some("https://acme.example/light.svg"), Some("https://acme.example/dark.svg"));
        let shown = |theme| mark("Acme", logos, theme).into_string();
        assert!(shown(None).contains("light.svg") && shown(None).contains("dark.svg"));
        assert!(!shown(Some(Theme::Light)).contains("dark.svg") && !shown(Some(Theme::Dark)).contains("light.svg"));
    }
}
