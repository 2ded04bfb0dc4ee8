//! What engines measured around the times of positions: `GET /fleet/vehicles/stats/history`. A request takes three types and two
//! decorations, so these come beside the feed. The odometer decorates them to tell whether the bus has one.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Beside, TimeBudget};
use super::questions::{Question, readings};
use super::{Samsara, VEHICLE_HISTORY};
use crate::Api;
use crate::gauge::{Gauge, is_amount};
use crate::wire::{Amount, Lenient, from_json};

const TYPES: (&str, &str) = ("types", "obdEngineSeconds,engineOilPressureKPa,engineCoolantTemperatureMilliC");
const DECORATIONS: (&str, &str) = ("decorations", "obdOdometerMeters");
const LIST: Beside = Beside { path: VEHICLE_HISTORY, what: "engine readings" };
/// How long before a reading a value of its time may have been measured, and a bit.
const EARLY: i64 = 61;
const ABSOLUTE_ZERO_MILLI_C: f64 = -273_150.0;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row<'a> {
    id: Lenient<String>,
    #[serde(borrow)]
    obd_engine_seconds: Option<&'a RawValue>,
    #[serde(borrow, rename = "engineOilPressureKPa")]
    engine_oil_pressure: Option<&'a RawValue>,
    #[serde(borrow)]
    engine_coolant_temperature_milli_c: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stat {
    decorations: Lenient<Decorations>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Decorations {
    obd_odometer_meters: Lenient<Odometer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Odometer {
    value: Lenient<Amount>,
}

from_json!(Stat, Decorations, Odometer);

/// Whether readings of a list carry the odometer of the bus.
fn carries_odometer(list: Option<&RawValue>) -> bool {
    let list: Vec<Lenient<Stat>> = list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
    let odometer = |stat: Lenient<Stat>| stat.0?.decorations.0?.obd_odometer_meters.0?.value.0;
    list.into_iter().any(|stat| odometer(stat).is_some())
}

/// What the engine of a vehicle measured.
#[derive(Default)]
pub(super) struct Engine {
    /// s.
    pub(super) seconds: Gauge,
    /// kPa.
    pub(super) oil_pressure: Gauge,
    /// Thousandths of a degree Celsius.
    pub(super) coolant_temperature: Gauge,
    /// Whether its bus tells the odometer.
    pub(super) has_odometer: bool,
}

/// Engines, by the provider's id of their vehicle.
#[derive(Default)]
pub(super) struct Engines {
    engines: HashMap<String, Engine>,
    /// The vehicles of which the provider did not tell everything that it was asked.
    untold: HashSet<String>,
}

impl Engines {
    /// Asks for the engines of vehicles. Where the provider does not tell, positions go without.
    pub(super) async fn ask(api: &Api<'_, Samsara>, questions: &[Question<'_>]) -> Self {
        let mut engines = Self::default();
        let budget = TimeBudget::begin();
        let mut untold = questions;
        while let Some((question, rest)) = untold.split_first().filter(|_| budget.lasts(readings(untold))) {
            let (from, to) = (question.from.plus_seconds(-EARLY).to_string(), question.to.plus_seconds(1).to_string());
            let ids = question.ids();
            let query = [TYPES, DECORATIONS, ("vehicleIds", &ids), ("startTime", &from), ("endTime", &to)];
            let Ok(list) = api.beside(LIST, &query, readings(untold)).await else { break };
            question.vehicles.iter().for_each(|vehicle| _ = engines.engines.entry((*vehicle).to_owned()).or_default());
            list.rows.iter().for_each(|raw| engines.add(raw));
            if list.is_unclear {
                engines.leave_untold(question);
            }
            untold = rest;
        }
        untold.iter().for_each(|question| engines.leave_untold(question));
        engines
    }

    fn add(&mut self, raw: &RawValue) {
        let row: Row<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let Some(id) = row.id.0 else { return };
        let engine = self.engines.entry(id).or_default();
        let lists = [row.obd_engine_seconds, row.engine_oil_pressure, row.engine_coolant_temperature_milli_c];
        engine.has_odometer |= lists.into_iter().any(carries_odometer);
        engine.seconds.add(row.obd_engine_seconds, is_amount);
        engine.oil_pressure.add(row.engine_oil_pressure, is_amount);
        engine.coolant_temperature.add(row.engine_coolant_temperature_milli_c, |value| *value > ABSOLUTE_ZERO_MILLI_C);
    }

    fn leave_untold(&mut self, question: &Question<'_>) {
        self.untold.extend(question.vehicles.iter().map(|vehicle| (*vehicle).to_owned()));
    }

    /// That of a vehicle, where anything is known of it.
    pub(super) fn of(&self, vehicle: &str) -> Option<&Engine> {
        self.engines.get(vehicle)
    }

    /// That of a vehicle of which the provider told everything that it was asked: it lacks nothing that the bus tells.
    pub(super) fn told(&self, vehicle: &str) -> Option<&Engine> {
        self.of(vehicle).filter(|_| !self.untold.contains(vehicle))
    }
}
