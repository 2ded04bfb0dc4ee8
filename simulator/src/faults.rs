//! Faults that tests can request: the ways in which real providers misbehave.

use std::collections::HashSet;
use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::world::{Millis, Reading, Signal, Vehicle, key, mix, share};

/// Old distortions are removed after this time; no point is delayed that long.
const REMEMBER_MS: Millis = 48 * 3_600_000;
/// How much later the duplicate of a point arrives, if it is not on the same page.
const SECOND_COPY_MS: Millis = 20_000;
/// How far a feed looks ahead while points are distorted, since it has to sort them.
const SHAPED_WINDOW_MS: Millis = 6 * 3_600_000;
const LATEST_DELAY_S: u32 = 24 * 3600;

/// The active faults; absent means none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Respond to this many requests with 429.
    pub rate_limit_next: u32,
    /// Respond to this many requests with 500 and a text body.
    pub server_error_next: u32,
    /// Respond to this many requests that write, where the method tells them, with 500, before anything is done.
    pub write_error_next: u32,
    /// Reject the cursors of this many requests that send one.
    pub reject_cursor_next: u32,
    /// Truncate the body of this many successful responses.
    pub truncate_next: u32,
    /// Write the body of this many successful responses oddly.
    pub odd_next: Vec<Odd>,
    /// Delay every response by this many milliseconds.
    pub slow_ms: u64,
    /// The share of points, 0 to 1, that a feed delivers twice: on the same page or on a later one.
    pub duplicate_points: f64,
    /// Points that a feed delivers after newer ones.
    pub late_points: Option<LatePoints>,
    /// Tokens that are revoked.
    pub revoked_tokens: HashSet<String>,
    /// Tell this many requests that their session has ended, where a provider has sessions.
    pub end_session_next: u32,
    /// Respond to this many requests for tokens with 500, before anything is done.
    pub token_error_next: u32,
    /// Lose the answers to this many requests for tokens: what was sent is used up, and the answer is 502.
    pub token_lost_next: u32,
    /// Delay answers to requests for tokens by this many milliseconds.
    pub token_slow_ms: u64,
    /// Access tokens hold for this many seconds, where they usually hold longer.
    pub token_seconds: Option<u32>,
}

/// An odd way to write a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Odd {
    /// A byte order mark before the text.
    ByteOrderMark,
    /// A byte of Latin-1 in the first name.
    Latin1,
    /// Half a surrogate pair in the first name.
    HalfSurrogate,
    /// NaN for the first latitude, else for the first id.
    NotANumber,
    /// Packed with gzip, though nobody asked.
    Gzip,
    /// A sign-in page with status 200.
    Html,
    /// Null for the rows.
    NullData,
    /// No word about further pages.
    NoPagination,
    /// Null for whether there is a further page.
    NullNextPage,
    /// That in quotes.
    QuotedNextPage,
}

impl Odd {
    /// The body, written so.
    pub(crate) fn write(self, body: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&body);
        let swap = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        match self {
            Self::ByteOrderMark => [b"\xef\xbb\xbf".as_slice(), &body].concat(),
            Self::Latin1 => match text.split_once("\"name\":\"") {
                Some((before, after)) => [before.as_bytes(), b"\"name\":\"\xe9", after.as_bytes()].concat(),
                None => body,
            },
            Self::HalfSurrogate => swap("\"name\":\"", "\"name\":\"\\ud83d"),
            Self::NotANumber if text.contains("\"latitude\":") => swap("\"latitude\":", "\"latitude\":NaN,\"was\":"),
            Self::NotANumber => swap("\"id\":", "\"id\":NaN,\"was\":"),
            Self::Gzip => packed(&body).unwrap_or(body),
            Self::Html => b"<!DOCTYPE html><html><body>Please sign in</body></html>".to_vec(),
            Self::NullData => swap("\"data\":", "\"data\":null,\"was\":"),
            Self::NoPagination => swap("\"pagination\":", "\"was\":"),
            Self::NullNextPage => swap("\"hasNextPage\":", "\"hasNextPage\":null,\"was\":"),
            Self::QuotedNextPage => swap("\"hasNextPage\":true", "\"hasNextPage\":\"true\""),
        }
    }
}

