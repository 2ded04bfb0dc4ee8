//! Readings by column: how adapters hand over positions and their like, and how they are stored.
//!
//! A reading is a struct of borrowed cells ([`Cells`]): adapters push it without an allocation of its own, the store gives it
//! back, and [`Series::row`] makes the published row of it. Which columns there are is data; their order is kept by
//! `Cells::write` and `Cells::read`.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::observation::{Batch, RecordIds, Rows};
use super::record::{Packing, Record, RecordType, Storage};
use crate::Timestamp;

/// How many of the last texts of a column are compared with the next one.
const LOOK_BACK: usize = 16;

/// One column of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in stored blocks.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: ColumnKind,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Numbers; short decimals are stored as differences of integers.
    Number,
    /// Texts; each value is stored once.
    Text,
}

impl Column {
    /// A column of numbers.
    #[must_use]
    pub const fn number(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Number }
    }

    /// A column of texts.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Text }
    }
}

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

/// Appends the row of the next reading as a JSON object; `None` where a cell is missing that each reading has.
pub type WriteRow = for<'a> fn(subject: &'a str, cells: CellReader<'a>, ids: RecordIds, out: &mut Vec<u8>) -> Option<()>;

/// The [`WriteRow`] of a record.
pub fn write_row<'a, R: Series>(subject: &'a str, mut cells: CellReader<'a>, ids: RecordIds, out: &mut Vec<u8>) -> Option<()> {
    let row = R::row(subject, R::Cells::read(&mut cells)?, ids);
    serde_json::to_writer(out, &row).ok()
}

/// Texts that repeat: each once, and which of them a row has, from 1; 0 = none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    values: Vec<String>,
    rows: Vec<u32>,
}

impl Texts {
    /// Texts of as many rows, all without one.
    #[must_use]
    pub fn absent(rows: usize) -> Self {
        Self { values: Vec::new(), rows: vec![0; rows] }
    }

    /// Adds a row. Its text is compared with the last `look_back` distinct ones.
    pub fn push(&mut self, text: Option<&str>, look_back: usize) {
        let number = text.map_or(0, |text| {
            let start = self.values.len().saturating_sub(look_back);
            let recent = self.values.get(start..).unwrap_or_default();
            let known = recent.iter().rposition(|known| known == text).map(|at| start + at);
            let known = known.unwrap_or_else(|| {
                self.values.push(text.to_owned());
                self.values.len() - 1
            });
            u32::try_from(known + 1).unwrap_or(0)
        });
        self.rows.push(number);
    }

    /// The text of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get(self.number(row)?).map(String::as_str)
    }

    /// Which of [`Texts::values`] a row has.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<usize> {
        usize::try_from(*self.rows.get(row)?).ok()?.checked_sub(1)
    }

    /// The distinct texts, in the order in which they were first pushed; one may occur more than once.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnCells {
    /// Of a column of numbers.
    Numbers(Vec<Option<f64>>),
    /// Of a column of texts.
    Texts(Texts),
}

impl ColumnCells {
    /// A column without a row.
    #[must_use]
    pub fn empty(kind: ColumnKind) -> Self {
        Self::absent(kind, 0)
    }

    /// A column of as many rows, all without a value.
    #[must_use]
    pub fn absent(kind: ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::Number => Self::Numbers(vec![None; rows]),
            ColumnKind::Text => Self::Texts(Texts::absent(rows)),
        }
    }

    fn push_from(&mut self, other: &Self, row: usize) {
        match (self, other) {
            (Self::Numbers(cells), Self::Numbers(others)) => cells.push(others.get(row).copied().flatten()),
            (Self::Texts(cells), Self::Texts(others)) => cells.push(others.get(row), LOOK_BACK),
            (cells, others) => debug_assert!(false, "{others:?} was copied to {cells:?}"),
        }
    }
}

/// Readings without their type. The TSP's JSON of each reading is kept beside its cells.
#[derive(Clone, Debug)]
pub struct Readings {
    record: &'static RecordType,
    packing: Packing,
    subjects: Texts,
    times: Vec<i64>,
    cells: Vec<ColumnCells>,
    sources: Sources,
}

/// The TSP's JSON of readings: one text after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    ends: Vec<u32>,
    text: String,
}

impl Sources {
    fn push(&mut self, source: &str) {
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
        let Storage::Series(_, packing) = record.storage else { return None };
        let cells = packing.columns.iter().map(|column| ColumnCells::empty(column.kind)).collect();
        Some(Self { record, packing, subjects: Texts::default(), times: Vec::new(), cells, sources: Sources::default() })
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
            ColumnCells::Texts(cells) => cells.len() == rows,
        };
        let whole = subjects.len() == rows && cells.len() == packing.columns.len() && cells.iter().all(fits);
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

    /// Appends a reading of other readings of the same record type.
    pub fn push_from(&mut self, other: &Self, row: usize) {
        self.push_cells(other, row);
        self.sources.push(other.sources.get(row));
    }
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
        let cells = packing.columns.iter().map(|column| ColumnCells::empty(column.kind)).collect();
        let (subjects, times, sources) = (Texts::default(), Vec::new(), Sources::default());
        Self { readings: Readings { record: R::TYPE, packing, subjects, times, cells, sources }, record: PhantomData }
    }
}

impl<R: Series> Rows for ReadingsOf<R> {
    const TYPE: &'static RecordType = R::TYPE;

    fn erase(self, _: RecordIds) -> Result<Batch, serde_json::Error> {
        Ok(Batch::Readings(self.readings))
    }
}

/// Takes the cells of one reading, column after column.
pub struct CellWriter<'c> {
    columns: std::slice::IterMut<'c, ColumnCells>,
}

impl CellWriter<'_> {
    /// The next cell, of a column of numbers.
    pub fn number(&mut self, value: impl Into<Option<f64>>) -> &mut Self {
        match self.columns.next() {
            Some(ColumnCells::Numbers(cells)) => cells.push(value.into()),
            other => debug_assert!(false, "a number was written to {other:?}"),
        }
        self
    }

    /// The next cell, of a column of texts.
    pub fn text(&mut self, value: Option<&str>) -> &mut Self {
        match self.columns.next() {
            Some(ColumnCells::Texts(cells)) => cells.push(value, LOOK_BACK),
            other => debug_assert!(false, "a text was written to {other:?}"),
        }
        self
    }
}

/// Gives the cells of one reading, column after column.
#[derive(Clone, Debug)]
pub struct CellReader<'a> {
    row: usize,
    columns: std::slice::Iter<'a, ColumnCells>,
}

impl<'a> CellReader<'a> {
    /// The next cell, of a column of numbers.
    pub fn number(&mut self) -> Option<f64> {
        match self.columns.next()? {
            ColumnCells::Numbers(cells) => *cells.get(self.row)?,
            ColumnCells::Texts(_) => None,
        }
    }

    /// The next cell, of a column of texts.
    pub fn text(&mut self) -> Option<&'a str> {
        match self.columns.next()? {
            ColumnCells::Texts(cells) => cells.get(self.row),
            ColumnCells::Numbers(_) => None,
        }
    }
}
