//! Positions of vehicles.

use schemars::JsonSchema;
use serde::Serialize;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, DistanceUnit, PressureUnit, SpeedUnit, TemperatureUnit, VolumeUnit};
use super::columns::{CellReader, CellWriter, Column};
use super::series::{Cells, Series, write_row};
use super::{Events, InferredAddress, Packing, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// The position of a vehicle at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "VehicleLocationRead")]
pub struct VehicleLocation<'a> {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// Its driver.
    pub driver_id: Option<RecordId>,
    /// Its co-driver.
    pub co_driver_id: Option<RecordId>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<&'a str>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<&'a str>,
    /// The TSP's id of the co-driver.
    pub source_co_driver_id: Option<&'a str>,
    /// Where it was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// Speed in m/s.
    pub speed: Option<f64>,
    /// Odometer reading in m.
    pub odometer: Option<f64>,
    /// Fuel left, in percent of the tank.
    pub fuel_level: Option<f64>,
    /// Fuel left, in m³.
    pub fuel_value: Option<f64>,
    /// Engine hours since the engine was new, in h.
    pub engine_hours: Option<f64>,
    /// Oil pressure in Pa.
    pub oil_pressure: Option<f64>,
    /// Coolant temperature in K.
    pub coolant_temperature: Option<f64>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress<&'a str>>,
    /// Unit of `speed`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<SpeedUnit>")]
    pub speed_unit: Option<Code<SpeedUnit>>,
    /// Unit of `odometer`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    pub odometer_unit: Option<Code<DistanceUnit>>,
    /// Unit of `fuel_value`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<VolumeUnit>")]
    pub fuel_value_unit: Option<Code<VolumeUnit>>,
    /// Unit of `oil_pressure`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<PressureUnit>")]
    pub oil_pressure_unit: Option<Code<PressureUnit>>,
    /// Unit of `coolant_temperature`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<TemperatureUnit>")]
    pub coolant_temperature_unit: Option<Code<TemperatureUnit>>,
}

/// What a TSP reports of a vehicle at one instant, in the units of [`VehicleLocation`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VehiclePosition<'a> {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// The TSP's id of the driver, where the position names one.
    pub driver: Option<&'a str>,
    /// m/s.
    pub speed: Option<f64>,
    /// m.
    pub odometer: Option<f64>,
    /// Percent.
    pub fuel_level: Option<f64>,
    /// h.
    pub engine_hours: Option<f64>,
    /// Pa.
    pub oil_pressure: Option<f64>,
    /// K.
    pub coolant_temperature: Option<f64>,
    /// City or town, where the TSP tells the place.
    pub city: Option<&'a str>,
    /// State or province.
    pub province: Option<&'a str>,
    /// Country, alpha-3.
    pub country: Option<&'a str>,
}

impl<'a> Cells<'a> for VehiclePosition<'a> {
    const COLUMNS: &'static [Column] = &[
        Column::number("longitude"),
        Column::number("latitude"),
        Column::text("driver"),
        Column::number("speed"),
        Column::number("odometer"),
        Column::number("fuel_level"),
        Column::number("engine_hours"),
        Column::text("city"),
        Column::text("province"),
        Column::text("country"),
        Column::number("oil_pressure"),
        Column::number("coolant_temperature"),
    ];

    fn write(&self, row: &mut CellWriter<'_>) {
        row.number(self.longitude).number(self.latitude).text(self.driver).number(self.speed).number(self.odometer);
        row.number(self.fuel_level).number(self.engine_hours).text(self.city).text(self.province).text(self.country);
        row.number(self.oil_pressure).number(self.coolant_temperature);
    }

    fn read(row: &mut CellReader<'a>) -> Option<Self> {
        Some(Self {
            longitude: row.number()?,
            latitude: row.number()?,
            driver: row.text(),
            speed: row.number(),
            odometer: row.number(),
            fuel_level: row.number(),
            engine_hours: row.number(),
            city: row.text(),
            province: row.text(),
            country: row.text(),
            oil_pressure: row.number(),
            coolant_temperature: row.number(),
        })
    }
}

