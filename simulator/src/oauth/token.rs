//! Where codes and refresh tokens become tokens.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::grants::Grant;
use super::server::{Proof, Server};
use super::{CLIENT, one, parameters};
use crate::app::App;
use crate::http::{Call, Reply};
use crate::provider::Provider;

/// An error of RFC 6749, 5.2: its status, its code, and why.
type Refusal = (u16, &'static str, &'static str);

const DEAD_GRANT: Refusal = (400, "invalid_grant", "the grant is invalid, expired, revoked or was used before");

pub(super) fn serve(app: &App, provider: &Provider, server: &Server, call: &Call<'_>) -> Reply {
    if call.method != "POST" {
        return Reply::text(405, "method not allowed");
    }
    if app.board().breaks_token() {
        return Reply::text(500, "Internal Server Error");
    }
    let body = String::from_utf8_lossy(call.body);
    let sent = parameters(&body);
    let grant = authenticated(server, call, &sent).and_then(|()| granted(app, provider, server, &sent));
    let mut reply = match grant {
        Ok(grant) => given(app, server, grant),
        Err((status, error, why)) => Reply::json(status, &json!({ "error": error, "error_description": why })),
    };
    reply.delay = std::time::Duration::from_millis(app.board().faults().token_slow_ms);
    if reply.status == 200 && app.board().loses_token() {
        return Reply::text(502, "Bad Gateway");
    }
    reply
}

fn authenticated(server: &Server, call: &Call<'_>, sent: &[(String, String)]) -> Result<(), Refusal> {
    let is_known = match server.proof {
        Proof::Basic => call.basic == Some(STANDARD.encode(format!("{}:{}", CLIENT.0, CLIENT.1)).as_str()),
        Proof::Form => (one(sent, "client_id"), one(sent, "client_secret")) == (Some(CLIENT.0), Some(CLIENT.1)),
    };
    if is_known { Ok(()) } else { Err((401, "invalid_client", "client authentication failed")) }
}

fn granted(app: &App, provider: &Provider, server: &Server, sent: &[(String, String)]) -> Result<Grant, Refusal> {
    match one(sent, "grant_type") {
        Some("authorization_code") => exchanged(app, provider, server, sent),
        Some("refresh_token") => {
            let token = one(sent, "refresh_token").ok_or((400, "invalid_request", "refresh_token is missing"))?;
            app.grants().rotate(provider.name, token).ok_or(DEAD_GRANT)
        }
        _ => Err((400, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token")),
    }
}

/// A code is used up by the first attempt, right or wrong.
fn exchanged(app: &App, provider: &Provider, server: &Server, sent: &[(String, String)]) -> Result<Grant, Refusal> {
    let code = one(sent, "code").ok_or((400, "invalid_request", "code is missing"))?;
    let code = app.grants().redeem(code, app.now()).filter(|code| code.provider == provider.name).ok_or(DEAD_GRANT)?;
    // Samsara's documents do not ask for the address again; one that is sent has to be the same.
    let address = one(sent, "redirect_uri");
    let is_same = address.map_or(server.proof == Proof::Basic, |address| address == code.redirect_uri);
    let verifier = one(sent, "code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
    let is_proved = code.challenge.is_none() || code.challenge == verifier;
    let grant = Grant { provider: provider.name, login: code.login, scope: code.scope };
    if is_same && is_proved { Ok(grant) } else { Err(DEAD_GRANT) }
}

fn given(app: &App, server: &Server, grant: Grant) -> Reply {
    let now = app.now();
    let seconds = app.board().faults().token_seconds.map_or(server.token_seconds, i64::from);
    let scope = grant.scope.clone();
    let pair = app.grants().issue(grant, server.token_prefix, (now, now + seconds * 1000));
    let mut body = json!({
        "access_token": pair.access, "token_type": "bearer", "expires_in": seconds, "refresh_token": pair.refresh,
    });
    if let Some(members) = body.as_object_mut() {
        if !server.scopes.is_empty() {
            members.insert("scope".into(), scope.into());
        }
        if server.tells_creation {
            members.insert("created_at".into(), (now / 1000).into());
        }
    }
    Reply::json(200, &body)
}
