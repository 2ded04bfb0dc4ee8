//! Partners, fleets, connections that fleets share, and agreements that change over time; and who sees what of them.

use std::collections::BTreeMap;

use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::{Connection, ConnectionStatus};
use model::telematics::{RECORD_TYPES, RecordType, Storage};
use model::{ConnectionId, FleetId, PartnerId, Resource, Scopes, ShareLevel, Timestamp};
use serde_json::{Map, Value, json};
use store::control::Write;
use testing::Random;
use uuid::{Builder, Uuid};

use crate::platform::{Platform, now, pass};
use crate::rows::{Known, Rows, origin};

const PARTNERS: u64 = 3;
const FLEETS: u64 = 4;
const CONNECTIONS: u64 = 5;
const HOUR: i64 = 3_600;

/// A world: what is stored, as a test knows it.
pub(crate) struct World {
    pub(crate) partners: Vec<PartnerId>,
    pub(crate) fleets: Vec<FleetId>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) rows: Rows,
}

/// A connection as one fleet of a partner shows it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) connection: ConnectionId,
    pub(crate) fleet: FleetId,
    pub(crate) fleet_ref: Option<String>,
    /// When the fleet removed the connection.
    pub(crate) until: Option<Timestamp>,
}

/// A row as one fleet of a partner shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'w> {
    pub(crate) through: &'w Seen,
    pub(crate) row: &'w Known,
}

impl Seen {
    /// Whether it shows a row: what is of the time after the end of the link is not seen through it.
    fn shows(&self, row: &Known) -> bool {
        let is_before = |at: Timestamp| self.until.is_none_or(|end| at < end);
        let changed = matches!(row.record.storage, Storage::Series(..)) || is_before(row.updated_at);
        is_before(row.occurred_at) && changed
    }
}

impl Shown<'_> {
    /// What a filter or an order sees of it.
    pub(crate) fn member(&self, name: &str) -> Value {
        match name {
            "fleet_id" => json!(self.through.fleet),
            "fleet_ref" => json!(self.through.fleet_ref),
            name => self.row.member(name),
        }
    }

    /// The row that is sent, without nulls.
    pub(crate) fn published(&self) -> Map<String, Value> {
        let mut row = self.row.published();
        row.insert("fleet_id".to_owned(), json!(self.through.fleet));
        row.extend(self.through.fleet_ref.as_ref().map(|name| ("fleet_ref".to_owned(), json!(name))));
        row
    }
}

/// Whether an agreement is in force.
pub(crate) fn is_open(agreement: &Agreement, at: Timestamp) -> bool {
    let has_begun = agreement.effective_date <= at;
    agreement.status == AgreementStatus::Active && has_begun && agreement.expiration_date.is_none_or(|end| at < end)
}

/// The types of rows that TSPs report.
pub(crate) fn reported() -> impl Iterator<Item = &'static RecordType> {
    RECORD_TYPES.iter().copied().filter(|record| !matches!(record.storage, Storage::Derived(_)))
}

impl World {
    /// Stores a new world, in which nothing was reported yet.
    pub(crate) async fn make(platform: &Platform, random: &mut Random) -> Self {
        let long_ago = now().plus_seconds(-100 * 24 * HOUR);
        let connections = (0..CONNECTIONS).map(|_| connection(random)).collect();
        let mut world = Self {
            partners: (0..PARTNERS).map(|_| id(long_ago, random)).collect(),
            fleets: (0..FLEETS).map(|_| id(long_ago, random)).collect(),
            connections,
            agreements: Vec::new(),
            rows: Rows::default(),
        };
        for fleet in 0..world.fleets.len() {
            let mut links: Vec<Linked> = world.connections.iter().filter(|_| random.is_one_in(2)).map(linked).collect();
            links
                .iter_mut()
                .filter(|_| random.is_one_in(6))
                .for_each(|link| link.ended_at = Some(now().plus_seconds(-10 * HOUR)));
            for partner in 0..world.partners.len() {
                if !random.is_one_in(4) {
                    let agreement = world.agree((partner, fleet), links.clone(), random);
                    world.agreements.push(agreement);
                }
            }
        }
        let mut writes: Vec<Write> = world.agreements.iter().map(|agreement| Write::create(agreement).unwrap()).collect();
        writes.extend(world.connections.iter().map(|connection| Write::create(connection).unwrap()));
        platform.context.store().commit(writes).await.unwrap();
        world
    }

    fn agree(&self, (partner, fleet): (usize, usize), connections: Vec<Linked>, random: &mut Random) -> Agreement {
        let since = now().plus_seconds(-HOUR * i64::try_from(random.below(60 * 24)).unwrap());
        let mut agreement = Agreement {
            id: id(since, random),
            fleet_id: self.fleets[fleet],
            partner_id: self.partners[partner],
            invitation_id: None,
            // Two fleets may have one name, and one may have none.
            fleet_ref: [Some("one"), Some("two"), Some("two"), None][fleet % 4].map(str::to_owned),
            status: AgreementStatus::Active,
            paused_by: None,
            effective_date: since,
            expiration_date: None,
            scopes: scopes(random),
            connections,
            created_at: since,
            updated_at: since,
        };
        date(&mut agreement, random);
        agreement
    }

