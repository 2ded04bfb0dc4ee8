//! Positions of trailers, from the feed of positions of all devices: those of trailers with hardware of their own, and those of vehicles, for
//! the trailers that are attached to them then and have none.

use std::collections::{BTreeSet, HashMap};

use model::Timestamp;
use model::telematics::series::ReadingsOf;
use model::telematics::{TrailerLocation, TrailerPosition};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::feed::Versions;
use super::trailer_devices::TrailerDevices;
use super::trailer_vehicle_associations::Attachment;
use super::vehicle_locations::{KIND, Position, positions};
use super::{Geotab, members};
use crate::cursor::Cursor;
use crate::wire::Members;
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Positions of a page, of devices of all sorts.
pub(super) const PAGE_SIZE: u32 = 5_000;

/// How long a fleet without trailers is asked for nothing.
const IDLE: i64 = 3_600;

/// Where reading stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Positions {
    feed: Versions<1>,
    /// Until when the fleet is taken to have no trailers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    none_until: Option<Timestamp>,
    /// The time of the run.
    #[serde(skip)]
    now: Option<Timestamp>,
}

impl Cursor for Positions {
    const KIND: &'static str = Versions::<1>::KIND;

    fn begin(kept: Option<Self>, now: Timestamp) -> Self {
        match kept {
            Some(kept) => Self { now: Some(now), ..kept },
            None => Self { feed: Versions::begin(None, now), none_until: None, now: Some(now) },
        }
    }

    fn recovered(newest: Timestamp, now: Timestamp) -> Option<Self> {
        Versions::recovered(newest, now).map(|feed| Self { feed, none_until: None, now: None })
    }
}

pub(super) struct TrailerLocations;

impl Source for TrailerLocations {
    type Provider = Geotab;
    type Rows = ReadingsOf<TrailerLocation<'static>>;
    type Cursor = Positions;

    const KNOWN: Known = Known { members: members::TRAILER_LOCATION, words: &[] };

    /// It may be the position of a vehicle that pulled the trailer.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["vehicle"], |stored| {
        let (position, mut rows) = (Position::of(stored.json)?, ReadingsOf::default());
        push(&mut rows, stored.subject()?, None, &position);
        Some(rows)
    }));

    /// A stored position never changes: while it cannot be told which trailer it is of, it is not stored, and asked for again.
    async fn page(api: &Api<'_, Geotab>, at: Positions) -> Result<Page<Self::Rows, Positions>, ProviderError> {
        let mut rows = ReadingsOf::default();
        let now = at.now.unwrap_or(at.feed.since);
        if at.none_until.is_some_and(|until| now < until) {
            return Ok(Page::of(rows, Some(at), false));
        }
        let devices = api.trailer_devices(&[]).await?;
        if devices.is_empty() {
            let feed = Versions { since: now, after: None };
            return Ok(Page::of(rows, Some(Positions { feed, none_until: Some(now.plus_seconds(IDLE)), now: None }), false));
        }
        let fed = api.feed(KIND, &at.feed, PAGE_SIZE).await?;
        let positions = positions(fed.records.parse()?);
        if let Some((from, to)) = span(&positions) {
            let listed = api.attachments(from, Some(to)).await?;
            let listed: Vec<&RawValue> = listed.parse()?;
            let attached = Attached::of(listed.into_iter().filter_map(|raw| Attachment::of(&Members::of(raw))), &devices);
            positions.iter().for_each(|position| attached.push(&mut rows, position, &devices));
        }
        let Page { next, more, .. } = fed.page(at.feed, ());
        Ok(Page::of(rows, next.map(|feed| Positions { feed, none_until: None, now: None }), more))
    }
}

/// The first and the last time of some positions.
fn span(positions: &[Position<'_>]) -> Option<(Timestamp, Timestamp)> {
    let times = || positions.iter().map(|position| position.time);
    times().min().zip(times().max())
}

/// Attachments of trailers that are listed, by the trailer's device and by the vehicle.
#[derive(Default)]
struct Attached<'a> {
    by_trailer: HashMap<&'a str, Vec<Attachment>>,
    by_vehicle: HashMap<String, BTreeSet<&'a str>>,
}

impl<'a> Attached<'a> {
    fn of(attachments: impl Iterator<Item = Attachment>, devices: &'a TrailerDevices) -> Self {
        let mut attached = Self::default();
        for attachment in attachments {
            let Some(trailer) = devices.known(&attachment.trailer) else { continue };
            attached.by_vehicle.entry(attachment.device.clone()).or_default().insert(trailer);
            attached.by_trailer.entry(trailer).or_default().push(attachment);
        }
        attached
    }

    /// The vehicle that pulls a trailer at a time; none where there are two of which nobody can tell which one does.
    fn vehicle(&self, trailer: &str, time: Timestamp) -> Option<&str> {
        let mut lasting = self.by_trailer.get(trailer)?.iter().filter(|attachment| attachment.lasts_at(time));
        let vehicle = lasting.next()?.device.as_str();
        lasting.all(|other| other.device == vehicle).then_some(vehicle)
    }

    /// The position of a trailer, or those of the trailers behind a vehicle.
    fn push(&self, rows: &mut ReadingsOf<TrailerLocation<'static>>, position: &Position<'_>, devices: &TrailerDevices) {
        let Position { device, time, .. } = position;
        if devices.is_tracked(device) {
            return push(rows, device, self.vehicle(device, *time), position);
        }
        for trailer in self.by_vehicle.get(device).into_iter().flatten() {
            let vehicle = self.vehicle(trailer, *time);
            if vehicle == Some(device) && !devices.is_tracked(trailer) {
                push(rows, trailer, vehicle, position);
            }
        }
    }
}

fn push(rows: &mut ReadingsOf<TrailerLocation<'static>>, trailer: &str, vehicle: Option<&str>, position: &Position<'_>) {
    let Position { time, longitude, latitude, source, .. } = position;
    let cells = TrailerPosition { longitude: *longitude, latitude: *latitude, vehicle, ..TrailerPosition::default() };
    rows.push(trailer, *time, &cells, source);
}
