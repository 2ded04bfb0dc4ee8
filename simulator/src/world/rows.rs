//! The rows of a trace file, and what is wrong with a file that is no trace.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind};
use flate2::read::MultiGzDecoder;

use super::geo::LatLon;

/// The columns, in the order of the documentation; files may order them otherwise, and leave the last one out.
const COLUMNS: [&str; 5] = ["vehicle", "unix_time", "lat", "lon", "occupied"];
/// What a trace is, for people.
const SHAPE: &str = "a CSV file with the columns vehicle,unix_time,lat,lon,occupied";
/// 2100-01-01T00:00:00Z, in seconds: times in milliseconds lie beyond it.
const LATEST: i64 = 4_102_444_800;

/// Why a trace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file could not be opened.
    #[error("failed to open the trace {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is something else.
    #[error("trace {path}, line {line}: expected {SHAPE}, found {found}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is there instead.
        found: String,
    },
    /// A value is not what its column holds.
    #[error("trace {path}, line {line}, column {column}: expected {expected}, found {found:?}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What the column holds.
        expected: &'static str,
        /// What is there, cut to 40 characters.
        found: String,
    },
    /// The rows are not sorted by vehicle, then time.
    #[error(
        "trace {path}, line {line}, column unix_time: expected rows sorted by vehicle and time, found vehicle {vehicle} at {unix_time}"
    )]
    Order {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The vehicle of the first misplaced row.
        vehicle: String,
        /// The time of the first misplaced row.
        unix_time: i64,
    },
    /// There is nothing to replay.
    #[error("trace {path} holds no vehicle with two or more positions on one day")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// One recorded position.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) vehicle: String,
    pub(super) unix_time: i64,
    pub(super) at: LatLon,
}

/// A trace file, read row by row; it is unpacked if its name ends in `.gz`.
pub(super) struct Rows<'a> {
    path: &'a Path,
    reader: csv::Reader<Box<dyn Read>>,
    /// Where each of [`COLUMNS`] is.
    places: [Option<usize>; 5],
    line: u64,
    last: Option<(String, i64)>,
}

impl<'a> Rows<'a> {
    /// Opens the file and finds its columns.
    pub(super) fn open(path: &'a Path) -> Result<Self, TraceError> {
        let file = File::open(path).map_err(|source| TraceError::Open { path: path.into(), source })?;
        let packed = path.extension().is_some_and(|extension| extension == "gz");
        let source: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let reader = csv::ReaderBuilder::new().flexible(true).from_reader(source);
        let mut rows = Self { path, reader, places: [None; 5], line: 1, last: None };
        rows.find_columns()?;
        Ok(rows)
    }

    fn find_columns(&mut self) -> Result<(), TraceError> {
        let header = self.reader.byte_headers().cloned().map_err(|error| self.broken(&error))?;
        if header.iter().any(|name| std::str::from_utf8(name).is_err()) {
            return Err(self.shape("bytes that are no text"));
        }
        let names: Vec<String> = header.iter().map(|name| text(name).trim_start_matches('\u{feff}').to_owned()).collect();
        if let Some(other) = names.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
            return Err(self.shape(&format!("the column {:?}", short(other))));
        }
        for (place, column) in self.places.iter_mut().zip(COLUMNS) {
            *place = names.iter().position(|name| name == column);
        }
        match COLUMNS.iter().zip(self.places).find(|(column, place)| place.is_none() && **column != "occupied") {
            Some((column, _)) => Err(self.shape(&format!("no column {column}"))),
            None => Ok(()),
        }
    }

    fn row(&mut self, record: &ByteRecord) -> Result<Row, TraceError> {
        let [vehicle, unix_time, lat, lon, occupied] = self.places.map(|place| place.and_then(|place| record.get(place)));
        let found = format!("a row of {} values", record.len());
        let (Some(vehicle), Some(unix_time), Some(lat), Some(lon)) = (vehicle, unix_time, lat, lon) else {
            return Err(self.shape(&found));
        };
        let row = Row {
            vehicle: text(vehicle),
            unix_time: self.value("unix_time", unix_time, "whole seconds since 1970", |time| (0..LATEST).contains(time))?,
            at: LatLon {
                lat: self.value("lat", lat, "degrees from -90 to 90", |lat| (-90.0..=90.0).contains(lat))?,
                lon: self.value("lon", lon, "degrees from -180 to 180", |lon| (-180.0..=180.0).contains(lon))?,
            },
        };
        if let Some(occupied) = occupied.filter(|occupied| !occupied.is_empty()) {
            // Whether a passenger was on board; a truck has none.
            self.value::<u8>("occupied", occupied, "0 or 1", |occupied| *occupied <= 1)?;
        }
        self.in_order(row)
    }

    fn in_order(&mut self, row: Row) -> Result<Row, TraceError> {
        let here = (row.vehicle.clone(), row.unix_time);
        if self.last.as_ref().is_some_and(|last| here <= *last) {
            return Err(TraceError::Order { path: self.path.into(), line: self.line, vehicle: here.0, unix_time: here.1 });
        }
        self.last = Some(here);
        Ok(row)
    }

    fn value<T: std::str::FromStr>(
        &self,
        column: &'static str,
        sent: &[u8],
        expected: &'static str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<T, TraceError> {
        let found = text(sent);
        found.trim().parse().ok().filter(fits).ok_or_else(|| TraceError::Value {
            path: self.path.into(),
            line: self.line,
            column,
            expected,
            found: short(&found),
        })
    }

    fn shape(&self, found: &str) -> TraceError {
        TraceError::Shape { path: self.path.into(), line: self.line, found: found.into() }
    }

    fn broken(&self, error: &csv::Error) -> TraceError {
        match error.kind() {
            ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::InvalidInput => self.shape("a file that gzip did not pack"),
            ErrorKind::Io(cause) => self.shape(&format!("a file that cannot be read to its end ({cause})")),
            _ => self.shape(&error.to_string()),
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ByteRecord::new();
        let read = self.reader.read_byte_record(&mut record);
        self.line = record.position().map_or(self.line + 1, csv::Position::line);
        match read {
            Ok(true) => Some(self.row(&record)),
            Ok(false) => None,
            Err(error) => Some(Err(self.broken(&error))),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
