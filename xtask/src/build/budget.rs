//! The size limits of the artifact, which Lambda loads at every cold start.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Arch, package};
use crate::files::{read, root};

/// Where the accepted sizes are kept.
const FILE: &str = "infra/artifact-budget.yaml";
/// The limit of every zip file, regardless of the accepted size.
const MAX_ZIPPED: u64 = 5_000_000;
/// The permitted growth over the accepted size.
const GROWTH_PERCENT: u64 = 10;

const HEAD: &str = "\
# Bytes of the artifact, as `cargo xtask build --accept` saw them. A build that is more than 10 % larger fails: find out
# what grew, and accept it if it is worth its place in every cold start.
";

/// Bytes of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    pub(super) binary: u64,
    pub(super) zipped: u64,
}

impl Size {
    pub(super) fn of(binary: &Path, zipped: &Path) -> Result<Self> {
        Ok(Self { binary: package::bytes(binary)?, zipped: package::bytes(zipped)? })
    }
}

/// Compares sizes with the accepted ones.
///
/// # Errors
/// Names what is too large.
pub(super) fn check(sizes: &[(Arch, Size)]) -> Result<()> {
    let accepted = accepted()?;
    let faults: Vec<String> = sizes.iter().flat_map(|(arch, size)| faults(*arch, *size, accepted.get(arch.name()))).collect();
    if faults.is_empty() { Ok(()) } else { bail!("{}", faults.join("\n")) }
}

fn faults(arch: Arch, size: Size, accepted: Option<&Size>) -> Vec<String> {
    let name = arch.name();
    let Some(accepted) = accepted else {
        return vec![format!("{FILE} has no size for {name}: run `cargo xtask build --accept`")];
    };
    let mut found = Vec::new();
    if size.zipped > MAX_ZIPPED {
        found.push(format!("{name}: {} bytes zipped, more than the limit of {MAX_ZIPPED}", size.zipped));
    }
    for (what, now, before) in [("binary", size.binary, accepted.binary), ("zip file", size.zipped, accepted.zipped)] {
        if now * 100 > before * (100 + GROWTH_PERCENT) {
            found.push(format!("{name}: the {what} grew from {before} to {now} bytes, more than {GROWTH_PERCENT} %"));
        }
    }
    found
}

/// Records sizes; those of processors that were not built stay.
///
/// # Errors
/// When one exceeds the absolute limit, or the file cannot be written.
pub(super) fn accept(sizes: &[(Arch, Size)]) -> Result<()> {
    let mut accepted = accepted()?;
    for (arch, size) in sizes {
        accepted.insert(arch.name().to_owned(), *size);
    }
    let text = format!("{HEAD}{}", serde_yaml_ng::to_string(&accepted)?);
    fs::write(root().join(FILE), text).with_context(|| format!("failed to write {FILE}"))?;
    check(sizes)
}

fn accepted() -> Result<BTreeMap<String, Size>> {
    if !root().join(FILE).exists() {
        return Ok(BTreeMap::new());
    }
    serde_yaml_ng::from_str(&read(FILE)?).with_context(|| format!("malformed {FILE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_beyond_a_tenth_is_a_fault() {
        let accepted = Size { binary: 9_000_000, zipped: 4_000_000 };
        let check = |binary, zipped, wanted: usize| {
            assert_eq!(faults(Arch::Arm64, Size { binary, zipped }, Some(&accepted)).len(), wanted, "{binary} {zipped}");
        };
        check(9_000_000, 4_000_000, 0);
        check(9_900_000, 4_400_000, 0);
        check(9_900_001, 4_400_000, 1);
        check(9_900_000, 4_400_001, 1);
        check(1, 1, 0);
        check(1, 5_000_001, 2);
        assert_eq!(faults(Arch::X86, accepted, None).len(), 1);
    }

    #[test]
    fn both_processors_have_an_accepted_size() {
        let accepted = accepted().unwrap();
        for arch in [Arch::Arm64, Arch::X86] {
            let size = accepted[arch.name()];
            assert!(size.zipped <= MAX_ZIPPED && size.zipped < size.binary, "{size:?}");
        }
    }
}
