//! How Connect was launched: alone, or in a frame or a window of a partner's page, and what that page asks for.
//!
//! The parameters of the link stand in the address of every page of the visit, so two launches side by side do not mix, and nothing of
//! this is stored. A value that is not understood falls back alone. What a key has to allow (frames, messages, brand) is there after
//! the key was looked up: an unknown, a revoked and another partner's key are all the same.

use gateway::{Context, Incoming, Reader};
use http::Method;
use model::embed::EmbedKey;
use model::{ConnectionId, PartnerId};
use store::StoreError;
use store::control::Key;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::cookie;
use crate::current_page::CurrentPage;
use crate::language::{Language, PARAMETER};
use crate::texts::Texts;

/// The most characters of a key, and of a logo's address: longer ones are none.
const LONGEST_KEY: usize = 100;
const LONGEST_LOGO: usize = 2_000;

/// Where the pages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In a tab of their own.
    #[default]
    Alone,
    /// In a tab that was the partner's page before.
    Redirect,
    /// In a frame of the partner's page.
    Iframe,
    /// In a window that the partner's page opened.
    Popup,
}

/// A theme that the partner's page forces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// Its name, in addresses and in the style sheet.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What led to a page, for the partner's page to hear of. It stands in that page's address alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The link was opened.
    Opened,
    /// An account was linked, or mended.
    Linked(ConnectionId),
    /// An account was removed.
    Removed(ConnectionId),
    /// Sharing was ended.
    Stopped,
}

impl News {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            Some(("linked", id)) => id.parse().ok().map(Self::Linked),
            Some(("removed", id)) => id.parse().ok().map(Self::Removed),
            _ if text == "opened" => Some(Self::Opened),
            _ if text == "stopped" => Some(Self::Stopped),
            _ => None,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Opened => "opened".into(),
            Self::Linked(id) => format!("linked.{id}"),
            Self::Removed(id) => format!("removed.{id}"),
            Self::Stopped => "stopped".into(),
        }
    }
}

/// The parameters of a launch, each as far as it is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) mode: Mode,
    /// The page that is asked for.
    pub(crate) page: CurrentPage,
    /// What the person chooses by this request.
    pub(crate) switched_to: Option<Language>,
    /// What the person chose before.
    chosen: Option<Language>,
    /// What the link chose.
    pub(crate) of_link: Option<Language>,
    /// What the browser likes best.
    accepted: Option<Language>,
    key: Option<String>,
    is_card: bool,
    theme: Option<Theme>,
    color: Option<String>,
    logo: Option<String>,
    logo_dark: Option<String>,
    pub(crate) news: Option<News>,
}

