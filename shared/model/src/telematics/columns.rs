//! The cells of readings, column by column: how a series is packed is data.

use serde::{Deserialize, Serialize};

use crate::RecordIds;

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

/// Appends the row of the next reading as a JSON object; `None` where a cell is missing that each reading has.
pub type WriteRow = for<'a> fn(subject: &'a str, cells: CellReader<'a>, ids: RecordIds, out: &mut Vec<u8>) -> Option<()>;

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

    /// Whether each row has one of the texts or none.
    pub(super) fn is_whole(&self) -> bool {
        self.rows.iter().all(|number| usize::try_from(*number).is_ok_and(|number| number <= self.values.len()))
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

    /// Whether a row has a value.
    pub(super) fn has(&self, row: usize) -> bool {
        match self {
            Self::Numbers(cells) => cells.get(row).is_some_and(Option::is_some),
            Self::Texts(cells) => cells.get(row).is_some(),
        }
    }

    pub(super) fn push_from(&mut self, other: &Self, row: usize) {
        match (self, other) {
            (Self::Numbers(cells), Self::Numbers(others)) => cells.push(others.get(row).copied().flatten()),
            (Self::Texts(cells), Self::Texts(others)) => cells.push(others.get(row), LOOK_BACK),
            (cells, others) => debug_assert!(false, "{others:?} was copied to {cells:?}"),
        }
    }
}

/// Takes the cells of one reading, column after column.
pub struct CellWriter<'c> {
    pub(super) columns: std::slice::IterMut<'c, ColumnCells>,
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
    pub(super) row: usize,
    pub(super) columns: std::slice::Iter<'a, ColumnCells>,
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
