//! All that is stored of a connection is removed, what leads to other items last: so a removal that was interrupted finds them again.

use std::collections::BTreeSet;

use model::ConnectionId;
use model::telematics::{RECORD_TYPES, RecordType, Storage};

use super::keys;
use super::table::{Item, Span, key, read_text};
use crate::{Store, StoreError};

/// What a key needs.
const KEY: Option<&str> = Some("pk, sk");

impl Store {
    /// Removes every item of a connection from the telematics table; answers how many. It may be repeated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn erase_records(&self, connection: ConnectionId) -> Result<u64, StoreError> {
        let mut erased = 0;
        for record in RECORD_TYPES {
            erased += match record.storage {
                Storage::Entity { .. } => {
                    let rows = self.erase_rows(connection, record, [keys::entities(connection, record.resource)].into()).await?;
                    rows + self.erase_items_at(keys::removed(connection, record.resource)).await?
                }
                Storage::Event(timeline) => {
                    let days = self.days_of(connection, record).await?;
                    let rows = self.erase_rows(connection, record, days).await?;
                    let newest = keys::newest(connection, record.resource);
                    let newest = if timeline.latest { self.erase_items_at(newest).await? } else { 0 };
                    let counts = keys::subject_days(connection, record.resource);
                    let standing = self.erase_items_at(keys::standing(connection, record.resource)).await?;
                    rows + newest + standing + if timeline.counted { self.erase_items_at(counts).await? } else { 0 }
                }
                Storage::Derived(_) => self.erase_items_at(keys::derived(connection, record.resource)).await?,
                Storage::Series(_, packing) => self.erase_series(connection, record, packing.tag).await?,
            };
        }
        Ok(erased)
    }

    /// The partitions of a connection's events.
    async fn days_of(&self, connection: ConnectionId, record: &RecordType) -> Result<BTreeSet<String>, StoreError> {
        let totals = Span { projection: KEY, ..Span::all(keys::totals(connection, record.resource)) };
        let counted = self.telematics_table().query_all(&totals).await?;
        Ok(counted.iter().map(|item| keys::events(connection, record.resource, read_text(item, "sk"))).collect())
    }

    /// Rows with the places that name them, then their totals.
    async fn erase_rows(
        &self,
        connection: ConnectionId,
        record: &RecordType,
        parts: BTreeSet<String>,
    ) -> Result<u64, StoreError> {
        let mut erased = 0;
        for pk in parts {
            let rows = self.telematics_table().query_all(&Span { projection: KEY, ..Span::all(pk) }).await?;
            let id = |row: &Item| read_text(row, "sk").rsplit('#').next().unwrap_or_default().to_owned();
            let places = rows.iter().map(|row| key(&format!("I#{}#{}", record.resource, id(row)), keys::PLACE)).collect();
            erased += self.remove(places).await? + self.remove(rows).await?;
        }
        Ok(erased + self.erase_items_at(keys::totals(connection, record.resource)).await?)
    }

    /// Blocks, then the counts of their days, then the newest readings and the directory.
    async fn erase_series(&self, connection: ConnectionId, record: &'static RecordType, tag: &str) -> Result<u64, StoreError> {
        let mut erased = 0;
        for (group, days) in self.telematics_table().days_of_groups(record, connection).await? {
            for day in days {
                erased += self.erase_items_at(keys::blocks(tag, connection, group, &day)).await?;
            }
            erased += self.erase_items_at(keys::group_days(tag, connection, group)).await?;
        }
        Ok(erased + self.erase_items_at(keys::snapshots(tag, connection)).await?)
    }

    async fn erase_items_at(&self, pk: String) -> Result<u64, StoreError> {
        let found = self.telematics_table().query_all(&Span { projection: KEY, ..Span::all(pk) }).await?;
        self.remove(found).await
    }

    async fn remove(&self, items: Vec<Item>) -> Result<u64, StoreError> {
        self.remove_all(&self.telematics, items).await
    }
}
