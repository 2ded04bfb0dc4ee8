//! What stands beside positions and readings, which name neither driver nor what else was measured then: readings of a few diagnostics,
//! places, and changes of drivers, for the subjects and times of a page.
//!
//! The provider has no question for "the readings of these positions". Where few devices report (as when one uploads what it kept for a
//! day) each is asked for by itself, else a time is asked for as a whole.

use std::collections::{BTreeSet, HashMap};

use model::Timestamp;
use model::telematics::Point;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Geotab;
use super::rpc::with;
use super::values::{Reference, somewhere};
use crate::gauge::{Gauge, is_amount};
use crate::wire::{Lenient, from_json};
use crate::{Api, ProviderError};

/// The diagnostics that are asked for, in the order of [`Engine`]: m, s, percent, Pa, °C.
const DIAGNOSTICS: [&str; 5] = [
    "DiagnosticOdometerId",
    "DiagnosticEngineHoursId",
    "DiagnosticFuelLevelId",
    "DiagnosticOilPressureId",
    "DiagnosticEngineCoolantTemperatureId",
];
/// The most readings of a diagnostic that are asked for at once.
const MOST: u32 = 10_000;
/// The most devices that are asked for one by one.
const FEW: usize = 8;
/// The most spans of time that a page is asked for; positions in others go without.
const SPANS: usize = 3;
/// A pause that ends a span.
const PAUSE: f64 = 3_600.0;
/// How long before a position something may have been measured, and a bit.
const EARLY: i64 = 61;
/// How far from a reading, in seconds, a place may have been told that is the reading's.
const NEAR: f64 = 60.0;
/// How long before a position its driver may have signed in.
const SHIFT: i64 = 2 * 86_400;

/// What the engine of a vehicle measured: odometer in m, time in s, fuel in percent, oil pressure in Pa, coolant in °C.
#[derive(Default)]
pub(super) struct Engine([Gauge; 5]);

impl Engine {
    /// What it measured at a time.
    pub(super) fn at(&self, time: Timestamp) -> [Option<f64>; 5] {
        self.0.each_ref().map(|gauge| gauge.at(time))
    }
}

/// Engines and drivers, by the provider's ids of their devices.
#[derive(Default)]
pub(super) struct Beside {
    engines: HashMap<String, Engine>,
    places: HashMap<String, Vec<(Timestamp, Point)>>,
    /// Who drove from when on; nobody where that is absent.
    drivers: HashMap<String, Vec<(Timestamp, Option<String>)>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reading {
    /// The provider makes up a reading at each end of a span; those have no id.
    id: Lenient<String>,
    device: Lenient<Reference>,
    date_time: Lenient<Timestamp>,
    data: Lenient<f64>,
    longitude: Lenient<f64>,
    latitude: Lenient<f64>,
    driver: Lenient<Reference>,
}

from_json!(Reading);

/// A span of time that positions lie in, and whose they are.
struct Span {
    from: Timestamp,
    to: Timestamp,
    positions: usize,
    devices: BTreeSet<String>,
}

/// The spans of some positions, those with most of them.
fn spans(positions: &[(&str, Timestamp)]) -> Vec<Span> {
    let mut sorted: Vec<&(&str, Timestamp)> = positions.iter().collect();
    sorted.sort_by_key(|(_, time)| *time);
    let mut spans: Vec<Span> = Vec::new();
    for (device, time) in sorted {
        match spans.last_mut().filter(|span| time.seconds_since(span.to) <= PAUSE) {
            Some(span) => {
                (span.to, span.positions) = (*time, span.positions + 1);
                if !span.devices.contains(*device) {
                    span.devices.insert((*device).to_owned());
                }
            }
            None => spans.push(Span { from: *time, to: *time, positions: 1, devices: [(*device).to_owned()].into() }),
        }
    }
    spans.sort_by_key(|span| std::cmp::Reverse(span.positions));
    spans.truncate(SPANS);
    spans
}

/// A list that can stand beside a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Readings of one of [`DIAGNOSTICS`].
    Diagnostic(usize),
    /// Where devices were.
    Places,
    /// Who drove.
    Drivers,
}

/// What positions go with.
pub(super) const WITH_ENGINES: &[Told] =
    &[Told::Diagnostic(0), Told::Diagnostic(1), Told::Diagnostic(2), Told::Diagnostic(3), Told::Diagnostic(4), Told::Drivers];
/// What readings go with.
pub(super) const WITH_PLACES: &[Told] = &[Told::Places, Told::Drivers];

impl Told {
    fn kind(self) -> &'static str {
        match self {
            Self::Diagnostic(_) => "StatusData",
            Self::Places => "LogRecord",
            Self::Drivers => "DriverChange",
        }
    }

    /// The search for it, of one device or of all.
    fn search(self, span: &Span, device: Option<&String>) -> Value {
        let (early, late) = match self {
            Self::Diagnostic(_) => (EARLY, 1),
            Self::Places => (EARLY, EARLY),
            Self::Drivers => (SHIFT, 1),
        };
        let (from, to) = (span.from.plus_seconds(-early), span.to.plus_seconds(late));
        let mut search = json!({ "fromDate": from.to_string(), "toDate": to.to_string() });
        if let Some(device) = device {
            search = with(search, "deviceSearch", json!({ "id": device }));
        }
        if let Self::Diagnostic(number) = self {
            search = with(search, "diagnosticSearch", json!({ "id": DIAGNOSTICS.get(number) }));
        }
        search
    }
}

