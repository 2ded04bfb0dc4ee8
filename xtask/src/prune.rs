//! `cargo xtask prune`: deletes old versions of a stack's functions.
//!
//! A deployment publishes a version of each HTTP function and CloudFormation never removes one, while Lambda keeps 75 GB of code
//! for an account and region.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::account;

/// How many versions of each function stay, the newest ones.
const KEPT: usize = 3;

/// Options of `cargo xtask prune`.
#[derive(Args)]
pub struct Options {
    /// The stack, with those nested in it.
    #[arg(long, default_value = "catena")]
    stack: String,
    /// Delete what is listed. Without it nothing changes.
    #[arg(long)]
    delete: bool,
}

/// A function and its versions.
#[derive(Deserialize)]
struct Function {
    function: String,
    versions: Vec<Version>,
    aliased: BTreeSet<u64>,
}

#[derive(Clone, Copy, Deserialize)]
struct Version {
    version: u64,
    bytes: u64,
}

/// A version that nothing needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Old {
    function: String,
    version: u64,
    bytes: u64,
}

impl fmt::Display for Old {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.function, self.version)
    }
}

/// Lists what may go, and deletes it on request.
///
/// # Errors
/// When AWS refuses.
pub(crate) fn command(options: &Options) -> Result<()> {
    let old = find(&options.stack, &[])?;
    for one in &old {
        println!("{one}  {:.1} MB", megabytes(one.bytes));
    }
    let total = megabytes(old.iter().map(|one| one.bytes).sum());
    if options.delete {
        delete(&old, &[])?;
        println!("deleted {} versions, {total:.1} MB", old.len());
    } else {
        println!("{} versions, {total:.1} MB; nothing was deleted: --delete does", old.len());
    }
    Ok(())
}

/// The versions of a stack's functions that may go.
///
/// # Errors
/// When AWS refuses.
pub(crate) fn find(stack: &str, environment: &[(&str, String)]) -> Result<Vec<Old>> {
    let functions: Vec<Function> = account::ask(&json!({ "question": "versions", "stack": stack }), environment)?;
    Ok(functions.iter().flat_map(old).collect())
}

/// Deletes versions.
///
/// # Errors
/// When AWS refuses.
pub(crate) fn delete(old: &[Old], environment: &[(&str, String)]) -> Result<()> {
    account::ask::<usize>(&json!({ "question": "delete", "versions": old }), environment).map(drop)
}

/// All but the newest and those that an alias points at.
fn old(function: &Function) -> Vec<Old> {
    let mut versions = function.versions.clone();
    versions.sort_by_key(|version| std::cmp::Reverse(version.version));
    let older = versions.into_iter().skip(KEPT).filter(|version| !function.aliased.contains(&version.version));
    older.map(|Version { version, bytes }| Old { function: function.function.clone(), version, bytes }).collect()
}

fn megabytes(bytes: u64) -> f64 {
    let kilobytes = u32::try_from(bytes / 1_000).unwrap_or(u32::MAX);
    f64::from(kilobytes) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_and_those_in_use_stay() {
        let check = |versions: &[u64], aliased: &[u64], expected: &[u64]| {
            let versions = versions.iter().map(|version| Version { version: *version, bytes: 5_000_000 }).collect();
            let function = Function { function: "f".into(), versions, aliased: aliased.iter().copied().collect() };
            let found: Vec<u64> = old(&function).iter().map(|old| old.version).collect();
            assert_eq!(found, expected);
        };
        check(&[], &[], &[]);
        check(&[1, 2, 3], &[3], &[]);
        check(&[1, 2, 3, 4, 5], &[5], &[2, 1]);
        // 9 is before 10, and a canary that was taken back leaves `live` on an old one.
        check(&[8, 9, 10, 11, 7], &[7, 11], &[8]);
        check(&[1, 2, 3, 4], &[1, 4], &[]);
    }
}
