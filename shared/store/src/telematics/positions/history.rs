//! Reads of positions over time: hour after hour, only hours that the counts know points of, until the page is full.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::try_join_all;
use model::{RecordId, Timestamp};

use super::super::merge;
use super::super::table::{Item, Span, key, read_text};
use super::super::{Entry, Subject, keys};
use super::block::{Reading, decode_block};
use super::groups::{Day, Directory, GroupSnapshot};
use super::write::hour_span;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// Requests in flight at once.
const PARALLEL: usize = 16;
/// Hours read at once.
const HOURS: usize = 24;

/// A group that may hold what is wanted, and the days in which it has points.
struct CandidateGroup<'a> {
    granted: &'a GrantedConnection,
    group: usize,
    /// The vehicle's number, where one vehicle is wanted.
    number: Option<usize>,
    days: BTreeMap<String, Day>,
}

/// A point in its place in the list.
type Found<'a> = (String, &'a GrantedConnection, Reading);

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
            return Ok(Slice::from_sorted(Vec::new(), page));
        };
        let candidates = self.candidate_groups(grant, subject, &bounds).await?;
        let mut hours: Vec<i64> = hours(&candidates, &bounds).into_iter().collect();
        if page.backwards {
            hours.reverse();
        }
        let mut found: Vec<Found<'_>> = Vec::new();
        let mut rest = hours.as_slice();
        while found.len() <= page.size && !rest.is_empty() {
            let (chunk, left) = rest.split_at(enough(&candidates, rest, page.size.saturating_add(2) - found.len()));
            let mut points = self.points(&candidates, subject, chunk, &bounds).await?;
            points.retain(|(mark, ..)| merge::is_on_page(page, mark));
            points.sort_by(|(one, ..), (two, ..)| if page.backwards { two.cmp(one) } else { one.cmp(two) });
            found.extend(points);
            rest = left;
        }
        found.truncate(page.size.saturating_add(1));
        let entry = |(mark, granted, reading): Found<'_>| {
            (reading.entry(granted.connection, Some(granted), include_source), Bookmark::from(mark))
        };
        Ok(Slice::from_sorted(found.into_iter().map(entry).collect(), page))
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
        let candidates = self.candidate_groups(grant, subject, &bounds).await?;
        let is_whole =
            |hour: i64| bounds.0 <= keys::time(keys::hour_start(hour)) && keys::time(keys::hour_start(hour + 1)) <= bounds.1;
        let (counted, read): (Vec<i64>, Vec<i64>) =
            hours(&candidates, &bounds).into_iter().partition(|hour| subject.driver.is_none() && is_whole(*hour));
        let mut total = counted.iter().map(|hour| count(&candidates, *hour)).sum();
        for chunk in read.chunks(HOURS) {
            let points = self.points(&candidates, subject, chunk, &bounds).await?;
            total += u64::try_from(points.len()).unwrap_or(u64::MAX);
        }
        Ok(total)
    }

    /// The groups that may hold points of a subject, with the counts of the days within the bounds.
    async fn candidate_groups<'a>(
        &self,
        grant: &'a Grant,
        subject: Subject,
        bounds: &(String, String),
    ) -> Result<Vec<CandidateGroup<'a>>, StoreError> {
        let mut candidates = Vec::new();
        for chunk in grant.connections().chunks(PARALLEL) {
            let directories = chunk.iter().map(|granted| Directory::load(self.telematics_table(), granted.connection));
            for (granted, directory) in chunk.iter().zip(try_join_all(directories).await?) {
                candidates.extend(candidates_of(granted, &directory, subject.vehicle));
            }
        }
        self.add_today(&mut candidates).await?;
        let (low, high) = (key_day(&bounds.0), key_day(&bounds.1));
        let span = |candidate: &CandidateGroup<'_>| {
            Span::between(keys::group_days(candidate.granted.connection, candidate.group), low.clone(), high.clone())
        };
        let spans: Vec<Span> = candidates.iter().map(span).collect();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            if let Some(candidate) = candidates.get_mut(number) {
                candidate.days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
            }
        }
        Ok(candidates)
    }

    /// The newest day's counts, which lie with the newest positions. Read before the other days: a day that ends meanwhile is
    /// found among those.
    async fn add_today(&self, candidates: &mut [CandidateGroup<'_>]) -> Result<(), StoreError> {
        let place =
            |candidate: &CandidateGroup<'_>| (keys::snapshots(candidate.granted.connection), keys::snapshot(candidate.group));
        let wanted = candidates.iter().map(place).map(|(pk, sk)| key(&pk, &sk)).collect();
        let items = self.telematics_table().get_many(wanted, None).await?;
        let items: HashMap<(&str, &str), &Item> =
            items.iter().map(|item| ((read_text(item, "pk"), read_text(item, "sk")), item)).collect();
        for candidate in candidates {
            let (pk, sk) = place(candidate);
            let item = items.get(&(pk.as_str(), sk.as_str()));
            candidate.days.extend(item.map(|item| GroupSnapshot::read(item)).transpose()?.and_then(|snapshot| snapshot.today));
        }
        Ok(())
    }

    /// The points of a subject in these hours, within the bounds, in no order.
    async fn points<'a>(
        &self,
        candidates: &[CandidateGroup<'a>],
        subject: Subject,
        hours: &[i64],
        (low, high): &(String, String),
    ) -> Result<Vec<Found<'a>>, StoreError> {
        let pairs = hours.iter().flat_map(|hour| candidates.iter().map(move |candidate| (*hour, candidate)));
        let (spans, candidates): (Vec<Span>, Vec<&CandidateGroup<'a>>) = pairs
            .filter(|(hour, candidate)| candidate.count(*hour) > 0)
            .map(|(hour, candidate)| (hour_span(candidate.granted.connection, candidate.group, hour), candidate))
            .unzip();
        let mut found = Vec::new();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            let Some(candidate) = candidates.get(number) else { continue };
            for reading in decode_block(&item)?.into_readings() {
                if !is_of(&reading, subject, candidate.granted) {
                    continue;
                }
                let mark = keys::ordered(reading.position.occurred_at, reading.id(candidate.granted.connection));
                if *low <= mark && mark <= *high {
                    found.push((mark, candidate.granted, reading));
                }
            }
        }
        Ok(found)
    }
}

