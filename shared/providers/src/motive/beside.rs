//! Lists that tell what ids in the records of another list stand for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Motive;
use super::client::List;
use crate::wire::Members;
use crate::{Api, ProviderError};

/// What a list tells of some ids.
pub(super) enum Beside<T> {
    /// What each of them stands for; the list has no others of them.
    Known(BTreeMap<String, T>),
    /// The account may not read it.
    Refused,
    /// It could not be read this time.
    Down,
}

impl<T> Beside<T> {
    /// Looks ids up in a list; nobody is asked where there are none.
    ///
    /// # Errors
    /// Where the provider asks to wait, or does not take the credentials.
    pub(super) async fn ask(
        api: &Api<'_, Motive>,
        list: List,
        ids: &BTreeSet<String>,
        read: fn(&Members<'_>) -> Option<T>,
    ) -> Result<Self, ProviderError> {
        if ids.is_empty() {
            return Ok(Self::Known(BTreeMap::new()));
        }
        match api.look_up(list, ids, read).await {
            Ok((found, true)) => Ok(Self::Known(found)),
            Ok((_, false)) => Ok(Self::Down),
            Err(error) if error.is_forbidden() || matches!(error, ProviderError::Rejected { .. }) => Ok(Self::Refused),
            Err(error @ (ProviderError::Unavailable { .. } | ProviderError::Timeout | ProviderError::Malformed { .. })) => {
                tracing::warn!(provider = "motive", list = list.path, cause = %error, "failed to look ids up, going without them");
                Ok(Self::Down)
            }
            Err(other) => Err(other),
        }
    }

    /// What an id stands for, where that is known.
    pub(super) fn of(&self, id: &str) -> Option<&T> {
        match self {
            Self::Known(found) => found.get(id),
            Self::Refused | Self::Down => None,
        }
    }
}

/// An id in a source.
pub(super) fn id_in(value: &Value) -> Option<String> {
    value.as_i64().map(|id| id.to_string()).or_else(|| value.as_str().map(str::to_owned))
}
