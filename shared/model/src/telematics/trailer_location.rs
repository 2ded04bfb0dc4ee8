//! Positions of trailers.

use schemars::JsonSchema;
use serde::Serialize;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::columns::{CellReader, CellWriter, Column};
use super::series::{Cells, Series, write_row};
use super::{Action, Documented, Events, InferredAddress, Packing, Point, Record, RecordType, Storage, Timeline};
use crate::{RecordId, RecordIds, Resource};

/// The position of a trailer at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "TrailerLocationRead")]
pub struct TrailerLocation<'a> {
    /// The trailer.
    #[schemars(with = "RecordId")]
    pub trailer_id: Option<RecordId>,
    /// The TSP's id of the trailer.
    pub source_trailer_id: Option<&'a str>,
    /// The TSP's id of the vehicle that pulled it.
    pub source_vehicle_id: Option<&'a str>,
    /// The vehicle that pulled it.
    pub vehicle_id: Option<RecordId>,
    /// Where it was, as a GeoJSON point.
    pub location: Option<Point>,
    /// The H3 cell of resolution 11 that holds the position.
    pub h3_index_11: Option<i64>,
    /// The place at city level, inferred from the position.
    pub inferred_address: Option<InferredAddress<&'a str>>,
}

/// What a TSP reports of a trailer at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrailerPosition<'a> {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// The TSP's id of the vehicle that pulled it, where the position names one.
    pub vehicle: Option<&'a str>,
    /// City or town, where the TSP tells the place.
    pub city: Option<&'a str>,
    /// State or province.
    pub province: Option<&'a str>,
    /// Country, alpha-3.
    pub country: Option<&'a str>,
}

impl<'a> Cells<'a> for TrailerPosition<'a> {
    const COLUMNS: &'static [Column] = &[
        Column::number("longitude"),
        Column::number("latitude"),
        Column::text("vehicle"),
        Column::text("city"),
        Column::text("province"),
        Column::text("country"),
    ];

    fn write(&self, row: &mut CellWriter<'_>) {
        row.number(self.longitude).number(self.latitude).text(self.vehicle);
        row.text(self.city).text(self.province).text(self.country);
    }

    fn read(row: &mut CellReader<'a>) -> Option<Self> {
        Some(Self {
            longitude: row.number()?,
            latitude: row.number()?,
            vehicle: row.text(),
            city: row.text(),
            province: row.text(),
            country: row.text(),
        })
    }
}

impl Record for TrailerLocation<'_> {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::TrailerLocation,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &["location", "inferred_address"],
        storage: Storage::Series(
            Timeline { subject: "trailer_id", latest: true, counted: false },
            Packing {
                tag: "T",
                kind: "trailer_location",
                columns: TrailerPosition::COLUMNS,
                links: &[("vehicle_id", "vehicle")],
                write: write_row::<TrailerLocation<'static>>,
            },
        ),
        // Stored readings never change, so a correction fires nothing.
        events: Events {
            silent: &[Action::Modified],
            without: &["source_vehicle_id", "vehicle_id"],
            documented: &[("trailer_id", Documented::Nullable)],
            ..Events::ADDED
        },
        interval_seconds: 60,
    };
}

impl Series for TrailerLocation<'static> {
    type Cells<'a> = TrailerPosition<'a>;
    type Row<'a> = TrailerLocation<'a>;

    fn row<'a>(subject: &'a str, cells: TrailerPosition<'a>, ids: RecordIds) -> TrailerLocation<'a> {
        let location = Point::new(cells.longitude, cells.latitude);
        TrailerLocation {
            trailer_id: ids.of(Some(subject)),
            source_trailer_id: Some(subject),
            source_vehicle_id: cells.vehicle,
            vehicle_id: ids.of(cells.vehicle),
            h3_index_11: location.as_ref().and_then(Point::h3_index_11),
            location,
            inferred_address: InferredAddress::known(cells.city, cells.province, cells.country),
        }
    }
}
