//! Users: `GET /fleet/drivers`, once for active and once for deactivated drivers; the plain list has active ones only.

use model::telematics::{Batch, Observation, User, source_hash};
use model::{Timestamp, codes};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Client, NextPage, PAGE_DEADLINE};
use super::cursor::{Cursor, DriverList};
use super::lenient::{Lenient, Reference, extras, from_json, groups};
use super::place::country_of;
use super::rulesets::{Ruleset, ruleset};
use crate::{Fetch, Fetched, ProviderError};

/// The first changes with every save, the second may be signed anew with every answer.
const VOLATILE: &[&str] = &["updatedAtTime", "profileImageUrl"];
const EXTRAS: &[&str] = &[
    "createdAtTime",
    "staticAssignedVehicle",
    "eldExempt",
    "eldExemptReason",
    "eldBigDayExemptionEnabled",
    "waitingTimeDutyStatusEnabled",
    "tachographCardNumber",
    "currentIdCardCode",
    "locale",
    "eldSettings",
    "externalIds",
];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    id: Lenient<String>,
    name: Lenient<String>,
    username: Lenient<String>,
    phone: Lenient<String>,
    notes: Lenient<String>,
    timezone: Lenient<String>,
    license_number: Lenient<String>,
    license_state: Lenient<String>,
    driver_activation_status: Lenient<String>,
    is_deactivated: Lenient<bool>,
    eld_pc_enabled: Lenient<bool>,
    eld_ym_enabled: Lenient<bool>,
    eld_adverse_weather_exemption_enabled: Lenient<bool>,
    carrier_settings: Lenient<Carrier>,
    eld_settings: Lenient<EldSettings>,
    tags: Lenient<Vec<Reference>>,
    updated_at_time: Lenient<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Carrier {
    carrier_name: Lenient<String>,
    main_office_address: Lenient<String>,
    dot_number: Lenient<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EldSettings {
    rulesets: Lenient<Vec<Ruleset>>,
}

from_json!(Carrier, EldSettings);

pub(super) async fn fetch(client: &Client<'_>, fetch: Fetch<'_>) -> Result<Fetched, ProviderError> {
    let (list, after) = match Cursor::decode(fetch.cursor) {
        Some(Cursor::Drivers { list, after }) => (list, after),
        _ => (DriverList::Active, None),
    };
    let mut query = vec![("limit", "512"), ("driverActivationStatus", list.name())];
    query.extend(after.as_deref().map(|after| ("after", after)));
    let response = client.get("/fleet/drivers", &query, PAGE_DEADLINE).await?;
    let (data, next) = response.page(after.as_deref())?;
    let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw)).collect();
    let last_data_at = rows.iter().filter_map(|row| row.occurred_at).max().map(|time| time.min(fetch.now));
    let cursor = following(list, next);
    let more = cursor.is_some();
    let cursor = cursor.and_then(Cursor::encode);
    Ok(Fetched { batch: Batch::Users(rows), cursor, last_data_at, more, complete_scan: !more })
}

fn following(list: DriverList, next: NextPage) -> Option<Cursor> {
    match (list, next.more) {
        (_, true) => Some(Cursor::Drivers { list, after: next.after }),
        (DriverList::Active, false) => Some(Cursor::Drivers { list: DriverList::Deactivated, after: None }),
        (DriverList::Deactivated, false) => None,
    }
}

/// A driver; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<User>> {
    let wire: Wire = serde_json::from_str(raw.get()).unwrap_or_default();
    let Some(source_id) = wire.id.0.clone() else {
        tracing::warn!(provider = "samsara", "skipped a driver without an id");
        return None;
    };
    let source = serde_json::from_str(raw.get()).unwrap_or_default();
    Some(Observation {
        source_id,
        occurred_at: wire.updated_at_time.0,
        source_hash: source_hash(&source, VOLATILE),
        extras: extras(&source, EXTRAS),
        source,
        fields: fields(wire),
    })
}

fn fields(wire: Wire) -> User {
    let carrier = wire.carrier_settings.0.unwrap_or_default();
    let rulesets = wire.eld_settings.0.unwrap_or_default().rulesets.0.unwrap_or_default();
    let status = wire.driver_activation_status.0;
    let active = status.as_deref().map(|status| status == "active").or(wire.is_deactivated.0.map(|gone| !gone));
    let (first_name, last_name) = names(wire.name.0.as_deref());
    User {
        username: wire.username.0,
        is_active: active,
        status,
        is_driver: Some(true),
        first_name,
        last_name,
        phone_number: wire.phone.0,
        license_country: wire.license_state.0.as_deref().and_then(country_of).map(str::to_owned),
        license_region: wire.license_state.0,
        license_number: wire.license_number.0,
        company_groups: groups(wire.tags),
        company_name: carrier.carrier_name.0,
        company_address: carrier.main_office_address.0,
        carrier_number: carrier.dot_number.0,
        notes: wire.notes.0,
        hos_ruleset_code: rulesets.first().and_then(ruleset).map(str::to_owned),
        allow_yard_move: wire.eld_ym_enabled.0,
        allow_personal_conveyance: wire.eld_pc_enabled.0,
        allow_adverse_driving: wire.eld_adverse_weather_exemption_enabled.0,
        default_time_zone: wire.timezone.0.filter(|zone| codes::TIMEZONES.contains(&zone.as_str())),
        ..User::default()
    }
}

/// Samsara has one name: its first word is the first name, the rest the last name.
fn names(name: Option<&str>) -> (Option<String>, Option<String>) {
    let name = name.unwrap_or_default().trim();
    let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    let kept = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    (kept(first), kept(last))
}
