//! Reads of positions over time: hour after hour, only hours that the counts know points of, until the page is full.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::try_join_all;
use model::{RecordId, Timestamp};

use super::super::merge;
use super::super::table::{Item, Span, key, read_text};
use super::super::{Entry, Subject, keys};
use super::block::{Reading, decode_block};
use super::groups::{Day, Directory, NewestOf};
use super::write::hour_span;
use crate::{Bookmark, Grant, Granted, Page, Slice, Store, StoreError};

/// Requests in flight at once.
const PARALLEL: usize = 16;
/// Hours read at once.
const HOURS: usize = 24;

/// A group that may hold what is wanted, and the days in which it has points.
struct Lane<'a> {
    granted: &'a Granted,
    group: usize,
    /// The vehicle's number, where one vehicle is wanted.
    number: Option<usize>,
    days: BTreeMap<String, Day>,
}

/// A point in its place in the list.
type Found<'a> = (String, &'a Granted, Reading);

impl Store {
    /// One page of positions in `from..to`, by `occurred_at`, then id. Bookmarks are opaque.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn position_history(
        &self,
        grant: &Grant,
        subject: Subject,
        from: Timestamp,
        to: Timestamp,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Entry>, StoreError> {
        let Some(bounds) = merge::bounds(page, &keys::time(from), &keys::time(to)) else {
            return Ok(Slice::read(Vec::new(), page));
        };
        let lanes = self.position_lanes(grant, subject, &bounds).await?;
        let mut hours: Vec<i64> = hours(&lanes, &bounds).into_iter().collect();
        if page.backwards {
            hours.reverse();
        }
        let mut found: Vec<Found<'_>> = Vec::new();
        let mut rest = hours.as_slice();
        while found.len() <= page.size && !rest.is_empty() {
            let (some, left) = rest.split_at(enough(&lanes, rest, page.size.saturating_add(2) - found.len()));
            let mut points = self.points(&lanes, subject, some, &bounds).await?;
            points.retain(|(mark, ..)| merge::admits(page, mark));
            points.sort_by(|(one, ..), (two, ..)| if page.backwards { two.cmp(one) } else { one.cmp(two) });
            found.extend(points);
            rest = left;
        }
        found.truncate(page.size.saturating_add(1));
        let entry = |(mark, granted, reading): Found<'_>| {
            (reading.entry(granted.connection, Some(granted), include_source), Bookmark::from(mark))
        };
        Ok(Slice::read(found.into_iter().map(entry).collect(), page))
    }

    /// How many positions lie in `from..to`. For a vehicle that costs the counts and the hours at the edges; a driver's points
    /// are counted by reading.
    ///
    /// # Errors
    /// [`StoreError`] if storage fails or an item is not readable.
    pub async fn count_history(
        &self,
        grant: &Grant,
        subject: Subject,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<u64, StoreError> {
        let bounds = (keys::time(from), keys::time(to));
        if bounds.0 >= bounds.1 {
            return Ok(0);
        }
        let lanes = self.position_lanes(grant, subject, &bounds).await?;
        let is_whole =
            |hour: i64| bounds.0 <= keys::time(keys::hour_start(hour)) && keys::time(keys::hour_start(hour + 1)) <= bounds.1;
        let (counted, read): (Vec<i64>, Vec<i64>) =
            hours(&lanes, &bounds).into_iter().partition(|hour| subject.driver.is_none() && is_whole(*hour));
        let mut total = counted.iter().map(|hour| count(&lanes, *hour)).sum();
        for some in read.chunks(HOURS) {
            let points = self.points(&lanes, subject, some, &bounds).await?;
            total += u64::try_from(points.len()).unwrap_or(u64::MAX);
        }
        Ok(total)
    }

    /// The groups that may hold points of a subject, with the counts of the days within the bounds.
    async fn position_lanes<'a>(
        &self,
        grant: &'a Grant,
        subject: Subject,
        bounds: &(String, String),
    ) -> Result<Vec<Lane<'a>>, StoreError> {
        let mut lanes = Vec::new();
        for some in grant.connections().chunks(PARALLEL) {
            let directories = some.iter().map(|granted| Directory::load(self.readings(), granted.connection));
            for (granted, directory) in some.iter().zip(try_join_all(directories).await?) {
                lanes.extend(groups(granted, &directory, subject.vehicle));
            }
        }
        self.add_today(&mut lanes).await?;
        let (low, high) = (key_day(&bounds.0), key_day(&bounds.1));
        let span =
            |lane: &Lane<'_>| Span::between(keys::group_days(lane.granted.connection, lane.group), low.clone(), high.clone());
        let spans: Vec<Span> = lanes.iter().map(span).collect();
        for (number, item) in self.readings().all_of(&spans).await? {
            if let Some(lane) = lanes.get_mut(number) {
                lane.days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
            }
        }
        Ok(lanes)
    }

    /// The newest day's counts, which lie with the newest positions. Read before the other days: a day that ends meanwhile is
    /// found among those.
    async fn add_today(&self, lanes: &mut [Lane<'_>]) -> Result<(), StoreError> {
        let place = |lane: &Lane<'_>| (keys::newest(lane.granted.connection), keys::newest_of(lane.group));
        let wanted = lanes.iter().map(place).map(|(pk, sk)| key(&pk, &sk)).collect();
        let items = self.readings().get_many(wanted, None).await?;
        let items: HashMap<(&str, &str), &Item> =
            items.iter().map(|item| ((read_text(item, "pk"), read_text(item, "sk")), item)).collect();
        for lane in lanes {
            let (pk, sk) = place(lane);
            let item = items.get(&(pk.as_str(), sk.as_str()));
            lane.days.extend(item.map(|item| NewestOf::read(item)).transpose()?.and_then(|newest| newest.today));
        }
        Ok(())
    }

    /// The points of a subject in these hours, within the bounds, in no order.
    async fn points<'a>(
        &self,
        lanes: &[Lane<'a>],
        subject: Subject,
        hours: &[i64],
        (low, high): &(String, String),
    ) -> Result<Vec<Found<'a>>, StoreError> {
        let pairs = hours.iter().flat_map(|hour| lanes.iter().map(move |lane| (*hour, lane)));
        let (spans, lanes): (Vec<Span>, Vec<&Lane<'a>>) = pairs
            .filter(|(hour, lane)| lane.count(*hour) > 0)
            .map(|(hour, lane)| (hour_span(lane.granted.connection, lane.group, hour), lane))
            .unzip();
        let mut found = Vec::new();
        for (number, item) in self.readings().all_of(&spans).await? {
            let Some(lane) = lanes.get(number) else { continue };
            for reading in decode_block(&item)?.into_readings() {
                if !is_of(&reading, subject, lane.granted) {
                    continue;
                }
                let mark = keys::ordered(reading.position.occurred_at, reading.id(lane.granted.connection));
                if *low <= mark && mark <= *high {
                    found.push((mark, lane.granted, reading));
                }
            }
        }
        Ok(found)
    }
}