/// Whether a browser says that a request comes from a page of another site.
pub(crate) fn is_cross_site(site: Option<&str>) -> bool {
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

impl Asked {
    /// Reads them from the address.
    pub(crate) fn read(reader: &Reader) -> Self {
        let (method, path) = reader.address();
        Self::of(method, path, |name| reader.first(name), |name| reader.header(name))
    }

    /// The same of a request that no page has read.
    pub(crate) fn of_request(incoming: &Incoming) -> Self {
        let query = incoming.query();
        let first = |name: &str| query.get(name).and_then(|values| values.first().cloned());
        Self::of(&incoming.method, &incoming.raw_path, first, |name| incoming.header(name))
    }

    fn of<'h>(
        method: &Method,
        path: &str,
        first: impl Fn(&str) -> Option<String>,
        header: impl Fn(&str) -> Option<&'h str>,
    ) -> Self {
        let mut asked = Self {
            page: CurrentPage::of(method, path, &first),
            chosen: header("cookie").and_then(cookie::language),
            accepted: header("accept-language").and_then(Language::accepted),
            ..Self::parse(first)
        };
        // On our pages a person chooses; a link on another page chooses for whoever has not.
        if is_cross_site(header("sec-fetch-site")) {
            asked.of_link = asked.switched_to.take().or(asked.of_link);
        }
        asked
    }

    fn parse(first: impl Fn(&str) -> Option<String>) -> Self {
        let logo = |name: &str| first(name).filter(|text| is_logo(text));
        let language = |name: &str| first(name).and_then(|tag| Language::of_tag(&tag));
        Self {
            mode: match first("embed").as_deref() {
                Some("iframe") => Mode::Iframe,
                Some("popup") => Mode::Popup,
                Some("redirect") => Mode::Redirect,
                _ => Mode::Alone,
            },
            key: first("embed_key").filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY),
            is_card: first("variant").as_deref() == Some("card"),
            theme: match first("theme").as_deref() {
                Some("light") => Some(Theme::Light),
                Some("dark") => Some(Theme::Dark),
                _ => None,
            },
            color: first("brand_color").and_then(|text| color(&text)),
            logo: logo("brand_logo"),
            logo_dark: logo("brand_logo_dark"),
            news: first("news").and_then(|text| News::parse(&text)),
            switched_to: language(PARAMETER),
            of_link: language("language"),
            ..Self::default()
        }
    }

    /// The texts of its language.
    pub(crate) fn texts(&self) -> &'static Texts {
        self.language().texts()
    }

    /// The language of the pages: what the person chose, else the link, else the browser, else English.
    pub(crate) fn language(&self) -> Language {
        self.switched_to.or(self.chosen).or(self.of_link).or(self.accepted).unwrap_or_default()
    }

    /// Whether a key was sent, known or not.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What every further page is asked with.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, &str)> {
        let mode = match self.mode {
            Mode::Alone => None,
            Mode::Redirect => Some("redirect"),
            Mode::Iframe => Some("iframe"),
            Mode::Popup => Some("popup"),
        };
        let known = [
            ("embed", mode),
            ("embed_key", self.key.as_deref()),
            ("variant", self.is_card.then_some("card")),
            ("theme", self.theme.map(Theme::name)),
            ("language", self.of_link.map(Language::tag)),
            ("brand_color", self.color.as_deref()),
            ("brand_logo", self.logo.as_deref()),
            ("brand_logo_dark", self.logo_dark.as_deref()),
        ];
        known.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
    }

    /// A path with them, and with what led to it, where a partner's page may hear of that.
    pub(crate) fn address(&self, path: &str, news: Option<News>) -> String {
        let news = news.filter(|_| matches!(self.mode, Mode::Iframe | Mode::Popup)).map(News::text);
        self.address_with(path, news.as_deref().map(|news| ("news", news)))
    }

    /// A path with them and with others.
    pub(crate) fn address_with<'a>(&self, path: &str, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let query = Serializer::new(String::new()).extend_pairs(self.parameters()).extend_pairs(more).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The address of a page with them, and with one more parameter.
    pub(crate) fn address_of(&self, page: &CurrentPage, more: Option<(&str, &str)>) -> String {
        let (path, kept) = page.parts();
        self.address_with(path, kept.chain(more))
    }

    /// The launch with what its key allows, on pages of a partner's invitation or on pages without one.
    ///
    /// # Errors
    /// If storage fails.
    pub(crate) async fn resolve(self, context: &Context, partner: Option<PartnerId>) -> Result<Launch, StoreError> {
        let Some(key) = &self.key else { return Ok(Launch { asked: self, origins: Vec::new() }) };
        let found: Option<EmbedKey> = context.store().get(Key::embed_key(key)).await?;
        let found = found.filter(|key| partner.is_none_or(|partner| key.partner_id == partner));
        Ok(Launch { asked: self, origins: found.map(|key| key.origins).unwrap_or_default() })
    }
}

fn is_logo(text: &str) -> bool {
    text.len() <= LONGEST_LOGO && text.starts_with("https://") && Url::parse(text).is_ok()
}

/// Six hexadecimal digits, with or without `#`.
fn color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_color = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_color.then(|| digits.to_ascii_lowercase())
}

/// A launch whose key was looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    pub(crate) asked: Asked,
    /// The origins of the pages that may show Connect; none without a key that is known.
    pub(crate) origins: Vec<String>,
}

impl Launch {
    /// The same with news, unless it has any.
    pub(crate) fn telling(mut self, news: Option<News>) -> Self {
        self.asked.news = self.asked.news.or(news);
        self
    }

    fn is_known(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Whether it may be in a frame of one of the origins.
    pub(crate) fn is_framed(&self) -> bool {
        self.asked.mode == Mode::Iframe && self.is_known()
    }

    /// Whether a page of one of the origins hears what happens: then that page goes on at the end, instead of a redirect.
    pub(crate) fn is_heard(&self) -> bool {
        matches!(self.asked.mode, Mode::Iframe | Mode::Popup) && self.is_known()
    }

    /// Whether only the content is shown, for a page that has a frame around it.
    pub(crate) fn is_card(&self) -> bool {
        self.asked.is_card
    }

    /// The forced theme.
    pub(crate) fn theme(&self) -> Option<Theme> {
        self.asked.theme
    }

    /// The brand's colour, six digits.
    pub(crate) fn color(&self) -> Option<&str> {
        self.asked.color.as_deref().filter(|_| self.is_known())
    }

    /// The brand's logo, and the one for dark ground.
    pub(crate) fn logos<'a>(&'a self) -> (Option<&'a str>, Option<&'a str>) {
        let of = |logo: &'a Option<String>| logo.as_deref().filter(|_| self.is_known());
        (of(&self.asked.logo), of(&self.asked.logo_dark))
    }

