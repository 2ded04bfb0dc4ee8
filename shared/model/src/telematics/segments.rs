//! Segments: the parts of a vehicle's day that it spent in one region each, made of its positions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Point;
use super::columns::CellReader;
use crate::{RecordId, RecordIds, Timestamp};

/// Tells where a position lies.
pub type FindPlace<'a> = dyn Fn(&Point) -> Place + Sync + 'a;

/// Makes the segment of one reading, worked out at the last instant; `None` where the reading tells no position.
pub type SegmentOf = fn(Timestamp, CellReader<'_>, &FindPlace<'_>, Timestamp) -> Option<Segment>;

/// Writes the row of a segment as a JSON object, and tells its id.
pub type WriteSegment = fn(Of<'_>, &Segment, &mut Vec<u8>) -> Result<RecordId, serde_json::Error>;

/// Whose segment it is, and of which day.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The subject.
    pub subject: RecordId,
    /// The day (UTC), such as `2026-11-21`.
    pub day: &'a str,
    /// Makes the ids of other records of the connection.
    pub ids: RecordIds,
}

/// Where a position lies; empty on the high seas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-3.
    pub country: Option<String>,
    /// State or province, such as `US-MO`, where the borders tell it.
    pub region: Option<String>,
}

/// Who drove, as far as positions name a driver by the TSP's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Drivers {
    /// No position names one.
    #[default]
    Unknown,
    /// All that name one name this one.
    One(String),
    /// They name different ones.
    Several,
}

impl Drivers {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => known,
            (one, other) if one == other => one,
            _ => Self::Several,
        }
    }

    /// The driver, where it is one.
    #[must_use]
    pub fn one(&self) -> Option<&str> {
        match self {
            Self::One(driver) => Some(driver),
            Self::Unknown | Self::Several => None,
        }
    }
}

/// A stay of a vehicle in one region, within one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The region.
    pub place: Place,
    /// Who drove.
    pub drivers: Drivers,
    /// Time of the first position, in microseconds.
    pub start: i64,
    /// Time of the last one.
    pub end: i64,
    /// First odometer reading, in m.
    pub odometer_start: Option<f64>,
    /// Last odometer reading, in m.
    pub odometer_end: Option<f64>,
    /// Meters driven, by the odometer; `None` without one, and where it ran backwards.
    pub distance: Option<f64>,
    /// How many positions.
    pub count: u32,
    /// When it was first worked out, in microseconds.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

impl Segment {
    /// The segment of one position, worked out at `now`. The odometer is in m.
    #[must_use]
    pub fn of(at: Timestamp, place: Place, drivers: Drivers, odometer: Option<f64>, now: Timestamp) -> Self {
        Self {
            place,
            drivers,
            start: at.micros(),
            end: at.micros(),
            odometer_start: odometer,
            odometer_end: odometer,
            distance: odometer.map(|_| 0.0),
            count: 1,
            created_at: now.micros(),
            updated_at: now.micros(),
        }
    }

    /// Goes on with what came after it in the same region, without a stay elsewhere between them.
    fn extend(&mut self, later: Self) {
        self.join(later);
        let odometers = self.odometer_start.zip(self.odometer_end);
        self.distance = odometers.map(|(start, end)| end - start).filter(|distance| *distance >= 0.0);
    }

    /// Takes in a later stay in the same region; what was driven elsewhere between them does not count.
    fn merge(&mut self, later: Self) {
        let distance = self.distance.zip(later.distance).map(|(one, other)| one + other);
        self.join(later);
        self.distance = distance;
    }

    fn join(&mut self, later: Self) {
        self.drivers = std::mem::take(&mut self.drivers).and(later.drivers);
        self.end = later.end;
        self.odometer_start = self.odometer_start.or(later.odometer_start);
        self.odometer_end = later.odometer_end.or(self.odometer_end);
        self.count += later.count;
        self.updated_at = self.updated_at.max(later.updated_at);
    }

    /// Takes the age of the same segment as it was worked out before, and its last change where nothing has changed since.
    fn take_age(&mut self, known: &Self) {
        let changed_at = std::mem::replace(&mut self.updated_at, known.updated_at);
        self.created_at = known.created_at;
        if self != known {
            self.updated_at = changed_at;
        }
    }
}

/// The segments of some vehicles in the order of time, by the TSP's id of the vehicle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Segments(BTreeMap<String, Vec<Segment>>);

impl Segments {
    /// Appends what comes next of a vehicle: a segment of its own, unless the last one is of the same region.
    pub fn push(&mut self, vehicle: &str, next: Segment) {
        let Some(segments) = self.0.get_mut(vehicle) else {
            self.0.insert(vehicle.to_owned(), vec![next]);
            return;
        };
        match segments.last_mut().filter(|last| last.place == next.place) {
            Some(last) => last.extend(next),
            None => segments.push(next),
        }
    }

    /// Appends all that came later.
    pub fn append(&mut self, later: Self) {
        for (vehicle, segments) in later.0 {
            segments.into_iter().for_each(|segment| self.push(&vehicle, segment));
        }
    }

    /// The segments with the age of those that were known: segments are the same where vehicle, region and start are.
    #[must_use]
    pub fn aged(mut self, known: &Self) -> Self {
        for (vehicle, segments) in &mut self.0 {
            let known = known.0.get(vehicle).map_or(&[][..], Vec::as_slice);
            for segment in segments {
                if let Some(same) = known.iter().find(|known| known.start == segment.start && known.place == segment.place) {
                    segment.take_age(same);
                }
            }
        }
        self
    }

