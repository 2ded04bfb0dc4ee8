//! The cells of readings by column, each number as the difference to the one before.
//!
//! Columns carry their names, and a column that a series got later reads as absent in older blocks, so it must be optional. Numbers that
//! are short decimals (as TSPs send them) become scaled integers; a column that holds any other number keeps all its bits. Both forms are
//! exact.

use model::telematics::RecordType;
use model::telematics::columns::{Column, ColumnCells, Texts};
use model::telematics::readings::{Readings, Sources};
use serde::{Deserialize, Serialize};

/// Decimals tried for a column.
const DECIMALS: [(u8, f64); 10] =
    [(0, 1.0), (1, 1e1), (2, 1e2), (3, 1e3), (4, 1e4), (5, 1e5), (6, 1e6), (7, 1e7), (8, 1e8), (9, 1e9)];

/// Integers up to here are exact as floating point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Cells by column.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed {
    pub(super) subjects: Texts,
    times: Vec<i64>,
    pub(super) columns: Vec<(String, PackedColumn)>,
}

impl Packed {
    /// The cells of readings. Sorted by subject and time they take the fewest bytes.
    pub(super) fn of(readings: &Readings) -> Self {
        let packed = |(column, cells): (&Column, &ColumnCells)| {
            let packed = match cells {
                ColumnCells::Texts(texts) => PackedColumn::Texts(texts.clone()),
                ColumnCells::Numbers(numbers) => PackedColumn::Numbers(Numbers::of(numbers)),
            };
            (column.name.to_owned(), packed)
        };
        let columns = readings.packing().columns.iter().zip(readings.cells()).map(packed).collect();
        Self { subjects: readings.subjects().clone(), times: differences(readings.times()), columns }
    }

    /// The readings with these cells and sources.
    pub(super) fn readings(self, record: &'static RecordType, sources: Sources) -> Result<Readings, MalformedBlock> {
        let times = self.times();
        let empty = Readings::empty(record).ok_or(MalformedBlock)?;
        let mut stored = self.columns;
        let mut cells = Vec::with_capacity(empty.packing().columns.len());
        for column in empty.packing().columns {
            let at = stored.iter().position(|(name, _)| name == column.name);
            cells.push(match at.map(|at| stored.swap_remove(at).1) {
                Some(PackedColumn::Texts(texts)) => ColumnCells::Texts(texts),
                Some(PackedColumn::Numbers(numbers)) => ColumnCells::Numbers(numbers.read(times.len())?),
                None => ColumnCells::absent(column.kind, times.len()),
            });
        }
        Readings::of(record, self.subjects, times, cells, sources).ok_or(MalformedBlock)
    }

    /// When each reading was measured, in microseconds.
    pub(super) fn times(&self) -> Vec<i64> {
        sums(&self.times)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum PackedColumn {
    Numbers(Numbers),
    Texts(Texts),
}

/// A column of numbers. `rows` lists the rows that have one, unless all or none do.
#[derive(Serialize, Deserialize)]
pub(super) struct Numbers {
    rows: Rows,
    values: Values,
}

#[derive(Serialize, Deserialize)]
enum Rows {
    None,
    All,
    Some(Vec<bool>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum Values {
    /// Differences of integers that are the numbers times a power of ten.
    Decimal(u8, Vec<i64>),
    /// Bits.
    Exact(Vec<u64>),
}

impl Values {
    pub(super) fn of(numbers: &[f64]) -> Self {
        let decimal = DECIMALS.iter().find_map(|(decimals, scale)| {
            let scaled: Option<Vec<i64>> = numbers.iter().map(|number| scale_exactly(*number, *scale)).collect();
            Some(Self::Decimal(*decimals, differences(&scaled?)))
        });
        decimal.unwrap_or_else(|| Self::Exact(numbers.iter().map(|number| number.to_bits()).collect()))
    }

    pub(super) fn numbers(&self) -> Result<Vec<f64>, MalformedBlock> {
        match self {
            Self::Exact(bits) => Ok(bits.iter().map(|bits| f64::from_bits(*bits)).collect()),
            Self::Decimal(decimals, steps) => {
                sums(steps).into_iter().map(|scaled| decimal(scaled, *decimals).ok_or(MalformedBlock)).collect()
            }
        }
    }

    /// The numbers as integers, and how many decimals these have; `None` where they are no short decimals.
    pub(super) fn digits(&self) -> Option<(u8, Vec<i64>)> {
        match self {
            Self::Exact(_) => None,
            Self::Decimal(decimals, steps) => Some((*decimals, sums(steps))),
        }
    }
}

impl Numbers {
    fn of(rows: &[Option<f64>]) -> Self {
        let numbers: Vec<f64> = rows.iter().copied().flatten().collect();
        let values = Values::of(&numbers);
        let rows = match numbers.len() {
            0 => Rows::None,
            count if count == rows.len() => Rows::All,
            _ => Rows::Some(rows.iter().map(Option::is_some).collect()),
        };
        Self { rows, values }
    }

    pub(super) fn read(&self, count: usize) -> Result<Vec<Option<f64>>, MalformedBlock> {
        self.in_rows(count, self.values.numbers()?)
    }

    /// The numbers of the rows as integers; `None` where they are no short decimals.
    pub(super) fn digits(&self, count: usize) -> Option<Vec<Option<i64>>> {
        self.in_rows(count, self.values.digits()?.1).ok()
    }

    fn in_rows<T>(&self, count: usize, values: Vec<T>) -> Result<Vec<Option<T>>, MalformedBlock> {
        let mut values = values.into_iter();
        match &self.rows {
            Rows::None => Ok((0..count).map(|_| None).collect()),
            Rows::All => Ok(values.map(Some).collect()),
            Rows::Some(rows) => {
                let value = |has: &bool| if *has { values.next().map(Some).ok_or(MalformedBlock) } else { Ok(None) };
                rows.iter().map(value).collect()
            }
        }
    }
}

/// The number that an integer with so many decimals is.
pub(super) fn decimal(scaled: i64, decimals: u8) -> Option<f64> {
    let (_, scale) = DECIMALS.get(usize::from(decimals))?;
    Some(unscale(scaled, *scale))
}

/// The number times the scale, where that is an integer that gives exactly the number back.
#[expect(clippy::cast_possible_truncation, reason = "checked to be an integer below 2^53")]
fn scale_exactly(number: f64, scale: f64) -> Option<i64> {
    let scaled = (number * scale).round();
    let integer = (scaled.abs() < EXACT).then_some(scaled as i64)?;
    (unscale(integer, scale).to_bits() == number.to_bits()).then_some(integer)
}

fn unscale(scaled: i64, scale: f64) -> f64 {
    scaled as f64 / scale
}

pub(super) fn differences(values: &[i64]) -> Vec<i64> {
    let mut last = 0_i64;
    values.iter().map(|value| value.wrapping_sub(std::mem::replace(&mut last, *value))).collect()
}

pub(super) fn sums(steps: &[i64]) -> Vec<i64> {
    let mut sum = 0_i64;
    let add = |step: &i64| {
        sum = sum.wrapping_add(*step);
        sum
    };
    steps.iter().map(add).collect()
}

/// Bytes that are not readings of the record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed block of readings")]
pub(super) struct MalformedBlock;
