//! `events.fan_out`: records of the tables' streams become messages on the deliveries queue.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::EventRecord;
use gateway::{Context, Queue, WorkerError};
use model::agreement::Agreement;
use model::codes::EVENT_NAMES;
use model::{FleetId, PartnerId, Resource, WebhookId};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::changes::{self, Audience, Change};
use crate::lookup::Lookup;
use crate::message::{self, Message};
use crate::{catalogue, stream};

/// Reads the records in order. The first one that fails ends the run; it and all behind it come again.
pub(crate) async fn run(context: &Context, event: Value) -> Result<Value, WorkerError> {
    let records = stream::records(event)?;
    let mut lookup = Lookup::new(context.store(), context.now());
    let mut messages = Vec::new();
    let mut failed = None;
    for record in &records {
        let trace = stream::trace(record).or(context.trace());
        let span = tracing::error_span!("change", stream.sequence = stream::sequence(record), trace.id = trace.map(display));
        match messages_of(context, &mut lookup, record).instrument(span.clone()).await {
            Ok(found) => {
                if !found.is_empty() {
                    span.in_scope(|| tracing::info!(messages = found.len(), "change fanned out"));
                }
                messages.extend(found.into_iter().map(|message| Message { trace, ..message }));
            }
            Err(error) => {
                span.in_scope(|| tracing::error!(cause = %error, "stream record failed"));
                failed = Some(stream::sequence(record));
                break;
            }
        }
    }
    if let Err(error) = send(context, messages).await {
        // Which messages were sent is not known; ids repeat, so receivers can tell.
        tracing::error!(cause = %error, "messages were not queued");
        failed = records.first().map(stream::sequence);
    }
    Ok(stream::answer(failed))
}

async fn send(context: &Context, messages: Vec<Message>) -> Result<(), WorkerError> {
    if messages.is_empty() {
        return Ok(());
    }
    let messages: Vec<_> = messages.into_iter().map(Message::outgoing).collect();
    Ok(context.send(Queue::Deliveries, &messages, 0).await?)
}

async fn messages_of(context: &Context, lookup: &mut Lookup<'_>, record: &EventRecord) -> Result<Vec<Message>, WorkerError> {
    let mut found = Vec::new();
    for news in news_of(context, lookup, record).await? {
        found.extend(addressed(lookup, record, news).await?);
    }
    Ok(found)
}

/// One event for one partner.
struct News {
    event: String,
    partner: PartnerId,
    fleet: Option<FleetId>,
    fleet_ref: Option<String>,
    resource: Option<Resource>,
    subject: Option<WebhookId>,
    data: Vec<Value>,
}

async fn news_of(context: &Context, lookup: &mut Lookup<'_>, record: &EventRecord) -> Result<Vec<News>, WorkerError> {
    if stream::table(record) == Some(context.config().telematics_table.as_str()) {
        return telematics(lookup, record).await;
    }
    let (old, new) = (&record.change.old_image, &record.change.new_image);
    let mut found = Vec::new();
    for change in changes::of_control(old, new, &context.config().connect_url)? {
        found.extend(control(lookup, change).await?);
    }
    Ok(found)
}

/// The news of a control-plane change, partner by partner.
async fn control(lookup: &mut Lookup<'_>, change: Change) -> Result<Vec<News>, WorkerError> {
    let agreements = match change.audience {
        Audience::Owner { partner, fleet, fleet_ref, subject } => {
            let event = change.event.to_owned();
            return Ok(vec![News { event, partner, fleet, fleet_ref, resource: None, subject, data: vec![change.record] }]);
        }
        Audience::Fleet(fleet) => lookup.of_fleet(fleet).await?.to_vec(),
        Audience::Connection(connection, resource) => lookup.of_connection(connection, resource).await?,
    };
    Ok(agreements
        .iter()
        .map(|agreement| for_reader(change.event.to_owned(), agreement, vec![of_reader(&change.record, agreement)]))
        .collect())
}

fn for_reader(event: String, agreement: &Agreement, data: Vec<Value>) -> News {
    News {
        event,
        partner: agreement.partner_id,
        fleet: Some(agreement.fleet_id),
        fleet_ref: agreement.fleet_ref.clone(),
        resource: None,
        subject: None,
        data,
    }
}

