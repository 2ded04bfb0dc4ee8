//! Generated files match their sources.

use std::fs;
use std::path::Path;

fn committed(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default()
}

#[test]
fn the_template_is_current() {
    for (path, text) in xtask::template::render().unwrap() {
        assert!(committed(&path) == text, "run `cargo xtask template` and commit {path}");
    }
    let (path, text) = xtask::template::placement().unwrap();
    assert!(committed(path) == text, "run `cargo xtask template` and commit {path}");
}

#[test]
fn the_openapi_documents_are_current() {
    for (path, text) in xtask::openapi::files().unwrap() {
        assert!(committed(&path) == text, "run `cargo xtask openapi` and commit {path}");
    }
}

#[test]
fn the_adapters_tables_are_current() {
    let (path, text) = xtask::providers::document().unwrap();
    assert!(committed(path) == text, "run `cargo xtask providers` and commit {path}");
}

#[test]
fn the_cost_tables_are_what_is_computed() {
    let (path, text) = xtask::scale::document().unwrap();
    assert!(committed(path) == text, "run `cargo xtask scale` and commit {path}");
}

#[test]
fn every_stack_leaves_room() {
    for (path, text) in xtask::template::render().unwrap() {
        let resources = xtask::template::resources(&text).unwrap();
        assert!(resources <= 450, "{path} has {resources} of 500 resources");
    }
}

#[test]
fn no_policy_opens_everything_without_a_reason() {
    for (path, text) in xtask::template::render().unwrap().into_iter().filter(|(path, _)| path.starts_with("infra/stacks/")) {
        for line in text.lines().map(str::trim) {
            let opens = line.starts_with("- '*'") || line.starts_with("- \"*\"") || line.starts_with("Resource: '*'");
            assert!(!opens || line.contains("'*' # "), "{path}: a role's policy names every resource: {line}");
        }
    }
}
