//! Rules for the text of source files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The sources under some folders of the workspace.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// Whether a file is part of tests only: `tests/...`, `tests.rs`, `x_tests.rs`.
fn is_test(path: &Path) -> bool {
    path.strip_prefix(root()).unwrap().components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name == "tests" || name == "tests.rs" || name.ends_with("_tests.rs")
    })
}

#[test]
fn nothing_scans_a_table() {
    for (path, text) in sources(&["shared", "functions"]).into_iter().filter(|(path, _)| !is_test(path)) {
        // The calls of the SDK: `.scan()` and its paginator's name.
        assert!(!text.contains(".scan()") && !text.contains("ScanFluentBuilder"), "{} scans a table", path.display());
    }
}

#[test]
fn grants_are_created_in_one_place() {
    for (path, text) in sources(&["shared", "functions"]) {
        let has_tests = is_test(&path) || text.contains("#[cfg(test)]");
        let is_store = path.starts_with(root().join("shared/store"));
        assert!(has_tests || is_store || !text.contains("Grant::new("), "{} creates a grant", path.display());
    }
}

/// Where a resource may be named: where it is described, consented to, fetched and served.
const ROOMS: &[&str] =
    &["shared/model/src/telematics", "shared/model/src/resource.rs", "shared/providers/src", "functions/telematics/src"];

#[test]
fn resources_are_named_in_their_rooms_only() {
    let variants: Vec<String> = model::Resource::ALL.iter().map(|resource| format!("Resource::{resource:?}")).collect();
    let described = model::telematics::RECORD_TYPES.iter().map(|record| format!("{:?}", record.resource));
    let described: Vec<String> = described.collect();
    let is_word = |text: &str| text.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let names = |text: &str, name: &str| text.split(name).skip(1).any(|rest| !is_word(rest));
    for (path, text) in sources(&["shared", "functions"]) {
        let place = path.strip_prefix(root()).unwrap();
        if is_test(&path) || ROOMS.iter().any(|room| place.starts_with(room)) {
            continue;
        }
        // What stands below a file's tests is part of them.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in &variants {
            assert!(!names(code, name), "{} names {name}", place.display());
        }
        for imports in code.split("use model::telematics::").skip(1).filter_map(|rest| rest.split(';').next()) {
            let mut imported = imports.split(|c: char| !c.is_alphanumeric());
            let named = imported.find(|import| described.iter().any(|name| name == import));
            assert_eq!(named, None, "{} imports a resource's row type", place.display());
        }
    }
}

#[test]
fn every_stored_kind_has_one_name() {
    let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (path, text) in sources(&["shared/store"]) {
        for kind in text.split("const KIND: &'static str = \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let other = seen.insert(kind.to_owned(), path.clone());
            assert_eq!(other, None, "two entities are stored as {kind:?}");
        }
    }
    assert!(!seen.is_empty(), "the sources do not contain kinds any more: update this test");
}
