//! Records that others name by id and that are too many to be listed, such as diagnostics: each that a page names is asked for.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use serde_json::value::RawValue;

use super::Geotab;
use crate::wire::Members;
use crate::{Api, ProviderError};

/// Calls of one request.
const CALLS: usize = 75;

/// A record by its kind and id.
type Name = (&'static str, String);

/// What was found.
#[derive(Default)]
pub(super) struct Found(HashMap<Name, Box<RawValue>>);

impl Found {
    /// A record.
    pub(super) fn raw(&self, kind: &'static str, id: &str) -> Option<&RawValue> {
        self.0.get(&(kind, id.to_owned())).map(Box::as_ref)
    }

    /// The members of a record; none of one that is not there.
    pub(super) fn members(&self, kind: &'static str, id: Option<&String>) -> Members<'_> {
        id.and_then(|id| self.raw(kind, id)).map(Members::of).unwrap_or_default()
    }
}

impl Api<'_, Geotab> {
    /// The records with these names. One that there is not is missing; so are all where the user may not see them.
    ///
    /// # Errors
    /// Where the provider does not answer: what is told without names is told once, so it is better told later.
    pub(super) async fn look_up(&self, names: &BTreeSet<Name>) -> Result<Found, ProviderError> {
        let names: Vec<&Name> = names.iter().collect();
        let mut found = Found::default();
        for names in names.chunks(CALLS) {
            let call = |name: &&Name| ("Get", name.0, json!({ "search": { "id": name.1 }, "resultsLimit": 1 }));
            let response = match self.calls(names.iter().map(call).collect()).await {
                Err(error) if error.is_forbidden() => {
                    tracing::warn!(provider = "geotab", cause = %error, "may not read what records name, going without");
                    return Ok(Found::default());
                }
                answer => answer?,
            };
            let lists: Vec<Vec<&RawValue>> = response.parse()?;
            if lists.len() != names.len() {
                return Err(response.malformed("other than one result for each call"));
            }
            let first = names.iter().zip(lists).filter_map(|(name, list)| Some(((*name).clone(), (*list.first()?).to_owned())));
            found.0.extend(first);
        }
        Ok(found)
    }
}
