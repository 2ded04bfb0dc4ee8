//! Samsara: REST, bearer tokens, cursors for lists, endless feeds for readings.
//!
//! The provider leaves out members it has no value for, or sends `""`; both read as absent.

mod assignments;
mod client;
mod driver_safety_events;
mod driver_vehicle_associations;
mod dvir_log_defects;
mod dvir_logs;
mod engine_logs;
mod engine_statuses;
mod engines;
mod gps;
mod hos_availabilities;
mod hos_daily_snapshots;
mod hos_events;
mod hos_violations;
mod ifta_summaries;
mod members;
mod messages;
mod page;
mod questions;
mod rates;
mod rulesets;
#[cfg(test)]
mod tests;
mod trailer_locations;
mod trailer_statuses;
mod trailer_vehicle_associations;
mod trailers;
mod users;
mod vehicle_locations;
mod vehicle_sensors;
mod vehicles;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::AUTHORIZATION;
use model::Resource;
use model::credentials::Credentials;
use serde_json::value::RawValue;
use url::Url;

use crate::client::{Access, OkResponse, Session, key_of, unknown_account};
use crate::oauth::Proof;
use crate::wire::Members;
use crate::{Account, Api, Brand, OAuth, Plan, Provider, ProviderError, Rate, WritePlan};

/// The adapter of Samsara (api.samsara.com, and its EU and Canadian twins by the TSP's or the credentials' URL).
///
/// It takes the forms that hold a ready token: `token`, `access_token`, `api_key`.
#[derive(Clone, Copy, Debug)]
pub struct Samsara;

impl Provider for Samsara {
    type Session = Session;

    const SOURCE_NAME: &'static str = "samsara";
    const BRANDS: &'static [Brand] = &[
        Brand { slug: "samsara", name: "Samsara", conn_type: "token", base_url: None },
        Brand { slug: "samsara-ca", name: "Samsara Canada", conn_type: "token", base_url: Some("https://api.ca.samsara.com") },
        Brand { slug: "samsara-eu", name: "Samsara Europe", conn_type: "token", base_url: Some("https://api.eu.samsara.com") },
    ];
    const DEFAULT_BASE_URL: &'static str = "https://api.samsara.com/";
    const PLANS: &'static [Plan<Self>] = &[
        Plan::of::<vehicles::Vehicles>(rates::VEHICLES, Some(512)),
        Plan::of::<users::Users>(rates::DRIVERS, Some(512)).beside(&[rates::USERS]),
        Plan::of::<trailers::Trailers>(rates::TRAILERS, Some(512)),
        Plan::of::<vehicle_locations::VehicleLocations>(rates::VEHICLE_FEED, None)
            .beside(&[rates::VEHICLE_HISTORY, rates::ASSIGNMENTS]),
        Plan::of::<trailer_locations::TrailerLocations>(rates::TRAILER_FEED, None).beside(&[rates::TRAILER_HISTORY]),
        Plan::of::<trailer_statuses::TrailerStatuses>(rates::TRAILER_STATS, None),
        Plan::of::<engine_statuses::EngineStatuses>(rates::VEHICLE_FEED, None)
            .beside(&[rates::VEHICLE_HISTORY, rates::ASSIGNMENTS]),
        Plan::of::<engine_logs::EngineLogs>(rates::VEHICLE_FEED, None),
        Plan::of::<vehicle_sensors::VehicleSensors>(rates::VEHICLE_FEED, None),
        Plan::of::<hos_events::HosEvents>(rates::HOS_LOGS, None).beside(&[rates::ELD_EVENTS, rates::DAILY_LOGS]),
        Plan::of::<hos_violations::HosViolations>(rates::HOS_VIOLATIONS, None).beside(&[rates::DAILY_LOGS]),
        Plan::of::<hos_daily_snapshots::HosDailySnapshots>(rates::DAILY_LOGS, None),
        Plan::of::<dvir_logs::DvirLogs>(rates::INSPECTIONS, Some(200)),
        Plan::of::<dvir_log_defects::DvirLogDefects>(rates::DEFECTS, Some(200)).beside(&[rates::DEFECT_TYPES]),
        Plan::of::<driver_safety_events::DriverSafetyEvents>(rates::SAFETY_EVENTS, None),
        Plan::of::<driver_vehicle_associations::DriverVehicleAssociations>(rates::ASSIGNMENTS, None),
        Plan::of::<trailer_vehicle_associations::TrailerVehicleAssociations>(rates::TRAILER_ASSIGNMENTS, None),
        Plan::of::<ifta_summaries::IftaSummaries>(rates::IFTA, None),
        Plan::of::<messages::Messages>(rates::MESSAGES, None),
        Plan::of::<hos_availabilities::HosAvailabilities>(rates::HOS_CLOCKS, Some(200)).beside(&[rates::DRIVERS]),
    ];
    const WRITES: &'static [WritePlan<Self>] = &[
        WritePlan::of::<writes::MakeDriver>(),
        WritePlan::of::<writes::ChangeUser>(),
        WritePlan::of::<writes::ChangeVehicle>(),
        WritePlan::of::<writes::FilePurchase>(),
        WritePlan::of::<writes::SendMessage>(),
        WritePlan::of::<writes::SendGroupMessage>(),
    ];
    /// Purchases of fuel and messages to groups are written and not listed.
    const LACKS: &'static [Resource] = &[Resource::FuelTransaction, Resource::GroupMessage, Resource::HosEventAttachment];

    /// Challenges are not documented; a server that does not know them passes over them (RFC 6749, 3.1).
    const OAUTH: Option<&'static OAuth> =
        Some(&OAuth { authorize: "/oauth2/authorize", token: "/oauth2/token", elsewhere: None, proof: Proof::Basic, scope: "" });

    fn rate(method: &str, path: &str) -> Rate {
        rates::rate(method, path)
    }

    fn session(base: &Url, credentials: &Credentials) -> Result<Session, ProviderError> {
        let (_, token) = key_of(credentials, &["token", "access_token", "api_key"])?;
        Session::open(&ACCESS, base, credentials, (AUTHORIZATION, "Bearer "), token)
    }

    /// `/me` needs a scope that a valid token may lack. Such a token is told by the oldest vehicle that it sees, else by the oldest
    /// driver: the provider gives each its id, and no other organization has it. What a customer may write, as the carrier's
    /// name and number, tells nothing: anybody could write another's. In an empty organization the account is `unknown-` and a
    /// hash of the token.
    async fn account(api: &Api<'_, Self>) -> Result<Account, ProviderError> {
        match api.get("/me", &[], VALIDATE_DEADLINE).await {
            Ok(response) => organization(&response),
            Err(ProviderError::Refused { .. } | ProviderError::Rejected { .. }) => narrow(api).await,
            Err(other) => Err(other),
        }
    }
}

