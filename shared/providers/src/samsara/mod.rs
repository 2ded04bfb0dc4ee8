//! Samsara: REST, bearer tokens, cursors for lists, an endless feed for positions.
//!
//! The provider leaves out members it has no value for, or sends `""`; both read as absent.

mod client;
mod cursor;
mod drivers;
mod hos;
mod lenient;
mod place;
mod positions;
mod rulesets;
#[cfg(test)]
mod tests;
mod vehicles;

use std::time::Duration;

use model::Resource;
use model::credentials::Credentials;
use model::telematics::source_hash;
use serde_json::json;
use url::Url;

use self::client::Client;
use self::lenient::Lenient;
use crate::{Account, Adapter, BoxFuture, Fetch, Fetched, Http, ProviderError};

const VALIDATE_DEADLINE: Duration = Duration::from_secs(10);

/// The adapter of Samsara (api.samsara.com, and its EU and Canadian twins by the TSP's or the credentials' URL).
///
/// It takes the forms that hold a ready token: `token`, `access_token`, `api_key`.
#[derive(Clone, Copy, Debug)]
pub struct Samsara;

impl Adapter for Samsara {
    fn source_name(&self) -> &'static str {
        "samsara"
    }

    fn default_base_url(&self) -> &'static str {
        "https://api.samsara.com/"
    }

    fn resources(&self) -> &'static [Resource] {
        &[Resource::Vehicle, Resource::User, Resource::VehicleLocation, Resource::HosEvent]
    }

    fn validate<'a>(
        &'a self,
        http: &'a dyn Http,
        base: &'a Url,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Account, ProviderError>> {
        Box::pin(account(http, base, credentials))
    }

    fn fetch<'a>(
        &'a self,
        http: &'a dyn Http,
        resource: Resource,
        fetch: Fetch<'a>,
    ) -> BoxFuture<'a, Result<Fetched, ProviderError>> {
        Box::pin(async move {
            let client = Client::new(http, fetch.base_url, fetch.credentials)?;
            match resource {
                Resource::Vehicle => vehicles::fetch(&client, fetch).await,
                Resource::User => drivers::fetch(&client, fetch).await,
                Resource::VehicleLocation => positions::fetch(&client, fetch).await,
                Resource::HosEvent => hos::fetch(&client, fetch).await,
                other => Err(ProviderError::Unsupported { what: other.to_string() }),
            }
        })
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Me {
    data: Lenient<Org>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Org {
    id: Lenient<String>,
    name: Lenient<String>,
}

lenient::from_json!(Org);

/// The organisation behind the token. `/me` needs a scope that a valid token may lack; such a token is tried on the
/// vehicle list, and as nothing there names the organisation, the account is `unknown-` and a hash of the token.
async fn account(http: &dyn Http, base: &Url, credentials: &Credentials) -> Result<Account, ProviderError> {
    let client = Client::new(http, base, credentials)?;
    let org = match client.get("/me", &[], VALIDATE_DEADLINE).await {
        Ok(response) => response.parse::<Me>()?.data.0.unwrap_or_default(),
        Err(ProviderError::Refused { .. } | ProviderError::Rejected { .. }) => {
            client.get("/fleet/vehicles", &[("limit", "1")], VALIDATE_DEADLINE).await?;
            Org::default()
        }
        Err(other) => return Err(other),
    };
    let id = org.id.0.unwrap_or_else(|| unknown(client.token()));
    Ok(Account { id, name: org.name.0 })
}

fn unknown(token: &str) -> String {
    let digest = source_hash(&json!(token), &[]);
    format!("unknown-{}", digest.get(..16).unwrap_or_default())
}