    /// Those that `keep` admits.
    #[must_use]
    pub fn retained(mut self, keep: impl Fn(&Segment) -> bool) -> Self {
        self.0.values_mut().for_each(|segments| segments.retain(&keep));
        self
    }

    /// The segments with one per vehicle and region: the first one, which the later ones are added to.
    #[must_use]
    pub fn merged(self) -> Self {
        let of = |(vehicle, segments): (String, Vec<Segment>)| {
            let mut merged: Vec<Segment> = Vec::new();
            for segment in segments {
                match merged.iter_mut().find(|first| first.place == segment.place) {
                    Some(first) => first.merge(segment),
                    None => merged.push(segment),
                }
            }
            (vehicle, merged)
        };
        Self(self.0.into_iter().map(of).collect())
    }

    /// When the last one ended.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.0.values().flatten().map(|segment| segment.end).max().map(Timestamp::from_micros)
    }

    /// All of them, each with its vehicle.
    pub fn each(self) -> impl Iterator<Item = (String, Segment)> {
        self.0.into_iter().flat_map(|(vehicle, segments)| segments.into_iter().map(move |segment| (vehicle.clone(), segment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(region: &str) -> Place {
        Place { country: Some("USA".into()), region: Some(region.into()) }
    }

    fn now(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).plus_seconds(seconds)
    }

    /// Positions as (time, region, odometer, driver).
    fn of(positions: &[(i64, &str, Option<f64>, Option<&str>)], at: i64) -> Segments {
        let mut segments = Segments::default();
        for (time, region, odometer, driver) in positions {
            let drivers = driver.map_or(Drivers::Unknown, |driver| Drivers::One(driver.to_owned()));
            segments.push("v", Segment::of(Timestamp::from_micros(*time), place(region), drivers, *odometer, now(at)));
        }
        segments
    }

    /// Segments as (region, start, end, distance, count).
    fn told(segments: &Segments) -> Vec<(&str, i64, i64, Option<f64>, u32)> {
        let mut told = Vec::new();
        for Segment { place, start, end, distance, count, .. } in segments.0.get("v").into_iter().flatten() {
            told.push((place.region.as_deref().unwrap(), *start, *end, *distance, *count));
        }
        told
    }

    const TRIP: &[(i64, &str, Option<f64>, Option<&str>)] = &[
        (1, "US-MO", Some(100.0), Some("d")),
        (2, "US-MO", None, None),
        (3, "US-MO", Some(150.0), Some("d")),
        (4, "US-IL", Some(170.0), Some("d")),
        (5, "US-IL", Some(190.0), Some("e")),
        (6, "US-MO", Some(200.0), None),
        (7, "US-MO", Some(230.0), None),
    ];

    #[test]
    fn a_segment_ends_where_the_region_does() {
        let expected = [("US-MO", 1, 3, Some(50.0), 3), ("US-IL", 4, 5, Some(20.0), 2), ("US-MO", 6, 7, Some(30.0), 2)];
        let segments = of(TRIP, 0);
        assert_eq!(told(&segments), expected);
        let drivers: Vec<Option<&str>> = segments.0["v"].iter().map(|segment| segment.drivers.one()).collect();
        assert_eq!(drivers, [Some("d"), None, None]);
    }

    #[test]
    fn parts_of_a_day_make_the_whole_wherever_it_is_cut() {
        for cut in 0..=TRIP.len() {
            let mut parts = of(&TRIP[..cut], 0);
            parts.append(of(&TRIP[cut..], 0));
            assert_eq!(parts, of(TRIP, 0), "{cut}");
        }
    }

    #[test]
    fn repeated_stays_are_one_without_what_was_driven_between_them() {
        let merged = of(TRIP, 0).merged();
        assert_eq!(told(&merged), [("US-MO", 1, 7, Some(80.0), 5), ("US-IL", 4, 5, Some(20.0), 2)]);
        let first = &merged.0["v"][0];
        assert_eq!((first.odometer_start, first.odometer_end), (Some(100.0), Some(230.0)));
        let without = of(&[(1, "US-MO", Some(1.0), None), (2, "US-IL", None, None), (3, "US-MO", None, None)], 0).merged();
        assert_eq!(told(&without), [("US-MO", 1, 3, None, 2), ("US-IL", 2, 2, None, 1)]);
    }

    #[test]
    fn an_odometer_that_runs_backwards_tells_no_distance() {
        let segments = of(&[(1, "US-MO", Some(500.0), None), (2, "US-MO", Some(3.0), None)], 0);
        assert_eq!(told(&segments), [("US-MO", 1, 2, None, 2)]);
    }

    #[test]
    fn what_is_worked_out_anew_keeps_its_age() {
        let (then, later) = (now(0).micros(), now(60).micros());
        let ages = |positions: &[_], known: &[_]| {
            let anew = of(positions, 60).aged(&of(known, 0));
            anew.each().map(|(_, segment)| (segment.created_at, segment.updated_at)).collect::<Vec<_>>()
        };
        assert_eq!(ages(TRIP, &TRIP[..5]), [(then, then), (then, then), (later, later)]);
        assert_eq!(ages(&TRIP[..3], &TRIP[..2]), [(then, later)]);
    }
}
