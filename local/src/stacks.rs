//! The deployable template, embedded in the binary.

use crate::aws::template::Template;

/// The root template, from which the local run is provisioned.
const TEMPLATE: &str = include_str!("../../template.yaml");

macro_rules! stacks {
    ($($name:literal),+) => { &[$((concat!("infra/stacks/", $name, ".yaml"), include_str!(concat!("../../infra/stacks/", $name, ".yaml")))),+] };
}

/// The stacks nested in it.
const STACKS: &[(&str, &str)] = stacks![
    "auth",
    "orgs",
    "integrations",
    "telematics",
    "telematics-2",
    "notifications",
    "connect",
    "documentation",
    "routes",
    "ingestion",
    "delivery",
    "api-open",
    "api"
];

fn stack(path: &str) -> Option<String> {
    STACKS.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned())
}

/// The deployable template with its nested stacks.
///
/// # Errors
/// When it is not a template.
pub fn template() -> anyhow::Result<Template> {
    Template::load(TEMPLATE, &stack)
}