/// The points of all lanes in an hour.
fn count(lanes: &[Lane<'_>], hour: i64) -> u64 {
    lanes.iter().map(|lane| lane.count(hour)).sum()
}

/// How many of the next hours to read at once to find as many points as are wanted, if all points are.
fn enough(lanes: &[Lane<'_>], hours: &[i64], wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let mut expected = 0;
    let short = hours.iter().take(HOURS - 1).take_while(|hour| {
        expected += count(lanes, **hour);
        expected < wanted
    });
    (short.count() + 1).min(hours.len())
}

impl Lane<'_> {
    fn count(&self, hour: i64) -> u64 {
        self.days.get(&keys::day(keys::hour_start(hour))).map_or(0, |day| day.count(hour, self.number))
    }
}

fn groups<'a>(granted: &'a Granted, directory: &Directory, vehicle: Option<RecordId>) -> Vec<Lane<'a>> {
    let lane = |group, number| Lane { granted, group, number, days: BTreeMap::new() };
    match vehicle {
        None => (0..directory.groups()).map(|group| lane(group, None)).collect(),
        Some(vehicle) => {
            let slot = directory.find(vehicle, granted.connection);
            slot.into_iter().map(|slot| lane(slot.group, Some(slot.number))).collect()
        }
    }
}

fn is_of(reading: &Reading, subject: Subject, granted: &Granted) -> bool {
    let id = |source: &str| RecordId::of(source, granted.connection);
    let by_vehicle = subject.vehicle.is_none_or(|vehicle| id(&reading.position.vehicle) == vehicle);
    by_vehicle && subject.driver.is_none_or(|driver| reading.position.driver.as_deref().map(id) == Some(driver))
}

/// The hours within the bounds in which any lane has points.
fn hours(lanes: &[Lane<'_>], (low, high): &(String, String)) -> BTreeSet<i64> {
    let days: BTreeSet<&String> = lanes.iter().flat_map(|lane| lane.days.keys()).collect();
    let starts = days.into_iter().filter_map(|day| keys::day_start(day)).map(keys::hour);
    let within = |hour: &i64| {
        let (start, end) = (keys::time(keys::hour_start(*hour)), keys::time(keys::hour_start(hour + 1)));
        end > *low && start <= *high
    };
    let filled = |hour: &i64| lanes.iter().any(|lane| lane.count(*hour) > 0);
    starts.flat_map(|first| first..first + 24).filter(within).filter(filled).collect()
}

/// The day of a key that begins with a time.
fn key_day(key: &str) -> String {
    let micros = key.get(..17).and_then(|time| time.parse().ok()).unwrap_or(0);
    keys::day(Timestamp::from_micros(micros))
}
