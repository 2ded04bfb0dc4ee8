use model::telematics::readings::Readings;
use model::telematics::series::{Cells as _, ReadingsOf};
use model::telematics::{Batch, Rows as _, VehicleLocation, VehiclePosition};
use model::{RecordIds, Resource};
use proptest::prelude::*;

use super::codec::{self, With};
use super::columns::{MalformedBlock, Packed};

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

/// Sources as TSPs send them and others: with what the cells say, with other values, of several shapes, cut off.
fn source() -> impl Strategy<Value = fn(&Point) -> String> {
    let like: [fn(&Point) -> String; 6] = [
        |point| {
            let (longitude, latitude, _, odometer) = point.numbers;
            let time = model::Timestamp::from_micros(point.micros).to_string();
            let city = serde_json::to_string(&point.texts.1).unwrap();
            let metres = odometer.map_or(0.0, |odometer| odometer * 1_000.0);
            format!(r#"{{"id":"{}","time":"{time}","at":[{longitude}, {latitude}],"city":{city},"m":{metres}}}"#, point.vehicle)
        },
        |point| {
            format!(
                r#"{{"time":"{}Z","v":{:e}}}"#,
                &model::Timestamp::from_micros(point.micros).to_string()[..19],
                point.numbers.0
            )
        },
        |point| format!(r#"{{"n":{}.0,"a b":"\\\"{}\"","-1":true, "e":[1e5,-0,01]}}"#, point.micros, point.vehicle),
        |point| format!(r#"{{"cut":"{}"#, point.vehicle),
        |_| String::new(),
        |point| point.source.clone(),
    ];
    proptest::sample::select(like.to_vec())
}

prop_compose! {
    fn point()(
        vehicle in "[a-c]{1,2}",
        micros in 0_i64..4_000_000_000_000_000,
        numbers in (number(), number(), proptest::option::of(number()), proptest::option::of(number())),
        texts in (proptest::option::of("[d-e]{0,2}"), proptest::option::of(".{0,8}")),
        text in ".{0,40}",
        source in source(),
    ) -> Point {
        let point = Point { vehicle, micros, numbers, texts, source: text };
        Point { source: source(&point), ..point }
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
fn sources_that_say_what_the_cells_say_take_a_few_bytes() {
    let point = |number: i32| {
        let (longitude, latitude) = (f64::from(number * 3 - 1_213_263) / 1e4, 0.1 + 0.2 * f64::from(number));
        let (vehicle, micros) = (format!("28147498765{:05}", number % 40), 1_795_860_368_000_000 + i64::from(number) * 1_234_000);
        let time = model::Timestamp::from_micros(micros).to_string().replace("000Z", "Z");
        let metres = 982_538_961 + number * 1_777;
        let source = format!(
            r#"{{"time":"{time}","latitude":{latitude},"longitude":{longitude},"reverseGeo":{{"formattedLocation":"I-80, Roseville, CA"}},"obdOdometerMeters":{metres}}}"#
        );
        let texts = (None, Some("I-80, Roseville, CA".to_owned()));
        Point { vehicle, micros, numbers: (longitude, latitude, None, Some(f64::from(metres) / 1e3)), texts, source }
    };
    let readings = readings(&(0..80).map(point).collect::<Vec<_>>());
    let bytes = codec::pack(&readings).unwrap();
    let cells = usize::try_from(u32::from_le_bytes(bytes[1..5].try_into().unwrap())).unwrap();
    let sources = bytes.len() - cells - 5;
    assert!(sources < 200, "{sources} bytes for 80 sources beside {cells} of cells");
    assert_eq!(unpack(&bytes, With::Sources).unwrap().sources(), readings.sources());
}

#[test]
fn blocks_with_whole_sources_are_still_read() {
    let readings = readings(&[Point {
        vehicle: "a".into(),
        micros: 5,
        numbers: (1.5, 2.5, None, None),
        texts: (None, None),
        source: r#"{"time":5}"#.into(),
    }]);
    let deflated = |bytes: Vec<u8>| crate::telematics::stored::deflate(&bytes).unwrap();
    let cells = deflated(postcard::to_stdvec(&Packed::of(&readings)).unwrap());
    let sources = deflated(postcard::to_stdvec(readings.sources()).unwrap());
    let length = u32::try_from(cells.len()).unwrap().to_le_bytes();
    let bytes = [&[2][..], &length, &cells, &sources].concat();
    assert_eq!(unpack(&bytes, With::Sources).unwrap().sources(), readings.sources());
    assert_eq!(unpack(&bytes, With::Cells).unwrap().cells(), readings.cells());
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
