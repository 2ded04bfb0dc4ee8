//! Values as Geotab writes them: references, times with sentinels, spans of time.

use model::Timestamp;
use model::telematics::Point;

use crate::wire::{FromRaw, Members};

/// Ids that stand for nobody and nothing.
#[rustfmt::skip]
const NOBODY: &[&str] = &[
    "UnknownDriverId", "NoDriverId", "NoUserId", "NoDeviceId", "NoTrailerId", "NoDiagnosticId", "NoFailureModeId", "ControllerNoneId",
];

/// The id of another record, as `{"id"}` or as a bare text; one that stands for nobody reads as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference(pub(super) String);

impl FromRaw for Reference {
    fn from_raw(json: &str) -> Option<Self> {
        let id = match json.starts_with('{') {
            true => Members::of(serde_json::from_str(json).ok()?).get("id"),
            false => String::from_raw(json),
        };
        id.filter(|id: &String| !NOBODY.contains(&id.as_str())).map(Self)
    }
}

/// The first and the last instant that are not told as "never": 1986, and 2050.
const FIRST: i64 = 567_993_600;
const LAST: i64 = 2_524_608_000;

/// A time that is meant as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Timestamp);

impl FromRaw for Moment {
    fn from_raw(json: &str) -> Option<Self> {
        Timestamp::from_raw(json).filter(|time| (FIRST + 1..LAST).contains(&time.seconds())).map(Self)
    }
}

/// A span of time in seconds, as `.NET` writes it: `[-][days.]hh:mm:ss[.fraction]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeSpan(pub(super) i64);

impl FromRaw for TimeSpan {
    fn from_raw(json: &str) -> Option<Self> {
        let text = json.trim_matches('"').trim();
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let mut parts = text.split(':');
        let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
        let (days, hours) = first.split_once('.').unwrap_or(("0", first));
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| (0..=10_000_000).contains(number));
        let seconds = number(seconds.split_once('.').map_or(seconds, |(whole, _)| whole))?;
        let all = ((number(days)? * 24 + number(hours)?) * 60 + number(minutes)?) * 60 + seconds;
        parts.next().is_none().then_some(Self(sign * all))
    }
}

/// A place on the globe. A device that never had a fix is said to be where the equator meets the meridian of Greenwich.
pub(super) fn somewhere(longitude: Option<f64>, latitude: Option<f64>) -> Option<Point> {
    Point::new(longitude?, latitude?).filter(|point| point.coordinates != [0.0, 0.0])
}

impl Members<'_> {
    /// The id of another record.
    pub(super) fn reference(&self, name: &str) -> Option<String> {
        self.get(name).map(|Reference(id)| id)
    }

    /// A time that is no sentinel.
    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.get(name).map(|Moment(time)| time)
    }

    /// Text that says something: `?` stands for what a vehicle did not tell.
    pub(super) fn told(&self, name: &str) -> Option<String> {
        self.get(name).filter(|text: &String| text.trim() != "?")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn sentinels_read_as_absent() {
        let text = r#"{"a":{"id":"b1"},"b":"b2","c":"UnknownDriverId","d":{"id":"NoUserId"},"e":null,"f":{},"vin":"?","plate":"",
            "one":"0001-01-01T00:00:00Z","old":"1986-01-01T00:00:00.000Z","end":"2050-01-01T00:00:00.000Z","max":"9999-12-31T23:59:59.9999999Z",
            "now":"2026-11-21T12:00:00.120Z"}"#;
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        let wire = Members::of(raw);
        let id = |name| wire.reference(name);
        assert_eq!((id("a").as_deref(), id("b").as_deref()), (Some("b1"), Some("b2")));
        assert!(["c", "d", "e", "f"].into_iter().all(|name| id(name).is_none()));
        assert!(["one", "old", "end", "max"].into_iter().all(|name| wire.moment(name).is_none()));
        assert_eq!(wire.moment("now"), Timestamp::parse("2026-11-21T12:00:00.12Z"));
        assert_eq!((wire.told("vin"), wire.told("plate")), (None, None));
    }

    #[test]
    fn spans_of_time_have_days_fractions_and_signs() {
        let seconds = |text: &str| TimeSpan::from_raw(&format!("\"{text}\"")).map(|TimeSpan(seconds)| seconds);
        assert_eq!(
            (seconds("08:30:00"), seconds("2.10:00:00"), seconds("00:04:43.8600000")),
            (Some(30_600), Some(208_800), Some(283))
        );
        assert_eq!((seconds("-00:10:00"), seconds("-1.00:00:01")), (Some(-600), Some(-86_401)));
        for odd in ["", "5", "1:2", "a:00:00", "1.2.3:00:00", "00:00:00:00", "99999999999999999999:00:00"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }
}