fn packed(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Which points arrive late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatePoints {
    /// The share of points, 0 to 1.
    pub share: f64,
    /// How much later, in seconds.
    pub by_seconds: u32,
}

/// Why faults were rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultError {
    #[error("a share must be between 0 and 1")]
    Share,
    #[error("points cannot be delayed by more than a day")]
    Delay,
}

/// How points are distorted on their way into a feed, from a given time on.
#[derive(Debug, Clone, Copy)]
struct Shape {
    since_ms: Millis,
    duplicate: f64,
    late: Option<LatePoints>,
}

/// The active faults, and the distortions that still apply to points measured earlier.
#[derive(Debug, Default)]
pub(crate) struct FaultBoard {
    faults: Faults,
    shapes: Vec<Shape>,
}

/// What happens to the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    RateLimit,
    ServerError,
}

impl FaultBoard {
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Replaces all faults. Points that are already delayed stay delayed.
    pub(crate) fn set(&mut self, faults: Faults, now: Millis) -> Result<(), FaultError> {
        let shares = [Some(faults.duplicate_points), faults.late_points.map(|late| late.share)];
        if shares.into_iter().flatten().any(|share| !(0.0..=1.0).contains(&share)) {
            return Err(FaultError::Share);
        }
        if faults.late_points.is_some_and(|late| late.by_seconds > LATEST_DELAY_S) {
            return Err(FaultError::Delay);
        }
        self.forget(now - REMEMBER_MS);
        self.shapes.push(Shape { since_ms: now, duplicate: faults.duplicate_points, late: faults.late_points });
        self.faults = faults;
        Ok(())
    }

    /// Removes distortions that ended before a given time.
    fn forget(&mut self, before: Millis) {
        let ended = self.shapes.iter().skip(1).filter(|next| next.since_ms < before).count();
        self.shapes.drain(..ended);
    }

    pub(crate) fn verdict(&mut self) -> Verdict {
        if take(&mut self.faults.rate_limit_next) {
            Verdict::RateLimit
        } else if take(&mut self.faults.server_error_next) {
            Verdict::ServerError
        } else {
            Verdict::Pass
        }
    }

    /// Whether a request with this method is broken because it writes.
    pub(crate) fn breaks_write(&mut self, method: &str) -> bool {
        method != "GET" && take(&mut self.faults.write_error_next)
    }

    pub(crate) fn rejects_cursor(&mut self) -> bool {
        take(&mut self.faults.reject_cursor_next)
    }

    /// How the next successful response is written, if oddly.
    pub(crate) fn odd(&mut self) -> Option<Odd> {
        let any = !self.faults.odd_next.is_empty();
        any.then(|| self.faults.odd_next.remove(0))
    }

    pub(crate) fn ends_session(&mut self) -> bool {
        take(&mut self.faults.end_session_next)
    }

    pub(crate) fn breaks_token(&mut self) -> bool {
        take(&mut self.faults.token_error_next)
    }

    pub(crate) fn loses_token(&mut self) -> bool {
        take(&mut self.faults.token_lost_next)
    }

    pub(crate) fn truncates(&mut self) -> bool {
        take(&mut self.faults.truncate_next)
    }

    /// The data that a handler needs, so that it does not hold the lock.
    pub(crate) fn delivery(&self) -> Delivery {
        Delivery { shapes: self.shapes.clone() }
    }
}

fn take(counter: &mut u32) -> bool {
    let any = *counter > 0;
    *counter = counter.saturating_sub(1);
    any
}

/// When points reach a feed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivery {
    shapes: Vec<Shape>,
}

/// A point and the time at which it enters a feed.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) at_ms: Millis,
    pub(crate) reading: Reading,
}

/// Some points of one vehicle, and where to continue if there are more.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) readings: Vec<Reading>,
    pub(crate) resume_ms: Option<Millis>,
}

