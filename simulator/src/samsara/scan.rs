//! Walks over the readings of many vehicles, one bounded page at a time.

use super::Request;
use super::cursor::{Cursor, Scan};
use super::refusal::Refusal;
use super::wire::Pagination;
use crate::faults::Part;
use crate::world::{Millis, Reading, Vehicle};

/// About as many readings as one page holds.
const PAGE: usize = 5_000;

/// The readings of one page, by vehicle.
pub(super) type Rows<'a> = Vec<(&'a Vehicle, Vec<Reading>)>;

/// What a feed delivers: the newest state on the first call, everything since on the later ones.
#[derive(Debug)]
pub(super) enum FeedPage<'a> {
    First(Vec<&'a Vehicle>),
    Since(Rows<'a>),
}

/// One page of a feed about these vehicles.
pub(super) fn feed<'a>(request: &Request<'a>, vehicles: Vec<&'a Vehicle>) -> Result<(FeedPage<'a>, Pagination), Refusal> {
    let next = request.now + 1;
    let caught_up = |from| Pagination::feed(Cursor::Scan(Scan::over(from, from)).encode(request.route), false);
    let scan = match request.query.after(request.route)? {
        None => return Ok((FeedPage::First(vehicles), caught_up(next))),
        Some(Cursor::Offset(_)) => return Err(Refusal::Cursor),
        Some(Cursor::Scan(scan)) if scan.from == scan.until => Scan::over(scan.from, next.max(scan.from)),
        Some(Cursor::Scan(scan)) => scan,
    };
    let fetch = |vehicle: &Vehicle, from, max| request.delivery.feed(vehicle, from, scan.until, max);
    let (rows, rest) = page(&vehicles, scan, fetch);
    let pagination = match rest {
        Some(rest) => Pagination::feed(Cursor::Scan(rest).encode(request.route), true),
        None => caught_up(scan.until),
    };
    Ok((FeedPage::Since(rows), pagination))
}

/// One page of a history of these vehicles.
pub(super) fn history<'a>(request: &Request<'a>, vehicles: &[&'a Vehicle]) -> Result<(Rows<'a>, Pagination), Refusal> {
    let (start, end) = request.query.window()?;
    let scan = match request.query.after(request.route)? {
        None => Scan::over(start, end),
        Some(Cursor::Offset(_)) => return Err(Refusal::Cursor),
        Some(Cursor::Scan(scan)) => scan,
    };
    let fetch = |vehicle: &Vehicle, from, max| request.delivery.history(vehicle, (from, scan.until), request.now, max);
    let (rows, rest) = page(vehicles, scan, fetch);
    let pagination = match rest {
        Some(rest) => Pagination::feed(Cursor::Scan(rest).encode(request.route), true),
        None => Pagination::last(),
    };
    Ok((rows, pagination))
}

/// The next rows of a walk, and the rest of the walk if there is one. Vehicles without readings have no row.
fn page<'a>(vehicles: &[&'a Vehicle], scan: Scan, fetch: impl Fn(&Vehicle, Millis, usize) -> Part) -> (Rows<'a>, Option<Scan>) {
    let (mut rows, mut room) = (Vec::new(), PAGE);
    for (index, vehicle) in vehicles.iter().enumerate().skip(scan.vehicle) {
        if room == 0 {
            return (rows, Some(Scan { vehicle: index, at: scan.from, ..scan }));
        }
        let part = fetch(vehicle, if index == scan.vehicle { scan.at } else { scan.from }, room);
        room = room.saturating_sub(part.readings.len());
        if !part.readings.is_empty() {
            rows.push((*vehicle, part.readings));
        }
        if let Some(at) = part.resume_ms {
            return (rows, Some(Scan { vehicle: index, at, ..scan }));
        }
    }
    (rows, None)
}