impl Record for VehicleLocation<'_> {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::VehicleLocation,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "inferred_address"],
        storage: Storage::Series(
            Timeline { subject: "vehicle_id", latest: true, counted: false },
            Packing {
                tag: "L",
                kind: "location",
                columns: VehiclePosition::COLUMNS,
                links: &[("driver_id", "driver")],
                write: write_row::<VehicleLocation<'static>>,
            },
        ),
        events: Events {
            without: &["speed_unit", "odometer_unit", "fuel_value_unit", "oil_pressure_unit", "coolant_temperature_unit"],
            ..Events::ADDED
        },
        interval_seconds: 60,
    };
}

impl Series for VehicleLocation<'static> {
    type Cells<'a> = VehiclePosition<'a>;
    type Row<'a> = VehicleLocation<'a>;

    fn row<'a>(subject: &'a str, cells: VehiclePosition<'a>, ids: RecordIds) -> VehicleLocation<'a> {
        let location = Point::new(cells.longitude, cells.latitude);
        VehicleLocation {
            vehicle_id: ids.of(Some(subject)),
            driver_id: ids.of(cells.driver),
            source_driver_id: cells.driver,
            source_vehicle_id: Some(subject),
            location,
            h3_index_11: location.as_ref().and_then(Point::h3_index_11),
            speed: cells.speed,
            speed_unit: cells.speed.map(|_| const { Code::of("m/s") }),
            odometer: cells.odometer,
            odometer_unit: cells.odometer.map(|_| const { Code::of("m") }),
            fuel_level: cells.fuel_level,
            engine_hours: cells.engine_hours,
            oil_pressure: cells.oil_pressure,
            oil_pressure_unit: cells.oil_pressure.map(|_| const { Code::of("Pa") }),
            coolant_temperature: cells.coolant_temperature,
            coolant_temperature_unit: cells.coolant_temperature.map(|_| const { Code::of("K") }),
            inferred_address: InferredAddress::known(cells.city, cells.province, cells.country),
            ..VehicleLocation::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Timestamp;
    use crate::telematics::series::ReadingsOf;
    use crate::telematics::{Batch, Rows as _};

    #[test]
    fn a_row_has_what_was_measured_with_its_units_and_nothing_else() {
        let ids = RecordIds("6f9619ff-8b86-4d01-b42d-00cf4fc964ff".parse().unwrap());
        let place = VehiclePosition { longitude: -90.0, latitude: 38.0, ..VehiclePosition::default() };
        let full = VehiclePosition {
            driver: Some("d"),
            odometer: Some(1.5),
            fuel_level: Some(54.0),
            engine_hours: Some(2.5),
            oil_pressure: Some(315_000.0),
            coolant_temperature: Some(364.65),
            ..place.clone()
        };
        let mut rows = ReadingsOf::<VehicleLocation<'static>>::default();
        let at = Timestamp::from_micros(1);
        rows.push("v", at, &full, "{}");
        rows.push("w", at, &place, "{}");
        let Ok(Batch::Readings(rows)) = rows.erase(ids) else { panic!("not readings") };
        let written = |row: usize| {
            let mut text = Vec::new();
            write_row::<VehicleLocation<'static>>(rows.subject(row), rows.reader(row), ids, &mut text).unwrap();
            serde_json::from_slice::<serde_json::Value>(&text).unwrap()
        };
        let expected = json!({
            "odometer": 1.5, "odometer_unit": "m", "fuel_level": 54.0, "engine_hours": 2.5, "oil_pressure": 315_000.0,
            "oil_pressure_unit": "Pa", "coolant_temperature": 364.65, "coolant_temperature_unit": "K", "source_driver_id": "d",
        });
        let (first, second) = (written(0), written(1));
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&first[name], value, "{name}");
            assert!(second[name].is_null(), "{name}");
        }
        assert!(first["driver_id"].is_string() && second["driver_id"].is_null());
        assert!(second.get("oil_pressure_unit").is_none() && second.get("oil_pressure").is_some());
    }
}
