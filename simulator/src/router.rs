//! Picks the API by the first part of the path, and counts what it replies.

use std::time::Duration;

use crate::app::App;
use crate::control;
use crate::http::{Call, Reply};
use crate::oauth;
use crate::providers::PROVIDERS;

/// Handles one request; `call.path` is the whole path.
pub(crate) fn answer(app: &App, call: &Call<'_>) -> Reply {
    let (prefix, path) = split_prefix(call.path);
    let below = Call { path, ..*call };
    let mut reply = match prefix {
        "_sim" => return control::serve(app, &below),
        name => match PROVIDERS.iter().find(|provider| provider.name == name) {
            Some(provider) => oauth::serve(app, provider, &below).unwrap_or_else(|| (provider.serve)(app, &below)),
            None => Reply::text(404, "unknown provider; try /samsara, /motive, /geotab or /_sim/state\n"),
        },
    };
    reply.delay += Duration::from_millis(app.board().faults().slow_ms);
    app.count(format!("{} /{prefix}{}", call.method, reply.route), reply.status);
    reply
}

fn split_prefix(path: &str) -> (&str, &str) {
    let path = path.strip_prefix('/').unwrap_or(path);
    match path.find('/') {
        Some(slash) => path.split_at(slash),
        None => (path, ""),
    }
}
