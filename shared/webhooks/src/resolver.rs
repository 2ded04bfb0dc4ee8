//! Name resolution that returns only the addresses that the platform may call.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

use crate::target::AddressPolicy;

/// The name or literal address that the policy forbids.
#[derive(Debug, Error)]
#[error("address of {0} is not permitted")]
pub(crate) struct Refused(pub(crate) String);

/// Which addresses a client may call.
#[derive(Clone, Debug)]
pub(crate) enum NetworkPolicy {
    /// Public addresses and the operator's ranges; for https.
    PublicHttps(AddressPolicy),
    /// Only the ranges that an operator allowed; for plain http.
    OperatorRanges(AddressPolicy),
}

impl NetworkPolicy {
    fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::PublicHttps(policy) => policy.permits(address),
            Self::OperatorRanges(policy) => policy.allows(address),
        }
    }

    /// Checks a host that is an IP address already, which no resolver sees.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Refused("no host".to_owned())),
        };
        if self.includes(address) { Ok(()) } else { Err(Refused(address.to_string())) }
    }

    /// The addresses that may be called; an error if none is left.
    pub(crate) fn filter(&self, name: &str, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let permitted: Vec<_> = found.filter(|address| self.includes(address.ip())).collect();
        if permitted.is_empty() { Err(Refused(name.to_owned())) } else { Ok(permitted) }
    }
}

/// The addresses of a name, before any is left out.
pub(crate) type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync>;

/// The resolver of the system.
pub(crate) fn system() -> Lookup {
    Arc::new(|name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }))
}

/// A resolver that a client cannot get a forbidden address from. Connections are made to what it returns, so a name that points
/// elsewhere at its next resolution is checked again then.
pub(crate) struct GuardedResolver {
    pub(crate) policy: NetworkPolicy,
    pub(crate) lookup: Lookup,
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardedResolver").field(&self.policy).finish()
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, found) = (self.policy.clone(), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let addresses = policy.filter(name.as_str(), found.await?.into_iter())?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn only_permitted_addresses_are_left() {
        let found = addresses(&["10.0.0.1", "8.8.8.8", "::1"]);
        let ranges: AddressPolicy = "10.0.0.0/8".parse().unwrap();
        let left = |policy: NetworkPolicy| policy.filter("a.example", found.clone().into_iter()).unwrap();
        assert_eq!(left(NetworkPolicy::PublicHttps(AddressPolicy::public())), addresses(&["8.8.8.8"]));
        assert_eq!(left(NetworkPolicy::PublicHttps(ranges.clone())), addresses(&["10.0.0.1", "8.8.8.8"]));
        assert_eq!(left(NetworkPolicy::OperatorRanges(ranges)), addresses(&["10.0.0.1"]));
    }

    #[test]
    fn no_permitted_address_is_an_error() {
        let policy = NetworkPolicy::PublicHttps(AddressPolicy::public());
        let refused = policy.filter("rebind.example", addresses(&["127.0.0.1"]).into_iter()).unwrap_err();
        assert_eq!(refused.to_string(), "address of rebind.example is not permitted");
    }
}
