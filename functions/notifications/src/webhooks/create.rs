//! `POST /v2/notifications/webhooks`

use std::sync::LazyLock;

use gateway::{ApiError, Body, Call, Context, Input, LIST_BODY, Operation, Output, Reader, Response};
use http::StatusCode;
use model::codes::{CATCH_ALL_EVENTS, EVENT_NAMES};
use model::events::{expand, snapshot_of};
use model::webhook::{Encoding, Filters, Webhook, WebhookStatus};
use model::{PartnerId, Timestamp, WebhookId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use store::control::{Snapshot, WebhookSecret, Write};
use store::{Attempts, StoreError};

use super::rules;

/// Subscribes to one event, or to each event of a subject.
pub struct Create;

/// What to subscribe to.
pub struct Request {
    url: String,
    event_name: String,
    filters: Option<Filters>,
    secret: Option<String>,
    encoding: Option<Encoding>,
    snapshot: Option<bool>,
    sequence: Option<bool>,
}

const EVENT: &str = "The event, or `subject.*` for one subscription per event of the subject. Listed events that no connected provider \
     supports yet are never sent.";
const SEQUENCE: &str = "Whether messages have a number, `sequence`, which grows by one per fleet without a gap. What is missing is read by \
     number (`events`).";
const SNAPSHOT: &str = "Whether the records that exist already are sent first: messages of the `.added` event with `snapshot: true`, then one \
     with `snapshot_complete: true` and without records. What changes meanwhile is sent after it. Of `subject.*`, the \
     other events wait as well. Only for `.added` events of records.";
const FILTERS: &str = "Only events of these fleets: those of either list. Null or empty lists = all fleets.";

impl Input for Request {
    const BODY: Body = Body::Json("WebhookCreate");
    const MAX_BODY: usize = LIST_BODY;

    fn read(reader: &mut Reader) -> Self {
        let event_name = reader.body("event_name").required().about(EVENT).documented_as(&[EVENT_NAMES, CATCH_ALL_EVENTS]);
        let event_name = event_name.example("vehicle_location.added").listed(&SUBSCRIBABLE).map(str::to_owned);
        let snapshot = reader.body("snapshot").about(SNAPSHOT).flag();
        let has_records = |event: &String| expand(event).into_iter().any(|event| snapshot_of(event).is_some());
        if snapshot == Some(true) && event_name.as_ref().is_some_and(|event| !has_records(event)) {
            reader.problem("body.snapshot", "true", "snapshot_without_records", "only `.added` events of records have snapshots");
        }
        Self {
            url: reader
                .body("url")
                .required()
                .about("The URL for messages; https.")
                .example("https://partner.example/webhooks")
                .text(1, 2_083)
                .unwrap_or_default(),
            event_name: event_name.unwrap_or_default(),
            filters: reader.body("filters").about(FILTERS).object(rules::read_filters),
            secret: rules::read_secret(reader),
            encoding: reader.body("encoding").about("The encoding of bodies; `gzip` by default.").code(),
            snapshot,
            sequence: reader.body("sequence").about(SEQUENCE).flag(),
        }
    }
}

/// Every event and every wildcard that stands for at least one.
static SUBSCRIBABLE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let wildcards = CATCH_ALL_EVENTS.iter().filter(|name| !EVENT_NAMES.contains(name));
    let names = EVENT_NAMES.iter().chain(wildcards).copied();
    names.filter(|name| !expand(name).is_empty()).collect()
});

