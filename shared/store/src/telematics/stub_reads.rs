//! Signatures, bodies follow.
#![expect(unused_variables, clippy::unused_async, reason = "bodies follow")]
use std::collections::HashSet;
use model::telematics::{Observation, Position};
use model::{RecordId, Timestamp};
use serde::Serialize;
use super::*;
use crate::{Grant, Page, Slice, Store, StoreError};
fn later<T>() -> Result<T, StoreError> { Err(StoreError::Unavailable { operation: "stub", reason: String::new() }) }
impl Store {
    /// Stores vehicles or users.
    pub async fn upsert_entities<T: Serialize>(&self, origin: &Origin, rows: &[Observation<T>]) -> Result<Stored, StoreError> { later() }
    /// Stores duty log entries.
    pub async fn upsert_events<T: Serialize>(&self, origin: &Origin, rows: &[Observation<T>]) -> Result<Stored, StoreError> { later() }
    /// Marks what a complete scan lacks.
    pub async fn tombstone_missing(&self, origin: &Origin, seen: &HashSet<RecordId>) -> Result<Sweep, StoreError> { later() }
    /// Stores positions.
    pub async fn store_positions(&self, origin: &Origin, positions: &[Position]) -> Result<Stored, StoreError> { later() }
    /// One page of entities.
    pub async fn list_entities(&self, grant: &Grant, filter: &EntityFilter, order: &Order, page: &Page, include_source: bool) -> Result<Slice<Row>, StoreError> { later() }
    /// How many entities.
    pub async fn count_entities(&self, grant: &Grant, filter: &EntityFilter) -> Result<u64, StoreError> { later() }
    /// One entity.
    pub async fn get_entity(&self, grant: &Grant, id: RecordId, include_source: bool) -> Result<Option<Row>, StoreError> { later() }
    /// One page of events.
    pub async fn list_events(&self, grant: &Grant, filter: &EventFilter, page: &Page, include_source: bool) -> Result<Slice<Row>, StoreError> { later() }
    /// How many events.
    pub async fn count_events(&self, grant: &Grant, filter: &EventFilter) -> Result<u64, StoreError> { later() }
    /// Newest positions.
    pub async fn latest_positions(&self, grant: &Grant, filter: &PositionFilter, page: &Page, include_source: bool) -> Result<Slice<Row>, StoreError> { later() }
    /// How many newest positions.
    pub async fn count_latest(&self, grant: &Grant, filter: &PositionFilter) -> Result<u64, StoreError> { later() }
    /// One page of positions.
    pub async fn position_history(&self, grant: &Grant, subject: Subject, from: Timestamp, to: Timestamp, page: &Page, include_source: bool) -> Result<Slice<Row>, StoreError> { later() }
    /// How many positions.
    pub async fn count_history(&self, grant: &Grant, subject: Subject, from: Timestamp, to: Timestamp) -> Result<u64, StoreError> { later() }
}
