//! How far vehicles drove in which state or province.

use schemars::JsonSchema;
use serde::Serialize;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::code::{Code, DistanceUnit};
use super::columns::CellReader;
use super::segments::{Drivers, FindPlace, Of, Segment};
use super::series::Cells as _;
use super::{Derivation, Events, Point, Record, RecordType, Storage, VehicleLocation, VehiclePosition};
use crate::{RecordId, Resource, Timestamp};

/// A stay of a vehicle in one state or province, within one day (UTC). The platform works it out of the vehicle's positions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, FieldNamesAsSlice)]
#[schemars(rename = "VehicleRegionSegmentRead")]
pub struct VehicleRegionSegment<'a> {
    /// The day, from 00:00 to 00:00 UTC.
    #[schemars(schema_with = "crate::schema::date")]
    pub processing_date: &'a str,
    /// The vehicle.
    pub vehicle_id: RecordId,
    /// Its driver, where its positions name one, and no other.
    pub driver_id: Option<RecordId>,
    /// The country, ISO 3166-1 alpha-3; null on the high seas.
    #[schemars(example = &"USA")]
    pub country_code: Option<&'a str>,
    /// The state or province, ISO 3166-2; null in countries whose regions are not told apart.
    #[schemars(example = &"US-MO")]
    pub region: Option<&'a str>,
    /// When the vehicle was first seen there, UTC.
    pub segment_start_time: Timestamp,
    /// When it was last seen there, UTC.
    pub segment_end_time: Timestamp,
    /// First odometer reading, in m.
    pub odometer_start: Option<f64>,
    /// Last odometer reading, in m.
    pub odometer_end: Option<f64>,
    /// How far it drove there by its odometer, in m; null without odometer readings.
    pub distance: Option<f64>,
    /// How many positions tell of it.
    #[schemars(with = "i64")]
    pub location_count: u32,
    /// Unit of `odometer_start`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    pub odometer_start_unit: Option<Code<DistanceUnit>>,
    /// Unit of `odometer_end`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    pub odometer_end_unit: Option<Code<DistanceUnit>>,
    /// Unit of `distance`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Code<DistanceUnit>")]
    pub distance_unit: Option<Code<DistanceUnit>>,
}

impl Record for VehicleRegionSegment<'_> {
    const TYPE: &'static RecordType = &RecordType {
        resource: Resource::VehicleRegionSegment,
        members: Self::FIELD_NAMES_AS_SLICE,
        nested: &[],
        storage: Storage::Derived(Derivation {
            from: VehicleLocation::TYPE,
            subject: "vehicle_id",
            segment: segment_of,
            write: write_segment,
        }),
        events: Events::NONE,
        interval_seconds: 3_600,
    };
}

/// The segment of one position; `None` for one without a fix.
fn segment_of(at: Timestamp, mut cells: CellReader<'_>, find: &FindPlace<'_>, now: Timestamp) -> Option<Segment> {
    let position = VehiclePosition::read(&mut cells)?;
    let point = Point::new(position.longitude, position.latitude)?;
    let drivers = position.driver.map_or(Drivers::Unknown, |driver| Drivers::One(driver.to_owned()));
    Some(Segment::of(at, find(&point), drivers, position.odometer, now))
}

/// The id of a segment's row (UUIDv5 of vehicle, day, region and start) and its members.
fn write_segment(of: Of<'_>, segment: &Segment, out: &mut Vec<u8>) -> Result<RecordId, serde_json::Error> {
    let Of { subject: vehicle_id, day, ids } = of;
    let start = Timestamp::from_micros(segment.start);
    let region = segment.place.region.as_deref();
    let unit = |value: Option<f64>| value.map(|_| const { Code::of("m") });
    let row = VehicleRegionSegment {
        processing_date: day,
        vehicle_id,
        driver_id: ids.of(segment.drivers.one()),
        country_code: segment.place.country.as_deref(),
        region,
        segment_start_time: start,
        segment_end_time: Timestamp::from_micros(segment.end),
        odometer_start: segment.odometer_start,
        odometer_end: segment.odometer_end,
        distance: segment.distance,
        location_count: segment.count,
        odometer_start_unit: unit(segment.odometer_start),
        odometer_end_unit: unit(segment.odometer_end),
        distance_unit: unit(segment.distance),
    };
    serde_json::to_writer(out, &row)?;
    Ok(RecordId::named(&format!("{vehicle_id}-{day}-{}-{start}", region.unwrap_or_default())))
}
