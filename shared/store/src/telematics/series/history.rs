//! Reads of readings over time: hour after hour, only hours that the counts know readings of, until the page is full.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::try_join_all;
use model::Timestamp;
use model::telematics::RecordType;

use super::super::merge;
use super::super::query::Query;
use super::super::table::{Item, Span, key, read_text};
use super::super::{Row, keys};
use super::block::{Block, Reader, hour_span};
use super::filter::Filter;
use super::groups::{Day, Directory, SeriesKey};
use super::snapshot::GroupSnapshot;
use crate::{Bookmark, Grant, GrantedConnection, Page, Slice, Store, StoreError};

/// Requests in flight at once.
const PARALLEL: usize = 16;
/// Hours read at once.
const HOURS: usize = 24;

/// A group that may hold what is wanted, and the days in which it has readings.
struct CandidateGroup<'a> {
    granted: &'a GrantedConnection,
    series: SeriesKey,
    group: usize,
    /// The numbers of the subjects that are wanted; `None` = all.
    numbers: Option<Vec<usize>>,
    days: BTreeMap<String, Day>,
}

/// A reading in its place in the list.
struct Found<'a> {
    mark: String,
    granted: &'a GrantedConnection,
    block: Arc<Block>,
    row: usize,
}

/// What a history asks for.
struct History<'a> {
    grant: &'a Grant,
    filter: Filter,
    /// The first and the last key that may match.
    bounds: (String, String),
}

impl<'a> History<'a> {
    fn of(grant: &'a Grant, query: &Query) -> Result<Self, StoreError> {
        let (first, last) = merge::FULL_RANGE;
        let time = |at: Option<Timestamp>, open: &str| at.map_or_else(|| open.to_owned(), keys::time);
        let bounds = (time(query.from, first), time(query.to, last));
        Ok(Self { grant, filter: Filter::of(grant.record(), query)?, bounds })
    }

    fn record(&self) -> &'static RecordType {
        self.grant.record()
    }

    /// The rows of a block that pass the filter, and that the link shows.
    fn admitted(&self, granted: &GrantedConnection, block: &Block) -> impl Iterator<Item = usize> {
        let admitted = self.filter.admitted(&block.readings, granted.connection).into_iter().enumerate();
        let admitted = admitted.filter(|(_, admitted)| *admitted).map(|(row, _)| row);
        admitted.filter(|row| granted.shows(block.readings.time(*row)))
    }

    /// The readings of a block that are wanted.
    fn found<'b>(&self, (granted, block): (&'b GrantedConnection, Block)) -> Vec<Found<'b>> {
        let (low, high) = &self.bounds;
        let block = Arc::new(block);
        let rows = self.admitted(granted, &block);
        let found = rows.map(|row| {
            let key = keys::ordered(block.readings.time(row), block.reading(row).id(granted.connection));
            let mark = merge::mark(&key, granted);
            Found { mark, granted, block: Arc::clone(&block), row }
        });
        found.filter(|found| *low <= found.mark && found.mark <= *high).collect()
    }

    /// How many readings of a block are wanted, within bounds that are instants.
    fn count(&self, granted: &GrantedConnection, block: &Block) -> usize {
        let (low, high) = &self.bounds;
        let is_within = |row: &usize| {
            let time = keys::time(block.readings.time(*row));
            *low <= time && time < *high
        };
        self.admitted(granted, block).filter(is_within).count()
    }
}

