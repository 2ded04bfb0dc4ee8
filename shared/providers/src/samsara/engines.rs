//! What engines measured around the times of positions: `GET /fleet/vehicles/stats/history`. A request takes three types and two
//! decorations, so these come beside the feed.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Beside, Patience};
use super::gauge::{Gauge, is_amount};
use super::questions::Question;
use super::{Samsara, VEHICLE_HISTORY};
use crate::Api;
use crate::wire::Lenient;

const TYPES: &str = "obdEngineSeconds,engineOilPressureKPa,engineCoolantTemperatureMilliC";
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

/// What the engine of a vehicle measured.
#[derive(Default)]
pub(super) struct Engine {
    /// s.
    pub(super) seconds: Gauge,
    /// kPa.
    pub(super) oil_pressure: Gauge,
    /// Thousandths of a degree Celsius.
    pub(super) coolant_temperature: Gauge,
}

/// Engines, by the provider's id of their vehicle.
#[derive(Default)]
pub(super) struct Engines(HashMap<String, Engine>);

impl Engines {
    /// Asks for the engines of vehicles. Where the provider does not tell, positions go without.
    pub(super) async fn ask(api: &Api<'_, Samsara>, questions: &[Question<'_>]) -> Self {
        let mut engines = Self::default();
        let patience = Patience::begin();
        for question in questions.iter().take_while(|_| patience.lasts()) {
            let (from, to) = (question.from.plus_seconds(-EARLY).to_string(), question.to.plus_seconds(1).to_string());
            let ids = question.ids();
            let query = [("types", TYPES), ("vehicleIds", &ids), ("startTime", &from), ("endTime", &to)];
            let Some(list) = api.beside(Beside { path: VEHICLE_HISTORY, what: "engine readings" }, &query).await else { break };
            list.rows.iter().for_each(|raw| engines.add(raw));
        }
        engines
    }

    fn add(&mut self, raw: &RawValue) {
        let row: Row<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        let Some(id) = row.id.0 else { return };
        let engine = self.0.entry(id).or_default();
        engine.seconds.add(row.obd_engine_seconds, is_amount);
        engine.oil_pressure.add(row.engine_oil_pressure, is_amount);
        engine.coolant_temperature.add(row.engine_coolant_temperature_milli_c, |value| *value > ABSOLUTE_ZERO_MILLI_C);
    }

    /// That of a vehicle, where anything is known of it.
    pub(super) fn of(&self, vehicle: &str) -> Option<&Engine> {
        self.0.get(vehicle)
    }
}
