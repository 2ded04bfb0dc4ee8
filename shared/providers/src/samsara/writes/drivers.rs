//! Drivers: `POST /fleet/drivers` and `PATCH /fleet/drivers/{id}`; of the office staff only the name can be changed (`PATCH
//! /users/{id}`), for roles, which a new member needs, have no place in a request.

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::{Observation, User};
use serde_json::{Map, Value, json};

use super::super::{Samsara, users};
use super::data;
use crate::wire::Members;
use crate::write::{Writer, impossible, may_be_made_since};
use crate::{Api, Change, PAGE_DEADLINE, ProviderError};

/// A new driver. Samsara wants a password with it: a random one, which nobody knows; an administrator of the fleet sets another.
pub(crate) struct MakeDriver;

/// Changes a driver, or the name of a member of the office staff.
pub(crate) struct ChangeUser;

const MEMBERS: &[&str] = &[
    "username",
    "is_active",
    "status",
    "is_driver",
    "first_name",
    "last_name",
    "phone_number",
    "license_region",
    "license_number",
    "notes",
    "allow_yard_move",
    "allow_personal_conveyance",
    "allow_adverse_driving",
    "default_time_zone",
    "hos_compliance_type",
];

/// Samsara's names of members that are sent as they are.
const NAMES: &[(&str, &str)] = &[
    ("username", "username"),
    ("phone", "phone_number"),
    ("licenseState", "license_region"),
    ("licenseNumber", "license_number"),
    ("notes", "notes"),
    ("eldYmEnabled", "allow_yard_move"),
    ("eldPcEnabled", "allow_personal_conveyance"),
    ("eldAdverseWeatherExemptionEnabled", "allow_adverse_driving"),
    ("timezone", "default_time_zone"),
];

impl Writer for MakeDriver {
    type Provider = Samsara;
    type Row = User;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = MEMBERS;

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<User>>, ProviderError> {
        if change.flag("is_driver") == Some(false) {
            return Err(impossible("making a user who is no driver (Samsara wants roles with one)"));
        }
        let mut body = body(change);
        body.extend(joined([change.text("first_name"), change.text("last_name")]).map(named));
        body.insert("password".into(), change.generated.into());
        let response = api.send(Method::POST, "/fleet/drivers", &body, change.generated).await?;
        Ok(data(&response).and_then(users::observation))
    }

    /// Names to log in with are unique.
    async fn made(
        api: &Api<'_, Samsara>,
        change: &Change<'_>,
        since: Timestamp,
    ) -> Result<Option<Observation<User>>, ProviderError> {
        let Some(username) = change.text("username") else { return Ok(None) };
        let mut after: Option<String> = None;
        loop {
            let response = api.page("/fleet/drivers", &[("limit", "512")], after.as_deref()).await?;
            let (data, next) = response.page(after.as_deref())?;
            let mut drivers = data.into_iter().filter_map(users::observation);
            if let Some(made) = drivers.find(|driver| driver.fields.username.as_deref() == Some(username.as_str())) {
                return Ok(Some(made).filter(|made| may_be_made_since(made, "createdAtTime", since)));
            }
            after = next.after_more();
            if after.is_none() {
                return Ok(None);
            }
        }
    }
}

impl Writer for ChangeUser {
    type Provider = Samsara;
    type Row = User;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = MEMBERS;

    async fn write(api: &Api<'_, Samsara>, change: &Change<'_>) -> Result<Option<Observation<User>>, ProviderError> {
        let target = change.target()?;
        if let Some(id) = target.strip_prefix("user:") {
            return change_office(api, change, id).await;
        }
        if change.flag("is_driver") == Some(false) {
            return Err(impossible("making a driver a member of the office staff"));
        }
        let path = format!("/fleet/drivers/{target}");
        let mut body = body(change);
        body.extend(name(api, change, &path).await?.map(named));
        let response = api.send(Method::PATCH, &path, &body, "").await?;
        Ok(data(&response).and_then(users::observation))
    }
}

async fn change_office(
    api: &Api<'_, Samsara>,
    change: &Change<'_>,
    id: &str,
) -> Result<Option<Observation<User>>, ProviderError> {
    let is_name = |name: &String| ["first_name", "last_name"].contains(&name.as_str()) || name == "connection_id";
    if let Some(other) = change.payload.keys().find(|name| !is_name(name)) {
        return Err(impossible(format!("changing `{other}` of a member of the office staff")));
    }
    let path = format!("/users/{id}");
    let body = name(api, change, &path).await?.map(named).into_iter().collect();
    let response = api.send(Method::PATCH, &path, &body, "").await?;
    Ok(data(&response).and_then(users::office))
}

fn named(name: String) -> (String, Value) {
    ("name".to_owned(), name.into())
}

fn body(change: &Change<'_>) -> Map<String, Value> {
    let mut body = change.renamed(NAMES);
    let activation = change.is_active().map(|is_active| if is_active { "active" } else { "deactivated" });
    body.extend(activation.map(|status| ("driverActivationStatus".to_owned(), json!(status))));
    body.extend(change.text("hos_compliance_type").map(|kind| ("eldExempt".to_owned(), json!(kind == "exempt"))));
    body
}

/// The name after the change. Samsara has one for both parts, so the part that is not sent is asked for.
async fn name(api: &Api<'_, Samsara>, change: &Change<'_>, path: &str) -> Result<Option<String>, ProviderError> {
    let sent = [change.text("first_name"), change.text("last_name")];
    match sent {
        [None, None] => Ok(None),
        [Some(_), Some(_)] => joined(sent).map(Some).ok_or_else(|| impossible("a user without a name")),
        [first, last] => {
            let response = api.get(path, &[], PAGE_DEADLINE).await?;
            let (old_first, old_last) = users::names(data(&response).and_then(|raw| Members::of(raw).get("name")));
            Ok(joined([first.or(old_first), last.or(old_last)]))
        }
    }
}

fn joined(parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
