//! Name resolution that answers only addresses which may be called.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::{Host, Url};

use crate::target::AddressPolicy;

/// The name or literal address that the policy keeps us from.
#[derive(Debug, Error)]
#[error("address of {0} is not permitted")]
pub(crate) struct Refused(pub(crate) String);

/// Which addresses a client may call.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// All that the policy permits; for https.
    Permitted(AddressPolicy),
    /// Only the ranges that an operator allowed; for plain http.
    Allowed(AddressPolicy),
}

impl Reach {
    fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::Permitted(policy) => policy.permits(address),
            Self::Allowed(policy) => policy.allows(address),
        }
    }

    /// Checks a host that is an address already, as no resolver sees it.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Refused("no host".to_owned())),
        };
        if self.includes(address) { Ok(()) } else { Err(Refused(address.to_string())) }
    }

    /// The addresses that may be called; an error where none is left.
    pub(crate) fn filter(&self, name: &str, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let reachable: Vec<_> = found.filter(|address| self.includes(address.ip())).collect();
        if reachable.is_empty() { Err(Refused(name.to_owned())) } else { Ok(reachable) }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses = reach.filter(name.as_str(), found)?;
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
    fn only_reachable_addresses_are_left() {
        let found = addresses(&["10.0.0.1", "8.8.8.8", "::1"]);
        let policy: AddressPolicy = "10.0.0.0/8".parse().unwrap();
        let left = |reach: Reach| reach.filter("a.example", found.clone().into_iter()).unwrap();
        assert_eq!(left(Reach::Permitted(AddressPolicy::public())), addresses(&["8.8.8.8"]));
        assert_eq!(left(Reach::Permitted(policy.clone())), addresses(&["10.0.0.1", "8.8.8.8"]));
        assert_eq!(left(Reach::Allowed(policy)), addresses(&["10.0.0.1"]));
    }

    #[test]
    fn nothing_left_is_a_refusal() {
        let reach = Reach::Permitted(AddressPolicy::public());
        let refused = reach.filter("rebind.example", addresses(&["127.0.0.1"]).into_iter()).unwrap_err();
        assert_eq!(refused.to_string(), "address of rebind.example is not permitted");
    }
}
