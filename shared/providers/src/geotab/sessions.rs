//! Open sessions, so that a login is not part of every call: the provider takes ten logins a minute and a session for two weeks.
//!
//! They live as long as the process. A session that ends, or a database that moves to another server, costs a login.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

/// What a login opened. No `Debug`: the id is a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Opened {
    /// Where calls go.
    pub(super) server: Url,
    /// The database as the provider writes it.
    pub(super) database: String,
    pub(super) user_name: String,
    pub(super) session_id: String,
}

/// The most sessions that are remembered.
const MOST: usize = 1_024;

static OPEN: Mutex<BTreeMap<String, Opened>> = Mutex::new(BTreeMap::new());

fn open() -> MutexGuard<'static, BTreeMap<String, Opened>> {
    // Sessions are whole entries: a panic elsewhere leaves none half written.
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session of a login.
pub(super) fn known(login: &str) -> Option<Opened> {
    open().get(login).cloned()
}

/// Remembers the session of a login.
pub(super) fn remember(login: &str, opened: &Opened) {
    let mut all = open();
    if all.len() >= MOST {
        all.pop_first();
    }
    all.insert(login.to_owned(), opened.clone());
}

/// Forgets a session that ended, unless another one has taken its place.
pub(super) fn forget(login: &str, ended: &Opened) {
    let mut all = open();
    if all.get(login) == Some(ended) {
        all.remove(login);
    }
}
