//! Motive, formerly KeepTruckin: REST, a key in a header, lists with numbered pages, no feeds.
//!
//! A value that the provider does not have is null. Lists are not snapshots, and what happened is told by days.

mod beside;
mod client;
mod days;
mod driver_vehicle_associations;
mod engine_logs;
mod fuel_transactions;
mod histories;
mod hos_events;
mod members;
mod names;
mod pass;
mod places;
mod positions;
mod rulesets;
#[cfg(test)]
mod tests;
mod trailer_locations;
mod trailers;
mod units;
mod users;
mod vehicle_locations;
mod vehicles;
mod workflows;
mod writes;

use std::time::Duration;

use http::HeaderName;
use http::header::AUTHORIZATION;
use model::Resource;
use model::credentials::Credentials;
use url::Url;

use self::client::List;
use crate::client::{Access, OkResponse, Session, key_of, unknown_account};
use crate::oauth::Proof;
use crate::wire::Members;
use crate::{Account, Api, Brand, OAuth, Plan, Provider, ProviderError, Rate, WritePlan};

/// The adapter of Motive (api.gomotive.com).
///
/// It takes `api_key`, a key that the customer makes, and the forms that hold a ready token of OAuth: `access_token`, `token`.
#[derive(Clone, Copy, Debug)]
pub struct Motive;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ACCESS: Access = Access { domains: &["gomotive.com", "keeptruckin.com"], reason: "error_message" };

/// What is fetched, and no more: one scope that an application was not given ends the sign-in. Those that write are not documented.
const SCOPE: &str = "companies.read vehicles.read users.read assets.read hos_logs.logs locations.vehicle_locations_list \
                     locations.vehicle_locations_single locations.asset_locations fuel_purchases.read fault_codes.read \
                     dispatches.read";

/// The provider publishes no limits but "10 simultaneous requests" for histories, so this is ours.
const ALL: Rate = Rate { class: "all, assumed", requests: 10, seconds: 1 };

impl Provider for Motive {
    type Session = Session;

    const SOURCE_NAME: &'static str = "motive";
    const BRANDS: &'static [Brand] = &[Brand { slug: "motive", name: "Motive", conn_type: "api_key", base_url: None }];
    const DEFAULT_BASE_URL: &'static str = "https://api.gomotive.com/";
    const PLANS: &'static [Plan<Self>] = &[
        Plan::of::<vehicles::Vehicles>(ALL, Some(100)),
        Plan::of::<users::Users>(ALL, Some(100)),
        Plan::of::<trailers::Trailers>(ALL, Some(100)),
        Plan::of::<vehicle_locations::VehicleLocations>(ALL, Some(100)),
        Plan::of::<trailer_locations::TrailerLocations>(ALL, Some(100)),
        Plan::of::<hos_events::HosEvents>(ALL, Some(100)),
        Plan::of::<driver_vehicle_associations::DriverVehicleAssociations>(ALL, Some(100)),
        Plan::of::<engine_logs::EngineLogs>(ALL, Some(100)),
        Plan::of::<fuel_transactions::FuelTransactions>(ALL, Some(100)),
        Plan::of::<workflows::Workflows>(ALL, Some(100)),
    ];
    const WRITES: &'static [WritePlan<Self>] = &[
        WritePlan::of::<writes::MakeUser>(),
        WritePlan::of::<writes::ChangeUser>(),
        WritePlan::of::<writes::MakeVehicle>(),
        WritePlan::of::<writes::ChangeVehicle>(),
        WritePlan::of::<writes::FilePurchase>(),
        WritePlan::of::<writes::SendMessage>(),
        WritePlan::of::<writes::SendGroupMessage>(),
    ];
    /// Group messages are sent and not listed.
    const LACKS: &'static [Resource] = &[Resource::DriverEventLog, Resource::GroupMessage, Resource::HosEventAttachment];

    /// The documents name this address, that of the API and an older one; this one is named most.
    const OAUTH: Option<&'static OAuth> = Some(&OAuth {
        authorize: "/oauth/authorize",
        token: "/oauth/token",
        elsewhere: Some((ACCESS.domains, "https://gomotive.com")),
        proof: Proof::Form,
        scope: SCOPE,
    });

    fn rate(_: &str, _: &str) -> Rate {
        ALL
    }

    fn session(base: &Url, credentials: &Credentials) -> Result<Session, ProviderError> {
        let (name, key) = key_of(credentials, &["api_key", "access_token", "token"])?;
        let proof = if name == "api_key" { (API_KEY, "") } else { (AUTHORIZATION, "Bearer ") };
        Session::open(&ACCESS, base, credentials, proof, key)
    }

    /// The provider documents `/v1/companies` for this. A token may lack its scope; then a vehicle tells the company, which each
    /// of them names. In a company without vehicles the account is `unknown-` and a hash of the key.
    async fn account(api: &Api<'_, Self>) -> Result<Account, ProviderError> {
        match api.get(COMPANIES.path, &[], VALIDATE_DEADLINE).await {
            Ok(response) => company(&response),
            Err(error) if error.is_forbidden() => narrow(api).await,
            Err(other) => Err(other),
        }
    }
}

/// Whoever validates has a limit of its own for all requests together, which is no longer.
const VALIDATE_DEADLINE: Duration = Duration::from_secs(20);
const COMPANIES: List = List { path: "/v1/companies", rows: "companies", row: "company" };

/// The company that a key belongs to; of several, the oldest.
fn company(response: &OkResponse) -> Result<Account, ProviderError> {
    let companies = response.listed(COMPANIES)?.rows.into_iter().filter_map(|raw| {
        let company = Members::of(raw);
        Some((company.get::<i64>("id")?, company.get("name")))
    });
    let (id, name) = companies.min_by_key(|(id, _)| *id).ok_or_else(|| response.malformed("/v1/companies names no company"))?;
    Ok(Account { id: id.to_string(), name })
}

/// The account of a token that may not read its company.
async fn narrow(api: &Api<'_, Motive>) -> Result<Account, ProviderError> {
    let response = api.get(vehicles::LIST.path, &[("per_page", "1"), ("page_no", "1")], VALIDATE_DEADLINE).await?;
    let rows = response.listed(vehicles::LIST)?.rows;
    let id = rows.into_iter().find_map(|raw| Members::of(raw).get("company_id"));
    Ok(Account { id: id.unwrap_or_else(|| unknown_account(api.session.key())), name: None })
}
