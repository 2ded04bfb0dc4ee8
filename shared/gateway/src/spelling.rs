//! Other spellings of paths that are served too.

/// Parts of paths as they are documented, and another spelling of each that is served too.
pub(crate) const SPELLINGS: &[(&str, &str)] = &[("share-agreements", "share_agreements"), ("dvir-logs/defects", "dvir-defects")];

/// A path in its documented spelling.
pub(crate) fn documented(path: &str) -> String {
    SPELLINGS.iter().fold(path.to_owned(), |path, (spelling, other)| path.replace(other, spelling))
}
