//! Readings as bytes: columns instead of rows, deflated.
//!
//! Byte 0 is the version, 3. Four bytes (little endian) say how long the deflated cells are, which come next; the deflated
//! sources follow, so that who does not need them does not inflate them. Cells are postcard of [`Packed`], sources of [`PackedSources`];
//! in blocks of version 2, which are still read, of [`Sources`].
//!
//! Bookkeeping beside the readings is deflated postcard after a version byte of its own, 2. Other versions are refused.

use model::telematics::RecordType;
use model::telematics::readings::{Readings, Sources};
use serde::{Deserialize, Serialize};

use super::super::stored::{deflate, inflate};
use super::super::table::unstorable;
use super::columns::{MalformedBlock, Packed};
use super::sources::{Cells, PackedSources};
use crate::StoreError;

const VERSION: u8 = 3;
/// Of blocks with their sources as they came.
const VERSION_OF_WHOLE_SOURCES: u8 = 2;
const BOOKKEEPING_VERSION: u8 = 2;

/// Readings as bytes.
pub(super) fn pack(readings: &Readings) -> Result<Vec<u8>, StoreError> {
    let packed = Packed::of(readings);
    let sources = PackedSources::of(&Cells::of(&packed).map_err(unstorable)?, readings.sources());
    let cells = deflate(&postcard::to_stdvec(&packed).map_err(unstorable)?)?;
    let sources = deflate(&postcard::to_stdvec(&sources).map_err(unstorable)?)?;
    let length = u32::try_from(cells.len()).map_err(unstorable)?;
    Ok([&[VERSION][..], &length.to_le_bytes(), &cells, &sources].concat())
}

/// Whether the TSP's JSON is wanted beside the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    Cells,
    Sources,
}

/// Inverse of [`pack`].
pub(super) fn unpack(record: &'static RecordType, bytes: &[u8], with: With) -> Result<Readings, MalformedBlock> {
    let (version, rest) = bytes.split_first().ok_or(MalformedBlock)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(MalformedBlock)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| MalformedBlock)?;
    let (cells, sources) = rest.split_at_checked(length).ok_or(MalformedBlock)?;
    let cells: Packed = plain(cells)?;
    let sources = match (*version, with) {
        (VERSION | VERSION_OF_WHOLE_SOURCES, With::Cells) => Sources::default(),
        (VERSION, With::Sources) => plain::<PackedSources>(sources)?.sources(&Cells::of(&cells)?)?,
        (VERSION_OF_WHOLE_SOURCES, With::Sources) => plain(sources)?,
        _ => return Err(MalformedBlock),
    };
    cells.readings(record, sources)
}

fn plain<T: for<'de> Deserialize<'de>>(packed: &[u8]) -> Result<T, MalformedBlock> {
    let plain = inflate(packed).map_err(|_| MalformedBlock)?;
    postcard::from_bytes(&plain).map_err(|_| MalformedBlock)
}

/// Any bookkeeping as bytes.
pub(super) fn pack_value<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_stdvec(value).map_err(unstorable)?;
    Ok([&[BOOKKEEPING_VERSION][..], &deflate(&plain)?].concat())
}

/// Inverse of [`pack_value`].
pub(super) fn unpack_value<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, MalformedBlock> {
    match bytes.split_first() {
        Some((&BOOKKEEPING_VERSION, packed)) => plain(packed),
        _ => Err(MalformedBlock),
    }
}