impl Delivery {
    /// Whether any point can arrive at a time other than its own.
    fn is_plain(&self) -> bool {
        self.shapes.iter().all(|shape| shape.duplicate <= 0.0 && shape.late.is_none())
    }

    fn longest_delay(&self) -> Millis {
        let late = |shape: &Shape| shape.late.map_or(0, |late| i64::from(late.by_seconds) * 1000);
        self.shapes.iter().map(late).max().unwrap_or(0) + SECOND_COPY_MS
    }

    /// When a point arrives, once or twice.
    fn arrivals(&self, vehicle: u64, at: Millis) -> (Millis, Option<Millis>) {
        let Some(shape) = self.shapes.iter().rfind(|shape| shape.since_ms <= at) else { return (at, None) };
        let draw = mix(vehicle, key(at));
        let late = shape.late.filter(|late| share(mix(draw, 1)) < late.share);
        let first = at + late.map_or(0, |late| i64::from(late.by_seconds) * 1000);
        let twice = share(mix(draw, 2)) < shape.duplicate;
        let gap = if mix(draw, 3).is_multiple_of(2) { 0 } else { SECOND_COPY_MS };
        (first, twice.then_some(first + gap))
    }

    /// What a feed receives in `[from, to)`, in order of arrival, about `max` points at a time: those that arrive in the same
    /// millisecond stay together.
    pub(crate) fn feed(&self, vehicle: &Vehicle, from: Millis, to: Millis, max: usize) -> Part {
        if self.is_plain() {
            return Part::of(vehicle.readings(from, to, max), max);
        }
        let to = to.min(from + SHAPED_WINDOW_MS);
        let mut found = self.arriving(vehicle, from, to);
        let last = max.checked_sub(1).and_then(|index| found.get(index)).map(|arrival| arrival.at_ms);
        found.retain(|arrival| last.is_none_or(|last| arrival.at_ms <= last));
        Part { readings: found.into_iter().map(|arrival| arrival.reading).collect(), resume_ms: last.map(|last| last + 1) }
    }

    /// The points that arrive in `[from, to)`, in order of arrival.
    pub(crate) fn arriving(&self, vehicle: &Vehicle, from: Millis, to: Millis) -> Vec<Arrival> {
        let early = if self.is_plain() { from } else { from - self.longest_delay() };
        let mut found: Vec<Arrival> = Vec::new();
        for reading in vehicle.readings(early, to, usize::MAX) {
            let (first, second) = self.arrivals(vehicle.id, reading.at_ms);
            let copies = [Some(first), second].into_iter().flatten().filter(|at| (from..to).contains(at));
            found.extend(copies.map(|at_ms| Arrival { at_ms, reading: reading.clone() }));
        }
        found.sort_by_key(|arrival| arrival.at_ms);
        found
    }

    /// The readings with a time in `[from, to)` that have arrived by `now`.
    pub(crate) fn history(&self, vehicle: &Vehicle, window: (Millis, Millis), now: Millis, max: usize) -> Part {
        let mut part = Part::of(vehicle.readings(window.0, window.1.min(now + 1), max), max);
        if !self.is_plain() {
            part.readings.retain(|reading| self.arrivals(vehicle.id, reading.at_ms).0 <= now);
        }
        part
    }

    /// The last reading at or before `at` that carries `signal` and had arrived by then.
    pub(crate) fn latest(&self, vehicle: &Vehicle, at: Millis, signal: Signal) -> Option<Reading> {
        if self.is_plain() {
            return vehicle.latest(at, signal);
        }
        let arrived = vehicle.latest(at - self.longest_delay(), signal)?;
        let recent = self.history(vehicle, (arrived.at_ms + 1, at + 1), at, usize::MAX).readings;
        Some(recent.into_iter().rfind(|reading| reading.carries(signal)).unwrap_or(arrived))
    }
}

impl Part {
    fn of(readings: Vec<Reading>, max: usize) -> Self {
        let full = readings.len() >= max;
        let resume_ms = readings.last().filter(|_| full).map(|reading| reading.at_ms + 1);
        Self { readings, resume_ms }
    }
}
