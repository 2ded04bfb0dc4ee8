//! Secrets that callers present and may be guessing: they are slowed down ([`store::control::Guesses`]), and an alarm tells.

use std::net::{IpAddr, Ipv6Addr};

use model::Timestamp;
use store::control::{Guess, Guessed};

use crate::{ApiError, Call, Context, metrics};

/// A kind of secrets that are guessed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guessable<'a> {
    /// The secret of a client with this id.
    ClientSecret(&'a str),
    /// The id of an invitation, with which it is answered.
    Invitation,
    /// The key of a link that opens an invitation of this id once.
    LinkKey(&'a str),
}

impl<'a> Guessable<'a> {
    fn kind(self) -> (&'static str, Option<&'a str>) {
        match self {
            Self::ClientSecret(client) => ("client_secret", Some(client)),
            Self::Invitation => ("invitation", None),
            Self::LinkKey(invitation) => ("link_key", Some(invitation)),
        }
    }
}

impl Context {
    /// Compares a secret by `compare`, which answers `None` if it is wrong; that is counted. A secret is not compared while its network
    /// has to wait, nor where the count cannot be read or written.
    ///
    /// # Errors
    /// 429 with the seconds to wait; 503 if DynamoDB does not answer; what `compare` fails with.
    pub async fn guess<T, E: From<ApiError>>(
        &self,
        of: Guessable<'_>,
        secret: &str,
        call: &Call,
        compare: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        let guess = self.begin_guess(of, secret, call).await?;
        let found = compare.await?;
        match found {
            Some(_) => self.guessed_right(&guess, call.now).await,
            None => self.guessed_wrong(of, &guess, call.now).await?,
        }
        Ok(found)
    }

    async fn begin_guess(&self, of: Guessable<'_>, secret: &str, call: &Call) -> Result<Guess, ApiError> {
        let ((kind, subject), network) = (of.kind(), network(call.address));
        let guessed = Guessed { kind, subject, network: &network, secret };
        self.store().begin_guess(guessed, call.now).await?.map_err(|seconds| {
            metrics::guess_stopped();
            // Where it comes from, so that an operator can shut it out.
            tracing::warn!(secret.kind = kind, network, "a network has to wait after wrong secrets");
            ApiError::too_many_of(seconds, "too many wrong secrets from this network")
        })
    }

    async fn guessed_wrong(&self, of: Guessable<'_>, guess: &Guess, now: Timestamp) -> Result<(), ApiError> {
        self.store().wrong_guess(guess, now).await?;
        if guess.is_new() {
            metrics::wrong_guess();
            tracing::info!(secret.kind = of.kind().0, "a secret was wrong");
        }
        Ok(())
    }

    /// What was right is served, noted or not.
    async fn guessed_right(&self, guess: &Guess, now: Timestamp) {
        if let Err(error) = self.store().right_guess(guess, now).await {
            tracing::warn!(cause = %error, "it could not be noted that a secret was right");
        }
    }
}

/// The address, or the /64 network of an IPv6 address, of which a customer has a whole one.
fn network(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_what_a_customer_has() {
        let check = |address: &str, expected: &str| assert_eq!(network(address.parse().ok()), expected);
        check("192.0.2.1", "192.0.2.1");
        check("2001:db8:0:1::1", "2001:db8:0:1::");
        check("2001:db8:0:1:ffff::2", "2001:db8:0:1::");
        check("2001:db8:0:2::1", "2001:db8:0:2::");
        check("", "");
    }
}
