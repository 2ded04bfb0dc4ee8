//! Telematics providers: the only crate that knows one. One folder per adapter, one trait, one line in the registry.
//!
//! Mapping, cursors and the classification of errors are plain functions on values; [`Http`] is the only part with I/O.

mod adapter;
mod body;
mod budget;
mod client;
mod cursor;
mod drift;
mod eld;
mod error;
mod faults;
mod gauge;
mod geotab;
mod http_client;
mod list;
mod months;
mod motive;
mod numbered;
mod oauth;
mod parts;
mod place;
mod provider;
mod remap;
mod retry_after;
mod samsara;
mod sessions;
mod stored_cursor;
#[cfg(test)]
mod testing;
mod units;
mod wire;
mod write;
mod zones;

pub use adapter::{
    Account, Accounts, Adapter, BoxFuture, Brand, Fetch, Fetched, Pause, Spread, StandingRow, SubjectState, Subjects, WindowPart,
};
pub use budget::{Budget, Division, Lane, Rate, Told, Unlimited};
pub use drift::Drift;
use drift::Known;
pub use error::{ErrorResponse, ProviderError};
pub use geotab::Geotab;
pub use http_client::{Http, HttpFailure, HttpResponse};
pub use motive::Motive;
pub use oauth::{OAuth, OAuthClient, Returned};
pub use provider::Capability;
use provider::{Api, PAGE_DEADLINE, Page, Plan, Provider, Source};
use remap::Remap;
pub use remap::{Remapped, StoredSource};
pub use samsara::Samsara;
pub use sessions::{Sessions, Unshared};
pub use stored_cursor::after_loss;
pub use write::{Change, Writable, Written};
use write::{Writables, WritePlan};

/// The registry, once for the API and once for the workers: a program carries only what the list that it reads names.
macro_rules! providers {
    ($($provider:expr),+ $(,)?) => {
        static ACCOUNTS: &[&dyn Accounts] = &[$(&$provider),+];
        static ADAPTERS: &[&dyn Adapter] = if cfg!(feature = "without-adapters") { &[] } else { &[$(&$provider),+] };
    };
}

// Every provider. Adding one is a folder and a name here.
providers![Geotab, Motive, Samsara];

/// The accounts of the provider behind a `source_name` of the TSP catalogue; `None` where there is none yet.
#[must_use]
pub fn accounts(source_name: &str) -> Option<&'static dyn Accounts> {
    ACCOUNTS.iter().copied().find(|accounts| accounts.source_name() == source_name)
}

/// Every TSP that can be linked, with the `source_name` of its records.
pub fn brands() -> impl Iterator<Item = (&'static str, &'static Brand)> {
    ACCOUNTS.iter().flat_map(|accounts| accounts.brands().iter().map(|brand| (accounts.source_name(), brand)))
}

/// The adapter behind a `source_name` of the TSP catalogue; `None` where there is none yet.
#[must_use]
pub fn adapter(source_name: &str) -> Option<&'static dyn Adapter> {
    adapters().find(|adapter| adapter.source_name() == source_name)
}

/// Every adapter there is, for the catalogue and for tests.
pub fn adapters() -> impl Iterator<Item = &'static dyn Adapter> {
    ADAPTERS.iter().copied()
}
