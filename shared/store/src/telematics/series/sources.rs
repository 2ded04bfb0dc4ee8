//! The TSP's JSON of readings as columns: what their texts have in common once, and of the rest only what the cells do not say.
//!
//! A source is cut into its shape and its values, the numbers and strings in it. Readings of one shape have a column for each value. Most
//! of these are cells as well: the time of the reading, its place, its address. Such a column names the cells, and takes no room. What
//! comes back is the text that was given, byte by byte, whatever it is.

use std::borrow::Cow;

use model::Timestamp;
use model::telematics::columns::Texts;
use model::telematics::readings::Sources;
use serde::{Deserialize, Serialize};

use super::columns::{MalformedBlock, Packed, PackedColumn, Values, decimal};

/// Stands in a shape for a value. JSON has no such character.
const HOLE: char = '\0';
/// How many of the last texts of a column are compared with the next one.
const LOOK_BACK: usize = 16;
/// How many characters of a time TSPs write before its `Z`: to the second, the millisecond, the microsecond.
const TIME_LENGTHS: [u8; 3] = [19, 23, 26];

/// Sources of readings, by shape.
#[derive(Serialize, Deserialize)]
pub(super) struct PackedSources {
    /// The text of each reading with holes for its values.
    shapes: Texts,
    /// Of each shape, in the order of its holes: the values of its readings.
    columns: Vec<Vec<SourceColumn>>,
}

/// The values that readings of one shape have in one hole.
#[derive(Serialize, Deserialize)]
enum SourceColumn {
    /// The reading's time, so many characters of it and a `Z`.
    Time(u8),
    /// The reading's subject.
    Subject,
    /// The texts or numbers of a column of cells.
    Cells(u8),
    /// The digits of a column of cells, with so many decimals: metres where cells are kilometres.
    Digits(u8, u8),
    /// Other numbers.
    Numbers(Values),
    /// Other texts.
    Texts(Texts),
}

impl PackedSources {
    pub(super) fn of(cells: &Cells<'_>, sources: &Sources) -> Self {
        let mut shapes = Texts::default();
        let mut readings: Vec<Vec<(usize, Vec<&str>)>> = Vec::new();
        for row in 0..cells.times.len() {
            let (shape, values) = cut(sources.get(row));
            shapes.push(Some(&shape), LOOK_BACK);
            readings.resize_with(shapes.values().len(), Vec::new);
            if let Some(readings) = shapes.number(row).and_then(|shape| readings.get_mut(shape)) {
                readings.push((row, values));
            }
        }
        let columns = |readings: &Vec<(usize, Vec<&str>)>| {
            let holes = readings.first().map_or(0, |(_, values)| values.len());
            let values = |hole| readings.iter().filter_map(move |(row, values)| Some((*row, *values.get(hole)?)));
            (0..holes).map(|hole| SourceColumn::of(cells, &values(hole).collect::<Vec<_>>())).collect()
        };
        Self { columns: readings.iter().map(columns).collect(), shapes }
    }

    pub(super) fn sources(&self, cells: &Cells<'_>) -> Result<Sources, MalformedBlock> {
        let mut shapes: Vec<Shape<'_>> = self.shapes.values().iter().zip(&self.columns).map(Shape::of).collect();
        let (mut sources, mut text) = (Sources::default(), String::new());
        for row in 0..cells.times.len() {
            let shape = self.shapes.number(row).and_then(|number| shapes.get_mut(number)).ok_or(MalformedBlock)?;
            text.clear();
            shape.write_next(cells, row, &mut text).ok_or(MalformedBlock)?;
            sources.push(&text);
        }
        Ok(sources)
    }
}

impl SourceColumn {
    /// The values of these rows in the form that takes the least room.
    fn of(cells: &Cells<'_>, values: &[(usize, &str)]) -> Self {
        let known = TIME_LENGTHS.into_iter().map(Self::Time).chain([Self::Subject]);
        let known = known.chain((0..cells.columns.len()).filter_map(|column| Some(Self::Cells(u8::try_from(column).ok()?))));
        let says = |column: &Self| values.iter().all(|(row, text)| column.cell(cells, *row).is_some_and(|cell| cell == *text));
        if let Some(column) = known.into_iter().find(says) {
            return column;
        }
        let numbers: Option<Vec<f64>> = values.iter().map(|(_, text)| number(text)).collect();
        let Some(numbers) = numbers.map(|numbers| Values::of(&numbers)) else {
            let mut texts = Texts::default();
            values.iter().for_each(|(_, text)| texts.push(Some(text), LOOK_BACK));
            return Self::Texts(texts);
        };
        cells.with_digits(&numbers, values).unwrap_or(Self::Numbers(numbers))
    }

    /// What the cells of a row say for it.
    fn cell<'c>(&self, cells: &'c Cells<'_>, row: usize) -> Option<Cow<'c, str>> {
        match self {
            Self::Time(length) => Some(Cow::Owned(cells.time(row, *length)?)),
            Self::Subject => cells.subjects.get(row).map(Cow::Borrowed),
            Self::Cells(column) => cells.text(row, *column),
            Self::Digits(column, decimals) => Some(Cow::Owned(decimal(cells.digits(row, *column)?, *decimals)?.to_string())),
            Self::Numbers(_) | Self::Texts(_) => None,
        }
    }
}