/// The record with the reader's fleet where it names none.
fn of_reader(record: &Value, agreement: &Agreement) -> Value {
    let mut record = record.clone();
    if let Some(fleet) = record.get_mut("fleet_id").filter(|fleet| fleet.is_null()) {
        *fleet = agreement.fleet_id.to_string().into();
    }
    record
}

/// The news of a telematics change: its rows, as each reader's agreement names the fleet.
async fn telematics(lookup: &mut Lookup<'_>, record: &EventRecord) -> Result<Vec<News>, WorkerError> {
    let image = |item: &serde_dynamo::Item| (!item.inner().is_empty()).then(|| HashMap::from(item.clone()));
    let (old, new) = (image(&record.change.old_image), image(&record.change.new_image));
    let Some(change) = store::telematics::change::from_images(old.as_ref(), new.as_ref())? else {
        return Ok(Vec::new());
    };
    let rows = [("added", change.added), ("modified", change.modified), ("removed", change.removed)];
    let rows: Vec<_> = rows.into_iter().filter(|(action, rows)| !rows.is_empty() && fires(change.resource, action)).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for agreement in lookup.of_connection(change.connection, Some(change.resource)).await? {
        for (action, rows) in &rows {
            let event = format!("{}.{action}", change.resource);
            if lookup.subscriptions(agreement.partner_id, &event).await?.is_empty() {
                continue;
            }
            let data = rows.iter().map(|row| Value::Object(row_for(change.resource, action, row, &agreement))).collect();
            found.push(News { resource: Some(change.resource), ..for_reader(event, &agreement, data) });
        }
    }
    Ok(found)
}

/// Whether the event exists and fires; most `.removed` ones are listed only.
fn fires(resource: Resource, action: &str) -> bool {
    let event = format!("{resource}.{action}");
    let reliable = action != "removed" || matches!(resource, Resource::Vehicle | Resource::User | Resource::Trailer);
    reliable && EVENT_NAMES.contains(&event.as_str())
}

fn row_for(resource: Resource, action: &str, row: &Map<String, Value>, agreement: &Agreement) -> Map<String, Value> {
    let mut record = model::events::record(resource, row.clone());
    record.insert("fleet_id".into(), agreement.fleet_id.to_string().into());
    record.insert("fleet_ref".into(), agreement.fleet_ref.clone().into());
    if action == "removed" {
        record.retain(|name, _| catalogue::SHARED.contains(&name.as_str()));
    }
    record
}

/// The messages of some news: one per subscription that admits the fleet, and run of records.
async fn addressed(lookup: &mut Lookup<'_>, record: &EventRecord, news: News) -> Result<Vec<Message>, WorkerError> {
    let subscriptions = lookup.subscriptions(news.partner, &news.event).await?;
    let admits = |filters: &model::webhook::Filters| filters.admit(news.fleet, news.fleet_ref.as_deref());
    let wanted = subscriptions.iter().filter(|webhook| webhook.filters.as_ref().is_none_or(admits));
    let wanted: Vec<_> = wanted.filter(|webhook| Some(webhook.id) != news.subject).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (at, sequence) = (stream::instant(record), stream::sequence(record));
    let runs = message::chunks(news.data);
    let mut found = Vec::with_capacity(wanted.len() * runs.len());
    for webhook in wanted {
        for (part, data) in runs.iter().enumerate() {
            // The fleet stands in the place too: one partner may read a connection through two fleets.
            let place = format!("{sequence}|{}", news.fleet.map(|fleet| fleet.to_string()).unwrap_or_default());
            found.push(Message {
                webhook_id: webhook.id,
                partner_id: news.partner,
                message_id: message::id(at, &place, &news.event, webhook.id, part),
                event_name: news.event.clone(),
                timestamp: at,
                data: data.clone(),
                fleet_id: news.fleet,
                resource: news.resource,
                trace: None,
                attempts: 0,
                step: 0,
                first_try_at: None,
                not_before: None,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_events_that_fire_are_made() {
        assert!(fires(Resource::Vehicle, "removed") && fires(Resource::VehicleLocation, "added"));
        assert!(!fires(Resource::HosEvent, "removed") && !fires(Resource::VehicleLocation, "modified"));
    }
}
