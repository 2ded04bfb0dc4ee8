//! Geotab (MyGeotab): JSON-RPC behind a login, feeds by version, lists by seek.
//!
//! A value that the provider does not have is absent, or a sentinel. Records name others as `{"id"}` or as a bare id.

mod batches;
mod beside;
mod driver_safety_events;
mod driver_vehicle_associations;
mod dvir_log_defects;
mod dvir_logs;
mod engine_logs;
mod engine_statuses;
mod feed;
mod fuel_transactions;
mod hos_availabilities;
mod hos_events;
mod hos_violations;
mod ifta_summaries;
mod lookups;
mod members;
mod messages;
mod names;
mod rates;
mod rpc;
mod rulesets;
mod seek;
mod sessions;
#[cfg(test)]
mod tests;
mod trailer_devices;
mod trailer_locations;
mod trailer_vehicle_associations;
mod trailers;
mod users;
mod values;
mod vehicle_locations;
mod vehicles;
mod writes;

use std::time::Duration;

use model::Resource;
use model::credentials::Credentials;
use serde_json::{Value, json};
use url::Url;

use self::rpc::Login;
use crate::{Account, Api, Brand, Plan, Provider, ProviderError, Rate, WritePlan};

/// The adapter of MyGeotab (my.geotab.com, and the server that it sends a database's users to).
///
/// It takes the form `geotab`: user name, password and database.
#[derive(Clone, Copy, Debug)]
pub struct Geotab;

impl Provider for Geotab {
    type Session = Login;

    const SOURCE_NAME: &'static str = "geotab";
    const BRANDS: &'static [Brand] = &[Brand { slug: "geotab", name: "Geotab", conn_type: "geotab", base_url: None }];
    const DEFAULT_BASE_URL: &'static str = "https://my.geotab.com/";
    const PLANS: &'static [Plan<Self>] = &[
        Plan::of::<vehicles::Vehicles>(rates::DEVICES, Some(seek::PAGE_SIZE)).beside(&[rates::COUNT_DEVICES]),
        Plan::of::<users::Users>(rates::USERS, Some(seek::PAGE_SIZE)).beside(&[rates::COUNT_USERS]),
        Plan::of::<trailers::Trailers>(rates::DEVICES, Some(seek::PAGE_SIZE)).beside(&[rates::COUNT_DEVICES]),
        Plan::of::<vehicle_locations::VehicleLocations>(rates::POSITIONS, Some(vehicle_locations::PAGE_SIZE))
            .beside(&[rates::GET_READINGS, rates::GET_DRIVER_CHANGES]),
        Plan::of::<trailer_locations::TrailerLocations>(rates::POSITIONS, Some(trailer_locations::PAGE_SIZE)),
        Plan::of::<engine_statuses::EngineStatuses>(rates::READINGS, Some(engine_statuses::PAGE_SIZE))
            .beside(&[rates::GET_POSITIONS, rates::GET_DRIVER_CHANGES]),
        Plan::of::<engine_logs::EngineLogs>(rates::FAULTS, Some(engine_logs::PAGE_SIZE)),
        Plan::of::<hos_events::HosEvents>(rates::DUTY_LOGS, None).beside(&[rates::USERS, rates::ANNOTATIONS]),
        Plan::of::<hos_violations::HosViolations>(rates::VIOLATIONS, None).beside(&[rates::USERS, rates::DUTY_LOGS]),
        Plan::of::<driver_vehicle_associations::DriverVehicleAssociations>(
            rates::DRIVER_CHANGES,
            Some(driver_vehicle_associations::PAGE_SIZE),
        ),
        Plan::of::<trailer_vehicle_associations::TrailerVehicleAssociations>(
            rates::ATTACHMENTS,
            Some(trailer_vehicle_associations::PAGE_SIZE),
        ),
        Plan::of::<driver_safety_events::DriverSafetyEvents>(rates::EXCEPTIONS, Some(driver_safety_events::PAGE_SIZE)),
        Plan::of::<dvir_logs::DvirLogs>(rates::INSPECTIONS, Some(dvir_logs::PAGE_SIZE)),
        Plan::of::<dvir_log_defects::DvirLogDefects>(rates::INSPECTIONS, Some(dvir_log_defects::PAGE_SIZE)),
        Plan::of::<fuel_transactions::FuelTransactions>(rates::PURCHASES, Some(fuel_transactions::PAGE_SIZE)),
        Plan::of::<ifta_summaries::IftaSummaries>(rates::FUEL_TAX, None),
        Plan::of::<messages::Messages>(rates::MESSAGES, Some(messages::PAGE_SIZE)),
        Plan::of::<hos_availabilities::HosAvailabilities>(rates::AVAILABILITIES, Some(hos_availabilities::PAGE_SIZE))
            .beside(&[rates::USERS, rates::DUTY_LOGS]),
    ];
    const WRITES: &'static [WritePlan<Self>] = &[
        WritePlan::of::<writes::ChangeUser>(),
        WritePlan::of::<writes::ChangeVehicle>(),
        WritePlan::of::<writes::SendMessage>(),
    ];
    const LACKS: &'static [Resource] = &[Resource::HosEventAttachment];

    fn rate(method: &str, kind: &str) -> Rate {
        rates::rate(method, kind)
    }

    fn session(base: &Url, credentials: &Credentials) -> Result<Login, ProviderError> {
        Login::of(base, credentials)
    }

    /// A login always, so that the password is proved, and a call with it, which goes to the server of the database. Its users may be
    /// allowed to see nothing at all, which no error tells.
    async fn account(api: &Api<'_, Self>) -> Result<Account, ProviderError> {
        let session = api.authenticate(VALIDATE_DEADLINE).await?;
        let count = api.count_of("Device", json!({}), VALIDATE_DEADLINE).await?;
        if count == 0 {
            tracing::warn!(provider = "geotab", "the user of an account that is linked sees no device");
        }
        Ok(Account { id: api.session.account_id(&session.database), name: Some(session.database) })
    }
}

/// Whoever validates has a limit of its own for all requests together, which is no longer.
const VALIDATE_DEADLINE: Duration = Duration::from_secs(20);

impl Api<'_, Geotab> {
    /// How many records of a kind the user may see; `how` may say which.
    async fn count_of(&self, kind: &str, how: Value, deadline: Duration) -> Result<u64, ProviderError> {
        let response = self.call("GetCountOf", &rpc::with(how, "typeName", kind.into()), deadline).await?;
        response.parse()
    }
}