impl Store {
    /// One page of readings, by `occurred_at`, then id.
    pub(in super::super) async fn list_history(
        &self,
        grant: &Grant,
        query: &Query,
        page: &Page,
        include_source: bool,
    ) -> Result<Slice<Row>, StoreError> {
        let mut history = History::of(grant, query)?;
        let Some(bounds) = merge::bounds(page, &history.bounds.0, &history.bounds.1) else {
            return Ok(Slice::from_sorted(Vec::new(), page));
        };
        history.bounds = bounds;
        let candidates = self.candidate_groups(&history).await?;
        let mut hours: Vec<i64> = hours(&candidates, &history.bounds).into_iter().collect();
        if page.backwards {
            hours.reverse();
        }
        let mut found: Vec<Found<'_>> = Vec::new();
        let mut rest = hours.as_slice();
        while found.len() <= page.size && !rest.is_empty() {
            let (chunk, left) = rest.split_at(enough(&candidates, rest, page.size.saturating_add(2) - found.len()));
            let blocks = self.blocks(&history, &candidates, chunk, Block::whole).await?;
            let mut readings: Vec<Found<'_>> = blocks.into_iter().flat_map(|block| history.found(block)).collect();
            readings.retain(|found| merge::is_on_page(page, &found.mark));
            readings.sort_by(|one, two| if page.backwards { two.mark.cmp(&one.mark) } else { one.mark.cmp(&two.mark) });
            found.extend(readings);
            rest = left;
        }
        found.truncate(page.size.saturating_add(1));
        let row = |found: Found<'_>| {
            let reader = Some(Reader { granted: found.granted, include_source });
            let row = found.block.reading(found.row).row(&found.block.tsp, found.granted.connection, reader)?;
            Ok((row, Bookmark::from(found.mark)))
        };
        Ok(Slice::from_sorted(found.into_iter().map(row).collect::<Result<_, StoreError>>()?, page))
    }

    /// How many readings there are. Where subjects alone decide, that costs the counts and the hours at the edges; what is
    /// found by other members is counted by reading.
    pub(in super::super) async fn count_history(&self, grant: &Grant, query: &Query) -> Result<u64, StoreError> {
        let history = History::of(grant, query)?;
        let (low, high) = &history.bounds;
        if low >= high {
            return Ok(0);
        }
        let candidates = self.candidate_groups(&history).await?;
        let is_whole = |hour: i64| *low <= keys::time(keys::hour_start(hour)) && keys::time(keys::hour_start(hour + 1)) <= *high;
        let is_shown = |hour: i64| candidates.iter().all(|candidate| candidate.is_whole(hour));
        let is_counted = |hour: &i64| history.filter.is_by_subject() && is_whole(*hour) && is_shown(*hour);
        let (counted, read): (Vec<i64>, Vec<i64>) = hours(&candidates, &history.bounds).into_iter().partition(is_counted);
        let mut total = counted.iter().map(|hour| count(&candidates, *hour)).sum();
        for chunk in read.chunks(HOURS) {
            let found = self.blocks(&history, &candidates, chunk, Block::cells).await?;
            let wanted: usize = found.iter().map(|(granted, block)| history.count(granted, block)).sum();
            total += u64::try_from(wanted).unwrap_or(u64::MAX);
        }
        Ok(total)
    }

    /// The groups that may hold what is wanted, with the counts of the days within the bounds.
    async fn candidate_groups<'a>(&self, history: &History<'a>) -> Result<Vec<CandidateGroup<'a>>, StoreError> {
        let tag = super::packing(history.record())?.tag;
        let mut candidates = Vec::new();
        for chunk in history.grant.connections().chunks(PARALLEL) {
            let series = |granted: &GrantedConnection| SeriesKey { tag, connection: granted.connection };
            let directories = chunk.iter().map(|granted| Directory::load(self.telematics_table(), series(granted)));
            for (granted, directory) in chunk.iter().zip(try_join_all(directories).await?) {
                candidates.extend(candidates_of(granted, series(granted), &directory, &history.filter));
            }
        }
        self.add_today(history.record(), &mut candidates).await?;
        let (low, high) = (keys::day_of(&history.bounds.0), keys::day_of(&history.bounds.1));
        let span = |candidate: &CandidateGroup<'_>| {
            let pk = keys::group_days(tag, candidate.series.connection, candidate.group);
            Span::between(pk, low.clone(), high.clone())
        };
        let spans: Vec<Span> = candidates.iter().map(span).collect();
        for (number, item) in self.telematics_table().query_each(&spans).await? {
            if let Some(candidate) = candidates.get_mut(number) {
                candidate.days.insert(read_text(&item, "sk").to_owned(), Day::read(&item)?);
            }
        }
        Ok(candidates)
    }

    /// The newest day's counts, which lie with the newest readings. Read before the other days: a day that ends meanwhile is
    /// found among those.
    async fn add_today(&self, record: &'static RecordType, candidates: &mut [CandidateGroup<'_>]) -> Result<(), StoreError> {
        let place = |candidate: &CandidateGroup<'_>| (candidate.series.pk(), keys::snapshot(candidate.group));
        let wanted: BTreeSet<(String, String)> = candidates.iter().map(place).collect();
        let wanted = wanted.into_iter().map(|(pk, sk)| key(&pk, &sk)).collect();
        let items = self.telematics_table().get_many(wanted, None).await?;
        let items: HashMap<(&str, &str), &Item> =
            items.iter().map(|item| ((read_text(item, "pk"), read_text(item, "sk")), item)).collect();
        for candidate in candidates {
            let (pk, sk) = place(candidate);
            if let Some(item) = items.get(&(pk.as_str(), sk.as_str())) {
                candidate.days.extend(GroupSnapshot::read(record, item)?.today);
            }
        }
        Ok(())
    }

    /// The blocks of these hours that may hold what is wanted, in no order.
    async fn blocks<'a>(
        &self,
        history: &History<'_>,
        candidates: &[CandidateGroup<'a>],
        hours: &[i64],
        read: fn(&'static RecordType, &Item) -> Result<Block, StoreError>,
    ) -> Result<Vec<(&'a GrantedConnection, Block)>, StoreError> {
        let pairs = hours.iter().flat_map(|hour| candidates.iter().map(move |candidate| (*hour, candidate)));
        let (spans, candidates): (Vec<Span>, Vec<&CandidateGroup<'a>>) = pairs
            .filter(|(hour, candidate)| candidate.count(*hour) > 0)
            .map(|(hour, candidate)| (hour_span(candidate.series, candidate.group, hour), candidate))
            .unzip();
        let items = self.telematics_table().query_each(&spans).await?.into_iter();
        let owned = items.filter_map(|(number, item)| Some((candidates.get(number)?.granted, item)));
        owned.map(|(granted, item)| Ok((granted, read(history.record(), &item)?))).collect()
    }
}

/// The readings of all candidate groups in an hour.
fn count(candidates: &[CandidateGroup<'_>], hour: i64) -> u64 {
    candidates.iter().map(|candidate| candidate.count(hour)).sum()
}

/// How many of the next hours to read at once to find as many readings as are wanted, if all are.
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
    /// Whether the link shows an hour as a whole, or nothing of it.
    fn is_whole(&self, hour: i64) -> bool {
        self.granted.until.is_none_or(|end| keys::hour_start(hour) >= end || keys::hour_start(hour + 1) <= end)
    }

    /// The readings of an hour that may be wanted.
    fn count(&self, hour: i64) -> u64 {
        if !self.granted.shows(keys::hour_start(hour)) {
            return 0;
        }
        let Some(day) = self.days.get(&keys::day(keys::hour_start(hour))) else { return 0 };
        match &self.numbers {
            None => day.count(hour),
            Some(numbers) => numbers.iter().map(|number| day.count_of(hour, *number)).sum(),
        }
    }
}

fn candidates_of<'a>(
    granted: &'a GrantedConnection,
    series: SeriesKey,
    directory: &Directory,
    filter: &Filter,
) -> Vec<CandidateGroup<'a>> {
    let candidate = |(group, numbers)| CandidateGroup { granted, series, group, numbers, days: BTreeMap::new() };
    let Some(subjects) = &filter.subjects else {
        return (0..directory.groups()).map(|group| candidate((group, None))).collect();
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for slot in directory.find(subjects, granted.connection) {
        groups.entry(slot.group).or_default().push(slot.number);
    }
    groups.into_iter().map(|(group, numbers)| candidate((group, Some(numbers)))).collect()
}

/// The hours within the bounds in which any candidate group has readings.
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
