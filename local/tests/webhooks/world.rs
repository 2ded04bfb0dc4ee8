//! A platform with its demo partner, and the steps that tests share.

use std::time::{Duration, Instant};

use catena::api::{Api, ApiResponse};
use catena::{Options, Platform, demo};
use model::webhook::{Command, Order};
use model::{PartnerId, Timestamp, WebhookId};
use reqwest::Method;
use serde_json::{Value, json};

/// How long something that is to come may take.
const PATIENCE: Duration = Duration::from_secs(100);

pub(crate) const WEBHOOKS: &str = "/v2/notifications/webhooks";

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) partner: Api,
}

impl World {
    pub(crate) async fn start() -> Self {
        let platform = Platform::start(Options::ephemeral(3), &|_| ()).await.unwrap();
        let partner = Api::sign_in(&platform.demo.url, demo::CLIENT_ID, demo::CLIENT_SECRET).await.unwrap();
        Self { platform, partner }
    }

    pub(crate) async fn stop(self) {
        self.platform.stop().await.unwrap();
    }

    /// Subscribes the demo partner and returns the subscription, or one of several.
    pub(crate) async fn subscribe(&self, event: &str, url: &str) -> Value {
        self.subscribe_with(json!({ "url": url, "event_name": event })).await
    }

    pub(crate) async fn subscribe_with(&self, body: Value) -> Value {
        self.partner.send_json(Method::POST, WEBHOOKS, &body).await.unwrap().expect(&[200]).unwrap()
    }

    /// A fleet that accepts; returns its own client.
    pub(crate) async fn accept(&self, fleet_ref: &str) -> Api {
        let invitation = self.partner.invite(fleet_ref, "A Fleet").await.unwrap();
        let path = format!("/v2/orgs/invitations/{}/accept", text(&invitation, "/id"));
        let accepted = self.partner.send(Method::POST, &path).await.unwrap().expect(&[200]).unwrap();
        self.partner.with_token(&text(&accepted, "/pre_registration_access_token"))
    }

    /// Links the first simulated account; returns the connection's id.
    pub(crate) async fn connect(&self, fleet: &Api) -> String {
        text(&demo::connect(fleet, demo::TSP, &self.platform.demo.keys(demo::TSP)[0]).await.unwrap(), "/id")
    }

    /// The agreement with a fleet.
    pub(crate) async fn agreement(&self, fleet_ref: &str) -> String {
        text(&self.get(&format!("/v2/orgs/share-agreements?fleet_ref={fleet_ref}")).await, "/items/0/id")
    }

    /// The demo partner's id.
    pub(crate) async fn partner_id(&self) -> PartnerId {
        let invitation = self.partner.invite("whose", "A Fleet").await.unwrap();
        text(&invitation, "/partner_id").parse().unwrap()
    }

    /// Has a subscription's order carried out, as the queue would.
    pub(crate) async fn order(&self, command: Command, webhook_id: WebhookId, before: Timestamp) {
        let partner_id = self.partner_id().await;
        let order = Order { command, partner_id, webhook_id, before };
        let record = json!({ "messageId": "1", "body": serde_json::to_string(&order).unwrap() });
        assert_eq!(self.work("deliveries.send", json!({ "Records": [record] })).await, json!({ "batchItemFailures": [] }));
    }

    /// Has a worker process an event, as Lambda would.
    pub(crate) async fn work(&self, handler: &str, event: Value) -> Value {
        let worker = bootstrap::workers().into_iter().find(|worker| worker.handler == handler).unwrap();
        (worker.call)(self.platform.context(), event).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.partner.get(path).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, expected: u16) -> Value {
        self.partner.send(Method::POST, path).await.unwrap().expect(&[expected]).unwrap()
    }
}

pub(crate) fn text(body: &Value, pointer: &str) -> String {
    ApiResponse::text(body, pointer).unwrap()
}

/// Waits for what the platform does.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
