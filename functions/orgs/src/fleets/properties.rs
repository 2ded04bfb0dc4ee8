//! `GET` and `POST /v2/orgs/fleets/{fleet_id}/properties`, `DELETE /v2/orgs/fleets/{fleet_id}/properties/{property_id}`

use gateway::{ApiError, Body, Call, Context, Created, Input, Json, NoContent, Operation, Reader};
use model::fleet::Fleet;
use model::property::{self, FleetPropertyKey, Property};
use model::{FleetId, PropertyId, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use store::control::Key;

use super::get::Id;
use super::{find, missing, require_own};
use crate::properties;

/// The properties of a fleet, oldest first.
pub struct List;
/// A fleet adds properties to itself.
pub struct Create;
/// A fleet deletes a property of itself.
pub struct Delete;

/// A property of a fleet.
#[derive(Serialize, JsonSchema)]
pub struct FleetPropertyRead {
    /// What it says.
    key: FleetPropertyKey,
    /// The value.
    value: String,
    /// The property's id.
    id: PropertyId,
    /// When it was made.
    created_at: Timestamp,
    /// The fleet.
    fleet_id: FleetId,
}

/// A property to add.
#[derive(JsonSchema)]
pub struct FleetPropertyCreate {
    /// What it says. A fleet has each key once.
    #[schemars(schema_with = "key_schema")]
    key: FleetPropertyKey,
    /// The value.
    #[schemars(length(min = 1, max = 2000))]
    value: String,
}

fn key_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [gateway::schema_of::<FleetPropertyKey>()] })
}

/// The fleet, and what to add.
pub struct Request(FleetId, Vec<FleetPropertyCreate>);

impl Input for Request {
    const BODY: Body = Body::JsonArray;

    fn read(reader: &mut Reader) -> Self {
        let added = reader.items(properties::MOST, |reader| FleetPropertyCreate {
            key: reader.body("key").required().code().unwrap_or(FleetPropertyKey::Type),
            value: reader.body("value").required().text(1, properties::LONGEST).unwrap_or_default(),
        });
        Self(reader.path("fleet_id"), added)
    }
}

/// The fleet's id and the property's.
pub struct Ids(FleetId, PropertyId);

impl Input for Ids {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("fleet_id"), reader.path("property_id"))
    }
}

impl Operation for List {
    type Input = Id;
    type Output = Json<Vec<FleetPropertyRead>>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        let (fleet, _) = find(context, &call, id).await?;
        Ok(Json(rows(id, fleet.properties)))
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<Vec<FleetPropertyRead>>;

    async fn run(context: &Context, call: Call, Request(id, added): Request) -> Result<Self::Output, ApiError> {
        require_own(&call, id)?;
        let made = |one: FleetPropertyCreate| properties::made(one.key, one.value, call.now);
        let added: Vec<Property<FleetPropertyKey>> = added.into_iter().map(made).collect();
        let change = |seen: &Fleet| {
            let properties = property::with(&seen.properties, &added).map_err(properties::exists)?;
            changed(seen, properties, call.now)
        };
        context.store().try_update(Key::fleet(id), change).await?.ok_or_else(missing)?;
        Ok(Created(rows(id, added)))
    }
}

impl Operation for Delete {
    type Input = Ids;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Ids(id, property): Ids) -> Result<Self::Output, ApiError> {
        require_own(&call, id)?;
        let change = |seen: &Fleet| {
            let left = property::without(&seen.properties, property).ok_or_else(properties::missing)?;
            changed(seen, left, call.now)
        };
        context.store().try_update(Key::fleet(id), change).await?.ok_or_else(missing)?;
        Ok(NoContent)
    }
}

fn changed(seen: &Fleet, properties: Vec<Property<FleetPropertyKey>>, now: Timestamp) -> Result<Option<Fleet>, ApiError> {
    if seen.deleted_at.is_some() {
        return Err(missing());
    }
    Ok(Some(Fleet { properties, updated_at: now, ..seen.clone() }))
}

fn rows(fleet_id: FleetId, properties: Vec<Property<FleetPropertyKey>>) -> Vec<FleetPropertyRead> {
    let row = |property: Property<FleetPropertyKey>| {
        let Property { id, key, value, created_at } = property;
        FleetPropertyRead { key, value, id, created_at, fleet_id }
    };
    properties.into_iter().map(row).collect()
}
