//! Fleets whose records change, partners that subscribe to them, and what each subscription has to be sent.

use std::collections::{BTreeSet, HashSet};

use gateway::Context;
use model::agreement::{Agreement, AgreementStatus, Linked};
use model::connection::FleetConnection;
use model::execution::{Execution, ExecutionStatus};
use model::schedule::Schedule;
use model::telematics::series::ReadingsOf;
use model::telematics::{
    Batch, Observation, Record as _, RecordType, Rows as _, Vehicle, VehicleLocation, VehiclePosition, source_hash,
};
use model::webhook::{Encoding, Filters, Webhook, WebhookStatus};
use model::{
    AgreementId, ConnectionId, ExecutionId, FleetId, PartnerId, RecordIds, ScheduleId, Scopes, Timestamp, TspId, WebhookId,
};
use serde_json::{Value, json};
use store::control::{WebhookSecret, Write};
use store::telematics::Origin;
use testing::Random;

use super::{change, clock, receiver};

/// The partners: the first one sees everything, the second one vehicles of the first fleet, until its agreement ends.
const FIRST: usize = 0;
const SECOND: usize = 1;
/// Which fleets a connection belongs to: one has a connection of its own, and one is shared.
const FLEETS: [&[usize]; 2] = [&[0], &[0, 1]];
/// Vehicles of a connection.
const VEHICLES: u64 = 8;
/// Letters of a note that makes a record larger than the queue takes.
const LARGE: usize = 250_000;

/// A subscription: whose it is, to what, and to which fleet alone.
const SUBSCRIPTIONS: [(usize, &str, Option<usize>); 9] = [
    (FIRST, "vehicle.added", None),
    (FIRST, "vehicle.modified", None),
    (FIRST, "vehicle.removed", None),
    (FIRST, "vehicle.modified", Some(1)),
    (FIRST, "vehicle_location.added", None),
    (FIRST, "execution.created", None),
    (FIRST, "execution.failed", Some(0)),
    (SECOND, "vehicle.modified", None),
    (SECOND, "share_agreement.updated", None),
];
/// Those whose messages are numbered.
const NUMBERED: [usize; 2] = [1, 4];
/// One that the second partner's agreement does not cover is sent nothing from the start.
pub(super) const FORBIDDEN: (usize, &str) = (SECOND, "vehicle_location.added");

pub(super) struct World {
    context: Context,
    fleets: [FleetId; 2],
    connections: [ConnectionId; 2],
    /// Alive vehicles of each connection.
    alive: [BTreeSet<u64>; 2],
    known: [BTreeSet<u64>; 2],
    executions: Vec<Execution>,
    agreement: Agreement,
    pub(super) webhooks: Vec<Webhook>,
    /// What has to be sent: by subscription.
    pub(super) expected: BTreeSet<(usize, String)>,
    readings: i64,
    /// Items that no worker can read.
    pub(super) malformed: usize,
    pub(super) has_ended: bool,
}

impl World {
    /// Stores the parties.
    pub(super) async fn new(context: Context, url: &str) -> Self {
        let long_ago = clock::now().plus_seconds(-3_600);
        let partners = [PartnerId::at(long_ago), PartnerId::at(long_ago)];
        let fleets = [FleetId::at(long_ago), FleetId::at(long_ago)];
        let connections = [ConnectionId::at(long_ago), ConnectionId::at(long_ago)];
        let agreement = |partner, fleet: usize, scopes| Agreement {
            id: AgreementId::at(long_ago),
            fleet_id: fleets[fleet],
            partner_id: partners[partner],
            invitation_id: None,
            fleet_ref: Some(format!("fleet {fleet}")),
            status: AgreementStatus::Active,
            paused_by: None,
            effective_date: long_ago,
            expiration_date: None,
            scopes,
            connections: ties(fleet).map(|connection| linked(connections[connection])).collect(),
            created_at: long_ago,
            updated_at: long_ago,
        };
        let vehicles: Scopes = Scopes::from([(Vehicle::TYPE.resource, model::ShareLevel::Read)]);
        let of_second = agreement(SECOND, 0, vehicles);
        let everything = model::resource::read_everything;
        let mut writes = Vec::new();
        for agreement in [agreement(FIRST, 0, everything()), agreement(FIRST, 1, everything()), of_second.clone()] {
            writes.push(Write::create(&agreement).unwrap());
        }
        for (connection, fleet) in (0..2).flat_map(|fleet| ties(fleet).map(move |connection| (connection, fleet))) {
            writes.push(Write::create(&tie(fleets[fleet], connections[connection], long_ago)).unwrap());
        }
        let all = SUBSCRIPTIONS.iter().copied().chain([(FORBIDDEN.0, FORBIDDEN.1, None)]);
        let mut webhooks = Vec::new();
        for (index, (partner, event, fleet)) in all.enumerate() {
            let filters = fleet.map(|fleet| Filters { fleet_ids: Some(vec![fleets[fleet]]), fleet_refs: None });
            webhooks.push(Webhook {
                id: WebhookId::at(long_ago),
                partner_id: partners[partner],
                url: receiver::url(url, index),
                event_name: event.into(),
                filters,
                status: WebhookStatus::Active,
                encoding: Some(Encoding::Identity),
                snapshot: None,
                sequence: NUMBERED.contains(&index).then_some(true),
                awaits: None,
                created_at: long_ago,
                updated_at: long_ago,
                deleted_at: None,
            });
        }
        for webhook in &webhooks {
            writes.push(Write::create(webhook).unwrap());
            writes.push(Write::create(&secret(&context, webhook).await).unwrap());
        }
        context.store().commit(writes).await.unwrap();
        Self {
            context,
            fleets,
            connections,
            alive: [BTreeSet::new(), BTreeSet::new()],
            known: [BTreeSet::new(), BTreeSet::new()],
            executions: Vec::new(),
            agreement: of_second,
            webhooks,
            expected: BTreeSet::new(),
            readings: 0,
            malformed: 0,
            has_ended: false,
        }
    }

