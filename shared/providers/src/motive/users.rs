//! Users: `GET /v1/users`, drivers and office staff, those who left too. Members that only drivers have are absent for others.

use model::Timestamp;
use model::telematics::{Observation, User};
use serde_json::value::RawValue;

use super::client::List;
use super::places::zone;
use super::{Motive, members, names, rulesets};
use crate::numbered::Numbered;
use crate::place::country_of;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

pub(super) const LIST: List = List { path: "/v1/users", rows: "users", row: "user" };

/// What users do from minute to minute does not change who they are.
pub(super) const RULES: SourceRules = SourceRules {
    volatile: &["updated_at", "duty_status", "mobile_last_active_at", "web_last_active_at"],
    extras: &[
        "created_at",
        "company_reference_id",
        "eld_mode",
        "cycle",
        "cycle2",
        "exception_24_hour_restart",
        "exception_8_hour_break",
        "exception_adverse_driving",
        "exception_ca_farm_school_bus",
        "exception_short_haul",
        "exception_wait_time",
        "violation_alerts",
        "external_ids",
    ],
    references: &[],
};

pub(super) struct Users;

impl Source for Users {
    type Provider = Motive;
    type Rows = Vec<Observation<User>>;
    type Cursor = Numbered;

    const KNOWN: Known = Known { members: members::USER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let row = names::of_source(observation(stored.json)?, |row, groups| row.company_groups = Some(groups));
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Motive>, at: Numbered) -> Result<Page<Self::Rows, Numbered>, ProviderError> {
        let page = api.walk(LIST, at, observation).await?;
        let rows = names::with_groups(api, page.rows, RULES, |user, groups| user.company_groups = Some(groups)).await?;
        Ok(Page { rows, ..page })
    }
}

/// A user; `None` (and a warning) where they have no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<User>> {
    let wire = Members::of(raw);
    let source_id = wire.id("user", "motive")?;
    let source = source_of(raw);
    Some(RULES.observation(source_id, wire.get("updated_at"), source, fields(&wire)))
}

fn fields(wire: &Members<'_>) -> User {
    let (status, role): (Option<String>, Option<String>) = (wire.get("status"), wire.get("role"));
    let email: Option<String> = wire.get("email");
    let license_region: Option<String> = wire.get("drivers_license_state");
    User {
        username: wire.get("username").or_else(|| email.clone()),
        started_at: wire.get::<String>("joined_at").and_then(|day| Timestamp::parse(&format!("{day}T00:00:00Z"))),
        is_active: status.as_deref().map(|status| status == "active"),
        status,
        is_driver: role.as_deref().map(|role| role == "driver"),
        user_designation: role,
        user_email: email,
        first_name: wire.get("first_name"),
        last_name: wire.get("last_name"),
        phone_number: phone(wire),
        license_country: license_region.as_deref().and_then(country_of).map(str::to_owned),
        license_region,
        license_number: wire.get("drivers_license_number"),
        employee_number: wire.get("driver_company_id"),
        authority_address: address(wire, "terminal"),
        company_name: wire.get("carrier_name"),
        company_address: address(wire, "carrier"),
        last_tsp_login: last_login(wire),
        hos_ruleset_code: rulesets::of(wire),
        allow_yard_move: wire.get("yard_moves_enabled"),
        allow_personal_conveyance: wire.get("personal_conveyance_enabled"),
        allow_adverse_driving: wire.get("exception_adverse_driving"),
        default_time_zone: wire.get::<String>("time_zone").as_deref().and_then(zone),
        ..User::default()
    }
}

fn phone(wire: &Members<'_>) -> Option<String> {
    let number: String = wire.get("phone")?;
    let code = wire.get::<String>("phone_country_code").filter(|_| !number.starts_with('+'));
    Some(code.map_or_else(|| number.clone(), |code| format!("{code} {number}")))
}

/// `street, city, ST ZIP`, of the parts that there are.
fn address(wire: &Members<'_>, of: &str) -> Option<String> {
    let part = |name: &str| wire.get::<String>(&format!("{of}_{name}"));
    let region: Vec<String> = [part("state"), part("zip")].into_iter().flatten().collect();
    let region = (!region.is_empty()).then(|| region.join(" "));
    let parts: Vec<String> = [part("street"), part("city"), region].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The last time that they signed in, by telephone or on the web.
fn last_login(wire: &Members<'_>) -> Option<Timestamp> {
    let times = ["mobile_current_sign_in_at", "web_current_sign_in_at", "mobile_last_sign_in_at", "web_last_sign_in_at"];
    times.into_iter().filter_map(|name| wire.get(name)).max()
}