    /// Who may show the pages, as the policy says it.
    pub(crate) fn frame_ancestors(&self) -> String {
        if self.is_framed() { self.origins.join(" ") } else { "'none'".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        let url = Url::parse(&format!("https://connect.example/?{query}")).unwrap();
        Asked::parse(|name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()))
    }

    fn known(query: &str) -> Launch {
        Launch { asked: asked(query), origins: vec!["https://a.example".into(), "https://b.example".into()] }
    }

    #[test]
    fn parameters_are_carried_on() {
        let query = "embed=iframe&embed_key=pk_live_x&variant=card&theme=dark&language=es&brand_color=00aaff\
                     &brand_logo=https%3A%2F%2Facme.example%2Fa.svg&brand_logo_dark=https%3A%2F%2Facme.example%2Fb.svg";
        assert_eq!(asked(query).address("/p", None), format!("/p?{query}"));
        assert_eq!(asked("").address("/p", None), "/p");
        let id = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234";
        for news in ["opened", "stopped", &format!("linked.{id}"), &format!("removed.{id}")] {
            let read = asked(&format!("embed=popup&news={news}"));
            assert_eq!(read.address("/p", read.news), format!("/p?embed=popup&news={news}"));
            assert_eq!(read.address("/p", None), "/p?embed=popup", "news are of one page");
        }
        assert_eq!(asked("embed=redirect").address("/p", Some(News::Opened)), "/p?embed=redirect", "nobody hears");
    }

    #[test]
    fn what_is_not_understood_falls_back_alone() {
        let other = "embed=window&variant=tiny&theme=auto&language=xx&set_language=%22%3E&brand_logo=http%3A%2F%2Facme.example%2Fa.svg&news=linked.x";
        assert_eq!(asked(&format!("{other}&embed_key=k")), asked("embed_key=k"));
        for color in ["0af", "00aaff80", "red", "rgb(0,0,0)", "##00aaf", "00aafg", "é1234"] {
            assert_eq!(asked(&format!("brand_color={}", color.replace('#', "%23"))), Asked::default(), "{color}");
        }
        assert_eq!(asked("brand_color=%2300AAFF"), asked("brand_color=00aaff"));
        assert_eq!(asked(&format!("embed_key={}", "k".repeat(101))), Asked::default());
    }

    #[test]
    fn a_person_chooses_before_the_link_and_the_browser() {
        let language = |query: &str, cookie: &'static str, accepted: &'static str| {
            let url = Url::parse(&format!("https://connect.example/?{query}")).unwrap();
            let first = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            let header = |name: &str| match name {
                "cookie" => Some(cookie),
                "accept-language" => Some(accepted),
                _ => query.contains("elsewhere").then_some("cross-site"),
            };
            Asked::of(&Method::GET, "/", first, header).language().tag()
        };
        let (english, spanish) = ("a=b; __Host-connect-language=en", "connect-language=es");
        assert_eq!(language("", "", ""), "en");
        assert_eq!(language("", "", "de, es-MX;q=0.4"), "es");
        assert_eq!(language("language=en", "", "es"), "en");
        assert_eq!(language("language=es-US", "", "en"), "es");
        assert_eq!(language("language=es", english, "es"), "en");
        assert_eq!(language("set_language=es&language=en", english, "en"), "es");
        assert_eq!(language("set_language=xx&language=xx", "connect-language=xx", "es"), "es");
        assert_eq!(language("", spanish, "en"), "es");
        assert_eq!(language("set_language=es&elsewhere", english, "es"), "en", "a link on another page is not the person");
        assert_eq!(language("set_language=es&elsewhere", "", "en"), "es");
    }

    #[test]
    fn a_key_opens_frames_messages_and_brand() {
        let framed = known("embed=iframe&brand_color=00aaff");
        assert_eq!(framed.frame_ancestors(), "https://a.example https://b.example");
        assert!(framed.is_framed() && framed.is_heard() && framed.color().is_some());
        let popup = known("embed=popup");
        assert!(!popup.is_framed() && popup.is_heard() && popup.frame_ancestors() == "'none'");
        for query in ["", "embed=redirect"] {
            assert!(!known(query).is_heard() && known(query).frame_ancestors() == "'none'");
        }
        let unknown = Launch { origins: Vec::new(), ..framed };
        assert!(
            !unknown.is_framed() && !unknown.is_heard() && unknown.color().is_none() && unknown.frame_ancestors() == "'none'"
        );
    }
}
