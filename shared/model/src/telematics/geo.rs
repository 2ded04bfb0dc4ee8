//! Where something was.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::json;

/// A GeoJSON point, `[longitude, latitude]`, SRID 4326.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// Always null: a point has no extent.
    #[schemars(schema_with = "bbox")]
    bbox: (),
    /// Always `Point`.
    #[serde(rename = "type")]
    #[schemars(schema_with = "point")]
    kind: &'static str,
    /// Longitude, then latitude, in degrees.
    #[schemars(schema_with = "coordinates")]
    pub coordinates: [f64; 2],
}

impl Point {
    /// The point at these degrees; `None` outside the globe, and at exactly 0, 0: receivers without a fix report that.
    #[must_use]
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let inside = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
        let fixed = longitude != 0.0 || latitude != 0.0;
        (inside && fixed).then_some(Self { bbox: (), kind: "Point", coordinates: [longitude, latitude] })
    }

    /// The H3 cell of resolution 11 that holds the point.
    #[must_use]
    pub fn h3_index_11(&self) -> Option<i64> {
        let [longitude, latitude] = self.coordinates;
        let cell = h3o::LatLng::new(latitude, longitude).ok()?.to_cell(h3o::Resolution::Eleven);
        i64::try_from(u64::from(cell)).ok()
    }
}

fn point(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "const": "Point" })
}

/// Positions are published with and without altitude; ours have none.
fn coordinates(generator: &mut SchemaGenerator) -> Schema {
    let mut of = |name: &str, count: usize, text: &str| {
        let numbers = vec![json!({ "type": "number" }); count];
        let schema = json!({
            "type": "array", "prefixItems": numbers, "minItems": count, "maxItems": count, "description": text,
        });
        generator.definitions_mut().entry(name).or_insert(schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    };
    let flat = of("Position2D", 2, "Longitude and latitude in degrees.");
    let high = of("Position3D", 3, "Longitude and latitude in degrees, altitude in m.");
    json_schema!({ "anyOf": [flat, high] })
}

fn bbox(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["array", "null"], "items": { "type": "number" } })
}

/// A place at city level, inferred from the position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "InferredAddress")]
pub struct InferredAddress<T = String> {
    /// City or town.
    pub city: Option<T>,
    /// State or province, as two letters.
    pub province: Option<T>,
    /// Country, ISO 3166-1 alpha-3.
    pub country_code: Option<T>,
}

impl<'a> InferredAddress<&'a str> {
    /// The address; `None` where nothing is known.
    #[must_use]
    pub fn known(city: Option<&'a str>, province: Option<&'a str>, country_code: Option<&'a str>) -> Option<Self> {
        city.or(province).or(country_code).is_some().then_some(Self { city, province, country_code })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_knows_its_cell_and_refuses_the_impossible() {
        let cell = Point::new(-122.4194, 37.7749).and_then(|point| point.h3_index_11()).unwrap();
        assert_eq!(cell >> 52 & 0xf, 11);
        assert_eq!((Point::new(-93.343, 122.142), Point::new(0.0, -0.0)), (None, None));
        assert!(Point::new(0.0, 51.5).is_some() && Point::new(f64::NAN, 1.0).is_none());
    }
}