/// A new subscription. No other response shows the secret.
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct WebhookCreated {
    /// The URL for messages.
    #[schemars(example = &"https://partner.example/webhooks")]
    url: String,
    /// The fleets whose events are sent; null = all.
    filters: Option<Filters>,
    /// The secret that signs messages. Store it: it is not shown again.
    secret: Option<String>,
    /// When it was created.
    created_at: Option<Timestamp>,
    /// When it was last changed.
    updated_at: Option<Timestamp>,
    /// When it was deleted.
    deleted_at: Option<Timestamp>,
    /// The subscription's id.
    id: WebhookId,
    /// The owner.
    partner_id: PartnerId,
    /// Its state.
    status: WebhookStatus,
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// The encoding of bodies, if the subscription sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Encoding")]
    encoding: Option<Encoding>,
    /// Whether existing records were requested, if the subscription says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    snapshot: Option<bool>,
    /// Whether messages are numbered, if the subscription says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    sequence: Option<bool>,
}

impl WebhookCreated {
    fn of(webhook: Webhook, secret: &str) -> Self {
        Self {
            url: webhook.url,
            filters: webhook.filters,
            secret: Some(secret.to_owned()),
            created_at: Some(webhook.created_at),
            updated_at: Some(webhook.updated_at),
            deleted_at: webhook.deleted_at,
            id: webhook.id,
            partner_id: webhook.partner_id,
            status: webhook.status,
            event_name: webhook.event_name,
            encoding: webhook.encoding,
            snapshot: webhook.snapshot,
            sequence: webhook.sequence,
        }
    }
}

/// One subscription, or several if a wildcard stands for several events. A wildcard with a single event returns an object,
/// as published clients expect.
pub enum Created {
    /// An object.
    One(Box<WebhookCreated>),
    /// An array.
    Many(Vec<WebhookCreated>),
}

impl From<Vec<WebhookCreated>> for Created {
    fn from(mut created: Vec<WebhookCreated>) -> Self {
        if created.len() == 1
            && let Some(only) = created.pop()
        {
            return Self::One(Box::new(only));
        }
        Self::Many(created)
    }
}

impl Output for Created {
    fn into_response(self) -> Response {
        match self {
            Self::One(created) => Response::json(StatusCode::OK, &created),
            Self::Many(created) => Response::json(StatusCode::OK, &created),
        }
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(u16, Option<Schema>)> {
        let one = generator.subschema_for::<WebhookCreated>();
        vec![(200, Some(json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })))]
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created;

    async fn run(context: &Context, call: Call, request: Request) -> Result<Self::Output, ApiError> {
        let partner = call.caller.partner()?;
        rules::check_url(context, &request.url)?;
        let secret = request.secret.clone().unwrap_or_else(rules::fresh_secret);
        let webhooks = webhooks(&request, partner, call.now);
        let mut writes = snapshot(&webhooks, call.now)?;
        let (mut created, mut claims) = (Vec::new(), Vec::new());
        for webhook in webhooks {
            let digest = rules::digest(&webhook.event_name, &webhook.url, webhook.filters.as_ref());
            claims.push(rules::claim(partner, webhook.id, digest));
            writes.extend(writes_for(context, &webhook, &secret).await?);
            created.push(WebhookCreated::of(webhook, &secret));
        }
        let mut attempts = Attempts::default();
        loop {
            match context.store().commit(writes.clone()).await {
                Err(StoreError::Conflict) => {
                    if let Some(duplicate) = rules::duplicate(context, &claims).await? {
                        return Err(duplicate);
                    }
                    // The subscription that was in the way has been deleted meanwhile.
                    if !attempts.again().await {
                        return Err(StoreError::Conflict.into());
                    }
                }
                result => return Ok(result.map(|()| created.into())?),
            }
        }
    }
}

/// The subscriptions that a request asks for. With a snapshot, all of them wait for that of the `.added` event.
fn webhooks(request: &Request, partner: PartnerId, now: Timestamp) -> Vec<Webhook> {
    let events = expand(&request.event_name).into_iter();
    let mut webhooks: Vec<Webhook> = events.map(|event| webhook(request, partner, event, now)).collect();
    let first = webhooks.iter().find(|webhook| snapshot_of(&webhook.event_name).is_some()).map(|webhook| webhook.id);
    if request.snapshot == Some(true) {
        webhooks.iter_mut().for_each(|webhook| webhook.awaits = first);
    }
    webhooks
}

