//! How many subjects have readings: as many as the directories of groups name.

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;
use model::{ConnectionId, RecordId};

use super::groups::{Directory, SeriesKey};
use super::latest::subject_of;
use crate::{Grant, Store, StoreError};

/// Directories that are read at once.
const PARALLEL: usize = 16;

impl Store {
    /// How many subjects of each granted connection have ever had a reading and are listed by the TSP now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn located(&self, grant: &Grant) -> Result<HashMap<ConnectionId, u64>, StoreError> {
        let tag = super::packing(grant.record())?.tag;
        let removed = match subject_of(grant.record()) {
            Some(resource) => self.removed(grant, resource).await?,
            None => HashMap::new(),
        };
        let connections: BTreeSet<ConnectionId> = grant.connections().iter().map(|granted| granted.connection).collect();
        let connections: Vec<ConnectionId> = connections.into_iter().collect();
        let mut located = HashMap::new();
        for chunk in connections.chunks(PARALLEL) {
            let series = chunk.iter().map(|connection| SeriesKey { tag, connection: *connection });
            let loaded = series.map(|series| Directory::load(self.telematics_table(), series));
            for (connection, directory) in chunk.iter().zip(try_join_all(loaded).await?) {
                let gone = removed.get(connection);
                let is_listed = |id: &RecordId| gone.is_none_or(|gone| !gone.contains(id));
                let number = directory.ids(*connection).filter(is_listed).count();
                located.insert(*connection, u64::try_from(number).unwrap_or(u64::MAX));
            }
        }
        Ok(located)
    }
}
