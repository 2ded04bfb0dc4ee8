//! Positions as bytes: columns instead of rows, each number as the difference to the one before, deflated.
//!
//! Byte 0 is the version. Version 1: deflated postcard of [`Columns`]. Numbers that are short decimals (as TSPs send them)
//! become scaled integers; a column that holds any other number keeps all its bits. Both forms are exact.

use model::Timestamp;
use model::telematics::{InferredAddress, Position};
use serde::{Deserialize, Serialize};

use super::super::record::{deflate, inflate};
use super::super::table::unstorable;
use crate::StoreError;

const VERSION: u8 = 1;

/// Decimals tried for a column.
const DECIMALS: [(u8, f64); 10] =
    [(0, 1.0), (1, 1e1), (2, 1e2), (3, 1e3), (4, 1e4), (5, 1e5), (6, 1e6), (7, 1e7), (8, 1e8), (9, 1e9)];

/// Integers up to here are exact as floating point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Positions by column.
#[derive(Serialize, Deserialize)]
pub(super) struct Columns {
    vehicles: Names<String>,
    drivers: Names<String>,
    places: Names<InferredAddress>,
    times: Vec<i64>,
    longitudes: Numbers,
    latitudes: Numbers,
    speeds: Numbers,
    odometers: Numbers,
    fuel_levels: Numbers,
    engine_hours: Numbers,
    source_ends: Vec<u32>,
    sources: String,
}

/// Values that repeat: each once, and which of them a row has, from 1; 0 = none.
#[derive(Serialize, Deserialize)]
struct Names<T> {
    values: Vec<T>,
    rows: Vec<u32>,
}

impl<T: Clone + PartialEq> Names<T> {
    fn of<'a>(rows: impl Iterator<Item = Option<&'a T>>) -> Self
    where
        T: 'a,
    {
        let mut names = Self { values: Vec::new(), rows: Vec::new() };
        for row in rows {
            let number = row.map_or(0, |value| names.number(value));
            names.rows.push(number);
        }
        names
    }

    /// Rows come sorted by vehicle, so a repeated value is most likely the last one.
    fn number(&mut self, value: &T) -> u32 {
        let index = self.values.iter().rposition(|known| known == value).unwrap_or_else(|| {
            self.values.push(value.clone());
            self.values.len() - 1
        });
        u32::try_from(index + 1).unwrap_or(0)
    }

    fn get(&self, row: usize) -> Result<Option<T>, MalformedBlock> {
        match *self.rows.get(row).ok_or(MalformedBlock)? {
            0 => Ok(None),
            number => {
                let index = usize::try_from(number - 1).map_err(|_| MalformedBlock)?;
                self.values.get(index).cloned().map(Some).ok_or(MalformedBlock)
            }
        }
    }
}

/// A column of numbers. `rows` lists the rows that have one, unless all or none do.
#[derive(Serialize, Deserialize)]
struct Numbers {
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
enum Values {
    /// Differences of integers that are the numbers times a power of ten.
    Decimal(u8, Vec<i64>),
    /// Bits.
    Exact(Vec<u64>),
}

impl Numbers {
    fn of(rows: impl Iterator<Item = Option<f64>>) -> Self {
        let rows: Vec<Option<f64>> = rows.collect();
        let numbers: Vec<f64> = rows.iter().copied().flatten().collect();
        let values = DECIMALS.iter().find_map(|(decimals, scale)| {
            let scaled: Option<Vec<i64>> = numbers.iter().map(|number| scale_exactly(*number, *scale)).collect();
            Some(Values::Decimal(*decimals, differences(&scaled?)))
        });
        let values = values.unwrap_or_else(|| Values::Exact(numbers.iter().map(|number| number.to_bits()).collect()));
        let rows = match numbers.len() {
            0 => Rows::None,
            count if count == rows.len() => Rows::All,
            _ => Rows::Some(rows.iter().map(Option::is_some).collect()),
        };
        Self { rows, values }
    }

