//! Notifications: a partner's webhook subscriptions, the log of their deliveries, and replay.

pub mod schemas;
pub mod webhooks;

use gateway::Permission::{CountRequests, Open, ReadControl, Seal, SendDeliveries, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Permission, Secrets, Service, Tag};
use http::Method;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "notifications",
    title: "Notifications",
    description: "Webhook subscriptions, the log of their deliveries, and the messages sent to receivers.",
    tags: TAGS,
    endpoints,
};

const TAGS: &[Tag] = &[
    Tag {
        name: "Webhook Subscriptions",
        handlers: "webhooks",
        description: "The events to send and their URL. Each subscription signs its messages with its own secret.",
    },
    Tag {
        name: "Webhook Event Schemas",
        handlers: "schemas",
        description: "What messages hold, for those who validate them or generate code.",
    },
];

/// Lists also decrypt (and the first one creates) the platform secret that signs cursors.
const LIST: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, Open(Secrets::Platform), Seal(Secrets::Platform)];
const READ: &[Permission] = &[ReadControl, CountRequests, VerifyTokens];
const WRITE: &[Permission] = &[ReadControl, WriteControl, VerifyTokens];
/// Signing secrets are encrypted before they are stored.
const WRITE_SECRET: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, Seal(Secrets::Webhooks)];
const REPLAY: &[Permission] = &[ReadControl, WriteControl, VerifyTokens, SendDeliveries];

const ALL: &str = "/v2/notifications/webhooks";
const SCHEMA: &str = "/v2/notifications/schemas/{event_name}";
const ONE: &str = "/v2/notifications/webhooks/{webhook_id}";

fn endpoints() -> Vec<Endpoint> {
    use Access::{Scope, Token};
    use webhooks::{act, create, delete, events, get, list, logs, metrics, replay, update};
    vec![
        Endpoint::new::<list::List>(Method::GET, ALL, "webhooks.list", Scope("webhook:read"), LIST)
            .summary("List subscriptions")
            .description("Lists your subscriptions, oldest first. Deleted ones are listed only by `status=deleted`."),
        Endpoint::new::<create::Create>(Method::POST, ALL, "webhooks.create", Scope("webhook:create"), WRITE_SECRET)
            .summary("Subscribe to an event, or to all events of a subject")
            .description(
                "A wildcard such as `vehicle.*` creates one subscription per event, and the answer is a list; otherwise \
             it is one subscription. A second subscription with the same event, URL and filters is 409.",
            ),
        Endpoint::new::<get::Get>(Method::GET, ONE, "webhooks.get", Scope("webhook:read"), READ)
            .summary("Read a subscription")
            .description("Returns a subscription. The secret, and the query of the URL, are masked."),
        Endpoint::new::<update::Update>(Method::PATCH, ONE, "webhooks.update", Scope("webhook:update"), WRITE_SECRET)
            .summary("Change url or filters, or rotate the secret")
            .description(
                "Changes the URL or the filters, or replaces the secret. For 24 hours after that, messages are signed \
             with both secrets.",
            ),
        Endpoint::new::<delete::Delete>(Method::DELETE, ONE, "webhooks.delete", Scope("webhook:delete"), WRITE)
            .summary("Unsubscribe")
            .description("Ends a subscription. Its secret is deleted."),
        Endpoint::new::<act::Activate>(
            Method::POST,
            "/v2/notifications/webhooks/{webhook_id}/activate",
            "webhooks.activate",
            Scope("webhook:update"),
            WRITE,
        )
        .summary("Activate a paused or stale subscription")
        .description("Resumes deliveries of a paused or stale subscription. Events kept meanwhile wait for `replay`."),
        Endpoint::new::<act::Pause>(
            Method::POST,
            "/v2/notifications/webhooks/{webhook_id}/pause",
            "webhooks.pause",
            Scope("webhook:update"),
            WRITE,
        )
        .summary("Pause deliveries; events become dead letters that can be replayed")
        .description("Stops deliveries. Events are kept for 14 days."),
        Endpoint::new::<logs::Logs>(
            Method::GET,
            "/v2/notifications/webhooks/{webhook_id}/logs",
            "webhooks.logs",
            Scope("webhook:read"),
            LIST,
        )
        .summary("List delivery attempts, newest first")
        .description("Lists the attempts of the last 14 days, newest first."),
        Endpoint::new::<replay::Replay>(
            Method::POST,
            "/v2/notifications/webhooks/{webhook_id}/replay",
            "webhooks.replay",
            Scope("webhook:update"),
            REPLAY,
        )
        .summary("Resend the dead letters, oldest first")
        .description(
            "Sends the kept messages again, oldest first and at a limited rate, under the same ids. A subscription \
             that is not active is 409.",
        ),
        Endpoint::new::<metrics::Metrics>(
            Method::GET,
            "/v2/notifications/webhooks/{webhook_id}/metrics",
            "webhooks.metrics",
            Scope("webhook:read"),
            READ,
        )
        .summary("Read how well the receiver takes messages")
        .description("Counts attempts and messages over four windows that end now. They are up to date within seconds."),
        Endpoint::new::<events::Events>(
            Method::GET,
            "/v2/notifications/webhooks/{webhook_id}/events",
            "webhooks.events",
            Scope("webhook:read"),
            READ,
        )
        .summary("Read messages by number, to fill in what was missed")
        .description(
            "Messages of the last 14 days of a subscription with `sequence`, whatever became of their delivery, with those of their \
             records that you may see now.",
        ),
        Endpoint::new::<schemas::get::Newest>(Method::GET, SCHEMA, "schemas.get", Token, READ)
            .summary("Read the schema of an event's messages")
            .description("Returns the newest version, as a whole OpenAPI 3.0 document in JSON text."),
        Endpoint::new::<schemas::get::Version>(
            Method::GET,
            "/v2/notifications/schemas/{event_name}/versions/{version}",
            "schemas.version",
            Token,
            READ,
        )
        .summary("Read a version of the schema of an event's messages")
        .description("Returns the version that messages name in `version` and `X-Schema-Version`."),
    ]
}
