//! `cargo xtask deploy`: builds, works out the release, and hands over to the SAM CLI.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use bootstrap::Artifact;
use clap::Args;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::build::{self, Arch};
use crate::files::{read, root};
use crate::tools::{SAM, run};
use crate::{template, token_keys};

/// The SAM CLI's own configuration, which has the parameters of each installation.
const CONFIGURATION: &str = "samconfig.yaml";

/// Options of `cargo xtask deploy`.
#[derive(Args)]
pub struct Options {
    /// The section of samconfig.yaml.
    #[arg(long, default_value = "default")]
    config_env: String,
    /// Start all functions anew, although nothing changed: after a secret was deleted, for instance.
    #[arg(long)]
    restart: bool,
    /// Let TokenKeys end tokens that are in use: after a key was misused, for instance.
    #[arg(long)]
    end_tokens: bool,
    /// Print the command instead of running it.
    #[arg(long)]
    show: bool,
    /// Parameters of the template, over those of samconfig.yaml.
    #[arg(value_name = "NAME=VALUE")]
    parameters: Vec<String>,
}

/// Sections by name, as far as they are read here.
type Configuration = BTreeMap<String, serde_yaml_ng::Value>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Section {
    global: Global,
    deploy: Deploy,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Global {
    parameters: Common,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Common {
    stack_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Deploy {
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    parameter_overrides: Vec<String>,
}

/// Builds the artifacts and deploys them.
///
/// # Errors
/// When a parameter is malformed, the build fails, or the deployment does.
pub(crate) fn command(options: &Options) -> Result<()> {
    let section = section(&read(CONFIGURATION)?, &options.config_env)?;
    let parameters = parameters(&section, &options.parameters)?;
    if !options.end_tokens && !options.show {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let wanted = parameters.get("TokenKeys").map(String::as_str);
        token_keys::check(&section.global.parameters.stack_name, wanted, i64::try_from(now)?)
            .context("token keys (--end-tokens goes on all the same)")?;
    }
    let artifacts = build::artifacts(Arch::Arm64)?;
    let restart = options.restart.then(SystemTime::now);
    let release = release(&artifacts, &template::render()?, &parameters, restart)?;
    let mut sam = Command::new(SAM.program()?);
    sam.args(["deploy", "--template-file", "template.yaml", "--config-file", CONFIGURATION, "--config-env", &options.config_env]);
    sam.arg("--parameter-overrides").args(parameters.iter().map(|(name, value)| format!("{name}={value}")));
    sam.arg(format!("Release={release}")).current_dir(root()).env("SAM_CLI_TELEMETRY", "0");
    if options.show {
        println!("{sam:?}");
        return Ok(());
    }
    run(&mut sam)
}

/// The section of an installation.
fn section(configuration: &str, section: &str) -> Result<Section> {
    let mut sections: Configuration =
        serde_yaml_ng::from_str(configuration).with_context(|| format!("malformed {CONFIGURATION}"))?;
    let found = sections.remove(section).with_context(|| format!("{CONFIGURATION} has no section {section}"))?;
    serde_yaml_ng::from_value(found).with_context(|| format!("malformed {CONFIGURATION}: {section}"))
}

/// The parameters of an installation, those of the command line over those of its section.
fn parameters(section: &Section, given: &[String]) -> Result<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for parameter in section.deploy.parameters.parameter_overrides.iter().chain(given) {
        let (name, value) = parameter.split_once('=').with_context(|| format!("{parameter:?} is not NAME=VALUE"))?;
        ensure!(name != "Release", "Release is worked out; leave it out");
        parameters.insert(name.to_owned(), value.to_owned());
    }
    Ok(parameters)
}

/// A hash of the artifacts, the templates, the parameters, and the instant of a restart: hexadecimal, of which SAM takes the
/// first ten digits.
fn release(
    artifacts: &Path,
    templates: &[(String, String)],
    parameters: &BTreeMap<String, String>,
    restart: Option<SystemTime>,
) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        // The length before each part keeps its neighbours apart.
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    for artifact in Artifact::ALL {
        let program = artifact.program(artifacts);
        add(&fs::read(&program).with_context(|| format!("failed to read {}", program.display()))?);
    }
    let texts = templates.iter().map(|(path, text)| (path, text)).chain(parameters);
    texts.flat_map(|(name, text)| [name, text]).for_each(|text| add(text.as_bytes()));
    if let Some(instant) = restart {
        add(&instant.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_be_bytes());
    }
    Ok(model::hex(hash.finalize().get(..16).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
version: 0.1
default:
  deploy: {parameters: {parameter_overrides: [Stage=prod, 'PublicUrl=https://a.example/x=y']}}
empty: {}
";

    #[test]
    fn the_command_line_goes_over_the_section() {
        let given = ["Stage=test".to_owned(), "Realm=r".to_owned()];
        let parameters = |name: &str, given: &[String]| parameters(&section(YAML, name)?, given);
        let found = parameters("default", &given).unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, [("PublicUrl", "https://a.example/x=y"), ("Realm", "r"), ("Stage", "test")]);
        assert!(parameters("empty", &[]).unwrap().is_empty());
        for (section, given) in [("none", "A=b"), ("default", "Stage"), ("default", "Release=1")] {
            assert!(parameters(section, &[given.to_owned()]).is_err(), "{section} {given}");
        }
    }

    #[test]
    fn the_configuration_of_the_repository_is_readable() {
        let section = section(&read(CONFIGURATION).unwrap(), "default").unwrap();
        assert_eq!(section.global.parameters.stack_name, "catena");
        let found = parameters(&section, &[]).unwrap();
        let base = read("infra/base.yaml").unwrap();
        assert!(found.keys().all(|name| base.contains(&format!("\n  {name}:\n"))), "{found:?}");
    }

    #[test]
    fn a_release_changes_with_each_of_its_parts() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = |api: &str, workers: &str| {
            let folder = folder.path().join(api).join(workers);
            for (artifact, text) in [(Artifact::Api, api), (Artifact::Workers, workers), (Artifact::Documentation, "texts")] {
                let program = artifact.program(&folder);
                fs::create_dir_all(program.parent().unwrap()).unwrap();
                fs::write(program, text).unwrap();
            }
            folder
        };
        let map = |value: &str| BTreeMap::from([("PublicUrl".to_owned(), value.to_owned())]);
        let templates = |text: &str| vec![("template.yaml".to_owned(), text.to_owned())];
        let of = |workers: &str, template: &str, url: &str, restart| {
            release(&artifacts("api", workers), &templates(template), &map(url), restart).unwrap()
        };
        let first = of("one", "t", "https://a.example", None);
        assert_eq!(first, of("one", "t", "https://a.example", None));
        assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()), "{first}");
        let others = [
            of("two", "t", "https://a.example", None),
            of("one", "u", "https://a.example", None),
            of("one", "t", "https://b.example", None),
            of("one", "t", "https://a.example", Some(UNIX_EPOCH)),
        ];
        assert!(others.iter().all(|other| other[..10] != first[..10]), "{others:?}");
    }
}