    fn read(&self, count: usize) -> Result<Vec<Option<f64>>, MalformedBlock> {
        let numbers: Vec<f64> = match &self.values {
            Values::Exact(bits) => bits.iter().map(|bits| f64::from_bits(*bits)).collect(),
            Values::Decimal(decimals, steps) => {
                let (_, scale) = DECIMALS.get(usize::from(*decimals)).ok_or(MalformedBlock)?;
                sums(steps).into_iter().map(|scaled| unscale(scaled, *scale)).collect()
            }
        };
        let mut numbers = numbers.into_iter();
        match &self.rows {
            Rows::None => Ok(vec![None; count]),
            Rows::All => Ok(numbers.map(Some).collect()),
            Rows::Some(rows) => {
                rows.iter().map(|has| if *has { numbers.next().map(Some).ok_or(MalformedBlock) } else { Ok(None) }).collect()
            }
        }
    }
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
    steps
        .iter()
        .map(|step| {
            sum = sum.wrapping_add(*step);
            sum
        })
        .collect()
}

/// Bytes that do not decode to positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed position block")]
pub(super) struct MalformedBlock;

/// The positions as bytes. Sorted by vehicle and time they become fewest.
pub(super) fn encode(positions: &[Position]) -> Result<Vec<u8>, StoreError> {
    pack(&columns(positions)?)
}

/// The positions behind the bytes, in the order in which they were given.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Position>, MalformedBlock> {
    rows(&unpack(bytes)?)
}

/// The positions by column.
pub(super) fn columns(positions: &[Position]) -> Result<Columns, StoreError> {
    let numbers = |get: fn(&Position) -> Option<f64>| Numbers::of(positions.iter().map(get));
    let times: Vec<i64> = positions.iter().map(|position| position.occurred_at.micros()).collect();
    let mut end = 0_usize;
    let ends = positions.iter().map(|position| {
        end += position.source.len();
        u32::try_from(end)
    });
    Ok(Columns {
        source_ends: ends.collect::<Result<_, _>>().map_err(unstorable)?,
        vehicles: Names::of(positions.iter().map(|position| Some(&position.vehicle))),
        drivers: Names::of(positions.iter().map(|position| position.driver.as_ref())),
        places: Names::of(positions.iter().map(|position| position.place.as_ref())),
        times: differences(&times),
        longitudes: numbers(|position| Some(position.longitude)),
        latitudes: numbers(|position| Some(position.latitude)),
        speeds: numbers(|position| position.speed),
        odometers: numbers(|position| position.odometer),
        fuel_levels: numbers(|position| position.fuel_level),
        engine_hours: numbers(|position| position.engine_hours),
        sources: positions.iter().map(|position| position.source.as_str()).collect(),
    })
}

/// The positions of the columns.
pub(super) fn rows(columns: &Columns) -> Result<Vec<Position>, MalformedBlock> {
    let count = columns.times.len();
    let (longitudes, latitudes) = (columns.longitudes.read(count)?, columns.latitudes.read(count)?);
    let (speeds, odometers) = (columns.speeds.read(count)?, columns.odometers.read(count)?);
    let (fuel_levels, engine_hours) = (columns.fuel_levels.read(count)?, columns.engine_hours.read(count)?);
    let mut start = 0;
    let mut positions = Vec::with_capacity(count);
    for (row, time) in sums(&columns.times).into_iter().enumerate() {
        let end = usize::try_from(*columns.source_ends.get(row).ok_or(MalformedBlock)?).map_err(|_| MalformedBlock)?;
        let number = |column: &[Option<f64>]| column.get(row).copied().ok_or(MalformedBlock);
        positions.push(Position {
            vehicle: columns.vehicles.get(row)?.ok_or(MalformedBlock)?,
            driver: columns.drivers.get(row)?,
            occurred_at: Timestamp::from_micros(time),
            longitude: number(&longitudes)?.ok_or(MalformedBlock)?,
            latitude: number(&latitudes)?.ok_or(MalformedBlock)?,
            speed: number(&speeds)?,
            odometer: number(&odometers)?,
            fuel_level: number(&fuel_levels)?,
            engine_hours: number(&engine_hours)?,
            place: columns.places.get(row)?,
            source: columns.sources.get(start..end).ok_or(MalformedBlock)?.to_owned(),
        });
        start = end;
    }
    Ok(positions)
}

/// Any value in the versioned, deflated form.
pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_stdvec(value).map_err(unstorable)?;
    let mut packed = vec![VERSION];
    packed.extend(deflate(&plain)?);
    Ok(packed)
}

/// Inverse of [`pack`].
pub(super) fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, MalformedBlock> {
    match bytes.split_first() {
        Some((&VERSION, packed)) => {
            postcard::from_bytes(&inflate(packed).map_err(|_| MalformedBlock)?).map_err(|_| MalformedBlock)
        }
        _ => Err(MalformedBlock),
    }
}
