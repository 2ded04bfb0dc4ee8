//! Distances and bearings on a sphere, accurate to half a percent, which is enough for simulated roads.

const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A WGS 84 position in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LatLon {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// The great-circle distance in meters.
pub(super) fn distance_m(a: LatLon, b: LatLon) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lon = ((b.lon - a.lon).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

/// The initial bearing from `a` to `b`, in degrees clockwise from north, in `[0, 360)`.
pub(super) fn bearing_deg(a: LatLon, b: LatLon) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let d_lon = (b.lon - a.lon).to_radians();
    let y = d_lon.sin() * lat_b.cos();
    let x = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * d_lon.cos();
    y.atan2(x).to_degrees().rem_euclid(360.0)
}

/// The point at `share` (0 to 1) of the way from `a` to `b`.
pub(super) fn between(a: LatLon, b: LatLon, share: f64) -> LatLon {
    LatLon { lat: a.lat + (b.lat - a.lat) * share, lon: a.lon + (b.lon - a.lon) * share }
}

/// Moves a point by meters to the north and to the east.
pub(super) fn shifted(at: LatLon, north_m: f64, east_m: f64) -> LatLon {
    let meters_per_degree = EARTH_RADIUS_M.to_radians();
    let lat = at.lat + north_m / meters_per_degree;
    LatLon { lat, lon: at.lon + east_m / (meters_per_degree * at.lat.to_radians().cos()) }
}

/// The largest whole number that is not above `value`; saturates at the ends of `i64`.
#[expect(clippy::cast_possible_truncation, reason = "a float-to-int `as` saturates, and that is wanted here")]
pub(crate) fn whole(value: f64) -> i64 {
    value.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::{LatLon, bearing_deg, distance_m, shifted, whole};

    const SAN_FRANCISCO: LatLon = LatLon { lat: 37.7749, lon: -122.4194 };
    const RENO: LatLon = LatLon { lat: 39.5296, lon: -119.8138 };

    #[test]
    fn distance_and_bearing_match_known_values() {
        assert!((distance_m(SAN_FRANCISCO, RENO) - 299_000.0).abs() < 3_000.0);
        assert!((bearing_deg(SAN_FRANCISCO, RENO) - 49.0).abs() < 2.0);
    }

    #[test]
    fn a_shift_moves_by_its_length() {
        let moved = shifted(SAN_FRANCISCO, 30.0, 40.0);
        assert!((distance_m(SAN_FRANCISCO, moved) - 50.0).abs() < 0.2);
    }

    #[test]
    fn whole_floors_and_saturates() {
        assert_eq!(whole(-0.5), -1);
        assert_eq!(whole(1e300), i64::MAX);
    }
}