/// The calls that ask for a span, and what each answers.
fn questions(span: &Span, wanted: &[Told]) -> Vec<(Told, Value)> {
    let one_by_one = span.devices.len() <= FEW;
    let devices: Vec<Option<&String>> = if one_by_one { span.devices.iter().map(Some).collect() } else { vec![None] };
    let call = |device, told: &Told| (*told, json!({ "search": told.search(span, device), "resultsLimit": MOST }));
    devices.into_iter().flat_map(|device| wanted.iter().map(move |told| call(device, told))).collect()
}

impl Beside {
    /// Asks for what stands beside positions or readings. Where the provider does not tell, they go without; where it asks to wait, they
    /// wait, since what is stored of them never changes.
    pub(super) async fn ask(
        api: &Api<'_, Geotab>,
        wanted: &[Told],
        positions: &[(&str, Timestamp)],
    ) -> Result<Self, ProviderError> {
        let asked: Vec<(Told, Value)> = spans(positions).iter().flat_map(|span| questions(span, wanted)).collect();
        if asked.is_empty() {
            return Ok(Self::default());
        }
        let (told, hows): (Vec<Told>, Vec<Value>) = asked.into_iter().unzip();
        let calls = told.iter().zip(hows).map(|(told, how)| ("Get", told.kind(), how)).collect();
        let beside = match api.calls(calls).await {
            Ok(response) => response.parse::<Vec<&RawValue>>().map(|lists| Self::of(&told, &lists)),
            Err(error) => Err(error),
        };
        match beside {
            Ok(beside) => Ok(beside),
            Err(error @ ProviderError::RateLimited { .. }) => Err(error),
            Err(cause) => {
                let positions = positions.len();
                tracing::warn!(provider = "geotab", positions, %cause, "positions go without what stands beside them");
                Ok(Self::default())
            }
        }
    }

    fn of(told: &[Told], lists: &[&RawValue]) -> Self {
        let mut beside = Self::default();
        for (told, list) in told.iter().zip(lists) {
            let readings: Vec<Lenient<Reading>> = serde_json::from_str(list.get()).unwrap_or_default();
            if readings.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
                tracing::warn!(provider = "geotab", most = MOST, "a list beside positions was cut");
            }
            readings.into_iter().filter_map(|reading| reading.0).for_each(|reading| _ = beside.add(*told, reading));
        }
        beside.engines.values_mut().flat_map(|engine| engine.0.iter_mut()).for_each(Gauge::sort);
        beside.places.values_mut().for_each(|places| places.sort_by_key(|(time, _)| *time));
        beside.drivers.values_mut().for_each(|changes| changes.sort_by_key(|(time, _)| *time));
        beside
    }

    fn add(&mut self, told: Told, reading: Reading) -> Option<()> {
        let (Reference(device), time, _) = (reading.device.0?, reading.date_time.0?, reading.id.0?);
        match told {
            Told::Drivers => self.drivers.entry(device).or_default().push((time, reading.driver.0.map(|Reference(id)| id))),
            Told::Places => {
                let place = somewhere(reading.longitude.0, reading.latitude.0)?;
                self.places.entry(device).or_default().push((time, place));
            }
            Told::Diagnostic(number) => {
                let value = reading.data.0.filter(|value| fits(number, *value))?;
                self.engines.entry(device).or_default().0.get_mut(number)?.push(time, value);
            }
        }
        Some(())
    }

    /// What the engine of a device measured.
    pub(super) fn engine(&self, device: &str) -> Option<&Engine> {
        self.engines.get(device)
    }

    /// Where a device was at a time: the place that was told nearest to it, the earlier one of two.
    pub(super) fn place(&self, device: &str, time: Timestamp) -> Option<&Point> {
        let places = self.places.get(device)?;
        let until = places.partition_point(|(told, _)| *told <= time);
        let near = [until.checked_sub(1), Some(until)].into_iter().flatten().filter_map(|index| places.get(index));
        let near = near.map(|(told, place)| (told.seconds_since(time).abs(), place)).filter(|(far, _)| *far <= NEAR);
        near.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, place)| place)
    }

    /// Who drove a device at a time, as far as it is known.
    pub(super) fn driver(&self, device: &str, time: Timestamp) -> Option<&str> {
        let changes = self.drivers.get(device)?;
        let until = changes.partition_point(|(changed, _)| *changed <= time);
        let (changed, driver) = changes.get(until.checked_sub(1)?)?;
        // Of two changes at one instant nobody can tell which one holds.
        let is_clear = !changes.iter().any(|(other, theirs)| other == changed && theirs != driver);
        driver.as_deref().filter(|_| is_clear)
    }
}

/// Whether a value can be one of a diagnostic.
fn fits(diagnostic: usize, value: f64) -> bool {
    match diagnostic {
        2 => (0.0..=100.0).contains(&value),
        4 => value > -273.15,
        _ => is_amount(&value),
    }
}
