//! Which shards of a stream may be read.

use std::collections::HashSet;

use aws_sdk_dynamodbstreams::types::Shard;

/// The shards to start on: not ended, not being read, and with a parent that is ended or gone.
pub(super) fn ready<'a>(shards: &'a [Shard], is_ended: impl Fn(&str) -> bool, active: &HashSet<String>) -> Vec<&'a Shard> {
    let is_listed = |id: &str| shards.iter().any(|shard| shard.shard_id() == Some(id));
    let is_free = |shard: &&Shard| shard.parent_shard_id().is_none_or(|parent| is_ended(parent) || !is_listed(parent));
    let is_new = |shard: &&Shard| shard.shard_id().is_some_and(|id| !is_ended(id) && !active.contains(id));
    shards.iter().filter(is_new).filter(is_free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_before_children() {
        let shard =
            |id: &str, parent: Option<&str>| Shard::builder().shard_id(id).set_parent_shard_id(parent.map(str::to_owned)).build();
        let shards = [shard("a", Some("gone")), shard("b", Some("a")), shard("c", None), shard("d", None)];
        let check = |ended: &[&str], active: &[&str], expected: &[&str]| {
            let active = active.iter().map(|id| (*id).to_owned()).collect();
            let found: Vec<_> =
                ready(&shards, |id| ended.contains(&id), &active).into_iter().filter_map(Shard::shard_id).collect();
            assert_eq!(found, expected);
        };
        check(&[], &["d"], &["a", "c"]);
        check(&["a"], &["c", "d"], &["b"]);
        check(&["a", "b", "c", "d"], &[], &[]);
    }
}