    /// Something happens: an agreement changes, a link ends, or time passes; and TSPs report.
    pub(crate) async fn go_on(&mut self, platform: &Platform, random: &mut Random) {
        pass(60 + i64::try_from(random.below(HOUR.unsigned_abs())).unwrap());
        if !self.agreements.is_empty() {
            let place = usize::try_from(random.below(self.agreements.len() as u64)).unwrap();
            let before = self.agreements[place].clone();
            change(&mut self.agreements[place], random);
            let write = Write::replace(&before, &self.agreements[place]).unwrap();
            platform.context.store().commit(vec![write]).await.unwrap();
        }
    }

    /// TSPs report some resources of some connections.
    pub(crate) async fn report(&mut self, platform: &Platform, random: &mut Random, is_one_in: u64) {
        for record in reported() {
            for place in 0..self.connections.len() {
                let connection = self.connections[place].id;
                if random.is_one_in(is_one_in) {
                    self.rows.report(platform, record, connection, random).await;
                }
                if random.is_one_in(is_one_in * 2) {
                    self.rows.withdraw(platform, record, connection, random).await;
                }
            }
        }
    }

    /// The agreements of a partner that are in force.
    pub(crate) fn open(&self, partner: PartnerId) -> impl Iterator<Item = &Agreement> {
        self.agreements.iter().filter(move |agreement| agreement.partner_id == partner && is_open(agreement, now()))
    }

    /// When an agreement of a partner begins or ends next.
    pub(crate) fn next_date(&self, partner: PartnerId) -> Option<Timestamp> {
        let own = self.agreements.iter().filter(|agreement| agreement.partner_id == partner);
        let dates = own.flat_map(|agreement| [Some(agreement.effective_date), agreement.expiration_date]);
        dates.flatten().filter(|date| *date > now()).min()
    }

    /// The connections that a partner may read a resource of, by connection and fleet.
    pub(crate) fn seen(&self, partner: PartnerId, resource: Resource) -> Vec<Seen> {
        let mut seen: BTreeMap<(ConnectionId, FleetId), Seen> = BTreeMap::new();
        for agreement in self.open(partner).filter(|agreement| agreement.scopes.contains_key(&resource)) {
            for link in &agreement.connections {
                let (connection, fleet) = (link.connection_id, agreement.fleet_id);
                let fleet_ref = agreement.fleet_ref.clone();
                seen.insert((connection, fleet), Seen { connection, fleet, fleet_ref, until: link.ended_at });
            }
        }
        seen.into_values().collect()
    }

    /// The rows that connections show.
    pub(crate) fn shown<'w>(&'w self, seen: &'w [Seen], record: &'static RecordType) -> Vec<Shown<'w>> {
        let rows = |through: &'w Seen| self.rows.of(record, through.connection).map(move |row| Shown { through, row });
        seen.iter().flat_map(rows).filter(|shown| shown.through.shows(shown.row)).collect()
    }
}

/// An id that follows from the seed: what is asked depends on the order of ids.
fn id<T: From<Uuid>>(at: Timestamp, random: &mut Random) -> T {
    let millis = u64::try_from(at.micros() / 1_000).unwrap();
    let bytes = std::array::from_fn(|_| u8::try_from(random.below(256)).unwrap());
    Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().into()
}

fn connection(random: &mut Random) -> Connection {
    let long_ago = now().plus_seconds(-100 * 24 * HOUR);
    let id: ConnectionId = id(long_ago, random);
    let origin = origin(id, RECORD_TYPES[0]);
    let status = if random.is_one_in(4) { ConnectionStatus::Stale } else { ConnectionStatus::Active };
    serde_json::from_value(json!({
        "id": id, "tsp_id": origin.tsp, "tsp_slug": origin.tsp_slug, "source_name": origin.source_name, "account": id.to_string(),
        "masked": {}, "status": status, "created_at": long_ago, "updated_at": long_ago,
    }))
    .unwrap()
}

fn linked(connection: &Connection) -> Linked {
    let Connection { id, tsp_id, tsp_slug, source_name, .. } = connection.clone();
    Linked { connection_id: id, tsp_id, tsp_slug, source_name, ended_at: None }
}

/// Most resources, at either level.
fn scopes(random: &mut Random) -> Scopes {
    let shared = Resource::ALL.iter().filter(|_| !random.is_one_in(5));
    let shared: Vec<Resource> = shared.copied().collect();
    let level = |random: &mut Random| if random.is_one_in(3) { ShareLevel::ReadWrite } else { ShareLevel::Read };
    shared.into_iter().map(|resource| (resource, level(random))).collect()
}

/// Some agreements begin or end soon, or did so a while ago.
fn date(agreement: &mut Agreement, random: &mut Random) {
    let soon = |random: &mut Random| now().plus_seconds(HOUR * (i64::try_from(random.below(12)).unwrap() - 2));
    if random.is_one_in(8) {
        agreement.effective_date = soon(random);
    }
    agreement.expiration_date = random.is_one_in(2).then(|| soon(random)).filter(|end| *end > agreement.effective_date);
}

fn change(agreement: &mut Agreement, random: &mut Random) {
    agreement.updated_at = now();
    match random.below(8) {
        0 => agreement.status = AgreementStatus::Paused,
        1 => agreement.status = AgreementStatus::Cancelled,
        2 => agreement.status = AgreementStatus::Deleted,
        3 => agreement.scopes = scopes(random),
        4 => agreement.connections.iter_mut().filter(|link| link.is_open()).take(1).for_each(|link| link.ended_at = Some(now())),
        5 => date(agreement, random),
        _ => agreement.status = AgreementStatus::Active,
    }
}
