//! Of which days a connection has blocks.

use std::collections::BTreeSet;

use model::ConnectionId;
use model::telematics::RecordType;

use super::super::keys;
use super::super::table::{Span, Table, read_text};
use super::groups::{Directory, SeriesKey};
use super::snapshot::GroupSnapshot;
use crate::StoreError;

impl Table<'_> {
    /// The groups of a connection's series, each with the days of which it has blocks.
    pub(in super::super) async fn days_of_groups(
        &self,
        record: &'static RecordType,
        connection: ConnectionId,
    ) -> Result<Vec<(usize, BTreeSet<String>)>, StoreError> {
        let tag = super::packing(record)?.tag;
        let directory = Directory::load(*self, SeriesKey { tag, connection }).await?;
        let mut found = Vec::with_capacity(directory.groups());
        for group in 0..directory.groups() {
            let earlier = Span { projection: Some("pk, sk"), ..Span::all(keys::group_days(tag, connection, group)) };
            let earlier = self.query_all(&earlier).await?;
            let mut days: BTreeSet<String> = earlier.iter().map(|item| read_text(item, "sk").to_owned()).collect();
            // The newest day is counted with the newest readings.
            if let Some(item) = self.get(&keys::snapshots(tag, connection), &keys::snapshot(group)).await? {
                days.extend(GroupSnapshot::read(record, &item)?.today.map(|(day, _)| day));
            }
            found.push((group, days));
        }
        Ok(found)
    }
}
