//! What simulated providers are, and what they have in common: accounts that keys open, limits, faults, paths.

use crate::app::App;
use crate::faults::Verdict;
use crate::http::{Call, Reply};
use crate::oauth::server::Server;
use crate::world::Account;

/// A simulated provider.
#[derive(Debug)]
pub(crate) struct Provider {
    /// The first part of its paths.
    pub(crate) name: &'static str,
    /// What its keys begin with.
    pub(crate) key_prefix: &'static str,
    /// What its clients send to open an account: each member of the credentials by its name.
    pub(crate) credentials: fn(&str) -> Vec<(&'static str, String)>,
    /// Its authorization server, where it has one.
    pub(crate) oauth: Option<Server>,
    /// Answers a request below its prefix.
    pub(crate) serve: fn(&App, &Call<'_>) -> Reply,
}

/// Why a request is not looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Denied {
    /// The key is missing, unknown or revoked.
    Key,
    /// Seconds until a request is allowed.
    TooMany(f64),
    /// Refused with 429 because a test asked for that.
    Burst,
    /// Broken because a test asked for that.
    Broken,
}

impl Provider {
    /// What opens an account here.
    pub(crate) fn key(&self, account: &Account) -> String {
        format!("{}{}", self.key_prefix, account.login)
    }

    /// The account that a key opens, if it is one's turn.
    pub(crate) fn admit<'a>(&self, app: &'a App, key: Option<&str>) -> Result<&'a Account, Denied> {
        let key = key.ok_or(Denied::Key)?;
        let login = match key.strip_prefix(self.key_prefix) {
            Some(login) => login,
            None => app.grants().login(self.name, key, app.now()).ok_or(Denied::Key)?,
        };
        let account = app.world.account(login).ok_or(Denied::Key)?;
        if app.board().faults().revoked_tokens.contains(key) {
            return Err(Denied::Key);
        }
        app.take(key).map_err(Denied::TooMany)?;
        let verdict = app.board().verdict();
        match verdict {
            Verdict::Pass => Ok(account),
            Verdict::RateLimit => Err(Denied::Burst),
            Verdict::ServerError => Err(Denied::Broken),
        }
    }
}

/// The id in a path that has the form of `path`; empty where that has none.
pub(crate) fn id_in<'a>(path: &str, segments: &[&'a str]) -> Option<&'a str> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    if parts.len() != segments.len() {
        return None;
    }
    let mut id = "";
    for (part, segment) in parts.iter().zip(segments) {
        match *part {
            "{id}" => id = segment,
            part if part == *segment => {}
            _ => return None,
        }
    }
    Some(id)
}

/// Writes a successful reply as tests asked for: oddly, or cut off.
pub(crate) fn distort(app: &App, reply: &mut Reply) {
    if reply.status != 200 {
        return;
    }
    let odd = app.board().odd();
    if let Some(odd) = odd {
        reply.body = odd.write(std::mem::take(&mut reply.body));
    }
    if app.board().truncates() {
        reply.body.truncate(reply.body.len() / 2);
    }
}
