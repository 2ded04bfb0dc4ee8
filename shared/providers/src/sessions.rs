//! Sessions of providers where one logs in: a login is rare there, and a session is shared by all who ask the account.

use std::fmt;

use crate::{BoxFuture, ProviderError};

/// The session of an account, shared by all who ask it.
pub trait Sessions: Sync {
    /// The session of a login, as its adapter wrote it: the one that is kept unless it is the one that `ended`, else what `log_in`
    /// opens. Of all who want one at a time, one logs in.
    ///
    /// # Errors
    /// What `log_in` says.
    fn session<'a>(
        &'a self,
        login: &'a str,
        ended: Option<&'a str>,
        log_in: BoxFuture<'a, Result<String, ProviderError>>,
    ) -> BoxFuture<'a, Result<String, ProviderError>>;
}

impl fmt::Debug for dyn Sessions + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// Nothing is shared: for credentials that are tried before there is a connection, and for tests.
#[derive(Clone, Copy, Debug)]
pub struct Unshared;

impl Sessions for Unshared {
    fn session<'a>(
        &'a self,
        _login: &'a str,
        _ended: Option<&'a str>,
        log_in: BoxFuture<'a, Result<String, ProviderError>>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        log_in
    }
}
