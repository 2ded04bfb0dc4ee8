//! `GET /v2/notifications/schemas/{event_name}` and `.../versions/{version}`

use gateway::{ApiError, Call, Context, Input, Json, Operation, Reader};
use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::find;

const EVENT: &str = "The event.";

/// The newest schema of an event.
pub struct Newest;
/// One version of it.
pub struct Version;

/// The event.
pub struct Event(String);
/// The event and the version.
pub struct EventVersion(String, String);

/// The schema of an event's messages.
#[derive(Serialize, JsonSchema)]
pub struct EventSchema {
    /// The event.
    #[schemars(schema_with = "model::schema::event_name")]
    event_name: String,
    /// The version, as messages name it.
    #[schemars(regex(pattern = r"^\d+\.\d+$"), example = &"3.0")]
    version: String,
    /// Since when it is sent.
    created_at: Timestamp,
    /// An OpenAPI 3.0 document, as JSON text.
    openapi_schema: String,
    /// What the version changed.
    changelog: String,
}

impl EventSchema {
    fn read(event: String, version: Option<&str>) -> Result<Json<Self>, ApiError> {
        let found = find(&event, version).ok_or_else(|| ApiError::not_found("event schema"))?;
        Ok(Json(Self {
            openapi_schema: found.document(&event).to_string(),
            event_name: event,
            version: found.published.version.clone(),
            created_at: found.published.created_at,
            changelog: found.published.changelog.clone(),
        }))
    }
}

impl Input for Event {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path_name("event_name", EVENT, "vehicle.added"))
    }
}

impl Input for EventVersion {
    fn read(reader: &mut Reader) -> Self {
        Self(
            reader.path_name("event_name", EVENT, "vehicle.added"),
            reader.path_name("version", "The version, as messages name it.", "\"3.0\""),
        )
    }
}

impl Operation for Newest {
    type Input = Event;
    type Output = Json<EventSchema>;

    async fn run(_: &Context, _: Call, Event(event): Event) -> Result<Self::Output, ApiError> {
        EventSchema::read(event, None)
    }
}

impl Operation for Version {
    type Input = EventVersion;
    type Output = Json<EventSchema>;

    async fn run(_: &Context, _: Call, EventVersion(event, version): EventVersion) -> Result<Self::Output, ApiError> {
        EventSchema::read(event, Some(&version))
    }
}
