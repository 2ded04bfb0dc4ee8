//! What partners were shown of fleets' records: an item for each fleet, partner, day (UTC), resource and way. Fleets read it in Connect.
//!
//! Whoever reads all day is noted once: a sandbox remembers what it has noted, so a further read costs no request.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use futures::future::try_join_all;
use model::{FleetId, PartnerId, Resource, Timestamp};
use serde::{Deserialize, Serialize};

use super::items::Keyed;
use super::keys::Key;
use super::query::Range;
use crate::{Store, StoreError};

/// For how many days accesses are kept, today among them.
pub const ACCESS_DAYS: i64 = 400;

const DAY: i64 = 86_400;
/// How many accesses a sandbox remembers: some megabytes.
const MOST_REMEMBERED: usize = 50_000;
/// Accesses of a request, and requests in flight at once.
const TOGETHER: usize = 25;
const AT_ONCE: usize = 16;

/// Records of a resource of a fleet that are shown to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shown {
    /// The fleet, as the reader knows it.
    pub fleet: FleetId,
    /// What the records are.
    pub resource: Resource,
}

/// How a partner came by records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It read them through the API.
    Read,
    /// A receiver of its took a message with them.
    Delivered,
}

/// That a partner was shown records on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// The fleet whose records they are.
    pub fleet_id: FleetId,
    /// Who was shown them.
    pub partner_id: PartnerId,
    /// The beginning of the day (UTC).
    pub day: Timestamp,
    /// What they are.
    pub resource: Resource,
    /// How they came there.
    pub way: Way,
}

impl Keyed for Access {
    const KIND: &'static str = "access";
    const VERSION: &'static str = "day";

    fn key(&self) -> Key {
        let way = match self.way {
            Way::Read => "READ",
            Way::Delivered => "DELIVERED",
        };
        Key::access(self.fleet_id, self.partner_id, self.day, self.resource, way)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.day.plus_seconds(ACCESS_DAYS * DAY))
    }
}

/// The accesses of a day that this sandbox has noted.
#[derive(Debug, Default)]
pub(crate) struct NotedAccesses(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    day: Option<Timestamp>,
    known: HashSet<(PartnerId, Way, Shown)>,
}

impl NotedAccesses {
    /// Those that are not noted yet, each once.
    fn missing(&self, day: Timestamp, (partner, way): (PartnerId, Way), shown: impl Iterator<Item = Shown>) -> BTreeSet<Shown> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |shown: &Shown| noted.day == Some(day) && noted.known.contains(&(partner, way, *shown));
        shown.filter(|shown| !is_known(shown)).collect()
    }

    fn keep(&self, day: Timestamp, (partner, way): (PartnerId, Way), shown: BTreeSet<Shown>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.day != Some(day) || noted.known.len() + shown.len() > MOST_REMEMBERED {
            *noted = Noted { day: Some(day), known: HashSet::new() };
        }
        noted.known.extend(shown.into_iter().map(|shown| (partner, way, shown)));
    }
}

impl Store {
    /// Notes that a partner is shown records. What this sandbox has noted today takes no request.
    ///
    /// # Errors
    /// [`StoreError`]; some may have been noted.
    pub async fn note_accesses(
        &self,
        (partner, way): (PartnerId, Way),
        shown: impl IntoIterator<Item = Shown>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let day = now.day_start();
        let missing = self.noted_accesses.missing(day, (partner, way), shown.into_iter());
        let access = |shown: &Shown| Access { fleet_id: shown.fleet, partner_id: partner, day, resource: shown.resource, way };
        let accesses: Vec<Access> = missing.iter().map(access).collect();
        for some in accesses.chunks(TOGETHER * AT_ONCE) {
            let requests = some.chunks(TOGETHER).map(|few| self.overwrite_each(few.iter().map(|access| (access.clone(), None))));
            try_join_all(requests).await?;
        }
        self.noted_accesses.keep(day, (partner, way), missing);
        Ok(())
    }

    /// What a partner was shown of a fleet on the last `days`, today among them; the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accesses(
        &self,
        fleet: FleetId,
        partner: PartnerId,
        days: i64,
        now: Timestamp,
    ) -> Result<Vec<Access>, StoreError> {
        let since = now.plus_seconds(-DAY * (days.min(ACCESS_DAYS) - 1));
        self.all(&Range::accesses(fleet, partner, since).newest_first()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::testing::database;

    fn shown(fleet: u128, resource: Resource) -> Shown {
        Shown { fleet: FleetId::from_uuid(uuid::Uuid::from_u128(fleet)), resource }
    }

    #[tokio::test]
    async fn accesses_are_found_by_day_and_partner() {
        let store = database().await;
        let now = Timestamp::parse("2026-11-21T23:59:59Z").unwrap();
        let [one, other] = [1, 2].map(|number| PartnerId::from_uuid(uuid::Uuid::from_u128(number)));
        let (vehicles, users) = (shown(7, Resource::Vehicle), shown(7, Resource::User));
        let note = async |whose, shown: &[Shown], at| store.note_accesses(whose, shown.to_vec(), at).await.unwrap();
        note((one, Way::Read), &[vehicles, users, vehicles, shown(8, Resource::Vehicle)], now).await;
        note((one, Way::Delivered), &[vehicles], now.plus_seconds(1)).await;
        note((other, Way::Read), &[users], now).await;
        let found = async |partner, days, at| {
            let found = store.accesses(vehicles.fleet, partner, days, at).await.unwrap().into_iter();
            found.map(|access| (access.day.date().to_string(), access.resource, access.way)).collect::<Vec<_>>()
        };
        let (tonight, tomorrow) = ("2026-11-21".to_owned(), "2026-11-22".to_owned());
        let all = [
            (tomorrow, Resource::Vehicle, Way::Delivered),
            (tonight.clone(), Resource::Vehicle, Way::Read),
            (tonight.clone(), Resource::User, Way::Read),
        ];
        assert_eq!(found(one, 2, now.plus_seconds(1)).await, all);
        assert_eq!(found(one, 1, now.plus_seconds(1)).await, all[..1]);
        assert_eq!(found(other, 400, now.plus_seconds(1)).await, [(tonight, Resource::User, Way::Read)]);
        assert_eq!(found(one, 400, now.plus_seconds(DAY * 400)).await, all[..1], "what lapses today is not shown");
    }

    #[test]
    fn what_was_noted_is_remembered_until_the_next_day_and_within_bounds() {
        let noted = NotedAccesses::default();
        let day = Timestamp::parse("2026-11-21T00:00:00Z").unwrap();
        let whose = (PartnerId::from_uuid(uuid::Uuid::from_u128(1)), Way::Read);
        let one = shown(1, Resource::Vehicle);
        let missing = |day, whose| noted.missing(day, whose, [one, one].into_iter()).len();
        assert_eq!(missing(day, whose), 1);
        noted.keep(day, whose, BTreeSet::from([one]));
        assert_eq!((missing(day, whose), missing(day, (whose.0, Way::Delivered))), (0, 1));
        assert_eq!(missing(day.plus_seconds(DAY), whose), 1);
        let many = (0..MOST_REMEMBERED).map(|number| shown(u128::try_from(number + 2).unwrap(), Resource::Vehicle));
        noted.keep(day, whose, many.collect());
        assert_eq!(missing(day, whose), 1, "there is an end to what is remembered");
    }
}
