//! `cargo xtask lint-template`: the template and its nested stacks as CloudFormation, SAM and auditors see them.

use std::process::Command;

use anyhow::Result;

use crate::files::root;
use crate::template;
use crate::tools::{CFN_LINT, CHECKOV, SAM, run};

/// The region whose rules apply; the template itself names none.
const REGION: &str = "us-east-1";

/// What checkov leaves out, each with its reason.
const EXCEPTIONS: &str = "infra/checkov.yaml";

/// Checks template.yaml and infra/stacks.
///
/// # Errors
/// When a tool cannot be installed, or finds something.
pub(crate) fn command() -> Result<()> {
    let rendered = template::render()?;
    let paths: Vec<&String> = rendered.iter().map(|(path, _)| path).collect();
    run(Command::new(CFN_LINT.program()?).args(["--regions", REGION, "--template"]).args(&paths).current_dir(root()))?;
    run(Command::new(CHECKOV.program()?).args(["--config-file", EXCEPTIONS, "--file"]).args(&paths).current_dir(root()))?;
    for path in &paths {
        let mut sam = Command::new(SAM.program()?);
        sam.args(["validate", "--lint", "--region", REGION, "--template", path]);
        // Without telemetry and without credentials.
        sam.env("SAM_CLI_TELEMETRY", "0").env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
        run(sam.current_dir(root()))?;
    }
    versions(rendered.iter().filter(|(_, text)| text.contains("AWS::Serverless::Function")).map(|(path, _)| path))
}

/// What SAM makes of a release: see the script. The SAM CLI's environment holds the translator that it renders with.
fn versions<'a>(stacks: impl Iterator<Item = &'a String>) -> Result<()> {
    let python = SAM.program()?.with_file_name("python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint_template/versions.py");
    run(Command::new(python).arg(script).args(stacks).current_dir(root()))
}
