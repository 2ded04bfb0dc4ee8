//! Generated files are those that the sources make.

use std::fs;
use std::path::Path;

fn kept(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default()
}

#[test]
fn the_template_is_current() {
    let is_current = kept("template.yaml") == xtask::template::render().unwrap();
    assert!(is_current, "run `cargo xtask template` and commit template.yaml");
}

#[test]
fn the_openapi_documents_are_current() {
    for (path, text) in xtask::openapi::documents() {
        assert!(kept(&path) == text, "run `cargo xtask openapi` and commit {path}");
    }
}

#[test]
fn the_template_leaves_room_in_its_stack() {
    let resources = xtask::template::resources(&kept("template.yaml")).unwrap();
    assert!(resources <= 450, "{resources} of 500 resources: time to nest stacks");
}

#[test]
fn no_policy_opens_everything() {
    let template = kept("template.yaml");
    let (_, functions) = template.split_once("AlarmActions").unwrap();
    for line in functions.lines().map(str::trim) {
        assert!(
            !matches!(line, "- '*'" | "- \"*\"" | "Resource: '*'" | "Resource: \"*\""),
            "a role's policy names every resource"
        );
    }
}
