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
mod messages;
mod names;
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

/// Limits hold for each kind of record; those of lists are higher than we ever ask.
const LISTS: Rate = Rate { class: "lists", per_second: 10 };
const HOS: Rate = Rate { class: "hos, by driver", per_second: 6 };
const FEEDS: Rate = Rate { class: "feeds, each", per_second: 1 };

impl Provider for Geotab {
    type Session = Login;

    const SOURCE_NAME: &'static str = "geotab";
    const BRANDS: &'static [Brand] = &[Brand { slug: "geotab", name: "Geotab", conn_type: "geotab", base_url: None }];
    const DEFAULT_BASE_URL: &'static str = "https://my.geotab.com/";
    const PLANS: &'static [Plan<Self>] = &[
        Plan::of::<vehicles::Vehicles>(LISTS, Some(seek::PAGE_SIZE)),
        Plan::of::<users::Users>(LISTS, Some(seek::PAGE_SIZE)),
        Plan::of::<trailers::Trailers>(LISTS, Some(seek::PAGE_SIZE)),
        Plan::of::<vehicle_locations::VehicleLocations>(FEEDS, Some(vehicle_locations::PAGE_SIZE)),
        Plan::of::<trailer_locations::TrailerLocations>(FEEDS, Some(trailer_locations::PAGE_SIZE)),
        Plan::of::<engine_statuses::EngineStatuses>(FEEDS, Some(engine_statuses::PAGE_SIZE)),
        Plan::of::<engine_logs::EngineLogs>(FEEDS, Some(engine_logs::PAGE_SIZE)),
        Plan::of::<hos_events::HosEvents>(HOS, None),
        Plan::of::<hos_violations::HosViolations>(HOS, None),
        Plan::of::<driver_vehicle_associations::DriverVehicleAssociations>(FEEDS, Some(driver_vehicle_associations::PAGE_SIZE)),
        Plan::of::<trailer_vehicle_associations::TrailerVehicleAssociations>(
            FEEDS,
            Some(trailer_vehicle_associations::PAGE_SIZE),
        ),
        Plan::of::<driver_safety_events::DriverSafetyEvents>(FEEDS, Some(driver_safety_events::PAGE_SIZE)),
        Plan::of::<dvir_logs::DvirLogs>(FEEDS, Some(dvir_logs::PAGE_SIZE)),
        Plan::of::<dvir_log_defects::DvirLogDefects>(FEEDS, Some(dvir_log_defects::PAGE_SIZE)),
        Plan::of::<fuel_transactions::FuelTransactions>(FEEDS, Some(fuel_transactions::PAGE_SIZE)),
        Plan::of::<ifta_summaries::IftaSummaries>(LISTS, None),
        Plan::of::<messages::Messages>(LISTS, Some(messages::PAGE_SIZE)),
        Plan::of::<hos_availabilities::HosAvailabilities>(HOS, Some(hos_availabilities::PAGE_SIZE)),
    ];
    const WRITES: &'static [WritePlan<Self>] = &[
        WritePlan::of::<writes::ChangeUser>(),
        WritePlan::of::<writes::ChangeVehicle>(),
        WritePlan::of::<writes::SendMessage>(),
    ];
    const LACKS: &'static [Resource] = &[Resource::HosEventAttachment];

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
