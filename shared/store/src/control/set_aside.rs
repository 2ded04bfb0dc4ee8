//! Rows of a TSP that are not stored as data, kept raw for a week so that somebody can see what came.

use model::{ConnectionId, ExecutionId, RecordId, Resource, ScheduleId, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::{self, Key};
use super::query::Range;
use crate::{Page, Slice, Store, StoreError};

/// How many days it is kept.
pub const SET_ASIDE_DAYS: i64 = 7;

/// Why a row is not stored as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// It is dated later than now.
    TimeAhead,
    /// It is dated before telematics existed.
    TimeTooOld,
    /// It ends before it starts.
    EndsBeforeStart,
    /// It is larger than an item of the database.
    TooLarge,
    /// The page was not readable, again and again.
    UnreadablePage,
    /// The TSP rejected the cursor, again and again.
    RejectedCursor,
    /// The feed led round in a circle.
    CircularFeed,
}

impl SetAsideReason {
    /// Its name in executions, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimeAhead => "time_ahead",
            Self::TimeTooOld => "time_too_old",
            Self::EndsBeforeStart => "ends_before_start",
            Self::TooLarge => "too_large",
            Self::UnreadablePage => "unreadable_page",
            Self::RejectedCursor => "rejected_cursor",
            Self::CircularFeed => "circular_feed",
        }
    }
}

/// A row (or page) that was set aside. The same one that comes again replaces itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// The schedule that fetched it.
    pub schedule_id: ScheduleId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// What it was to be.
    pub resource: Resource,
    /// The execution that met it last.
    pub execution_id: ExecutionId,
    /// Its source id; for a page, the cursor it was asked with.
    pub source_id: String,
    /// Why.
    pub reason: SetAsideReason,
    /// The TSP's text, or its beginning.
    pub source: String,
    /// Whether `source` is its beginning only.
    pub is_cut: bool,
    /// When it was last set aside.
    pub created_at: Timestamp,
}

impl Keyed for SetAside {
    const KIND: &'static str = "set_aside";
    const VERSION: &'static str = "execution_id";

    fn key(&self) -> Key {
        Key::set_aside(self.schedule_id, RecordId::of(&self.source_id, self.connection_id))
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.created_at.plus_seconds(SET_ASIDE_DAYS * 86_400))
    }
}

impl Store {
    /// What was set aside for a schedule and is still kept at `now`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_aside_for(&self, schedule: ScheduleId, now: Timestamp) -> Result<Vec<SetAside>, StoreError> {
        let mut found: Vec<SetAside> = self.all(&Range::table(keys::executions(schedule), "ASIDE#")).await?;
        found.retain(|aside| aside.expires().is_some_and(|end| end > now));
        found.sort_by_key(|aside| aside.created_at);
        Ok(found)
    }

    /// A page of the same, in no particular order: each may hold a source of hundreds of kilobytes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_aside_page(&self, schedule: ScheduleId, page: &Page, now: Timestamp) -> Result<Slice<SetAside>, StoreError> {
        let is_kept = |aside: &SetAside| aside.expires().is_some_and(|end| end > now);
        self.page(&Range::table(keys::executions(schedule), "ASIDE#"), page, is_kept).await
    }
}
