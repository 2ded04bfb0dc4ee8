//! Readings with their type.
//!
//! A reading is a struct of borrowed cells ([`Cells`]): adapters push it without an allocation of its own, the store gives it
//! back, and [`Series::row`] makes the published row of it. Which columns there are is data; their order is kept by
//! `Cells::write` and `Cells::read`.

use std::marker::PhantomData;

use serde::Serialize;

use super::columns::{CellReader, CellWriter, Column};
use super::observation::{Batch, Rows};
use super::readings::Readings;
use super::record::{Record, RecordType, Storage};
use crate::{RecordIds, Timestamp};

/// What was measured at one instant: the cells of one reading, in the order of `COLUMNS`.
pub trait Cells<'a>: Sized {
    /// The columns.
    const COLUMNS: &'static [Column];

    /// Writes every cell.
    fn write(&self, row: &mut CellWriter<'_>);

    /// The cells again; `None` where one that each reading has is missing.
    fn read(row: &mut CellReader<'a>) -> Option<Self>;
}

/// A record whose rows are made of readings.
pub trait Series: Record {
    /// One reading.
    type Cells<'a>: Cells<'a>;
    /// Its published row.
    type Row<'a>: Serialize;

    /// The row of a reading.
    fn row<'a>(subject: &'a str, cells: Self::Cells<'a>, ids: RecordIds) -> Self::Row<'a>;
}

/// The [`WriteRow`](super::columns::WriteRow) of a record.
pub fn write_row<'a, R: Series>(subject: &'a str, mut cells: CellReader<'a>, ids: RecordIds, out: &mut Vec<u8>) -> Option<()> {
    let row = R::row(subject, R::Cells::read(&mut cells)?, ids);
    serde_json::to_writer(out, &row).ok()
}

/// Readings of the record `R`, as an adapter collects them.
pub struct ReadingsOf<R> {
    readings: Readings,
    record: PhantomData<fn() -> R>,
}

impl<R: Series> ReadingsOf<R> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.readings.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// Adds what `subject` measured at an instant; `source` is the TSP's JSON of it.
    pub fn push(&mut self, subject: &str, at: Timestamp, cells: &R::Cells<'_>, source: &str) {
        let readings = &mut self.readings;
        readings.subjects.push(Some(subject), 1);
        readings.times.push(at.micros());
        readings.sources.push(source);
        cells.write(&mut CellWriter { columns: readings.cells.iter_mut() });
    }
}

impl<R: Series> Default for ReadingsOf<R> {
    fn default() -> Self {
        let packing = const {
            match R::TYPE.storage {
                Storage::Series(_, packing) => packing,
                _ => panic!("the record is stored as a series"),
            }
        };
        Self { readings: Readings::packed(R::TYPE, packing), record: PhantomData }
    }
}

impl<R: Series> Rows for ReadingsOf<R> {
    const TYPE: &'static RecordType = R::TYPE;

    fn erase(self, _: RecordIds) -> Result<Batch, serde_json::Error> {
        Ok(Batch::Readings(self.readings))
    }
}
