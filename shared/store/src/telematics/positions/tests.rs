use model::Timestamp;
use model::telematics::{InferredAddress, Position};
use proptest::prelude::*;

use super::codec;

fn number() -> impl Strategy<Value = f64> {
    let any = any::<f64>().prop_filter("comparable", |number| number.is_finite());
    prop_oneof![(-1_000_000_i32..1_000_000).prop_map(|number| f64::from(number) / 1e4), any, Just(-0.0)]
}

prop_compose! {
    fn place()(city in proptest::option::of(".{0,8}"), country_code in proptest::option::of("[A-Z]{3}")) -> InferredAddress {
        InferredAddress { city, province: None, country_code }
    }
}

prop_compose! {
    fn position()(
        vehicle in "[a-c]{1,2}",
        driver in proptest::option::of("[d-e]{0,2}"),
        micros in 0_i64..4_000_000_000_000_000,
        (longitude, latitude) in (number(), number()),
        (speed, odometer) in (proptest::option::of(number()), proptest::option::of(number())),
        (fuel_level, engine_hours) in (proptest::option::of(number()), proptest::option::of(number())),
        place in proptest::option::of(place()),
        source in ".{0,40}",
    ) -> Position {
        let occurred_at = Timestamp::from_micros(micros);
        Position { vehicle, driver, occurred_at, longitude, latitude, speed, odometer, fuel_level, engine_hours, place, source }
    }
}

proptest! {
    #[test]
    fn positions_survive_the_codec(positions in proptest::collection::vec(position(), 0..40)) {
        let decoded = codec::decode(&codec::encode(&positions).unwrap()).unwrap();
        // Debug text, for it tells 0 from -0.
        prop_assert_eq!(format!("{decoded:?}"), format!("{positions:?}"));
    }

    #[test]
    fn malformed_bytes_are_rejected(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _either = codec::decode(&bytes);
    }

    #[test]
    fn truncated_blocks_are_rejected(positions in proptest::collection::vec(position(), 1..10), cut in 1_usize..20) {
        let bytes = codec::encode(&positions).unwrap();
        let end = bytes.len().saturating_sub(cut);
        prop_assert_eq!(codec::decode(&bytes[..end]), Err(codec::MalformedBlock));
    }
}
