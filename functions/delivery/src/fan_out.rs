//! `events.fan_out`: changes in the tables' streams become messages on the deliveries queue.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::dynamodb::EventRecord;
use gateway::{Context, FailedRecord, Wanted, WorkerError};
use model::agreement::Agreement;
use model::telematics::{Action, RecordType};
use model::webhook::{Order, Webhook};
use model::{FleetId, PartnerId, Resource, WebhookId};
use serde_json::{Map, Value};
use store::StoreError;
use tracing::Instrument as _;

use crate::changes::{self, Audience, ControlEvent};
use crate::lookup::Lookup;
use crate::message::{self, Draft, Message};
use crate::{catalogue, claims, numbers, orders, snapshot, stream};

/// The changes of the telematics table that rows are read out of: records, wherever they are written, and new blocks of readings,
/// which name the execution that brought them. Counts, places and newest readings are written beside them and mean nothing.
pub(crate) const TELEMATICS: &[Wanted] = &[Wanted::WrittenUnder("C#"), Wanted::CreatedWith("execution_id")];

/// Rows in memory at once, each counted for every subscription that it is for: some 20 MB.
const MAX_ROWS: usize = 10_000;

/// Processes the records in order, as many as fit into memory. A record that is itself at fault is set aside. Any other failure has the
/// whole batch repeated, for as long as the stream keeps it: ids of messages follow from the records that they carry, so a batch that is
/// repeated as it was makes the messages that it made before, whatever of it was sent already. So what ends a run early may depend on the
/// records alone, not on how long they take.
pub(crate) async fn run(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let records = stream::records(&event)?;
    let first = records.first().map(stream::sequence);
    let mut lookup = Lookup::new(context.store(), context.now());
    lookup.prepare(records.iter().filter_map(stream::connection).collect()).await;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut orders: Vec<Order> = Vec::new();
    let mut rows = 0;
    let mut left = None;
    for (index, record) in records.iter().enumerate() {
        if rows >= MAX_ROWS {
            // What is read is sent first. The stream goes on here.
            left = Some(stream::sequence(record));
            break;
        }
        let trace = stream::trace(record).or(context.trace());
        let span = tracing::error_span!("change", stream.sequence = stream::sequence(record), trace.id = trace.map(display));
        match work_of(context, &mut lookup, record).instrument(span.clone()).await {
            Ok((found, order)) => {
                orders.extend(order);
                if !found.is_empty() {
                    span.in_scope(|| tracing::info!(subscriptions = found.len(), "change fanned out"));
                }
                rows += found.iter().map(|draft| draft.data.len()).sum::<usize>();
                drafts.extend(found.into_iter().map(|draft| Draft { trace, ..draft }));
            }
            Err(error) => {
                span.in_scope(|| tracing::error!(cause = %error, "failed to process the stream record"));
                let whole = stream::raw(&event, index).and_then(FailedRecord::whole);
                let aside = FailedRecord { record: whole, ..failed_record(record, &error) };
                if !(error.is_of_record() && context.set_aside(aside).instrument(span).await) {
                    return Ok(stream::response(first));
                }
            }
        }
    }
    let messages = message::joined(drafts).into_iter().flat_map(Draft::messages).collect();
    let sent = match send(context, messages, &lookup.sequenced()).await {
        Ok(()) => send_orders(context, orders).await,
        error => error,
    };
    if let Err(error) = sent {
        tracing::error!(cause = %error, "failed to queue the messages");
        return Ok(stream::response(first));
    }
    Ok(stream::response(left))
}

/// What an operator finds of a record that is at fault.
fn failed_record<'a>(record: &'a EventRecord, error: &WorkerError) -> FailedRecord<'a> {
    FailedRecord {
        handler: "events.fan_out",
        stream_arn: record.event_source_arn.as_deref().unwrap_or_default(),
        sequence_number: stream::sequence(record),
        keys: serde_json::to_value(&record.change.keys).unwrap_or_default(),
        reason: error.to_string(),
        record: None,
    }
}

async fn send(context: &Context, messages: Vec<Message>, sequenced: &HashSet<WebhookId>) -> Result<(), WorkerError> {
    if messages.is_empty() {
        return Ok(());
    }
    let messages = numbers::number(context, messages, sequenced).await?;
    claims::send(context, messages, 0).await
}

async fn send_orders(context: &Context, orders: Vec<Order>) -> Result<(), WorkerError> {
    for order in orders {
        orders::send(context, &order, snapshot::LEAD_SECONDS).await?;
    }
    Ok(())
}

/// What a record asks for: messages, and work on a subscription.
async fn work_of(
    context: &Context,
    lookup: &mut Lookup<'_>,
    record: &EventRecord,
) -> Result<(Vec<Draft>, Option<Order>), WorkerError> {
    let mut found = Vec::new();
    for event in events_of(context, lookup, record).await? {
        found.extend(drafts_for(lookup, record, event).await?);
    }
    let is_control = stream::table(record) != Some(context.config().telematics_table.as_str());
    let order = if is_control { snapshot::asked(record, context.now())? } else { None };
    Ok((found, order))
}

/// One event for one partner.
struct PartnerEvent {
    name: String,
    partner: PartnerId,
    fleet: Option<FleetId>,
    fleet_ref: Option<String>,
    resource: Option<Resource>,
    subject: Option<WebhookId>,
    data: Vec<Value>,
}

async fn events_of(context: &Context, lookup: &mut Lookup<'_>, record: &EventRecord) -> Result<Vec<PartnerEvent>, WorkerError> {
    if stream::table(record) == Some(context.config().telematics_table.as_str()) {
        return telematics(lookup, record).await;
    }
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    let mut found = Vec::new();
    for event in changes::of_control(old, new, &context.config().connect_url)? {
        found.extend(for_partners(lookup, event).await?);
    }
    Ok(found)
}

