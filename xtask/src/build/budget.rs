//! The size limits of the artifacts, which Lambda loads at every cold start.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use bootstrap::Artifact;
use serde::{Deserialize, Serialize};

use super::{Arch, Built, package};
use crate::files::{read, root};

/// Where the accepted sizes are kept.
const FILE: &str = "infra/artifact-budget.yaml";
/// The row of the workers without any adapter.
pub(super) const WITHOUT_SOURCES: &str = "workers-without-sources";
/// The limit of the zip files that answer requests, regardless of the accepted size: callers wait for their cold starts.
const MAX_ZIPPED: u64 = 5_000_000;
/// The limit of the workers' zip file, with the sources of ten providers in it. Nobody waits for their cold starts.
const MAX_ZIPPED_WORKERS: u64 = 7_000_000;
/// The permitted growth over the accepted size.
const GROWTH_PERCENT: u64 = 10;
/// What all sources share in the workers' zip file: requests, walks, windows, histories, what adapters read beside records, and what
/// a provider's protocol is made of (Geotab's sessions and feeds by version). Writes to providers, signing in there, telling what they
/// send that nobody knows, and what a resource has once, such as a workflow's stops, count here, too.
const SHARED_BY_SOURCES: u64 = 290_000;
/// What one source (a resource at a provider) may add to the workers' zip file, on average over all sources.
const MAX_PER_SOURCE: u64 = 14_000;

const HEAD: &str = "\
# Bytes of the artifacts, as `cargo xtask build --accept` saw them. A build that is more than 10 % larger fails: find out
# what grew, and accept it if it is worth its place in every cold start.
";

/// Bytes of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Size {
    pub(super) binary: u64,
    pub(super) zipped: u64,
}

/// Accepted sizes by processor and artifact.
type Accepted = BTreeMap<String, BTreeMap<String, Size>>;

impl Size {
    pub(super) fn of(binary: &Path, zipped: &Path) -> Result<Self> {
        Ok(Self { binary: package::bytes(binary)?, zipped: package::bytes(zipped)? })
    }
}

/// Compares sizes with the accepted ones.
///
/// # Errors
/// Names what is too large.
pub(super) fn check(built: &[Built]) -> Result<()> {
    let accepted = accepted()?;
    let mut found = Vec::new();
    for (arch, sizes) in built {
        let before = accepted.get(arch.name());
        for (name, size) in sizes {
            let name = format!("{} {name}", arch.name());
            found.extend(faults(&name, *size, before.and_then(|sizes| sizes.get(name.rsplit(' ').next()?))));
        }
        let base = before.and_then(|sizes| sizes.get(WITHOUT_SOURCES));
        if let (Some(base), Some(workers)) = (base, sizes.get(Artifact::Workers.name())) {
            found.extend(sources_fault(*arch, base.zipped, workers.zipped, sources()));
        }
    }
    if found.is_empty() { Ok(()) } else { bail!("{}", found.join("\n")) }
}

/// How many sources all adapters have.
fn sources() -> u64 {
    providers::adapters().map(|adapter| adapter.capabilities().len()).sum::<usize>() as u64
}

fn limit(name: &str) -> u64 {
    if name.contains(Artifact::Workers.name()) { MAX_ZIPPED_WORKERS } else { MAX_ZIPPED }
}

fn faults(name: &str, size: Size, accepted: Option<&Size>) -> Vec<String> {
    let Some(accepted) = accepted else {
        return vec![format!("{FILE} has no size for {name}: run `cargo xtask build --accept`")];
    };
    let mut found = Vec::new();
    let limit = limit(name);
    if size.zipped > limit {
        found.push(format!("{name}: {} bytes zipped, more than the limit of {limit}", size.zipped));
    }
    for (what, now, before) in [("binary", size.binary, accepted.binary), ("zip file", size.zipped, accepted.zipped)] {
        if now * 100 > before * (100 + GROWTH_PERCENT) {
            found.push(format!("{name}: the {what} grew from {before} to {now} bytes, more than {GROWTH_PERCENT} %"));
        }
    }
    found
}

/// What is wrong with the bytes that the sources add.
fn sources_fault(arch: Arch, base: u64, workers: u64, sources: u64) -> Option<String> {
    let added = workers.saturating_sub(base);
    let limit = SHARED_BY_SOURCES + sources * MAX_PER_SOURCE;
    (added > limit).then(|| {
        format!(
            "{}: {sources} sources add {added} bytes to the workers' zip file, more than {SHARED_BY_SOURCES} and {MAX_PER_SOURCE} \
             each: ten providers would not fit",
            arch.name()
        )
    })
}

/// Records sizes; those of processors that were not built stay.
///
/// # Errors
/// When one exceeds the absolute limit, or the file cannot be written.
pub(super) fn accept(built: &[Built]) -> Result<()> {
    let mut accepted = accepted()?;
    for (arch, sizes) in built {
        accepted.insert(arch.name().to_owned(), sizes.clone());
    }
    let text = format!("{HEAD}{}", serde_yaml_ng::to_string(&accepted)?);
    fs::write(root().join(FILE), text).with_context(|| format!("failed to write {FILE}"))?;
    check(built)
}

fn accepted() -> Result<Accepted> {
    if !root().join(FILE).exists() {
        return Ok(BTreeMap::new());
    }
    serde_yaml_ng::from_str(&read(FILE)?).with_context(|| format!("malformed {FILE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten providers with 18 sources each: the API has 23 resources, and no provider offers all of them.
    const TEN_PROVIDERS: u64 = 10 * 18;

    #[test]
    fn growth_beyond_a_tenth_is_a_fault() {
        let accepted = Size { binary: 9_000_000, zipped: 4_000_000 };
        let check = |binary, zipped, wanted: usize| {
            assert_eq!(faults("arm64 api", Size { binary, zipped }, Some(&accepted)).len(), wanted, "{binary} {zipped}");
        };
        check(9_000_000, 4_000_000, 0);
        check(9_900_000, 4_400_000, 0);
        check(9_900_001, 4_400_000, 1);
        check(9_900_000, 4_400_001, 1);
        check(1, 1, 0);
        check(1, 5_000_001, 2);
        assert_eq!(faults("arm64 api", accepted, None).len(), 1);
    }

    #[test]
    fn sources_that_add_too_much_are_a_fault() {
        let limit = SHARED_BY_SOURCES + 2 * MAX_PER_SOURCE;
        assert_eq!(sources_fault(Arch::Arm64, 3_000_000, 3_000_000 + limit, 2), None);
        let fault = sources_fault(Arch::Arm64, 3_000_000, 3_000_001 + limit, 2).unwrap();
        assert!(fault.starts_with(&format!("arm64: 2 sources add {} bytes", limit + 1)), "{fault}");
    }

    #[test]
    fn every_processor_has_accepted_sizes_and_room_for_ten_providers() {
        let accepted = accepted().unwrap();
        for arch in [Arch::Arm64, Arch::X86] {
            let sizes = &accepted[arch.name()];
            for artifact in Artifact::ALL {
                let size = sizes[artifact.name()];
                assert!(size.zipped <= limit(artifact.name()) && size.zipped < size.binary, "{size:?}");
            }
            let base = sizes[WITHOUT_SOURCES].zipped;
            assert!(base + SHARED_BY_SOURCES + TEN_PROVIDERS * MAX_PER_SOURCE <= MAX_ZIPPED_WORKERS, "{base}");
        }
    }
}
