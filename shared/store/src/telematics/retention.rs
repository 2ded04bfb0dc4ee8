//! How long records in time are kept, by resource, in whole days (UTC). What is older is not shown, and DynamoDB removes it some days later,
//! together with its counts. Entities are kept as long as their connection.

use std::collections::BTreeMap;

use model::telematics::Storage;
use model::{Resource, Timestamp};

use super::change::series;
use super::table::{Item, read_number, read_text};
use super::{counts, keys};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// The fewest days: what a first fetch brings is younger, so nothing that was removed is brought again.
const FEWEST: u32 = 30;

/// Days by resource; other resources are kept for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention(BTreeMap<Resource, u32>);

/// A list of days that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("retention {0:?} is not resource=days, of records in time and {FEWEST} days or more")]
pub struct InvalidRetention(String);

impl Retention {
    /// Reads `vehicle_location=90,hos_event=400`.
    ///
    /// # Errors
    /// [`InvalidRetention`] with the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidRetention> {
        let part = |part: &str| {
            let (name, days) = part.split_once('=')?;
            let record = Resource::parse(name.trim())?.record_type()?;
            let days: u32 = days.trim().parse().ok().filter(|days| *days >= FEWEST)?;
            (!matches!(record.storage, Storage::Entity { .. })).then_some((record.resource, days))
        };
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts.map(|text| part(text).ok_or_else(|| InvalidRetention(text.trim().to_owned()))).collect::<Result<_, _>>().map(Self)
    }

    /// Since when records of a resource are shown at `now`; `None` = all of them.
    #[must_use]
    pub fn since(&self, resource: Resource, now: Timestamp) -> Option<Timestamp> {
        let days = self.0.get(&resource)?;
        keys::day_start(&keys::day(now)).map(|today| today.plus_seconds(-DAY * i64::from(*days)))
    }

    /// When DynamoDB may remove an item, in seconds since 1970. A day is shown as a whole until the retention has passed, and kept a day longer,
    /// for pages that are being read.
    pub(super) fn end(&self, item: &Item) -> Option<i64> {
        if read_text(item, "pk").starts_with("S#") {
            return counts::end(read_text(item, "sk").rsplit('#').next()?);
        }
        let (resource, day) = place(item)?;
        let days = self.0.get(&resource)?;
        Some(keys::day_start(&day)?.plus_seconds(DAY * (i64::from(*days) + 2)).seconds())
    }
}

/// The resource and the day that an item belongs to, if it belongs to a day.
fn place(item: &Item) -> Option<(Resource, String)> {
    let pk: Vec<&str> = read_text(item, "pk").split('#').collect();
    let of_tag = |tag: &str| series(tag).map(|record| record.resource);
    match pk.as_slice() {
        ["C", _, resource, day] => Some((Resource::parse(resource)?, (*day).to_owned())),
        ["N", _, resource] => Some((Resource::parse(resource)?, read_text(item, "sk").to_owned())),
        ["I", resource, _] => {
            let at = Timestamp::from_micros(read_number(item, "occurred_at")?);
            Some((Resource::parse(resource)?, keys::day(at)))
        }
        // Where a subject's newest events are, the newest one first.
        ["W", _, resource] => Some((Resource::parse(resource)?, keys::day_of(read_text(item, "places").split(' ').next()?))),
        ["D", _, resource] => {
            let day = read_text(item, "sk").trim_start_matches(keys::WORKED_OUT).split('#').next()?;
            Some((Resource::parse(resource)?, day.to_owned()))
        }
        [tag, _, _, day] => Some((of_tag(tag)?, (*day).to_owned())),
        [tag, _, _] => Some((of_tag(tag)?, read_text(item, "sk").to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{key, number};
    use super::*;

    fn days() -> Retention {
        Retention::parse("vehicle_location=90, hos_event=400, vehicle_region_segment=60,").unwrap()
    }

    #[test]
    fn only_records_in_time_have_days_and_enough_of_them() {
        assert_eq!(Retention::parse("").unwrap(), Retention::default());
        assert_eq!(days().0.len(), 3);
        for wrong in ["vehicle=90", "vehicle_location=29", "vehicle_location", "nothing=90", "vehicle_location=x"] {
            assert_eq!(Retention::parse(wrong), Err(InvalidRetention(wrong.into())));
        }
    }

    #[test]
    fn whole_days_are_shown() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let since = days().since(Resource::VehicleLocation, at("2026-11-21T05:00:00Z"));
        assert_eq!(since, Some(at("2026-08-23T00:00:00Z")));
        assert_eq!(days().since(Resource::Vehicle, at("2026-11-21T05:00:00Z")), None);
    }

    #[test]
    fn every_item_of_a_day_ends_with_it() {
        let end = |pk: &str, sk: &str| days().end(&key(pk, sk));
        let of = |day: &str, days: i64| Some(keys::day_start(day).unwrap().plus_seconds(DAY * days).seconds());
        assert_eq!(end("C#c#hos_event#2026-11-21", "00#id"), of("2026-11-21", 402));
        assert_eq!(end("N#c#hos_event", "2026-11-21"), of("2026-11-21", 402));
        let mut newest = key("W#c#hos_event", "driver");
        let place = |day: &str| format!("{}#id", keys::time(keys::day_start(day).unwrap()));
        newest.insert("places".into(), super::super::table::text(format!("{} {}", place("2026-11-21"), place("2026-11-19"))));
        assert_eq!(days().end(&newest), of("2026-11-21", 402));
        let tag = match Resource::VehicleLocation.record_type().unwrap().storage {
            Storage::Series(_, packing) => packing.tag,
            _ => unreachable!("positions are a series"),
        };
        assert_eq!(end(&format!("{tag}#c#0#2026-11-21"), "05#0000000001#00"), of("2026-11-21", 92));
        assert_eq!(end(&format!("{tag}#c#0"), "2026-11-21"), of("2026-11-21", 92));
        for sk in [keys::group_day("2026-11-21", 3), keys::worked_out("2026-11-21", 3)] {
            assert_eq!(end("D#c#vehicle_region_segment", &sk), of("2026-11-21", 62));
        }
        let mut place = key("I#hos_event#id", "I");
        place.insert("occurred_at".into(), number(Timestamp::parse("2026-11-21T05:00:00Z").unwrap().micros()));
        assert_eq!(days().end(&place), of("2026-11-21", 402));
        for kept in [("C#c#vehicle", "id"), ("N#c#vehicle", "total"), ("I#vehicle#id", "I"), (&*format!("{tag}#c"), "D")] {
            assert_eq!(end(kept.0, kept.1), None, "{kept:?}");
        }
    }
}
