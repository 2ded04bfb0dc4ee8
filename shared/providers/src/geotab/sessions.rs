//! Open sessions, so that a login is not part of every call: the provider takes ten logins a minute and a session for two weeks.
//!
//! Those that a process has used live as long as it, and all processes share those that [`crate::Sessions`] keeps. A session that ends,
//! or a database that moves to another server, costs a login.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
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

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct Text {
    server: String,
    database: String,
    user_name: String,
    session_id: String,
}

impl Opened {
    /// As it is kept.
    pub(super) fn to_text(&self) -> String {
        let Self { server, database, user_name, session_id } = self.clone();
        serde_json::to_string(&Text { server: server.into(), database, user_name, session_id }).unwrap_or_default()
    }

    /// What was kept; `None` where that is none.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let Text { server, database, user_name, session_id } = serde_json::from_str(text).ok()?;
        Some(Self { server: Url::parse(&server).ok()?, database, user_name, session_id })
    }
}

/// A session that this process has used.
#[derive(Clone)]
pub(super) struct Used {
    pub(super) opened: Opened,
    /// Whether it is not to be used any more.
    pub(super) has_ended: bool,
}

/// The most sessions that are remembered.
const MOST: usize = 1_024;

static USED: Mutex<BTreeMap<String, Used>> = Mutex::new(BTreeMap::new());

fn all() -> MutexGuard<'static, BTreeMap<String, Used>> {
    // Sessions are whole entries: a panic elsewhere leaves none half written.
    USED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session of a login.
pub(super) fn used(login: &str) -> Option<Used> {
    all().get(login).cloned()
}

/// Remembers the session of a login.
pub(super) fn remember(login: &str, opened: Opened) {
    let mut all = all();
    if all.len() >= MOST {
        all.pop_first();
    }
    all.insert(login.to_owned(), Used { opened, has_ended: false });
}

/// Uses a session no longer, unless another one has taken its place.
pub(super) fn end(login: &str, ended: &Opened) {
    if let Some(used) = all().get_mut(login).filter(|used| used.opened == *ended) {
        used.has_ended = true;
    }
}