    /// Something happens, a second after what happened before.
    pub(super) async fn go_on(&mut self, random: &mut Random) {
        clock::pass(1);
        let connection = usize::try_from(random.below(2)).unwrap();
        match random.below(8) {
            0..4 => self.write_vehicles(connection, random).await,
            4 => self.remove_vehicle(connection, random).await,
            5 => self.write_positions(connection, random).await,
            6 => self.start_execution(connection).await,
            _ => self.end_execution().await,
        }
    }

    async fn write_vehicles(&mut self, connection: usize, random: &mut Random) {
        let ids: BTreeSet<u64> = (0..=random.below(5)).map(|_| random.below(VEHICLES)).collect();
        let is_large = random.is_one_in(24);
        let row = |id: &u64| {
            let source = json!({ "id": id, "at": clock::now().to_string() });
            let notes = is_large.then(|| "large ".repeat(LARGE / 6));
            observed(id, source, Vehicle { notes, ..Vehicle::default() })
        };
        let rows: Vec<Observation<Vehicle>> = ids.iter().map(row).collect();
        let batch = rows.erase(RecordIds(self.connections[connection])).unwrap();
        self.context.store().store_rows(&self.origin(connection, Vehicle::TYPE), &batch).await.unwrap();
        for id in ids {
            // One that comes back was there before.
            let event = if self.known[connection].insert(id) { "vehicle.added" } else { "vehicle.modified" };
            self.alive[connection].insert(id);
            self.expect(event, connection, &self.vehicle(connection, id));
        }
    }

    async fn remove_vehicle(&mut self, connection: usize, random: &mut Random) {
        let place = usize::try_from(random.below(VEHICLES)).unwrap();
        let Some(id) = self.alive[connection].iter().nth(place).copied() else { return };
        self.alive[connection].remove(&id);
        let ids = RecordIds(self.connections[connection]);
        let seen: HashSet<_> = self.alive[connection].iter().filter_map(|id| ids.of(Some(&id.to_string()))).collect();
        self.context.store().remove_missing_rows(&self.origin(connection, Vehicle::TYPE), &seen).await.unwrap();
        self.expect("vehicle.removed", connection, &self.vehicle(connection, id));
    }

    async fn write_positions(&mut self, connection: usize, random: &mut Random) {
        let mut readings = ReadingsOf::<VehicleLocation<'static>>::default();
        for _ in 0..=random.below(6) {
            self.readings += 1;
            let at = clock::now().plus_seconds(-7_200 + self.readings);
            let position = VehiclePosition { longitude: -90.0, latitude: 38.0, ..VehiclePosition::default() };
            readings.push(&random.below(VEHICLES).to_string(), at, &position, "{}");
            self.expect("vehicle_location.added", connection, &(self.connections[connection].to_string(), at));
        }
        let batch: Batch = readings.erase(RecordIds(self.connections[connection])).unwrap();
        self.context.store().store_rows(&self.origin(connection, VehicleLocation::TYPE), &batch).await.unwrap();
    }

    async fn start_execution(&mut self, connection: usize) {
        let now = clock::now();
        let idle = Schedule::new(self.connections[connection], Vehicle::TYPE.resource, "samsara", now);
        let execution = Execution::in_progress(&idle, ExecutionId::at(now));
        let leased = Schedule { began: Some(execution.id), ..idle.touched(now) };
        self.context.store().commit(vec![Write::create(&leased).unwrap()]).await.unwrap();
        self.expect("execution.created", connection, &(execution.id.to_string(), execution.updated_at));
        self.executions.push(execution);
    }

    async fn end_execution(&mut self) {
        let Some(before) = self.executions.pop() else { return };
        let after = Execution { status: ExecutionStatus::Failed, updated_at: clock::now(), ..before };
        self.context.store().commit(vec![Write::create(&after).unwrap()]).await.unwrap();
        let connection = self.connections.iter().position(|id| *id == after.connection_id).unwrap();
        self.expect("execution.failed", connection, &(after.id.to_string(), after.updated_at));
    }

