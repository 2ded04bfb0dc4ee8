//! A corridor measured in meters, driven to and fro.

use super::corridors::{Corridor, Town, towns};
use super::geo::{self, LatLon};

/// Towns further than this from a recorded position do not name it.
const NAMING_RADIUS_M: f64 = 40_000.0;

/// A corridor with the distance of each town from its start.
#[derive(Debug)]
pub(super) struct Route {
    corridor: &'static Corridor,
    marks_m: Vec<f64>,
}

/// A place on a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoutePoint {
    pub(super) at: LatLon,
    pub(super) heading_deg: f64,
    pub(super) town: &'static Town,
}

impl Route {
    pub(super) fn new(corridor: &'static Corridor) -> Self {
        let mut meters = 0.0;
        let mut marks_m = vec![meters];
        for (here, next) in corridor.towns.iter().zip(corridor.towns.iter().skip(1)) {
            meters += geo::distance_m(here.at, next.at);
            marks_m.push(meters);
        }
        Self { corridor, marks_m }
    }

    pub(super) fn road(&self) -> &'static str {
        self.corridor.road
    }

    pub(super) fn length_m(&self) -> f64 {
        self.marks_m.last().copied().unwrap_or_default()
    }

    /// Where a truck is after `driven_m` from the first town, turning round at either end.
    pub(super) fn at(&self, driven_m: f64) -> Option<RoutePoint> {
        let length = self.length_m();
        let unfolded = driven_m.rem_euclid(2.0 * length);
        let (mark, outbound) = if unfolded <= length { (unfolded, true) } else { (2.0 * length - unfolded, false) };
        let index = self.marks_m.partition_point(|m| *m <= mark).clamp(1, self.marks_m.len().max(2) - 1);
        let (from, to) = (self.corridor.towns.get(index - 1)?, self.corridor.towns.get(index)?);
        let (start, end) = (self.marks_m.get(index - 1)?, self.marks_m.get(index)?);
        let share = (mark - start) / (end - start);
        let out_deg = geo::bearing_deg(from.at, to.at);
        Some(RoutePoint {
            at: geo::between(from.at, to.at, share),
            heading_deg: if outbound { out_deg } else { (out_deg + 180.0).rem_euclid(360.0) },
            town: if share < 0.5 { from } else { to },
        })
    }
}

/// The known town nearest to a recorded position, if one is near.
pub(super) fn nearest_town(at: LatLon) -> Option<&'static Town> {
    let shrink = at.lat.to_radians().cos();
    let flat = |town: &Town| {
        let (north, east) = (town.at.lat - at.lat, (town.at.lon - at.lon) * shrink);
        north * north + east * east
    };
    let nearest = towns().min_by(|a, b| flat(a).total_cmp(&flat(b)))?;
    (geo::distance_m(nearest.at, at) <= NAMING_RADIUS_M).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::super::corridors::CORRIDORS;
    use super::{Route, nearest_town};
    use crate::world::geo::{LatLon, distance_m};

    #[test]
    fn every_corridor_is_long_and_its_towns_are_in_order() {
        for corridor in CORRIDORS {
            let route = Route::new(corridor);
            assert!(route.length_m() > 400_000.0, "{} is {} m", corridor.road, route.length_m());
            let ends = distance_m(corridor.towns[0].at, corridor.towns[corridor.towns.len() - 1].at);
            assert!(route.length_m() < 1.4 * ends, "{} wanders", corridor.road);
        }
    }

    #[test]
    fn a_truck_turns_round_at_the_end() {
        let route = Route::new(&CORRIDORS[0]);
        let length = route.length_m();
        let out = route.at(length - 1_000.0).unwrap();
        let back = route.at(length + 1_000.0).unwrap();
        assert!(distance_m(out.at, back.at) < 1.0);
        assert!(((out.heading_deg - back.heading_deg).abs() - 180.0).abs() < 0.5);
        assert_eq!(route.at(0.0).unwrap().town.name, "San Francisco");
        assert_eq!(route.at(-2.0 * length).unwrap().town.name, "San Francisco");
    }

    #[test]
    fn recorded_positions_get_a_name_only_near_a_town() {
        assert_eq!(nearest_town(LatLon { lat: 37.76, lon: -122.43 }).unwrap().name, "San Francisco");
        assert!(nearest_town(LatLon { lat: 45.0, lon: -60.0 }).is_none());
    }
}
