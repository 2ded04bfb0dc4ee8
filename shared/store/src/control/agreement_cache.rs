//! A cache of partners' agreements.
//!
//! A partner may have tens of thousands of agreements, and everything that it reads or is sent depends on them. So each write of an
//! agreement also moves a revision of its partner, in the same transaction; what a sandbox has read of a partner holds as long as the
//! revision is the same. Asking for that costs one read unit, however many agreements there are, and nothing is seen a moment longer
//! than it is shared.
//!
//! A transaction does not appear at one instant to those who read several of its items: for moments they may find the moved revision
//! beside the agreement as it was. So agreements that were read within moments of the first sight of their revision serve the request
//! that read them, as every plain read would, and no other one; what is kept was read when the revision had been there for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use model::agreement::{Agreement, AgreementStatus};
use model::telematics::RecordType;
use model::{PartnerId, Timestamp};

use super::keys::{self, Key};
use super::query::Range;
use crate::grants::{Agreements, Grant, View};
use crate::{Store, StoreError};

/// How long what was read is kept even if its revision stays: while a release is rolled out, functions of the former one write
/// agreements, too, and know no revisions.
const KEPT_SECONDS: i64 = 60;
/// For how long after the first sight of a revision agreements are read by each request. Transactions appear within milliseconds.
const SETTLING_SECONDS: i64 = 2;
/// How many agreements are kept, over all partners; the newest read ones stay.
const MOST_KEPT: usize = 50_000;
/// The kind of the items that hold revisions.
const KIND: &str = "agreements_revision";

/// The items that hold a partner's revision, as they are.
type Revision = Vec<HashMap<String, AttributeValue>>;

/// The agreements of the partners that were read last.
#[derive(Debug, Default)]
pub(crate) struct AgreementCache(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    partner: PartnerId,
    revision: Revision,
    /// When the revision was first seen.
    seen_at: Timestamp,
    read_at: Timestamp,
    agreements: Arc<Agreements>,
}

impl Entry {
    fn holds(&self, partner: PartnerId, revision: &Revision, now: Timestamp) -> bool {
        let is_young = self.read_at <= now && now < self.read_at.plus_seconds(KEPT_SECONDS);
        let is_settled = self.read_at >= self.seen_at.plus_seconds(SETTLING_SECONDS);
        self.partner == partner && is_young && is_settled && self.revision == *revision
    }
}

impl AgreementCache {
    fn find(&self, partner: PartnerId, revision: &Revision, now: Timestamp) -> Option<Arc<Agreements>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|entry| entry.holds(partner, revision, now))?;
        let entry = kept.remove(place);
        let agreements = Arc::clone(&entry.agreements);
        kept.insert(0, entry);
        Some(agreements)
    }

    fn keep(&self, entry: Entry) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.iter().find(|other| other.partner == entry.partner && other.revision == entry.revision);
        let seen_at = before.map_or(entry.seen_at, |before| before.seen_at);
        let entry = Entry { seen_at, ..entry };
        kept.retain(|other| other.partner != entry.partner);
        kept.insert(0, entry);
        let mut room = MOST_KEPT;
        kept.retain(|entry| match room.checked_sub(entry.agreements.all().len().max(1)) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        });
    }
}

impl Store {
    /// A partner's agreements, deleted ones left out, by id: as a read of the table would find them now, though most often they are not
    /// read again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cached_agreements(&self, partner: PartnerId, now: Timestamp) -> Result<Arc<Agreements>, StoreError> {
        // In this order: a change after the first read makes another revision.
        let revision = self.revision(partner).await?;
        if let Some(agreements) = self.agreement_cache.find(partner, &revision, now) {
            return Ok(agreements);
        }
        let agreements = Arc::new(Agreements::new(self.agreements(partner).await?));
        self.agreement_cache.keep(Entry { partner, revision, seen_at: now, read_at: now, agreements: Arc::clone(&agreements) });
        Ok(agreements)
    }

    /// A partner's agreements, deleted ones left out, by id, read from the table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn agreements(&self, partner: PartnerId) -> Result<Vec<Agreement>, StoreError> {
        let mut found: Vec<Agreement> = self.all(&Range::table(keys::partner(partner), "AGREEMENT#")).await?;
        found.retain(|agreement| agreement.status != AgreementStatus::Deleted);
        Ok(found)
    }

    /// What a partner may read of a record type at `now`. Each connection stands in it once per fleet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grant(&self, partner: PartnerId, record: &'static RecordType, now: Timestamp) -> Result<Grant, StoreError> {
        Ok(self.view(partner, now).await?.grant(record))
    }

    /// What a partner may read at `now`, of any record type.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn view(&self, partner: PartnerId, now: Timestamp) -> Result<View, StoreError> {
        Ok(View::new(self.cached_agreements(partner, now).await?, now))
    }

    async fn revision(&self, partner: PartnerId) -> Result<Revision, StoreError> {
        Ok(self.step(&Range::table(keys::partner(partner), keys::REVISION), None, false, None, None).await?.0)
    }
}

/// The part of a transaction that moves a revision.
pub(super) fn bump(revision: &Key, table: &str) -> Result<TransactWriteItem, StoreError> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(revision.attributes()))
        .update_expression("SET kind = :kind ADD revision :one")
        .expression_attribute_values(":kind", AttributeValue::S(KIND.into()))
        .expression_attribute_values(":one", AttributeValue::N("1".into()))
        .build()
        .map_err(|error| StoreError::Unstorable(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

#[cfg(test)]
#[path = "agreement_cache_tests.rs"]
mod tests;
