//! Users: `POST /v1/users` and `PUT /v1/users/{id}`.

use http::Method;
use model::Timestamp;
use model::resource_operation::OperationType;
use model::telematics::{Observation, User};
use serde_json::{Map, Value, json};

use super::super::{Motive, users};
use super::{find, grouped, record};
use crate::client::OkResponse;
use crate::write::Writer;
use crate::{Api, Change, ProviderError};

/// A new driver, or a new member of the office staff. Without an e-mail address they get a random password, which nobody knows; an
/// administrator of the fleet sets another.
pub(crate) struct MakeUser;

/// Changes a user, but for their role.
pub(crate) struct ChangeUser;

const MEMBERS: &[&str] = &[
    "username",
    "is_active",
    "status",
    "user_email",
    "first_name",
    "last_name",
    "phone_number",
    "license_region",
    "license_number",
    "employee_number",
    "allow_yard_move",
    "allow_personal_conveyance",
    "allow_adverse_driving",
    "is_driver",
];

/// Motive's names of members that are sent as they are.
const NAMES: &[(&str, &str)] = &[
    ("username", "username"),
    ("email", "user_email"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("phone", "phone_number"),
    ("drivers_license_state", "license_region"),
    ("drivers_license_number", "license_number"),
    ("driver_company_id", "employee_number"),
    ("yard_moves_enabled", "allow_yard_move"),
    ("personal_conveyance_enabled", "allow_personal_conveyance"),
    ("exception_adverse_driving", "allow_adverse_driving"),
];

impl Writer for MakeUser {
    type Provider = Motive;
    type Row = User;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = MEMBERS;

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<User>>, ProviderError> {
        let role = if change.flag("is_driver") == Some(false) { "fleet_user" } else { "driver" };
        let mut body = body(change);
        body.insert("role".into(), role.into());
        if change.text("user_email").is_none_or(|email| email.is_empty()) {
            body.insert("password".into(), change.generated.into());
        }
        let response = api.send(Method::POST, users::LIST.path, &body, change.generated).await?;
        Ok(row(api, &response).await)
    }

    /// Names to log in with are unique, and so are addresses where there is no name.
    async fn made(
        api: &Api<'_, Motive>,
        change: &Change<'_>,
        since: Timestamp,
    ) -> Result<Option<Observation<User>>, ProviderError> {
        let login = ["username", "user_email"].iter().find_map(|name| change.text(name).filter(|text| !text.is_empty()));
        let Some(login) = login else { return Ok(None) };
        find(api, users::LIST, users::observation, since, |user| user.username.as_ref(), &login).await
    }
}

impl Writer for ChangeUser {
    type Provider = Motive;
    type Row = User;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = MEMBERS.split_at(MEMBERS.len() - 1).0;

    async fn write(api: &Api<'_, Motive>, change: &Change<'_>) -> Result<Option<Observation<User>>, ProviderError> {
        let path = format!("{}/{}", users::LIST.path, change.target()?);
        let response = api.send(Method::PUT, &path, &body(change), "").await?;
        Ok(row(api, &response).await)
    }
}

fn body(change: &Change<'_>) -> Map<String, Value> {
    let mut body = change.renamed(NAMES);
    let status = change.is_active().map(|is_active| if is_active { "active" } else { "deactivated" });
    body.extend(status.map(|status| ("status".to_owned(), json!(status))));
    body
}

async fn row(api: &Api<'_, Motive>, response: &OkResponse) -> Option<Observation<User>> {
    let row = record(response, users::LIST.row).and_then(users::observation);
    grouped(api, row, users::RULES, |user, groups| user.company_groups = Some(groups)).await
}