/// What the snapshot begins with, if there is one.
fn snapshot(webhooks: &[Webhook], now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let first = webhooks.iter().find_map(|webhook| webhook.awaits);
    let waiting = || webhooks.iter().map(|webhook| webhook.id).collect();
    let begin = |first| Write::create(&Snapshot::begin(first, waiting(), now));
    first.map(begin).into_iter().collect()
}

fn webhook(request: &Request, partner: PartnerId, event: &str, now: Timestamp) -> Webhook {
    Webhook {
        id: WebhookId::at(now),
        partner_id: partner,
        url: request.url.clone(),
        event_name: event.to_owned(),
        filters: request.filters.clone(),
        status: WebhookStatus::Active,
        encoding: request.encoding,
        snapshot: request.snapshot,
        sequence: request.sequence,
        awaits: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

/// The subscription, its sealed secret, and the claim that prevents a second one, in one transaction.
async fn writes_for(context: &Context, webhook: &Webhook, secret: &str) -> Result<[Write; 3], ApiError> {
    let sealed = WebhookSecret {
        partner_id: webhook.partner_id,
        webhook_id: webhook.id,
        current: rules::sealed(context, webhook.id, secret).await?,
        previous: None,
        previous_until: None,
        updated_at: webhook.created_at,
    };
    let digest = rules::digest(&webhook.event_name, &webhook.url, webhook.filters.as_ref());
    let claim = rules::claim(webhook.partner_id, webhook.id, digest);
    Ok([Write::create(webhook)?, Write::create(&sealed)?, Write::create(&claim)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_emitted_events_can_be_subscribed_to() {
        let known = ["vehicle.added", "vehicle.*", "vehicle_location.*", "execution.*", "schedule.*", "webhook.paused"];
        known.into_iter().for_each(|name| assert!(SUBSCRIBABLE.contains(&name), "{name}"));
        let unknown = ["", "*", "vehicle", "vehicle.", "vehicle.sold", "nothing.*", "VEHICLE.added"];
        unknown.into_iter().for_each(|name| assert!(!SUBSCRIBABLE.contains(&name), "{name}"));
    }

    #[test]
    fn all_subscriptions_of_a_request_wait_for_its_snapshot() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let request = |event: &str, snapshot| Request {
            url: "https://hooks.example/in".into(),
            event_name: event.into(),
            filters: None,
            secret: None,
            encoding: None,
            snapshot,
            sequence: None,
        };
        let made = webhooks(&request("vehicle.*", Some(true)), PartnerId::at(now), now);
        let added = made.iter().find(|webhook| webhook.event_name == "vehicle.added").unwrap().id;
        assert!(made.len() == 3 && made.iter().all(|webhook| webhook.awaits == Some(added)));
        assert_eq!(snapshot(&made, now).unwrap().len(), 1);
        let made = webhooks(&request("vehicle.*", None), PartnerId::at(now), now);
        assert!(made.iter().all(|webhook| webhook.awaits.is_none()) && snapshot(&made, now).unwrap().is_empty());
    }

    #[test]
    fn a_single_subscription_is_returned_as_an_object() {
        let request = Request {
            url: "https://hooks.example/in".into(),
            event_name: "vehicle_location.*".into(),
            filters: None,
            secret: None,
            encoding: None,
            snapshot: None,
            sequence: None,
        };
        let now = Timestamp::from_millis(1_700_000_000_000);
        let created = WebhookCreated::of(webhook(&request, PartnerId::at(now), "vehicle_location.added", now), "correct horse");
        let json = serde_json::to_value(&created).unwrap();
        assert_eq!(json["secret"], "correct horse");
        assert!(json.get("encoding").is_none() && json.get("snapshot").is_none() && json.get("awaits").is_none());
        assert!(matches!(Created::from(vec![created.clone()]), Created::One(_)));
        assert!(matches!(Created::from(vec![created.clone(), created]), Created::Many(_)));
    }
}
