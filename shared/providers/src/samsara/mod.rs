//! Samsara: REST, bearer tokens, cursors for lists, endless feeds for readings.
//!
//! The provider leaves out members it has no value for, or sends `""`; both read as absent.

mod client;
mod gps;
mod hos_events;
mod place;
mod rulesets;
#[cfg(test)]
mod tests;
mod trailer_locations;
mod trailers;
mod users;
mod vehicle_locations;
mod vehicles;

use std::collections::BTreeMap;
use std::time::Duration;

use model::credentials::Credentials;
use model::telematics::source_hash;
use serde_json::json;
use serde_json::value::RawValue;
use url::Url;

use self::client::Session;
use crate::wire::Members;
use crate::{Account, Api, Plan, Provider, ProviderError, Rate};

/// The adapter of Samsara (api.samsara.com, and its EU and Canadian twins by the TSP's or the credentials' URL).
///
/// It takes the forms that hold a ready token: `token`, `access_token`, `api_key`.
#[derive(Clone, Copy, Debug)]
pub struct Samsara;

const VEHICLES: Rate = Rate { class: "vehicles", per_second: 25 };
const LISTS: Rate = Rate { class: "lists", per_second: 5 };
const POSITIONS: Rate = Rate { class: "positions", per_second: 25 };
const HOS: Rate = Rate { class: "hos", per_second: 5 };

impl Provider for Samsara {
    type Session = Session;

    const SOURCE_NAME: &'static str = "samsara";
    const DEFAULT_BASE_URL: &'static str = "https://api.samsara.com/";
    const PLANS: &'static [Plan<Self>] = &[
        Plan::of::<vehicles::Vehicles>(VEHICLES, Some(512)),
        Plan::of::<users::Users>(LISTS, Some(512)),
        Plan::of::<trailers::Trailers>(LISTS, Some(512)),
        Plan::of::<vehicle_locations::VehicleLocations>(POSITIONS, None),
        Plan::of::<trailer_locations::TrailerLocations>(POSITIONS, None),
        Plan::of::<hos_events::HosEvents>(HOS, None),
    ];

    fn session(base: &Url, credentials: &Credentials) -> Result<Session, ProviderError> {
        Session::open(base, credentials)
    }

    /// `/me` needs a scope that a valid token may lack; such a token is tried on the vehicle list, and as nothing there names
    /// the organization, the account is `unknown-` and a hash of the token.
    async fn account(api: &Api<'_, Self>) -> Result<Account, ProviderError> {
        let organization = match api.get("/me", &[], VALIDATE_DEADLINE).await {
            Ok(response) => organization(response.parse()?),
            Err(ProviderError::Refused { .. } | ProviderError::Rejected { .. }) => {
                api.get("/fleet/vehicles", &[("limit", "1")], VALIDATE_DEADLINE).await?;
                (None, None)
            }
            Err(other) => return Err(other),
        };
        let (id, name) = organization;
        Ok(Account { id: id.unwrap_or_else(|| unknown(api.session.token())), name })
    }
}

const VALIDATE_DEADLINE: Duration = Duration::from_secs(10);

/// Id and name of the organization that `/me` answers.
fn organization(me: &RawValue) -> (Option<String>, Option<String>) {
    let data = Members::of(me).object("data");
    (data.get("id"), data.get("name"))
}

fn unknown(token: &str) -> String {
    let digest = source_hash(&json!(token), &[]);
    format!("unknown-{}", digest.get(..16).unwrap_or_default())
}

/// The first external id that a customer gave. Samsara writes its own serial and VIN among them.
fn customers_id(external: &BTreeMap<String, String>) -> Option<String> {
    external.iter().find(|(name, _)| !name.starts_with("samsara.")).map(|(_, id)| id.clone())
}

/// The id of a record; without one the record is skipped, with a warning that names its `kind`.
fn id_of(wire: &Members<'_>, kind: &str) -> Option<String> {
    let id = wire.get("id");
    if id.is_none() {
        tracing::warn!(provider = "samsara", kind, "skipped a record without an id");
    }
    id
}