/// A control-plane event, once for each partner that may learn of it.
async fn for_partners(lookup: &mut Lookup<'_>, event: ControlEvent) -> Result<Vec<PartnerEvent>, WorkerError> {
    let agreements = match event.audience {
        Audience::Owner { partner, fleet, fleet_ref, subject } => {
            let (name, data) = (event.name.to_owned(), vec![event.payload]);
            return Ok(vec![PartnerEvent { name, partner, fleet, fleet_ref, resource: None, subject, data }]);
        }
        Audience::Fleet(fleet) => lookup.of_fleet(fleet).await?.to_vec(),
        Audience::Connection(connection, resource) => lookup.of_connection(connection, resource).await?,
        Audience::Everyone => return for_everyone(lookup, event).await,
    };
    Ok(agreements
        .iter()
        .map(|agreement| for_reader(event.name.to_owned(), agreement, vec![of_reader(&event.payload, agreement)]))
        .collect())
}

/// An event for every partner that subscribes to it.
async fn for_everyone(lookup: &Lookup<'_>, event: ControlEvent) -> Result<Vec<PartnerEvent>, WorkerError> {
    let of = |partner| PartnerEvent {
        name: event.name.to_owned(),
        partner,
        fleet: None,
        fleet_ref: None,
        resource: None,
        subject: None,
        data: vec![event.payload.clone()],
    };
    Ok(lookup.subscribers(event.name).await?.into_iter().map(of).collect())
}

fn for_reader(name: String, agreement: &Agreement, data: Vec<Value>) -> PartnerEvent {
    PartnerEvent {
        name,
        partner: agreement.partner_id,
        fleet: Some(agreement.fleet_id),
        fleet_ref: agreement.fleet_ref.clone(),
        resource: None,
        subject: None,
        data,
    }
}

/// The payload with the reader's fleet if it names none.
fn of_reader(payload: &Value, agreement: &Agreement) -> Value {
    let mut payload = payload.clone();
    if let Some(fleet) = payload.get_mut("fleet_id").filter(|fleet| fleet.is_null()) {
        *fleet = agreement.fleet_id.to_string().into();
    }
    payload
}

/// The events of a telematics change: its rows, with the fleet as each reader's agreement names it.
async fn telematics(lookup: &mut Lookup<'_>, record: &EventRecord) -> Result<Vec<PartnerEvent>, WorkerError> {
    let image = |item: &serde_dynamo::Item| (!item.inner().is_empty()).then(|| HashMap::from(item.clone()));
    let (old, new) = (image(&record.change.old_image), image(&record.change.new_image));
    let change = store::telematics::change::from_images(old.as_ref(), new.as_ref());
    let Some(change) = change.map_err(|error| WorkerError::Record(error.to_string()))? else {
        return Ok(Vec::new());
    };
    let record = change.record;
    let mut found = Vec::new();
    for (action, rows) in [(Action::Added, change.added), (Action::Modified, change.modified), (Action::Removed, change.removed)]
    {
        if rows.is_empty() || !record.fires(action) {
            continue;
        }
        let event = record.event_name(action);
        let readers = lookup.readers(change.connection, record.resource, &event).await?;
        if readers.is_empty() {
            continue;
        }
        let payloads = rows.iter().map(|row| Ok(payload(record, action, row.members()?)));
        let payloads = payloads.collect::<Result<Vec<_>, StoreError>>()?;
        found.extend(readers.iter().map(|agreement| {
            let data = payloads.iter().map(|payload| Value::Object(for_fleet(payload.clone(), agreement))).collect();
            PartnerEvent { resource: Some(record.resource), ..for_reader(event.clone(), agreement, data) }
        }));
    }
    Ok(found)
}

/// What an event says of a row, without the reader's fleet.
fn payload(record: &RecordType, action: Action, row: Map<String, Value>) -> Map<String, Value> {
    let mut payload = model::events::payload_record(record, row);
    if action == Action::Removed {
        payload.retain(|name, _| catalogue::SHARED.contains(&name.as_str()));
    }
    payload
}

fn for_fleet(mut payload: Map<String, Value>, agreement: &Agreement) -> Map<String, Value> {
    payload.insert("fleet_id".into(), agreement.fleet_id.to_string().into());
    payload.insert("fleet_ref".into(), agreement.fleet_ref.clone().into());
    payload
}

/// What an event holds for each matching subscription.
async fn drafts_for(lookup: &mut Lookup<'_>, record: &EventRecord, event: PartnerEvent) -> Result<Vec<Draft>, WorkerError> {
    let subscriptions = lookup.subscriptions(event.partner, &event.name).await?;
    let matches = |filters: &model::webhook::Filters| filters.matches(event.fleet, event.fleet_ref.as_deref());
    let matching = subscriptions.iter().filter(|webhook| webhook.filters.as_ref().is_none_or(matches));
    let matching: Vec<_> = matching.filter(|webhook| Some(webhook.id) != event.subject).collect();
    for record in event.data.iter().filter(|_| !matching.is_empty()) {
        if !claims::fits(std::slice::from_ref(record))? {
            return Err(WorkerError::Record("a record of the change is larger than a message".into()));
        }
    }
    let draft = |webhook: &Webhook| Draft {
        webhook_id: webhook.id,
        partner_id: event.partner,
        event_name: event.name.clone(),
        timestamp: stream::instant(record),
        data: event.data.clone(),
        fleet_id: event.fleet,
        resource: event.resource,
        trace: None,
        first: stream::sequence(record).to_owned(),
        last: stream::sequence(record).to_owned(),
    };
    Ok(matching.into_iter().map(draft).collect())
}
