//! What a partner's fleets have now: counts, a row for each fleet, vehicle, driver and trailer, and live maps.
//!
//! Counts are kept where records are written, so none is counted here. Fleets are seen through links in force alone, and of each record
//! type what an agreement holds: a row shows null, and a count 0, of what is not shared.

pub mod fleets;
pub mod growth;
pub mod join;
pub mod overview;
pub mod published;
pub mod sight;
pub mod summaries;
pub mod summary;

pub use growth::Growth;
pub use summary::Summary;
