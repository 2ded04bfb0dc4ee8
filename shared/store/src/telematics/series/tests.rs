use model::telematics::readings::Readings;
use model::telematics::series::{Cells as _, ReadingsOf};
use model::telematics::{Batch, Rows as _, VehicleLocation, VehiclePosition};
use model::{RecordIds, Resource};
use proptest::prelude::*;

use super::codec::{self, MalformedBlock, With};

fn number() -> impl Strategy<Value = f64> {
    let any = any::<f64>().prop_filter("comparable", |number| number.is_finite());
    prop_oneof![(-1_000_000_i32..1_000_000).prop_map(|number| f64::from(number) / 1e4), any, Just(-0.0)]
}

#[derive(Debug)]
struct Point {
    vehicle: String,
    micros: i64,
    numbers: (f64, f64, Option<f64>, Option<f64>),
    texts: (Option<String>, Option<String>),
    source: String,
}

prop_compose! {
    fn point()(
        vehicle in "[a-c]{1,2}",
        micros in 0_i64..4_000_000_000_000_000,
        numbers in (number(), number(), proptest::option::of(number()), proptest::option::of(number())),
        texts in (proptest::option::of("[d-e]{0,2}"), proptest::option::of(".{0,8}")),
        source in ".{0,40}",
    ) -> Point {
        Point { vehicle, micros, numbers, texts, source }
    }
}

impl Point {
    fn cells(&self) -> VehiclePosition<'_> {
        let (longitude, latitude, speed, odometer) = self.numbers;
        let (driver, city) = (self.texts.0.as_deref(), self.texts.1.as_deref());
        VehiclePosition { longitude, latitude, speed, odometer, driver, city, ..VehiclePosition::default() }
    }
}

fn readings(points: &[Point]) -> Readings {
    let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
    for point in points {
        readings.push(&point.vehicle, model::Timestamp::from_micros(point.micros), &point.cells(), &point.source);
    }
    match readings.erase(RecordIds(uuid::Uuid::nil().into())).unwrap() {
        Batch::Readings(readings) => readings,
        Batch::Records(_) => unreachable!(),
    }
}

fn unpack(bytes: &[u8], with: With) -> Result<Readings, MalformedBlock> {
    codec::unpack(Resource::VehicleLocation.record_type().unwrap(), bytes, with)
}

proptest! {
    #[test]
    fn readings_survive_the_codec(points in proptest::collection::vec(point(), 0..40)) {
        let readings = readings(&points);
        let bytes = codec::pack(&readings).unwrap();
        let unpacked = unpack(&bytes, With::Sources).unwrap();
        prop_assert_eq!(unpacked.len(), points.len());
        for (row, point) in points.iter().enumerate() {
            let cells = VehiclePosition::read(&mut unpacked.reader(row)).unwrap();
            // Debug text, for it tells 0 from -0.
            prop_assert_eq!(format!("{cells:?}"), format!("{:?}", point.cells()));
            let found = (unpacked.subject(row), unpacked.times()[row], unpacked.sources().get(row));
            prop_assert_eq!(found, (point.vehicle.as_str(), point.micros, point.source.as_str()));
        }
        let cells = unpack(&bytes, With::Cells).unwrap();
        prop_assert_eq!((cells.cells(), cells.sources().get(0)), (unpacked.cells(), ""));
    }

    #[test]
    fn malformed_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _either = unpack(&bytes, With::Sources);
    }

    #[test]
    fn cut_blocks_are_refused(points in proptest::collection::vec(point(), 1..10), cut in 1_usize..20) {
        let bytes = codec::pack(&readings(&points)).unwrap();
        let end = bytes.len().saturating_sub(cut);
        prop_assert_eq!(unpack(&bytes[..end], With::Sources).err(), Some(MalformedBlock));
    }
}

#[test]
fn series_are_told_apart_by_their_keys() {
    let mut tags = vec!["C", "I", "N"];
    let mut kinds = Vec::new();
    for record in model::telematics::RECORD_TYPES {
        if let Ok(packing) = super::packing(record) {
            assert!(!tags.contains(&packing.tag), "{} is taken", packing.tag);
            tags.push(packing.tag);
            assert!(!kinds.contains(&packing.kind), "{} is taken", packing.kind);
            kinds.push(packing.kind);
        }
    }
}
