//! `GET` and `POST /v2/orgs/partners/{partner_id}/properties`, `DELETE /v2/orgs/partners/{partner_id}/properties/{property_id}`

use gateway::{ApiError, Body, Call, Caller, Context, Created, Input, Json, NoContent, Operation, Reader};
use model::partner::Partner;
use model::property::{self, PartnerPropertyKey, Property};
use model::{PartnerId, PropertyId, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use store::control::Key;
use webhooks::target::UrlProblem;

use super::{Id, find, missing};
use crate::invitations::WEB_SCHEMES;
use crate::properties;

/// The properties of a partner, oldest first.
pub struct List;
/// Adds properties: a partner its own defaults of invitations, an administrator all.
pub struct Create;
/// Deletes a property, of those that the caller may add.
pub struct Delete;

/// A property of a partner.
#[derive(Serialize, JsonSchema)]
pub struct PartnerPropertyRead {
    /// What it says.
    key: PartnerPropertyKey,
    /// The value.
    value: String,
    /// The property's id.
    id: PropertyId,
    /// When it was made.
    created_at: Timestamp,
    /// The partner.
    partner_id: PartnerId,
}

/// A property to add.
#[derive(JsonSchema)]
pub struct PartnerPropertyCreate {
    /// What it says. A partner has each key once.
    #[schemars(schema_with = "key_schema")]
    key: PartnerPropertyKey,
    /// The value. Defaults of invitations have the form of the member that they stand for.
    #[schemars(length(min = 1, max = 2083))]
    value: String,
}

fn key_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "allOf": [gateway::schema_of::<PartnerPropertyKey>()] })
}

/// Reads a property to add.
pub(super) fn read(reader: &mut Reader) -> PartnerPropertyCreate {
    use PartnerPropertyKey as Of;
    let key = reader.body("key").required().code();
    let value = reader.body("value").required();
    let value = match key {
        Some(Of::DefaultSuccessRedirectUrl | Of::DefaultFailureRedirectUrl) => value.url(WEB_SCHEMES),
        Some(Of::DefaultCallbackUrl) => value.url(&["https"]),
        Some(Of::DefaultInvitationExpiresInHours) => {
            value.matching(3, "^[0-9]+$", "must be a number of hours from 1 to 672", |text| is_within(text, 672))
        }
        Some(Of::BillingDayOfMonth) => {
            value.matching(2, "^[0-9]+$", "must be a day of the month from 1 to 31", |text| is_within(text, 31))
        }
        _ => value.text(1, properties::LONGEST),
    };
    PartnerPropertyCreate { key: key.unwrap_or(PartnerPropertyKey::Notes), value: value.unwrap_or_default() }
}

fn is_within(text: &str, most: u16) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse().is_ok_and(|number: u16| (1..=most).contains(&number))
}

/// The platform itself calls a callback URL, so the rules of webhook URLs hold for it.
///
/// # Errors
/// 422 that names the value; `path` is where the properties are.
pub(super) fn check(context: &Context, added: &[PartnerPropertyCreate], path: &str) -> Result<(), ApiError> {
    let policy = context.address_policy()?;
    for (place, one) in added.iter().enumerate().filter(|(_, one)| one.key == PartnerPropertyKey::DefaultCallbackUrl) {
        let path = format!("{path}{place}.value");
        let refused = |problem: UrlProblem| ApiError::invalid_member(&path, &one.value, "format", problem.to_string());
        webhooks::target::check_url(&one.value, &policy).map_err(refused)?;
    }
    Ok(())
}

impl PartnerPropertyCreate {
    /// The property.
    pub(super) fn made(self, now: Timestamp) -> Property<PartnerPropertyKey> {
        properties::made(self.key, self.value, now)
    }
}

/// The partner, and what to add.
pub struct Request(PartnerId, Vec<PartnerPropertyCreate>);

impl Input for Request {
    const BODY: Body = Body::JsonArray;

    fn read(reader: &mut Reader) -> Self {
        let added = reader.items(properties::MOST, read);
        Self(reader.path("partner_id"), added)
    }
}

/// The partner's id and the property's.
pub struct Ids(PartnerId, PropertyId);

impl Input for Ids {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path("partner_id"), reader.path("property_id"))
    }
}

/// Whether the caller may set it.
fn require(call: &Call, key: PartnerPropertyKey) -> Result<(), ApiError> {
    if key.is_default() && matches!(call.caller, Caller::Partner { .. }) { Ok(()) } else { call.caller.admin() }
}

impl Operation for List {
    type Input = Id;
    type Output = Json<Vec<PartnerPropertyRead>>;

    async fn run(context: &Context, call: Call, Id(id): Id) -> Result<Self::Output, ApiError> {
        Ok(Json(rows(id, find(context, &call, id).await?.properties)))
    }
}

impl Operation for Create {
    type Input = Request;
    type Output = Created<Vec<PartnerPropertyRead>>;

    async fn run(context: &Context, call: Call, Request(id, added): Request) -> Result<Self::Output, ApiError> {
        context.store().relist(&find(context, &call, id).await?).await?;
        added.iter().try_for_each(|one| require(&call, one.key))?;
        check(context, &added, "body.")?;
        let added: Vec<_> = added.into_iter().map(|one| one.made(call.now)).collect();
        let change = |seen: &Partner| {
            let properties = property::with(&seen.properties, &added).map_err(properties::exists)?;
            changed(seen, properties, call.now)
        };
        context.store().try_update(Key::partner(id), change).await?.ok_or_else(missing)?;
        Ok(Created(rows(id, added)))
    }
}

impl Operation for Delete {
    type Input = Ids;
    type Output = NoContent;

    async fn run(context: &Context, call: Call, Ids(id, property): Ids) -> Result<Self::Output, ApiError> {
        let partner = find(context, &call, id).await?;
        context.store().relist(&partner).await?;
        let held = partner.properties.iter().find(|one| one.id == property).ok_or_else(properties::missing)?;
        require(&call, held.key)?;
        let change = |seen: &Partner| {
            let left = property::without(&seen.properties, property).ok_or_else(properties::missing)?;
            changed(seen, left, call.now)
        };
        context.store().try_update(Key::partner(id), change).await?.ok_or_else(missing)?;
        Ok(NoContent)
    }
}

fn changed(seen: &Partner, properties: Vec<Property<PartnerPropertyKey>>, now: Timestamp) -> Result<Option<Partner>, ApiError> {
    if seen.deleted_at.is_some() {
        return Err(missing());
    }
    Ok(Some(Partner { properties, updated_at: Some(now), ..seen.clone() }))
}

fn rows(partner_id: PartnerId, properties: Vec<Property<PartnerPropertyKey>>) -> Vec<PartnerPropertyRead> {
    let row = |property: Property<PartnerPropertyKey>| {
        let Property { id, key, value, created_at } = property;
        PartnerPropertyRead { key, value, id, created_at, partner_id }
    };
    properties.into_iter().map(row).collect()
}
