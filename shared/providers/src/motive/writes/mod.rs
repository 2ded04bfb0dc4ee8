//! What partners write to Motive. Inspection reports can only be changed there, not filed, and assets are not written by us.
//!
//! `PUT` is documented as taking the members that are to be changed.

mod fuel;
mod messages;
#[cfg(test)]
mod tests;
mod users;
mod vehicles;

pub(super) use fuel::FilePurchase;
pub(super) use messages::{SendGroupMessage, SendMessage};
pub(super) use users::{ChangeUser, MakeUser};
pub(super) use vehicles::{ChangeVehicle, MakeVehicle};

use model::Timestamp;
use model::telematics::Observation;
use serde_json::Value;
use serde_json::value::RawValue;

use super::client::{List, unwrapped};
use super::{Motive, names};
use crate::client::OkResponse;
use crate::numbered::Numbered;
use crate::wire::SourceRules;
use crate::write::{impossible, may_be_made_since};
use crate::{Api, ProviderError};

/// The record in a response, which stands in its wrapper; `None` where that cannot be read.
fn record<'a>(response: &'a OkResponse, wrapper: &str) -> Option<&'a RawValue> {
    Some(unwrapped(response.parse().ok()?, wrapper))
}

/// The record of a list with this name that an attempt made which began at `since` and had no answer.
async fn find<T>(
    api: &Api<'_, Motive>,
    list: List,
    row: fn(&RawValue) -> Option<Observation<T>>,
    since: Timestamp,
    name_of: fn(&T) -> Option<&String>,
    name: &String,
) -> Result<Option<Observation<T>>, ProviderError> {
    let mut at = Numbered::first();
    loop {
        let page = api.walk(list, at, row).await?;
        let made = |row: &Observation<T>| name_of(&row.fields) == Some(name) && may_be_made_since(row, "created_at", since);
        if let Some(found) = page.rows.into_iter().find(made) {
            return Ok(Some(found));
        }
        match page.next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
}

/// A record with the names of its groups, as its list has it. While those cannot be read, what is stored stays until the next fetch.
async fn grouped<T: Clone>(
    api: &Api<'_, Motive>,
    row: Option<Observation<T>>,
    rules: SourceRules,
    set: fn(&mut T, Value),
) -> Option<Observation<T>> {
    let row = row?;
    match names::with_groups(api, vec![row.clone()], rules, set).await {
        Ok(mut rows) => rows.pop(),
        Err(_) => Some(Observation { is_partial: true, ..row }),
    }
}

/// Ids are numbers.
fn number(id: &str, what: &str) -> Result<Value, ProviderError> {
    let id: u64 = id.parse().map_err(|_| impossible(format!("naming a {what} that Motive does not have")))?;
    Ok(id.into())
}
