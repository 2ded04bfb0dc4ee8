//! Opaque page cursors: everything that is needed to go on, so that the simulator keeps no state between pages. A cursor belongs
//! to a route; another one refuses it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::world::Millis;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursor {
    /// In a list: how many items came before.
    Offset(usize),
    /// In a walk over time: see [`Scan`].
    Scan(Scan),
}

/// A walk over `[from, until)`, vehicle by vehicle; a feed that has caught up has `from == until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) from: Millis,
    pub(super) until: Millis,
    /// Vehicles that are done.
    pub(super) vehicle: usize,
    /// Where to go on within the next one.
    pub(super) at: Millis,
}

impl Scan {
    pub(super) fn over(from: Millis, until: Millis) -> Self {
        Self { from, until, vehicle: 0, at: from }
    }
}

impl Cursor {
    pub(super) fn encode(self, route: &str) -> String {
        let text = match self {
            Self::Offset(offset) => format!("1.{route}.{offset}"),
            Self::Scan(Scan { from, until, vehicle, at }) => format!("1.{route}.{from}.{until}.{vehicle}.{at}"),
        };
        URL_SAFE_NO_PAD.encode(text)
    }

    pub(super) fn decode(route: &str, text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let fields = text.strip_prefix(&format!("1.{route}."))?;
        match fields.split('.').collect::<Vec<_>>().as_slice() {
            [offset] => Some(Self::Offset(offset.parse().ok()?)),
            [from, until, vehicle, at] => {
                Some(Self::Scan(Scan { from: time(from)?, until: time(until)?, vehicle: vehicle.parse().ok()?, at: time(at)? }))
            }
            _ => None,
        }
    }
}

/// A time between 1970 and 2286; anything else was not written by us.
fn time(text: &str) -> Option<Millis> {
    text.parse().ok().filter(|ms| (0..10_000_000_000_000).contains(ms))
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Scan};
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn cursors_survive_the_trip(from in 0..4_000_000_000_000_i64, until in 0..4_000_000_000_000_i64, vehicle: usize) {
            let scan = Cursor::Scan(Scan { from, until, vehicle, at: from });
            assert_eq!(Cursor::decode("/stats/feed", &scan.encode("/stats/feed")), Some(scan));
            assert_eq!(Cursor::decode("/stats/history", &scan.encode("/stats/feed")), None);
            let list = Cursor::Offset(vehicle);
            assert_eq!(Cursor::decode("/drivers", &list.encode("/drivers")), Some(list));
        }

        #[test]
        fn garbage_is_refused_without_a_panic(text in any::<String>()) {
            assert_eq!(Cursor::decode("/vehicles", &text), None);
        }
    }
}
