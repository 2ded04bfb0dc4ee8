//! The switch of languages that stands on every page: links to the same page, which work without scripts. What a person chooses there
//! is kept in a cookie (`cookie.rs`), and the browser goes on to the address without the choice.

use http::Method;
use maud::{Markup, html};

use crate::language::Language;
use crate::launch::Asked;

/// The parameter of the choice.
pub(crate) const PARAMETER: &str = "set_language";
/// What pages are asked with beside the launch, and the most characters of it that a link repeats.
const KEPT: [&str; 6] = ["invite", "tms_invite", "key", "amp;invite", "amp;key", "q"];
const LONGEST_KEPT: usize = 1_000;

/// The page that a person looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Here {
    path: String,
    kept: Vec<(&'static str, String)>,
}

impl Here {
    /// The page of a request. What forms are sent to is none; after those of a visit its accounts are shown.
    pub(crate) fn of(method: &Method, path: &str, first: impl Fn(&str) -> Option<String>) -> Self {
        if *method == Method::POST {
            let visit = path.strip_prefix("/connect/s/").and_then(|rest| rest.split('/').next());
            let path = visit.map_or_else(|| "/".to_owned(), |visit| format!("/connect/s/{visit}/accounts"));
            return Self { path, kept: Vec::new() };
        }
        let short = |name| first(name).filter(|value| value.len() <= LONGEST_KEPT);
        let kept = KEPT.into_iter().filter_map(|name| Some((name, short(name)?)));
        Self { path: path.to_owned(), kept: kept.collect() }
    }

    /// Its address, with one more parameter.
    pub(crate) fn address(&self, asked: &Asked, more: Option<(&str, &str)>) -> String {
        let kept = self.kept.iter().map(|(name, value)| (*name, value.as_str()));
        asked.address_with(&self.path, kept.chain(more))
    }
}

/// The links; `at` is the path of the page if it is another one than that of the request.
pub(crate) fn links(asked: &Asked, at: Option<&str>) -> Markup {
    let here = at.map(|path| Here { path: path.to_owned(), kept: Vec::new() });
    let here = here.as_ref().unwrap_or(&asked.here);
    html! {
        nav aria-label=(asked.texts().frame.languages) {
            ul.languages {
                @for language in Language::ALL {
                    li {
                        @if language == asked.language() { span lang=(language.tag()) aria-current="true" { (language.name()) } }
                        @else {
                            a href=(here.address(asked, Some((PARAMETER, language.tag())))) lang=(language.tag()) hreflang=(language.tag()) {
                                (language.name())
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(method: &Method, path: &str, query: &[(&str, &str)]) -> String {
        let first = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Here::of(method, path, first).address(&Asked::default(), Some((PARAMETER, "es")))
    }

    #[test]
    fn the_switch_leads_to_the_same_page() {
        assert_eq!(here(&Method::GET, "/", &[("invite", "a b"), ("utm", "x")]), "/?invite=a+b&set_language=es");
        assert_eq!(
            here(&Method::GET, "/connect/s/v/providers", &[("q", "\"><b>")]),
            "/connect/s/v/providers?q=%22%3E%3Cb%3E&set_language=es"
        );
        assert_eq!(here(&Method::POST, "/connect/s/v/pause", &[("q", "x")]), "/connect/s/v/accounts?set_language=es");
        assert_eq!(here(&Method::POST, "/connect/open", &[("key", "x")]), "/?set_language=es");
        assert_eq!(here(&Method::GET, "/", &[("invite", &"x".repeat(LONGEST_KEPT + 1))]), "/?set_language=es");
    }
}