/// A shape while its readings are written one after the other.
struct Shape<'a> {
    text: &'a str,
    columns: &'a [SourceColumn],
    /// The numbers of columns that have their own.
    numbers: Vec<Vec<f64>>,
    /// How many readings were written.
    written: usize,
}

impl<'a> Shape<'a> {
    fn of((text, columns): (&'a String, &'a Vec<SourceColumn>)) -> Self {
        let numbers = |column: &SourceColumn| match column {
            SourceColumn::Numbers(values) => values.numbers().unwrap_or_default(),
            _ => Vec::new(),
        };
        Self { text, columns, numbers: columns.iter().map(numbers).collect(), written: 0 }
    }

    fn write_next(&mut self, cells: &Cells<'_>, row: usize, out: &mut String) -> Option<()> {
        let mut pieces = self.text.split(HOLE);
        out.push_str(pieces.next()?);
        for ((column, numbers), piece) in self.columns.iter().zip(&self.numbers).zip(pieces) {
            match column {
                SourceColumn::Numbers(_) => out.push_str(&numbers.get(self.written)?.to_string()),
                SourceColumn::Texts(texts) => out.push_str(texts.get(self.written)?),
                known => out.push_str(&known.cell(cells, row)?),
            }
            out.push_str(piece);
        }
        self.written += 1;
        Some(())
    }
}

/// The cells that sources are compared with.
pub(super) struct Cells<'a> {
    subjects: &'a Texts,
    times: Vec<i64>,
    columns: Vec<CellColumn<'a>>,
}

enum CellColumn<'a> {
    /// Numbers, and where they are short decimals, these as integers.
    Numbers(Vec<Option<f64>>, Option<Vec<Option<i64>>>),
    Texts(&'a Texts),
}

impl<'a> Cells<'a> {
    pub(super) fn of(packed: &'a Packed) -> Result<Self, MalformedBlock> {
        let times = packed.times();
        let column = |(_, column): &'a (String, PackedColumn)| match column {
            PackedColumn::Texts(texts) => Ok(CellColumn::Texts(texts)),
            PackedColumn::Numbers(numbers) => Ok(CellColumn::Numbers(numbers.read(times.len())?, numbers.digits(times.len()))),
        };
        let columns = packed.columns.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Self { subjects: &packed.subjects, times, columns })
    }

    /// A row's time, so many characters of it and a `Z`; `None` where that leaves something out.
    fn time(&self, row: usize, length: u8) -> Option<String> {
        let mut text = Timestamp::from_micros(*self.times.get(row)?).to_string();
        let left_out = text.get(usize::from(length)..)?;
        let is_empty = left_out.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'Z'));
        text.truncate(usize::from(length));
        text.push('Z');
        is_empty.then_some(text)
    }

    fn text(&self, row: usize, column: u8) -> Option<Cow<'_, str>> {
        match self.columns.get(usize::from(column))? {
            CellColumn::Texts(texts) => texts.get(row).map(Cow::Borrowed),
            CellColumn::Numbers(numbers, _) => numbers.get(row)?.map(|number| Cow::Owned(number.to_string())),
        }
    }

    fn digits(&self, row: usize, column: u8) -> Option<i64> {
        match self.columns.get(usize::from(column))? {
            CellColumn::Numbers(_, digits) => *digits.as_ref()?.get(row)?,
            CellColumn::Texts(_) => None,
        }
    }

    /// The column of cells that has the digits of these numbers of the rows.
    fn with_digits(&self, numbers: &Values, values: &[(usize, &str)]) -> Option<SourceColumn> {
        let (decimals, digits) = numbers.digits()?;
        let has = |column: &u8| values.iter().zip(&digits).all(|((row, _), digits)| self.digits(*row, *column) == Some(*digits));
        let column = (0..u8::try_from(self.columns.len()).ok()?).find(has)?;
        Some(SourceColumn::Digits(column, decimals))
    }
}

/// A number, where it is written as this program writes it.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.to_string() == text)
}

/// The shape of a text, and its values.
fn cut(text: &str) -> (String, Vec<&str>) {
    if text.contains(HOLE) {
        return (HOLE.to_string(), vec![text]);
    }
    let (mut shape, mut values) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(start) = rest.find(|found: char| found == '"' || found == '-' || found.is_ascii_digit()) {
        let (before, token) = rest.split_at(start);
        shape.push_str(before);
        let (value, after) = match token.strip_prefix('"') {
            Some(string) => {
                shape.push('"');
                string.split_at(string_length(string))
            }
            None => token.split_at(token.find(|found| !is_of_number(found)).unwrap_or(token.len())),
        };
        // What comes before a colon is the name of a member.
        if after.trim_start_matches('"').trim_ascii_start().starts_with(':') {
            shape.push_str(value);
        } else {
            shape.push(HOLE);
            values.push(value);
        }
        rest = match after.strip_prefix('"') {
            Some(after) => {
                shape.push('"');
                after
            }
            None => after,
        };
    }
    shape.push_str(rest);
    (shape, values)
}

/// The bytes before the quote that ends a string.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

fn is_of_number(found: char) -> bool {
    found.is_ascii_digit() || matches!(found, '-' | '+' | '.' | 'e' | 'E')
}
