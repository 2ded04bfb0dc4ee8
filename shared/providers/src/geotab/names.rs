//! Groups: records name them by id, and `Get Group` has their names. A group that is renamed modifies what is in it; while the names
//! cannot be read, stored records stay as they are.

use std::collections::BTreeMap;

use model::telematics::Observation;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Geotab;
use super::rpc::with;
use super::values::Reference;
use crate::client::OkResponse;
use crate::wire::{FromRaw as _, Members, SourceRules};
use crate::{Api, ProviderError};

/// The most groups that are read, as the provider has it for other lists.
const MOST: u32 = 5_000;

/// Groups, by id; `None` where they cannot be read now.
#[derive(Default)]
pub(super) struct Groups(Option<BTreeMap<String, String>>);

/// Why a list that stands beside records is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The account may not read it, or does not have it.
    Lacks,
    /// It cannot be read now.
    Down,
}

impl Api<'_, Geotab> {
    /// A list that stands beside records, which are worth having without it.
    pub(super) async fn beside(&self, kind: &'static str) -> Result<Result<OkResponse, Missing>, ProviderError> {
        let missing = match self.get(kind, json!({ "resultsLimit": MOST })).await {
            Ok(response) => return Ok(Ok(response)),
            Err(cause) if cause.is_forbidden() || matches!(cause, ProviderError::Rejected { .. }) => (Missing::Lacks, cause),
            Err(error @ (ProviderError::RateLimited { .. } | ProviderError::Refused { .. })) => return Err(error),
            Err(cause) => (Missing::Down, cause),
        };
        let (missing, cause) = missing;
        tracing::warn!(provider = "geotab", kind, %cause, "failed to read a list beside records, going without it");
        Ok(Err(missing))
    }

    /// The names of all groups.
    pub(super) async fn groups(&self) -> Result<Groups, ProviderError> {
        let Ok(response) = self.beside("Group").await? else { return Ok(Groups(None)) };
        let rows: Vec<&RawValue> = response.parse()?;
        let named = rows.into_iter().filter_map(|raw| {
            let group = Members::of(raw);
            Some((group.get("id")?, group.get("name")?))
        });
        Ok(Groups(Some(named.collect())))
    }
}

impl Groups {
    /// Id to name of the groups in a member; null for a name that is not known.
    pub(super) fn of(&self, wire: &Members<'_>, member: &str) -> Option<Value> {
        let ids = wire.list(member).into_iter().filter_map(|raw| Reference::from_raw(raw.get()));
        let name = |id: &String| self.0.as_ref().and_then(|names| names.get(id)).cloned();
        let found: Map<String, Value> = ids.map(|Reference(id)| (id.clone(), name(&id).into())).collect();
        (!found.is_empty()).then_some(Value::Object(found))
    }

    /// The observation of a record that has groups. What is told beside its source (their names, whether it is in use now) is part of its
    /// content too.
    pub(super) fn observation<T>(
        &self,
        rules: SourceRules,
        source_id: String,
        source: Value,
        fields: T,
        beside: Value,
    ) -> Observation<T> {
        let source_hash = rules.hash(&with(source.clone(), "", beside));
        Observation { source_hash, is_partial: self.0.is_none(), ..rules.observation(source_id, None, source, fields) }
    }
}
