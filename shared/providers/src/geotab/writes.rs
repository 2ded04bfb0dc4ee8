//! What partners write to MyGeotab: changes of vehicles and users, and messages to users.
//!
//! `Set` replaces a record whole, so it is read first, and sent back with what changes. What a new user or vehicle must have (groups of
//! clearances, a device) has no place in a request.

use model::resource_operation::OperationType;
use model::telematics::{Message, Observation, User, Vehicle};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::rpc::of_kind;
use super::vehicles::is_trailer;
use super::{Geotab, messages, users, vehicles};
use crate::client::OkResponse;
use crate::wire::{Members, source_of};
use crate::write::{Writer, impossible};
use crate::{Api, Change, PAGE_DEADLINE, ProviderError};

/// When what is in use ends.
const NEVER: &str = "2050-01-01T00:00:00.000Z";

/// Changes a vehicle. What the device tells of it, such as its make, cannot be changed.
pub(super) struct ChangeVehicle;

impl Writer for ChangeVehicle {
    type Provider = Geotab;
    type Row = Vehicle;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = &["vehicle_name", "vin", "license_plate_number", "license_plate_region", "notes"];

    async fn write(api: &Api<'_, Geotab>, change: &Change<'_>) -> Result<Option<Observation<Vehicle>>, ProviderError> {
        let sent = change.renamed(&[
            ("name", "vehicle_name"),
            ("vehicleIdentificationNumber", "vin"),
            ("licensePlate", "license_plate_number"),
            ("licenseState", "license_plate_region"),
            ("comment", "notes"),
        ]);
        let is_vehicle = |device: &Members<'_>| !is_trailer(device);
        let Some(device) = api.change("Device", change.target()?, sent, is_vehicle).await? else { return Ok(None) };
        let Ok(groups) = api.groups().await else { return Ok(None) };
        Ok(first(&device).and_then(|raw| vehicles::listed(raw, &groups, change.now).row()))
    }
}

/// Changes a user. One who leaves, leaves now.
pub(super) struct ChangeUser;

/// Geotab's names of members that are sent as they are.
const USER: &[(&str, &str)] = &[
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("phoneNumber", "phone_number"),
    ("licenseProvince", "license_region"),
    ("licenseNumber", "license_number"),
    ("employeeNo", "employee_number"),
    ("designation", "user_designation"),
    ("comment", "notes"),
    ("isYardMoveEnabled", "allow_yard_move"),
    ("isPersonalConveyanceEnabled", "allow_personal_conveyance"),
    ("isAdverseDrivingEnabled", "allow_adverse_driving"),
    ("timeZoneId", "default_time_zone"),
];

impl Writer for ChangeUser {
    type Provider = Geotab;
    type Row = User;

    const OPERATION: OperationType = OperationType::Update;
    const MEMBERS: &'static [&'static str] = &[
        "is_active",
        "status",
        "first_name",
        "last_name",
        "phone_number",
        "license_region",
        "license_number",
        "employee_number",
        "user_designation",
        "notes",
        "allow_yard_move",
        "allow_personal_conveyance",
        "allow_adverse_driving",
        "default_time_zone",
    ];

    async fn write(api: &Api<'_, Geotab>, change: &Change<'_>) -> Result<Option<Observation<User>>, ProviderError> {
        let mut sent = change.renamed(USER);
        let until = change.is_active().map(|is_active| match is_active {
            true => NEVER.to_owned(),
            false => change.now.to_string(),
        });
        sent.extend(until.map(|until| ("activeTo".to_owned(), until.into())));
        let Some(user) = api.change("User", change.target()?, sent, |_| true).await? else { return Ok(None) };
        let Ok(groups) = api.groups().await else { return Ok(None) };
        Ok(first(&user).and_then(|raw| users::listed(raw, &groups, change.now).row()))
    }
}

/// A message to a user.
pub(super) struct SendMessage;

impl Writer for SendMessage {
    type Provider = Geotab;
    type Row = Message;

    const OPERATION: OperationType = OperationType::Create;
    const MEMBERS: &'static [&'static str] = &["sender_id", "recipient_id", "message_text"];

    async fn write(api: &Api<'_, Geotab>, change: &Change<'_>) -> Result<Option<Observation<Message>>, ProviderError> {
        let member = |name: &str| change.text(name).filter(|text| !text.trim().is_empty());
        let text = change.message_text()?;
        let recipient =
            member("source_recipient_id").ok_or_else(|| impossible("a message to somebody whom the provider does not know"))?;
        let mut entity = json!({
            "recipient": { "id": recipient }, "isDirectionToVehicle": true,
            "messageContent": { "contentType": "Normal", "message": text },
        });
        if let (Some(sender), Some(members)) = (member("source_sender_id"), entity.as_object_mut()) {
            members.insert("user".into(), json!({ "id": sender }));
        }
        let added = api.call("Add", &of_kind("TextMessage", json!({ "entity": entity })), PAGE_DEADLINE).await?;
        // It is sent: that it cannot be read is no failure.
        let Ok(id) = added.parse::<String>() else { return Ok(None) };
        let Ok(message) = api.one("TextMessage", &id).await else { return Ok(None) };
        Ok(first(&message).and_then(messages::observation))
    }
}

impl Api<'_, Geotab> {
    /// A list of the record with an id.
    async fn one(&self, kind: &str, id: &str) -> Result<OkResponse, ProviderError> {
        self.get(kind, json!({ "search": { "id": id }, "resultsLimit": 1 })).await
    }

    /// Changes members of a record, and reads it again; `None` where it cannot be read after it was changed.
    async fn change(
        &self,
        kind: &str,
        id: &str,
        sent: Map<String, Value>,
        is_it: fn(&Members<'_>) -> bool,
    ) -> Result<Option<OkResponse>, ProviderError> {
        let held = self.one(kind, id).await?;
        let found = first(&held).filter(|raw| {
            let wire = Members::of(raw);
            wire.get::<String>("id").as_deref() == Some(id) && is_it(&wire)
        });
        let Some(Value::Object(mut entity)) = found.map(source_of) else {
            return Err(impossible(format!("changing a {kind} that is not listed")));
        };
        entity.extend(sent);
        self.call("Set", &of_kind(kind, json!({ "entity": entity })), PAGE_DEADLINE).await?;
        Ok(self.one(kind, id).await.ok())
    }
}

/// The first record of a list.
fn first(response: &OkResponse) -> Option<&RawValue> {
    response.parse::<Vec<&RawValue>>().ok()?.first().copied()
}
