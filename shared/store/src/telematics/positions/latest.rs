//! Reads of newest positions.
//!
//! A page reads all newest positions of the grant, 64 to an item, and selects its rows in memory: their order is by vehicle,
//! theirs in the table is by group.

use std::collections::HashMap;

use model::RecordId;

use super::super::table::{Item, Span, read_text};
use super::super::{Entry, PositionFilter, keys};
use super::block::{Reading, decode_block};
use super::groups::GroupSnapshot;
use crate::page::by_text;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// A newest position, whose it is, and where its source lies.
struct Found<'a> {
    vehicle: RecordId,
    granted: &'a GrantedConnection,
    reading: Reading,
    source: Item,
}

impl Store {
    /// One page of newest positions, by vehicle id. Bookmarks are opaque.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn latest_positions(
        &self,
        grant: &Grant,
        filter: &PositionFilter,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Entry>, StoreError> {
        let found = self.newest(grant, filter).await?;
        let mark = |found: &Found<'_>| Bookmark::from(found.vehicle.to_string());
        let mut slice = Slice::from_unsorted(found, page, mark, by_text);
        if include_source {
            self.add_sources(slice.rows.iter_mut().map(|(found, _)| found).collect()).await?;
        }
        Ok(slice.map(|found| found.reading.entry(found.granted.connection, Some(found.granted), include_source)))
    }

    /// How many newest positions there are.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn count_latest(&self, grant: &Grant, filter: &PositionFilter) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.newest(grant, filter).await?.len()).unwrap_or(u64::MAX))
    }

    async fn newest<'a>(&self, grant: &'a Grant, filter: &PositionFilter) -> Result<Vec<Found<'a>>, StoreError> {
        let span = |granted: &GrantedConnection| {
            Span::between(keys::snapshots(granted.connection), "G".into(), format!("G{}", keys::END))
        };
        let spans: Vec<Span> = grant.connections().iter().map(span).collect();
        let mut all = Vec::new();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            let Some(granted) = grant.connections().get(number) else { continue };
            for (reading, source) in GroupSnapshot::read(&item)?.readings(&item, granted.connection)? {
                let vehicle = RecordId::of(&reading.position.vehicle, granted.connection);
                let driver = reading.position.driver.as_deref().map(|driver| RecordId::of(driver, granted.connection));
                let by_vehicle = filter.vehicle_ids.as_ref().is_none_or(|ids| ids.contains(&vehicle));
                let by_driver = filter.driver_ids.as_ref().is_none_or(|ids| driver.is_some_and(|driver| ids.contains(&driver)));
                if by_vehicle && by_driver {
                    all.push(Found { vehicle, granted, reading, source });
                }
            }
        }
        Ok(all)
    }

    /// Fetches the sources out of the blocks.
    async fn add_sources(&self, mut found: Vec<&mut Found<'_>>) -> Result<(), StoreError> {
        let wanted: HashMap<(String, String), Item> =
            found.iter().map(|found| (place(&found.source), found.source.clone())).collect();
        let mut sources: HashMap<(String, String, i64), String> = HashMap::new();
        for item in self.telematics_table().get_many(wanted.into_values().collect(), None).await? {
            let (pk, _) = place(&item);
            for position in decode_block(&item)?.positions {
                sources.insert((pk.clone(), position.vehicle, position.occurred_at.micros()), position.source);
            }
        }
        for found in &mut found {
            let position = &mut found.reading.position;
            let (pk, _) = place(&found.source);
            let source = sources.remove(&(pk, position.vehicle.clone(), position.occurred_at.micros()));
            position.source = source.unwrap_or_default();
        }
        Ok(())
    }
}

fn place(item: &Item) -> (String, String) {
    (read_text(item, "pk").to_owned(), read_text(item, "sk").to_owned())
}
