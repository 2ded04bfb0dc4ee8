//! The page on which a customer lets an application in, or does not.

use super::grants::Code;
use super::server::Server;
use super::{CLIENT, one, parameters};
use crate::app::App;
use crate::http::{Call, Reply};
use crate::provider::Provider;

/// A request that may be shown to the customer.
struct Request<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    challenge: Option<&'a str>,
    scope: &'a str,
}

pub(super) fn serve(app: &App, provider: &Provider, server: &Server, call: &Call<'_>) -> Reply {
    let body = String::from_utf8_lossy(call.body);
    let sent = match call.method {
        "GET" => parameters(call.query),
        "POST" => parameters(&body),
        _ => return Reply::text(405, "method not allowed"),
    };
    let request = match read(server, &sent) {
        Ok(request) => request,
        Err(why) => return page(400, "This request cannot be shown", &format!("<p>{}</p>", escaped(why))),
    };
    match (call.method, one(&sent, "answer")) {
        ("POST", Some("approve")) => approved(app, provider, &request, one(&sent, "account")),
        ("POST", _) => back(&request, &[("error", "access_denied"), ("error_description", "the customer did not approve")]),
        _ => asked(app, provider, &request),
    }
}

/// Nothing is sent to an address that the application has not registered: then the customer sees what is wrong (RFC 6749, 4.1.2.1).
fn read<'a>(server: &Server, sent: &'a [(String, String)]) -> Result<Request<'a>, &'static str> {
    if one(sent, "client_id") != Some(CLIENT.0) {
        return Err("unknown client_id");
    }
    let redirect_uri = one(sent, "redirect_uri").filter(|uri| is_registered(uri)).ok_or("redirect_uri is not registered")?;
    if one(sent, "response_type") != Some("code") {
        return Err("response_type must be code");
    }
    let scope = one(sent, "scope").unwrap_or_default();
    if !server.scopes.is_empty() && (scope.is_empty() || !scope.split(' ').all(|word| server.scopes.contains(&word))) {
        return Err("the requested scope is invalid, unknown, or malformed");
    }
    let challenge = one(sent, "code_challenge").filter(|_| server.challenges);
    if challenge.is_some() && one(sent, "code_challenge_method") != Some("S256") {
        return Err("code_challenge_method must be S256");
    }
    Ok(Request { redirect_uri, state: one(sent, "state"), challenge, scope })
}

/// Applications are registered for this machine.
fn is_registered(uri: &str) -> bool {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    matches!(name, "127.0.0.1" | "localhost") && !uri.contains('#')
}

fn approved(app: &App, provider: &Provider, request: &Request<'_>, login: Option<&str>) -> Reply {
    let Some(account) = login.and_then(|login| app.world.account(login)) else {
        return page(400, "Choose an organization", "<p>Go back, and choose one.</p>");
    };
    let code = Code {
        provider: provider.name,
        login: account.login,
        redirect_uri: request.redirect_uri.to_owned(),
        challenge: request.challenge.map(str::to_owned),
        scope: request.scope.to_owned(),
    };
    let code = app.grants().code(code, app.now());
    back(request, &[("code", &code)])
}

/// Sends the browser back to the application.
fn back(request: &Request<'_>, answer: &[(&str, &str)]) -> Reply {
    let state = request.state.map(|state| ("state", state));
    let pairs: Vec<(&str, &str)> = answer.iter().copied().chain(state).collect();
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    let mark = if request.redirect_uri.contains('?') { '&' } else { '?' };
    Reply::redirect(format!("{}{mark}{query}", request.redirect_uri))
}

fn asked(app: &App, provider: &Provider, request: &Request<'_>) -> Reply {
    let hidden = [
        ("client_id", Some(CLIENT.0)),
        ("redirect_uri", Some(request.redirect_uri)),
        ("response_type", Some("code")),
        ("scope", Some(request.scope)),
        ("state", request.state),
        ("code_challenge", request.challenge),
        ("code_challenge_method", request.challenge.map(|_| "S256")),
    ];
    let hidden = hidden.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let hidden = hidden.map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)));
    let choices = app.world.accounts().iter().enumerate().map(|(place, account)| {
        let checked = if place == 0 { " checked" } else { "" };
        let name = escaped(&account.name);
        format!("<p><label><input type=\"radio\" name=\"account\" value=\"{}\"{checked}> {name}</label></p>", account.login)
    });
    let body = format!(
        "<p>The application wants to read the data of your organization.</p><form method=\"post\">{}{}\
         <p><button name=\"answer\" value=\"approve\">Allow</button> <button name=\"answer\" value=\"deny\">Deny</button></p></form>",
        hidden.collect::<String>(),
        choices.collect::<String>(),
    );
    page(200, &format!("{} (simulated): allow access?", provider.name), &body)
}

fn page(status: u16, title: &str, body: &str) -> Reply {
    let title = escaped(title);
    Reply::html(
        status,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
        ),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
