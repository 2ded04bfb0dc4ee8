//! Days are local ones, and time zones have the names of Ruby on Rails.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};

use crate::world::Millis;

const HOUR_MS: Millis = 3_600_000;
/// Home terminals: zone of the world, its name here, and its hours behind UTC. Nobody puts the clocks forward.
const ZONES: &[(&str, &str, i64)] = &[
    ("America/Los_Angeles", "Pacific Time (US & Canada)", 8),
    ("America/Phoenix", "Arizona", 7),
    ("America/Denver", "Mountain Time (US & Canada)", 7),
    ("America/Chicago", "Central Time (US & Canada)", 6),
    ("America/New_York", "Eastern Time (US & Canada)", 5),
];

/// A clock somewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zone {
    pub(super) name: &'static str,
    behind_ms: Millis,
}

/// The clock of the company.
pub(super) const COMPANY: Zone = Zone { name: "Pacific Time (US & Canada)", behind_ms: 8 * HOUR_MS };

impl Zone {
    pub(super) fn of(iana: &str) -> Self {
        let known = ZONES.iter().find(|(known, ..)| *known == iana);
        known.map_or(COMPANY, |(_, name, hours)| Self { name, behind_ms: hours * HOUR_MS })
    }

    /// The day at an instant.
    pub(super) fn day(self, at: Millis) -> NaiveDate {
        DateTime::from_timestamp_millis(at - self.behind_ms).unwrap_or_default().date_naive()
    }

    /// The first instant of a day.
    pub(super) fn start(self, day: NaiveDate) -> Millis {
        day.and_time(NaiveTime::MIN).and_utc().timestamp_millis() + self.behind_ms
    }

    /// The first instant behind a day.
    pub(super) fn end(self, day: NaiveDate) -> Millis {
        self.start(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }
}
