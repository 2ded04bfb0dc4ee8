//! Dependencies point one way, and external libraries are confined to certain crates.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The workspace crates that each crate may use. A crate that is not listed fails the test.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("simulator", &[]),
    ("awserror", &[]),
    // For tests alone: no crate depends on it otherwise.
    ("testing", &[]),
    ("store", &["model", "awserror"]),
    ("vault", &["model", "awserror"]),
    ("webhooks", &["model"]),
    // For the guarded client, which every outbound call goes through.
    ("providers", &["model", "webhooks"]),
    ("gateway", LIBRARIES),
    ("auth", WITH_GATEWAY),
    ("orgs", WITH_GATEWAY),
    ("integrations", WITH_GATEWAY),
    ("telematics", WITH_GATEWAY),
    ("notifications", WITH_GATEWAY),
    ("connect", WITH_GATEWAY),
    ("documentation", WITH_GATEWAY),
    ("ingestion", WITH_GATEWAY),
    ("delivery", WITH_GATEWAY),
    (
        "bootstrap",
        &[
            "auth",
            "orgs",
            "integrations",
            "telematics",
            "notifications",
            "connect",
            "documentation",
            "ingestion",
            "delivery",
            "gateway",
            "store",
            "model",
        ],
    ),
    ("catena", &["model", "awserror", "store", "vault", "providers", "webhooks", "gateway", "bootstrap", "simulator"]),
    ("bench", &["catena", "bootstrap", "gateway", "model", "providers", "simulator", "store"]),
    ("xtask", &["model", "vault", "providers", "gateway", "bootstrap", "catena", "simulator"]),
    ("tests", &["gateway", "bootstrap", "model", "xtask"]),
];

const LIBRARIES: &[&str] = &["model", "awserror", "store", "vault", "providers", "webhooks"];
const WITH_GATEWAY: &[&str] = &["model", "awserror", "store", "vault", "providers", "webhooks", "gateway"];

/// External libraries and the crates that may use them; `catena` is the local run, which makes tables, queues and keys, and
/// `bench` compares what we make of a library with the library alone.
const CONFINED: &[(&str, &[&str])] = &[
    ("aws-sdk-dynamodb", &["store", "catena", "bench", "testing"]),
    ("aws-sdk-dynamodbstreams", &["catena"]),
    ("aws-sdk-kms", &["vault", "catena"]),
    ("aws-sdk-sqs", &["gateway", "catena"]),
    ("aws-sdk-scheduler", &["gateway", "ingestion", "catena"]),
    ("country-boundaries", &["ingestion"]),
    ("lambda_http", &["bootstrap"]),
    ("lambda_runtime_api_client", &["bootstrap"]),
    ("lambda_runtime", &["bootstrap", "bench"]),
];

/// The dependencies of each crate, apart from those of tests and build scripts.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--format-version", "1"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let used = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"].is_null()).map(|dependency| text(&dependency["name"])).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(&package["name"]), used(package))).collect()
}

#[test]
fn dependencies_point_one_way() {
    let found = dependencies();
    let ours: BTreeSet<&String> = found.keys().collect();
    for (package, used) in &found {
        let (_, allowed) =
            MAY_USE.iter().find(|(name, _)| name == package).unwrap_or_else(|| panic!("{package} is not listed in MAY_USE"));
        for other in used.iter().filter(|name| ours.contains(name)) {
            assert!(allowed.contains(&other.as_str()), "{package} may not use {other}");
        }
    }
}

#[test]
fn external_libraries_are_confined() {
    for (package, used) in dependencies() {
        for (library, crates) in CONFINED {
            let is_fine = !used.contains(*library) || crates.contains(&package.as_str());
            assert!(is_fine, "{package} may not use {library}: only {crates:?} may");
        }
    }
}

#[test]
fn the_model_knows_neither_io_nor_aws() {
    let found = dependencies();
    let forbidden = |name: &&String| name.starts_with("aws-") || ["tokio", "futures", "reqwest", "http"].contains(&name.as_str());
    assert_eq!(found["model"].iter().filter(forbidden).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_artifact_has_one_http_and_one_tls_stack() {
    let tree = ["tree", "--package", "bootstrap", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(tree).args(["--target", "aarch64-unknown-linux-gnu"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
        versions.entry(name).or_default().extend(rest.split(' ').next());
    }
    for one in ["http", "hyper", "reqwest", "rustls", "aws-lc-rs", "tokio", "serde_json"] {
        let found = versions.get(one).map_or(0, BTreeSet::len);
        assert_eq!(found, 1, "{one}: {:?}", versions.get(one));
    }
    for none in ["ring", "openssl", "openssl-sys", "native-tls", "curl", "ureq", "isahc"] {
        assert!(!versions.contains_key(none), "the artifact links {none}");
    }
}
