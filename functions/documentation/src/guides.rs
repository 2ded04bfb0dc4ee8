//! The guides. A test runs every example in them.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html::push_html};

/// A guide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guide {
    /// Its name in addresses.
    pub(crate) name: &'static str,
    /// Markdown: a title, a sentence about what one has at the end, and the steps.
    text: &'static str,
}

macro_rules! guides {
    ($($name:literal),+ $(,)?) => {
        /// Every guide, in reading order.
        pub(crate) const GUIDES: &[Guide] =
            &[$(Guide { name: $name, text: include_str!(concat!("../../../docs/guides/", $name, ".md")) }),+];
    };
}

guides!["first-call", "onboarding", "live-map", "history", "hours-of-service", "mirror", "writing"];

impl Guide {
    /// The first line.
    pub(crate) fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The first paragraph.
    pub(crate) fn lead(&self) -> String {
        let lines: Vec<&str> = self.text.lines().skip(2).take_while(|line| !line.is_empty()).collect();
        lines.join(" ")
    }

    /// As HTML. Links to other guides lead to their pages.
    pub(crate) fn html(&self) -> String {
        let events = Parser::new_ext(self.text, Options::ENABLE_TABLES).map(|event| match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = page_of(&dest_url).map_or(dest_url, CowStr::from);
                Event::Start(Tag::Link { link_type, dest_url, title, id })
            }
            other => other,
        });
        let mut page = String::new();
        push_html(&mut page, events);
        // What is wider than the page can be scrolled by keys.
        page.replace("<pre>", "<pre tabindex=\"0\">")
    }
}

/// The page of a guide whose file is named.
fn page_of(link: &str) -> Option<String> {
    let name = link.strip_suffix(".md")?;
    GUIDES.iter().any(|guide| guide.name == name).then(|| format!("/docs/guides/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guides_have_a_title_and_a_lead_and_lead_nowhere_else() {
        for guide in GUIDES {
            assert!(!guide.title().is_empty() && guide.text.starts_with("# "), "{}", guide.name);
            assert!(guide.lead().ends_with('.'), "{}: {}", guide.name, guide.lead());
            let html = guide.html();
            assert!(html.starts_with("<h1>") && !html.contains(".md\""), "{}", guide.name);
            let links = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            for link in links {
                assert!(
                    link.starts_with("/docs/") || link.starts_with("https://") || link.starts_with('#'),
                    "{}: {link}",
                    guide.name
                );
            }
        }
    }
}
