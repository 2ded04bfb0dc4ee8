//! The switch of languages that stands on every page: links to the same page, which work without scripts. What a person chooses there
//! is kept in a cookie (`cookie.rs`), and the browser goes on to the address without the choice.

use maud::{Markup, html};

use crate::current_page::CurrentPage;
use crate::language::{Language, PARAMETER};
use crate::launch::Asked;

/// The links; `at` is the path of the page if it is another one than that of the request.
pub(crate) fn links(asked: &Asked, at: Option<&str>) -> Markup {
    let other = at.map(CurrentPage::at);
    let page = other.as_ref().unwrap_or(&asked.page);
    html! {
        nav aria-label=(asked.texts().frame.languages) {
            ul.languages {
                @for language in Language::ALL {
                    li {
                        @if language == asked.language() { span lang=(language.tag()) aria-current="true" { (language.name()) } }
                        @else {
                            a href=(asked.address_of(page, Some((PARAMETER, language.tag())))) lang=(language.tag()) hreflang=(language.tag()) {
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
    use http::Method;

    use super::*;

    fn here(method: &Method, path: &str, query: &[(&str, &str)]) -> String {
        let first = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Asked::default().address_of(&CurrentPage::of(method, path, first), Some((PARAMETER, "es")))
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
        assert_eq!(here(&Method::GET, "/", &[("invite", &"x".repeat(1_001))]), "/?set_language=es");
    }
}
