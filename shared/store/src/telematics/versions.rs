//! Which version of a record is stored, for those who put another one in its place that is not the newest that the TSP told.

use std::collections::HashMap;

use model::telematics::{Fields, Observation};
use model::{RecordId, Timestamp};

use super::shape::{Shape, place_key};
use super::table::{Item, key, read_number, read_text, unreadable};
use super::{Origin, Stored, keys};
use crate::{Store, StoreError};

/// What is needed of an item.
const VERSION: &str = "pk, sk, id, h, updated_at, deleted_at";

/// A version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The hash of its source.
    pub hash: String,
    /// When it was stored, or marked as deleted.
    pub updated_at: Timestamp,
    /// Whether it is marked as deleted.
    pub is_deleted: bool,
}

impl Store {
    /// The versions of those records that are stored.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn versions(&self, origin: &Origin, ids: &[RecordId]) -> Result<HashMap<RecordId, Version>, StoreError> {
        let wanted = match Shape::of(origin.record)? {
            Shape::Entity => {
                let pk = keys::entities(origin.connection, origin.record.resource);
                ids.iter().map(|id| key(&pk, &id.to_string())).collect()
            }
            Shape::Event => self.places_of_events(origin, ids).await?,
        };
        let items = self.telematics_table().get_many(wanted, Some(VERSION)).await?;
        items.iter().map(version).collect()
    }

    /// Where events lie.
    async fn places_of_events(&self, origin: &Origin, ids: &[RecordId]) -> Result<Vec<Item>, StoreError> {
        let resource = origin.record.resource;
        let wanted = ids.iter().map(|id| place_key(resource, *id)).collect();
        let places = self.telematics_table().get_many(wanted, Some("pk, occurred_at")).await?;
        let at = |item: &Item| {
            let id = read_text(item, "pk").rsplit('#').next()?.parse().ok()?;
            let at = Timestamp::from_micros(read_number(item, "occurred_at")?);
            Some(key(&keys::events(origin.connection, resource, &keys::day(at)), &keys::ordered(at, id)))
        };
        places.iter().map(|item| at(item).ok_or_else(|| unreadable(item, "no place of an event"))).collect()
    }

    /// Stores records in place of those versions that were `seen`, or of none. What has another version by now keeps that, and counts as
    /// unchanged.
    ///
    /// # Errors
    /// As [`Store::store_rows`].
    pub async fn replace_rows(
        &self,
        origin: &Origin,
        rows: &[Observation<Fields>],
        seen: &HashMap<RecordId, Version>,
    ) -> Result<Stored, StoreError> {
        self.upsert_over(origin, rows, Shape::of(origin.record)?, Some(seen)).await
    }
}

/// The version that an item holds, and whose.
pub(super) fn version(item: &Item) -> Result<(RecordId, Version), StoreError> {
    let id = read_text(item, "id").parse().map_err(|error| unreadable(item, error))?;
    let updated_at = read_number(item, "updated_at").ok_or_else(|| unreadable(item, "times are missing"))?;
    let updated_at = Timestamp::from_micros(updated_at);
    Ok((id, Version { hash: read_text(item, "h").to_owned(), updated_at, is_deleted: item.contains_key("deleted_at") }))
}
