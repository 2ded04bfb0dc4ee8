//! Series: blocks of readings, the newest reading of each subject, and counts; generic over their columns.

mod block;
mod codec;
mod columns;
mod days;
mod derive;
mod derived;
mod filter;
mod groups;
mod history;
mod latest;
mod located;
mod open_hour;
mod rewind;
mod rewrite;
mod snapshot;
mod sources;
mod write;

use model::telematics::{Packing, RecordType, Storage};

use crate::StoreError;

pub(super) use block::Block;
pub use derive::{DerivedDay, OutdatedDay};
pub use rewrite::{StoredBlock, StoredBlocks};

#[cfg(test)]
mod tests;

/// How a record type is packed.
fn packing(record: &RecordType) -> Result<Packing, StoreError> {
    match record.storage {
        Storage::Series(_, packing) => Ok(packing),
        _ => Err(StoreError::Unstorable(format!("{} is not stored as a series", record.resource))),
    }
}
