//! What is shared, as sets: which resources, each at its level.

use model::{Resource, Scopes, ShareLevel};

/// What a request adds to what was agreed.
pub(crate) fn beyond(asked: &Scopes, agreed: &Scopes) -> Scopes {
    let is_new = |resource: &Resource, level: &ShareLevel| agreed.get(resource).is_none_or(|held| held < level);
    asked.iter().filter(|(resource, level)| is_new(resource, level)).map(|(resource, level)| (*resource, *level)).collect()
}

/// Both together, each resource at its higher level.
pub(crate) fn union(one: &Scopes, other: &Scopes) -> Scopes {
    let mut all = one.clone();
    for (resource, level) in other {
        let held = all.entry(*resource).or_insert(*level);
        *held = (*held).max(*level);
    }
    all
}

/// What both hold, each resource at its lower level.
pub(crate) fn both(one: &Scopes, other: &Scopes) -> Scopes {
    let lower = |(resource, level): (&Resource, &ShareLevel)| Some((*resource, *other.get(resource)?.min(level)));
    one.iter().filter_map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_beyond_is_asked_again() {
        let agreed = Scopes::from([(Resource::Vehicle, ShareLevel::Read), (Resource::User, ShareLevel::ReadWrite)]);
        assert!(beyond(&agreed, &agreed).is_empty());
        assert!(beyond(&Scopes::from([(Resource::User, ShareLevel::Read)]), &agreed).is_empty());
        let wider = Scopes::from([(Resource::Vehicle, ShareLevel::ReadWrite), (Resource::Trailer, ShareLevel::Read)]);
        assert_eq!(beyond(&wider, &agreed), wider);
        assert_eq!(union(&agreed, &wider).len(), 3);
        assert_eq!(union(&wider, &agreed)[&Resource::Vehicle], ShareLevel::ReadWrite);
    }
}
