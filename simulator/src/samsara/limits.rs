//! How often an organization may ask an endpoint, by the endpoints' descriptions. Those that say nothing have the tier of most.

use crate::limiter::Limit;

#[rustfmt::skip]
const SLOWER: &[(&str, Limit)] = &[
    ("/fleet/trailers", Limit::per_second(5)),
    ("/fleet/trailers/stats/history", Limit::per_second(10)),
    ("/fleet/driver-vehicle-assignments", Limit::per_second(5)),
    ("/fleet/hos/logs", Limit::per_second(5)),
    ("/fleet/hos/violations", Limit::per_second(5)),
    ("/fleet/hos/daily-logs", Limit::per_second(5)),
    ("/beta/fleet/hos/drivers/eld-events", Limit::per_second(5)),
    ("/dvirs/stream", Limit::per_second(5)),
    ("/defects/stream", Limit::per_second(5)),
    ("/safety-events/stream", Limit::per_second(5)),
    ("/v1/fleet/messages", Limit::per_minute(100)),
];
const MOST: Limit = Limit::per_second(25);

/// The limit of an endpoint.
pub(super) fn of(path: &str) -> Limit {
    SLOWER.iter().find(|(slower, _)| *slower == path).map_or(MOST, |(_, limit)| *limit)
}
