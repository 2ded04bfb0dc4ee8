//! The page that a person looks at, to lead back to it.

use http::Method;

/// What pages are asked with beside the launch, and the most characters of it that a link repeats.
const KEPT: [&str; 6] = ["invite", "tms_invite", "key", "amp;invite", "amp;key", "q"];
const LONGEST_KEPT: usize = 1_000;

/// The page that a person looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CurrentPage {
    path: String,
    kept: Vec<(&'static str, String)>,
}

impl CurrentPage {
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

    /// A page without parameters of its own.
    pub(crate) fn at(path: &str) -> Self {
        Self { path: path.to_owned(), kept: Vec::new() }
    }

    /// Its path, and the parameters that belong to it.
    pub(crate) fn parts(&self) -> (&str, impl Iterator<Item = (&str, &str)>) {
        (&self.path, self.kept.iter().map(|(name, value)| (*name, value.as_str())))
    }
}