/// The points of all candidate groups in an hour.
fn count(candidates: &[CandidateGroup<'_>], hour: i64) -> u64 {
    candidates.iter().map(|candidate| candidate.count(hour)).sum()
}

/// How many of the next hours to read at once to find as many points as are wanted, if all points are.
fn enough(candidates: &[CandidateGroup<'_>], hours: &[i64], wanted: usize) -> usize {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let mut expected = 0;
    let short = hours.iter().take(HOURS - 1).take_while(|hour| {
        expected += count(candidates, **hour);
        expected < wanted
    });
    (short.count() + 1).min(hours.len())
}

impl CandidateGroup<'_> {
    fn count(&self, hour: i64) -> u64 {
        self.days.get(&keys::day(keys::hour_start(hour))).map_or(0, |day| day.count(hour, self.number))
    }
}

fn candidates_of<'a>(
    granted: &'a GrantedConnection,
    directory: &Directory,
    vehicle: Option<RecordId>,
) -> Vec<CandidateGroup<'a>> {
    let candidate = |group, number| CandidateGroup { granted, group, number, days: BTreeMap::new() };
    match vehicle {
        None => (0..directory.groups()).map(|group| candidate(group, None)).collect(),
        Some(vehicle) => {
            let slot = directory.find(vehicle, granted.connection);
            slot.into_iter().map(|slot| candidate(slot.group, Some(slot.number))).collect()
        }
    }
}

fn is_of(reading: &Reading, subject: Subject, granted: &GrantedConnection) -> bool {
    let id = |source: &str| RecordId::of(source, granted.connection);
    let by_vehicle = subject.vehicle.is_none_or(|vehicle| id(&reading.position.vehicle) == vehicle);
    by_vehicle && subject.driver.is_none_or(|driver| reading.position.driver.as_deref().map(id) == Some(driver))
}

/// The hours within the bounds in which any candidate group has points.
fn hours(candidates: &[CandidateGroup<'_>], (low, high): &(String, String)) -> BTreeSet<i64> {
    let days: BTreeSet<&String> = candidates.iter().flat_map(|candidate| candidate.days.keys()).collect();
    let starts = days.into_iter().filter_map(|day| keys::day_start(day)).map(keys::hour);
    let within = |hour: &i64| {
        let (start, end) = (keys::time(keys::hour_start(*hour)), keys::time(keys::hour_start(hour + 1)));
        end > *low && start <= *high
    };
    let filled = |hour: &i64| candidates.iter().any(|candidate| candidate.count(*hour) > 0);
    starts.flat_map(|first| first..first + 24).filter(within).filter(filled).collect()
}

/// The day of a key that begins with a time.
fn key_day(key: &str) -> String {
    let micros = key.get(..17).and_then(|time| time.parse().ok()).unwrap_or(0);
    keys::day(Timestamp::from_micros(micros))
}
