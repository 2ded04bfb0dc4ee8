//! Readings without their type, by column: how adapters hand over positions and their like, and how they are stored.

use serde::{Deserialize, Serialize};

use super::columns::{CellReader, ColumnCells, Texts};
use super::record::{Packing, RecordType, Storage};
use crate::Timestamp;

/// Readings without their type. The TSP's JSON of each reading is kept beside its cells.
#[derive(Clone, Debug)]
pub struct Readings {
    record: &'static RecordType,
    packing: Packing,
    pub(super) subjects: Texts,
    pub(super) times: Vec<i64>,
    pub(super) cells: Vec<ColumnCells>,
    pub(super) sources: Sources,
}

/// The TSP's JSON of readings: one text after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    ends: Vec<u32>,
    text: String,
}

impl Sources {
    /// Appends the source of the next row.
    pub fn push(&mut self, source: &str) {
        self.text.push_str(source);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// The source of a row; empty where none was kept.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let end = |row: usize| self.ends.get(row).and_then(|end| usize::try_from(*end).ok());
        let start = row.checked_sub(1).map_or(Some(0), end);
        start.zip(end(row)).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }
}

impl Readings {
    /// No readings of a record type; `None` where it is not a series.
    #[must_use]
    pub fn empty(record: &'static RecordType) -> Option<Self> {
        match record.storage {
            Storage::Series(_, packing) => Some(Self::packed(record, packing)),
            _ => None,
        }
    }

    /// No readings of a record type that is packed so.
    pub(super) fn packed(record: &'static RecordType, packing: Packing) -> Self {
        let cells = packing.columns.iter().map(|column| ColumnCells::empty(column.kind)).collect();
        Self { record, packing, subjects: Texts::default(), times: Vec::new(), cells, sources: Sources::default() }
    }

    /// Readings of their parts, each with as many rows as there are times; `None` where they do not fit together.
    #[must_use]
    pub fn of(
        record: &'static RecordType,
        subjects: Texts,
        times: Vec<i64>,
        cells: Vec<ColumnCells>,
        sources: Sources,
    ) -> Option<Self> {
        let Storage::Series(_, packing) = record.storage else { return None };
        let rows = times.len();
        let fits = |cells: &ColumnCells| match cells {
            ColumnCells::Numbers(cells) => cells.len() == rows,
            ColumnCells::Texts(cells) => cells.len() == rows && cells.is_whole(),
        };
        let named = subjects.len() == rows && subjects.is_whole() && (0..rows).all(|row| subjects.get(row).is_some());
        let whole = named && cells.len() == packing.columns.len() && cells.iter().all(fits);
        whole.then_some(Self { record, packing, subjects, times, cells, sources })
    }

    /// What they are readings of.
    #[must_use]
    pub fn record(&self) -> &'static RecordType {
        self.record
    }

    /// How they are packed.
    #[must_use]
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The TSP's ids of the subjects.
    #[must_use]
    pub fn subjects(&self) -> &Texts {
        &self.subjects
    }

    /// When each was measured, in microseconds.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The cells by column, in the order of the packing's columns.
    #[must_use]
    pub fn cells(&self) -> &[ColumnCells] {
        &self.cells
    }

    /// The TSP's JSON.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The TSP's id of the subject of a reading.
    #[must_use]
    pub fn subject(&self, row: usize) -> &str {
        self.subjects.get(row).unwrap_or_default()
    }

    /// When a reading was measured.
    #[must_use]
    pub fn time(&self, row: usize) -> Timestamp {
        Timestamp::from_micros(self.times.get(row).copied().unwrap_or_default())
    }

    /// The composite source id of a reading: `<kind>:<subject>:<time>`.
    #[must_use]
    pub fn source_id(&self, row: usize) -> String {
        format!("{}:{}:{}", self.packing.kind, self.subject(row), self.time(row))
    }

    /// The cells of a reading.
    #[must_use]
    pub fn reader(&self, row: usize) -> CellReader<'_> {
        CellReader { row, columns: self.cells.iter() }
    }

    /// The cells of a text column.
    #[must_use]
    pub fn texts(&self, column: &str) -> Option<&Texts> {
        let at = self.packing.columns.iter().position(|known| known.name == column)?;
        match self.cells.get(at)? {
            ColumnCells::Texts(texts) => Some(texts),
            ColumnCells::Numbers(_) => None,
        }
    }

    /// Appends a reading of other readings of the same record type, without its source.
    pub fn push_cells(&mut self, other: &Self, row: usize) {
        self.subjects.push(other.subjects.get(row), 1);
        self.times.push(other.times.get(row).copied().unwrap_or_default());
        for (cells, others) in self.cells.iter_mut().zip(&other.cells) {
            cells.push_from(others, row);
        }
    }

    /// Appends a reading of other readings with the cells that it has now. In the columns `kept`, what it had stays where it has nothing now.
    pub fn push_renewed(&mut self, (before, row): (&Self, usize), (now, of_now): (&Self, usize), kept: &[&str]) {
        self.subjects.push(before.subjects.get(row), 1);
        self.times.push(before.times.get(row).copied().unwrap_or_default());
        self.sources.push(before.sources.get(row));
        let columns = self.packing.columns.iter().zip(before.cells.iter().zip(&now.cells));
        for (cells, (column, (old, new))) in self.cells.iter_mut().zip(columns) {
            let stays = !new.has(of_now) && kept.contains(&column.name);
            let (from, row) = if stays { (old, row) } else { (new, of_now) };
            cells.push_from(from, row);
        }
    }

    /// Appends a reading of other readings of the same record type.
    pub fn push_from(&mut self, other: &Self, row: usize) {
        self.push_cells(other, row);
        self.sources.push(other.sources.get(row));
    }
}
