//! Names of the groups that vehicles, users and assets are in: the lists have the groups' ids, `GET /v1/groups` their names.

use model::telematics::Observation;
use serde_json::{Map, Value};

use super::Motive;
use super::beside::{Beside, id_in};
use super::client::List;
use crate::wire::SourceRules;
use crate::{Api, ProviderError};

const LIST: List = List { path: "/v1/groups", rows: "groups", row: "group" };

/// Id to name of the groups that a record is in; null for a name that is not known.
fn named(ids: Vec<String>, names: &Beside<String>) -> Option<Value> {
    let name = |id: &str| names.of(id).map_or(Value::Null, |name| name.clone().into());
    let groups: Map<String, Value> = ids.into_iter().map(|id| (id.clone(), name(&id))).collect();
    (!groups.is_empty()).then_some(Value::Object(groups))
}

/// Writes the groups of records, each with its name. The names become part of a record's source, as `groups`: a group that is
/// renamed modifies what is in it. While they cannot be read, stored records stay as they are.
pub(super) async fn with_groups<T>(
    api: &Api<'_, Motive>,
    mut rows: Vec<Observation<T>>,
    rules: SourceRules,
    set: fn(&mut T, Value),
) -> Result<Vec<Observation<T>>, ProviderError> {
    let wanted = rows.iter().flat_map(|row| ids(&row.source)).collect();
    let names = Beside::ask(api, LIST, &wanted, |group| group.get("name")).await?;
    for row in &mut rows {
        let Some(groups) = named(ids(&row.source), &names) else { continue };
        row.is_partial = matches!(names, Beside::Down);
        if let (Some(source), Beside::Known(_)) = (row.source.as_object_mut(), &names) {
            source.insert("groups".into(), groups.clone());
            row.source_hash = rules.hash(&row.source);
        }
        set(&mut row.fields, groups);
    }
    Ok(rows)
}

/// Writes the groups of a record whose source is stored, with the names that are part of it.
pub(super) fn of_source<T>(mut row: Observation<T>, set: fn(&mut T, Value)) -> Observation<T> {
    let groups = row.source.get("groups").cloned().or_else(|| named(ids(&row.source), &Beside::Refused));
    if let Some(groups) = groups {
        set(&mut row.fields, groups);
    }
    row
}

fn ids(source: &Value) -> Vec<String> {
    source.get("group_ids").and_then(Value::as_array).into_iter().flatten().filter_map(id_in).collect()
}