/// What the vehicles measure.
const VEHICLE_FEED: &str = "/fleet/vehicles/stats/feed";
/// What the vehicles measured, by time.
const VEHICLE_HISTORY: &str = "/fleet/vehicles/stats/history";

/// Whoever validates has a limit of its own for all requests together, which is no longer.
const VALIDATE_DEADLINE: Duration = Duration::from_secs(20);
const ACCESS: Access = Access { domains: &["samsara.com"], reason: "message" };

/// The organization that `/me` answers.
fn organization(response: &OkResponse) -> Result<Account, ProviderError> {
    let data = Members::of(response.parse()?).object("data");
    let id = data.get("id").ok_or_else(|| response.malformed("/me names no organization"))?;
    Ok(Account { id, name: data.get("name") })
}

/// The account of a token that may not read its organization.
async fn narrow(api: &Api<'_, Samsara>) -> Result<Account, ProviderError> {
    let mut refusal = None;
    let mut is_accepted = false;
    for (path, kind) in [("/fleet/vehicles", "vehicle"), ("/fleet/drivers", "driver")] {
        match api.get(path, &[("limit", "512")], VALIDATE_DEADLINE).await {
            Ok(response) => {
                is_accepted = true;
                if let Some(oldest) = oldest(&response.page(None)?.0) {
                    return Ok(Account { id: format!("{kind}-{oldest}"), name: None });
                }
            }
            Err(error @ (ProviderError::Refused { .. } | ProviderError::Rejected { .. })) => refusal = Some(error),
            Err(other) => return Err(other),
        }
    }
    match refusal {
        Some(refusal) if !is_accepted => Err(refusal),
        _ => Ok(Account { id: unknown_account(api.session.key()), name: None }),
    }
}

/// The lowest id of a page: ids grow.
fn oldest(data: &[&RawValue]) -> Option<u64> {
    data.iter().filter_map(|raw| Members::of(raw).get::<String>("id")?.parse().ok()).min()
}

/// The first external id that a customer gave. Samsara writes its own serial and VIN among them.
fn customers_id(external: &BTreeMap<String, String>) -> Option<String> {
    external.iter().find(|(name, _)| !name.starts_with("samsara.")).map(|(_, id)| id.clone())
}