    /// The second partner may see nothing from now on; of that alone it is told.
    pub(super) async fn end_agreement(&mut self) {
        clock::pass(1);
        let ended = Agreement { status: AgreementStatus::Cancelled, updated_at: clock::now(), ..self.agreement.clone() };
        self.context.store().commit(vec![Write::replace(&self.agreement, &ended).unwrap()]).await.unwrap();
        self.has_ended = true;
        let of_second = |index: &usize| SUBSCRIPTIONS[*index].0 == SECOND;
        self.expected.retain(|(index, _)| !of_second(index));
        let (event, fleet, id) = ("share_agreement.updated", ended.fleet_id.to_string(), ended.id.to_string());
        let told = (0..SUBSCRIPTIONS.len()).filter(of_second).filter(|index| SUBSCRIPTIONS[*index].1 == event);
        self.expected.extend(told.map(|index| (index, change(event, &fleet, &id, "cancelled"))));
    }

    /// An item is written that looks like a subscription and is none.
    pub(super) async fn write_malformed(&mut self, client: &aws_sdk_dynamodb::Client) {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        self.malformed += 1;
        let put = client.put_item().table_name(testing::CONTROL).item("kind", S("webhook".into()));
        let put = put.item("pk", S("PARTNER#0".into())).item("sk", S(format!("WEBHOOK#{}", self.malformed)));
        put.send().await.unwrap();
    }

    /// Subscriptions that may not be sent records any more.
    pub(super) fn forbidden(&self) -> impl Iterator<Item = usize> {
        let ended = SUBSCRIPTIONS.iter().enumerate();
        let ended = ended.filter(|(_, (partner, event, _))| *partner == SECOND && event.starts_with("vehicle"));
        let ended = ended.map(|(index, _)| index).filter(|_| self.has_ended);
        ended.chain([SUBSCRIPTIONS.len()]).collect::<Vec<_>>().into_iter()
    }

    /// Every subscription that may see a change of a connection's records has to be sent it, for each fleet.
    fn expect(&mut self, event: &str, connection: usize, (id, stamp): &(String, Timestamp)) {
        for fleet in FLEETS[connection].iter().copied() {
            for (index, (partner, wanted, only)) in SUBSCRIPTIONS.iter().enumerate() {
                let may_see = *partner == FIRST || fleet == 0 && !self.has_ended;
                if may_see && *wanted == event && only.is_none_or(|only| only == fleet) {
                    let change = change(event, &self.fleets[fleet].to_string(), id, &stamp.to_string());
                    self.expected.insert((index, change));
                }
            }
        }
    }

    fn vehicle(&self, connection: usize, id: u64) -> (String, Timestamp) {
        let id = RecordIds(self.connections[connection]).of(Some(&id.to_string())).unwrap();
        (id.to_string(), clock::now())
    }

    fn origin(&self, connection: usize, record: &'static RecordType) -> Origin {
        Origin {
            connection: self.connections[connection],
            record,
            tsp: TspId::at(clock::now()),
            tsp_slug: "samsara".into(),
            source_name: "samsara".into(),
            execution: ExecutionId::at(clock::now()),
            schedule: ScheduleId::at(clock::now()),
            now: clock::now(),
        }
    }

    pub(super) fn store(&self) -> &store::Store {
        self.context.store()
    }
}

/// The connections of a fleet.
fn ties(fleet: usize) -> impl Iterator<Item = usize> {
    FLEETS.iter().enumerate().filter(move |(_, fleets)| fleets.contains(&fleet)).map(|(connection, _)| connection)
}

fn linked(connection_id: ConnectionId) -> Linked {
    let tsp_id = TspId::at(clock::now());
    Linked { connection_id, tsp_id, tsp_slug: "samsara".into(), source_name: "samsara".into(), ended_at: None }
}

fn tie(fleet_id: FleetId, connection_id: ConnectionId, at: Timestamp) -> FleetConnection {
    FleetConnection {
        id: uuid::Uuid::new_v4(),
        fleet_id,
        connection_id,
        tsp_id: TspId::at(at),
        tsp_slug: "samsara".into(),
        source_name: "samsara".into(),
        first: false,
        description: None,
        masked: None,
        created_at: at,
        updated_at: None,
    }
}

async fn secret(context: &Context, webhook: &Webhook) -> WebhookSecret {
    let id = webhook.id.to_string();
    let sealed = context.vault().seal(&[("webhook_id", &id)], b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").await.unwrap();
    WebhookSecret {
        partner_id: webhook.partner_id,
        webhook_id: webhook.id,
        current: serde_json::to_value(sealed).unwrap(),
        previous: None,
        previous_until: None,
        updated_at: webhook.created_at,
    }
}

fn observed<T>(id: &u64, source: Value, fields: T) -> Observation<T> {
    Observation {
        source_id: id.to_string(),
        occurred_at: None,
        source_hash: source_hash(&source, &[]),
        source,
        extras: None,
        is_partial: false,
        fields,
    }
}
