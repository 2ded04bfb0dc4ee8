//! Limits: each endpoint has its own, for an organization, as its description says. Those that say none have the tier of most.

use crate::Rate;

const fn tier(class: &'static str, per_second: u32) -> Rate {
    Rate { class, requests: per_second, seconds: 1 }
}

pub(super) const VEHICLES: Rate = tier("/fleet/vehicles", 25);
pub(super) const VEHICLE_FEED: Rate = tier(super::VEHICLE_FEED, 25);
pub(super) const VEHICLE_HISTORY: Rate = tier(super::VEHICLE_HISTORY, 25);
pub(super) const DRIVERS: Rate = tier("/fleet/drivers", 25);
pub(super) const USERS: Rate = tier("/users", 25);
pub(super) const ASSIGNMENTS: Rate = tier("/fleet/driver-vehicle-assignments", 5);
pub(super) const TRAILERS: Rate = tier("/fleet/trailers", 5);
pub(super) const TRAILER_FEED: Rate = tier("/fleet/trailers/stats/feed", 25);
pub(super) const TRAILER_HISTORY: Rate = tier("/fleet/trailers/stats/history", 10);
pub(super) const TRAILER_STATS: Rate = tier("/fleet/trailers/stats", 25);
pub(super) const TRAILER_ASSIGNMENTS: Rate = tier("/v1/fleet/trailers/assignments", 25);
pub(super) const HOS_LOGS: Rate = tier("/fleet/hos/logs", 5);
pub(super) const ELD_EVENTS: Rate = tier("/beta/fleet/hos/drivers/eld-events", 5);
pub(super) const HOS_CLOCKS: Rate = tier("/fleet/hos/clocks", 25);
pub(super) const HOS_VIOLATIONS: Rate = tier("/fleet/hos/violations", 5);
pub(super) const DAILY_LOGS: Rate = tier("/fleet/hos/daily-logs", 5);
pub(super) const INSPECTIONS: Rate = tier("/dvirs/stream", 5);
pub(super) const DEFECTS: Rate = tier("/defects/stream", 5);
pub(super) const DEFECT_TYPES: Rate = tier("/defect-types", 5);
pub(super) const SAFETY_EVENTS: Rate = tier("/safety-events/stream", 5);
pub(super) const IFTA: Rate = tier("/fleet/reports/ifta/vehicle", 25);
pub(super) const MESSAGES: Rate = Rate { class: "/v1/fleet/messages", requests: 100, seconds: 60 };
/// Descriptions of writes say none; this is the lowest tier that there is.
const WRITES: Rate = Rate { class: "writes, assumed", requests: 100, seconds: 60 };
const OTHERS: Rate = tier("other endpoints", 25);

/// Of several that a path begins with, the longest counts.
const ENDPOINTS: &[Rate] = &[
    VEHICLES,
    VEHICLE_FEED,
    VEHICLE_HISTORY,
    DRIVERS,
    USERS,
    ASSIGNMENTS,
    TRAILERS,
    TRAILER_STATS,
    TRAILER_FEED,
    TRAILER_HISTORY,
    TRAILER_ASSIGNMENTS,
    HOS_LOGS,
    HOS_CLOCKS,
    HOS_VIOLATIONS,
    DAILY_LOGS,
    ELD_EVENTS,
    INSPECTIONS,
    DEFECTS,
    DEFECT_TYPES,
    SAFETY_EVENTS,
    IFTA,
    MESSAGES,
];

/// The limit of an endpoint.
pub(super) fn rate(method: &str, path: &str) -> Rate {
    if method != "GET" {
        return WRITES;
    }
    let is_below = |rate: &&Rate| path.strip_prefix(rate.class).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ENDPOINTS.iter().filter(is_below).max_by_key(|rate| rate.class.len()).copied().unwrap_or(OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_the_limit_of_the_longest_path_that_it_begins_with() {
        let cases = [
            ("GET", "/fleet/vehicles", VEHICLES),
            ("GET", "/fleet/vehicles/281", VEHICLES),
            ("GET", "/fleet/vehicles/stats/feed", VEHICLE_FEED),
            ("GET", "/fleet/trailers/stats/history", TRAILER_HISTORY),
            ("GET", "/me", OTHERS),
            ("GET", "/fleet/vehicles-of-others", OTHERS),
            ("PATCH", "/fleet/vehicles/281", WRITES),
        ];
        for (method, path, expected) in cases {
            assert_eq!(rate(method, path), expected, "{method} {path}");
        }
    }
}
