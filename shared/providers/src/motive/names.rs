//! Names of the groups that vehicles, users and assets are in: the lists have the groups' ids, `GET /v1/groups` their names.

use std::collections::BTreeMap;

use model::telematics::Observation;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Motive;
use super::client::List;
use crate::wire::{Members, SourceRules};
use crate::{Api, ProviderError};

const LIST: List = List { path: "/v1/groups", rows: "groups", row: "group" };

/// The names of a company's groups.
pub(super) enum GroupNames {
    /// By id.
    Known(BTreeMap<String, String>),
    /// The account may not read them.
    Refused,
    /// They could not be read this time.
    Down,
}

impl GroupNames {
    /// Asks for them, where a record of a page is in a group.
    async fn ask(api: &Api<'_, Motive>, are_wanted: bool) -> Result<Self, ProviderError> {
        if !are_wanted {
            return Ok(Self::Refused);
        }
        match api.short_list(LIST, &[]).await {
            Ok((rows, is_whole)) => {
                let named = |raw: &RawValue| {
                    let group = Members::of(super::client::unwrapped(raw, LIST.row));
                    Some((group.get("id")?, group.get("name")?))
                };
                let names = rows.iter().filter_map(|raw| named(raw)).collect();
                Ok(if is_whole { Self::Known(names) } else { Self::Down })
            }
            Err(error) if error.is_forbidden() || matches!(error, ProviderError::Rejected { .. }) => Ok(Self::Refused),
            Err(error @ (ProviderError::Unavailable { .. } | ProviderError::Timeout | ProviderError::Malformed { .. })) => {
                tracing::warn!(provider = "motive", cause = %error, "failed to read the names of groups, going without them");
                Ok(Self::Down)
            }
            Err(other) => Err(other),
        }
    }

    /// Id to name of the groups that a record is in; null for a name that is not known.
    fn of(&self, ids: &[String]) -> Option<Value> {
        let known = |id: &String| match self {
            Self::Known(names) => names.get(id).map_or(Value::Null, |name| name.clone().into()),
            Self::Refused | Self::Down => Value::Null,
        };
        let groups: Map<String, Value> = ids.iter().map(|id| (id.clone(), known(id))).collect();
        (!groups.is_empty()).then_some(Value::Object(groups))
    }
}

/// Writes the groups of records, each with its name. The names become part of a record's source, as `groups`: a group that is
/// renamed modifies what is in it. While they cannot be read, stored records stay as they are.
pub(super) async fn with_groups<T>(
    api: &Api<'_, Motive>,
    mut rows: Vec<Observation<T>>,
    rules: SourceRules,
    set: fn(&mut T, Value),
) -> Result<Vec<Observation<T>>, ProviderError> {
    let are_wanted = rows.iter().any(|row| !ids(&row.source).is_empty());
    let names = GroupNames::ask(api, are_wanted).await?;
    for row in &mut rows {
        let Some(groups) = names.of(&ids(&row.source)) else { continue };
        row.is_partial = matches!(names, GroupNames::Down);
        if let (Some(source), GroupNames::Known(_)) = (row.source.as_object_mut(), &names) {
            source.insert("groups".into(), groups.clone());
            row.source_hash = rules.hash(&row.source);
        }
        set(&mut row.fields, groups);
    }
    Ok(rows)
}

/// Writes the groups of a record whose source is stored, with the names that are part of it.
pub(super) fn of_source<T>(mut row: Observation<T>, set: fn(&mut T, Value)) -> Observation<T> {
    let groups = row.source.get("groups").cloned().or_else(|| GroupNames::Refused.of(&ids(&row.source)));
    if let Some(groups) = groups {
        set(&mut row.fields, groups);
    }
    row
}

fn ids(source: &Value) -> Vec<String> {
    let listed = source.get("group_ids").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(|id| id.as_i64().map(|id| id.to_string()).or_else(|| id.as_str().map(str::to_owned))).collect()
}
