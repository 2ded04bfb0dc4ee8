//! Where the platform may send requests: rules for URLs when they are registered, and for addresses whenever they are used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;
use url::{Host, Url};

/// The longest URL that is accepted, in characters.
pub const MAX_URL: usize = 2083;

/// Which addresses may be called: all public ones, and the ranges an operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
}

/// A malformed list of ranges.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not an address range such as 10.0.0.0/8")]
pub struct PolicyError(String);

/// Why a URL is rejected.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UrlProblem {
    /// Empty, or beyond [`MAX_URL`].
    #[error("must have 1 to 2083 characters")]
    Length,
    /// Not an absolute URL with a host.
    #[error("must be an absolute URL")]
    Malformed,
    /// Not https.
    #[error("must use https")]
    Scheme,
    /// A user name or a password.
    #[error("must not contain user info")]
    UserInfo,
    /// Neither 443 nor 1024 and above.
    #[error("must use port 443 or a port from 1024")]
    Port,
    /// A private, local or otherwise special address or name.
    #[error("must not point to a private, local or reserved address")]
    Address,
}

impl AddressPolicy {
    /// Only public addresses.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// Public addresses and these ranges.
    #[must_use]
    pub fn allowing(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether a request may go to this address.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        self.allows(address) || is_public(address)
    }

    /// Whether an operator allowed this address; plain HTTP is permitted to no other.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        self.allowed.iter().any(|range| range.contains(&address) || range.contains(&plain))
    }

    /// Whether any range is allowed at all.
    #[must_use]
    pub fn has_ranges(&self) -> bool {
        !self.allowed.is_empty()
    }

    fn allows_name(&self, name: &str) -> bool {
        if is_loopback_name(name) {
            return self.allows(Ipv4Addr::LOCALHOST.into()) || self.allows(Ipv6Addr::LOCALHOST.into());
        }
        is_internal_name(name) && self.has_ranges()
    }
}

impl FromStr for AddressPolicy {
    type Err = PolicyError;

    /// Parses a comma-separated list of ranges or single addresses; empty text allows none.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let ranges = text.split(',').map(str::trim).filter(|range| !range.is_empty());
        ranges.map(parse_range).collect::<Result<_, _>>().map(Self::allowing)
    }
}

fn parse_range(text: &str) -> Result<IpNet, PolicyError> {
    let range = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    range.map_err(|_| PolicyError(text.to_owned()))
}

/// Checks a URL when it is registered. Names are not resolved here: the guarded client checks every address that they
/// resolve to, at every use. Plain `http` passes only for hosts that the policy allows by range or that are internal
/// names while ranges are allowed.
///
/// # Errors
/// The first rule that the URL breaks.
pub fn check_url(text: &str, policy: &AddressPolicy) -> Result<Url, UrlProblem> {
    if text.is_empty() || text.chars().count() > MAX_URL {
        return Err(UrlProblem::Length);
    }
    // The parser drops these silently, so the stored URL would differ from the checked one.
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err(UrlProblem::Malformed);
    }
    let url = Url::parse(text).map_err(|_| UrlProblem::Malformed)?;
    let host = url.host().ok_or(UrlProblem::Malformed)?;
    check_scheme(url.scheme(), &host, policy)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::UserInfo);
    }
    if !url.port_or_known_default().is_some_and(|port| port == 443 || port >= 1024) {
        return Err(UrlProblem::Port);
    }
    check_host(&host, policy)?;
    Ok(url)
}

fn check_scheme(scheme: &str, host: &Host<&str>, policy: &AddressPolicy) -> Result<(), UrlProblem> {
    let plain_allowed = || match host {
        Host::Ipv4(address) => policy.allows((*address).into()),
        Host::Ipv6(address) => policy.allows((*address).into()),
        Host::Domain(name) => policy.allows_name(name),
    };
    match scheme {
        "https" => Ok(()),
        "http" if plain_allowed() => Ok(()),
        _ => Err(UrlProblem::Scheme),
    }
}

fn check_host(host: &Host<&str>, policy: &AddressPolicy) -> Result<(), UrlProblem> {
    let permitted = match host {
        Host::Ipv4(address) => policy.permits((*address).into()),
        Host::Ipv6(address) => policy.permits((*address).into()),
        Host::Domain(name) => !is_internal_name(name) || policy.allows_name(name),
    };
    if permitted { Ok(()) } else { Err(UrlProblem::Address) }
}

fn is_loopback_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Names that never mean a public host: single labels and the special suffixes.
fn is_internal_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let special = [".localhost", ".local", ".internal", ".home.arpa"];
    !name.contains('.') || special.iter().any(|suffix| name.ends_with(suffix))
}

/// Whether the address is reachable from everywhere (the IANA special-purpose registries, and multicast).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    // This network, shared (carrier NAT), IETF protocols, 6to4 relays, benchmarks, future use and broadcast; and the one address of a
    // cloud's metadata that is public by number.
    let reserved = match address.octets() {
        [168, 63, 129, 16] => true,
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [240..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        _ => false,
    };
    !special && !reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: the last 32 bits are the IPv4 address that is really called.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Protocol assignments (Teredo among them), documentation, 6to4.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Only 2000::/3 is global unicast. Loopback, mapped, unique local, link local, multicast lie outside.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
