//! Whether engines run.

use schemars::JsonSchema;
use serde::Serialize;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, EngineState};
use super::columns::{CellReader, CellWriter, Column};
use super::series::{Cells, Series, write_row};
use super::{Action, Events, InferredAddress, Packing, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// Whether the engine of a vehicle ran from an instant on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "EngineStatusRead")]
pub struct EngineStatus<'a> {
    /// The vehicle.
    pub vehicle_id: Option<RecordId>,
    /// Its driver.
    pub driver_id: Option<RecordId>,
    /// Its co-driver.
    pub co_driver_id: Option<RecordId>,
    /// The TSP's id of the vehicle.
    pub source_vehicle_id: Option<&'a str>,
    /// The TSP's id of the driver.
    pub source_driver_id: Option<&'a str>,
    /// The TSP's id of the co-driver.
    pub source_co_driver_id: Option<&'a str>,
    /// Where it was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress<&'a str>>,
    /// What the engine does from then on.
    pub engine_status: Option<Code<EngineState>>,
}

/// What a TSP reports of an engine at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineReading<'a> {
    /// The contract's code.
    pub status: Option<&'a str>,
    /// Degrees east, where the TSP tells the place.
    pub longitude: Option<f64>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// The TSP's id of the driver.
    pub driver: Option<&'a str>,
    /// City or town.
    pub city: Option<&'a str>,
    /// State or province.
    pub province: Option<&'a str>,
    /// Country, alpha-3.
    pub country: Option<&'a str>,
}

impl<'a> Cells<'a> for EngineReading<'a> {
    const COLUMNS: &'static [Column] = &[
        Column::text("status"),
        Column::number("longitude"),
        Column::number("latitude"),
        Column::text("driver"),
        Column::text("city"),
        Column::text("province"),
        Column::text("country"),
    ];

    fn write(&self, row: &mut CellWriter<'_>) {
        row.text(self.status).number(self.longitude).number(self.latitude).text(self.driver);
        row.text(self.city).text(self.province).text(self.country);
    }

    fn read(row: &mut CellReader<'a>) -> Option<Self> {
        Some(Self {
            status: row.text(),
            longitude: row.number(),
            latitude: row.number(),
            driver: row.text(),
            city: row.text(),
            province: row.text(),
            country: row.text(),
        })
    }
}

impl Record for EngineStatus<'_> {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::EngineStatus,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "inferred_address"],
        storage: Storage::Series(
            Timeline { subject: "vehicle_id", latest: true, counted: false },
            Packing {
                tag: "E",
                kind: "engine_status",
                columns: EngineReading::COLUMNS,
                links: &[("driver_id", "driver")],
                write: write_row::<EngineStatus<'static>>,
            },
        ),
        // Stored readings never change, so a correction fires nothing.
        events: Events { silent: &[Action::Modified], ..Events::ADDED },
        interval_seconds: 300,
    };
}

impl Series for EngineStatus<'static> {
    type Cells<'a> = EngineReading<'a>;
    type Row<'a> = EngineStatus<'a>;

    fn row<'a>(subject: &'a str, cells: EngineReading<'a>, ids: RecordIds) -> EngineStatus<'a> {
        let place = cells.longitude.zip(cells.latitude);
        let location = place.and_then(|(longitude, latitude)| Point::new(longitude, latitude));
        EngineStatus {
            vehicle_id: ids.of(Some(subject)),
            driver_id: ids.of(cells.driver),
            source_vehicle_id: Some(subject),
            source_driver_id: cells.driver,
            h3_index_11: location.as_ref().and_then(Point::h3_index_11),
            location,
            inferred_address: InferredAddress::known(cells.city, cells.province, cells.country),
            engine_status: cells.status.and_then(Code::parse),
            ..EngineStatus::default()
        }
    }
}
