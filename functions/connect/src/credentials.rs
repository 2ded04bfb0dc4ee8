//! `/connect/providers/{slug}`: the provider's credentials, validated immediately.

use std::collections::BTreeMap;

use gateway::{ApiError, Body, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::credentials::{Field, Form, Kind};
use model::tsp::{Tsp, TspStatus};
use reqwest::Method;
use serde_json::{Map, Value, json};
use store::control::Key;

use crate::session::{self, Session, SessionCookie};
use crate::{api, page, providers};

/// The form.
pub(crate) struct Ask;
/// The submitted form.
pub(crate) struct Link;

/// The provider.
pub(crate) struct Visit(SessionCookie, String);
/// The provider and the submitted fields.
pub(crate) struct Post(SessionCookie, String, BTreeMap<String, String>);

/// What is wrong with the form as a whole, and with each field.
#[derive(Default)]
struct Problems {
    whole: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Input for Visit {
    fn read(reader: &mut Reader) -> Self {
        Self(SessionCookie::read(reader), reader.path_text("slug"))
    }
}

impl Input for Post {
    const BODY: Body = Body::Form("Credentials");

    fn read(reader: &mut Reader) -> Self {
        Self(SessionCookie::read(reader), reader.path_text("slug"), reader.form())
    }
}

/// The provider, if this fleet may link it now.
async fn choice(context: &Context, session: &Session, slug: &str) -> Result<Option<(Tsp, &'static Form)>, ApiError> {
    let tsp: Option<Tsp> = context.store().get(Key::tsp(slug)).await?;
    let tsp = tsp.filter(|tsp| tsp.status == TspStatus::Active && providers::allowed(session, tsp));
    Ok(tsp.and_then(|tsp| Form::of(&tsp.conn_type).map(|form| (tsp, form))))
}

impl Operation for Ask {
    type Input = Visit;
    type Output = Html;

    async fn run(context: &Context, call: Call, Visit(cookie, slug): Visit) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        if session.invitation.fleet_id.is_none() {
            return Ok(page::redirect(context, "/connect/consent"));
        }
        let Some((tsp, form)) = choice(context, &session, &slug).await? else {
            return Ok(page::redirect(context, "/connect/providers"));
        };
        Ok(show(context, &session, (&tsp, form), &BTreeMap::new(), &Problems::default()))
    }
}

impl Operation for Link {
    type Input = Post;
    type Output = Html;

    async fn run(context: &Context, call: Call, Post(cookie, slug, filled): Post) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session_of_form_post(context, call.now).await? else { return Ok(session::expired(context)) };
        let Some((tsp, form)) = choice(context, &session, &slug).await? else {
            return Ok(page::redirect(context, "/connect/providers"));
        };
        let Some(token) = api::token(context, &session).await? else {
            return Ok(page::redirect(context, "/connect/consent"));
        };
        let body =
            json!({ "tsp_id": tsp.id, "credentials": members(form, &filled), "description": submitted(&filled, "description") });
        let response = api::call(context, Method::POST, "/v2/integrations/connections", Some(&token), Some(&body)).await?;
        if response.status == StatusCode::OK {
            let created: Option<model::ConnectionId> =
                response.body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            session::change(context, &session, |item| item.connections.extend(created)).await?;
            return Ok(page::redirect(context, "/connect"));
        }
        Ok(show(context, &session, (&tsp, form), &filled, &problems(&response, &tsp)))
    }
}

fn submitted(filled: &BTreeMap<String, String>, name: &str) -> Option<String> {
    filled.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn members(form: &Form, filled: &BTreeMap<String, String>) -> Map<String, Value> {
    let member = |field: &Field| {
        let text = submitted(filled, field.name)?;
        let value = match field.kind {
            Kind::Number => text.parse::<i64>().map_or(Value::String(text), Value::from),
            _ => Value::String(text),
        };
        Some((field.name.to_owned(), value))
    };
    form.fields.iter().filter_map(member).collect()
}

fn problems(response: &api::ApiResponse, tsp: &Tsp) -> Problems {
    let mut found = Problems::default();
    for (path, kind, message) in response.problems() {
        match path.strip_prefix("body.credentials.").or_else(|| path.strip_prefix("body.")) {
            _ if kind == "credentials_rejected" => {
                found.whole = Some(format!("{} rejected these credentials: {message}", tsp.name))
            }
            Some(name) => {
                found.fields.insert(name.to_owned(), message);
            }
            None => found.whole = Some(message),
        }
    }
    if found.whole.is_none() && found.fields.is_empty() {
        found.whole = Some(match response.status {
            StatusCode::GATEWAY_TIMEOUT => format!("{} is not responding. Please try again in a minute.", tsp.name),
            _ => "Something went wrong. Please try again in a minute.".into(),
        });
    }
    found
}

fn show(
    context: &Context,
    session: &Session,
    (tsp, form): (&Tsp, &Form),
    filled: &BTreeMap<String, String>,
    problems: &Problems,
) -> Html {
    let failed = problems.whole.is_some() || !problems.fields.is_empty();
    let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("Connect {}", tsp.name);
    let content = html! {
        h1 { (title) }
        p.soft { "We check these credentials with " (tsp.name) " now and store them encrypted. Nobody can read them afterwards, including " (session.partner.name) "." }
        @if failed {
            div.problem role="alert" tabindex="-1" { (problems.whole.as_deref().unwrap_or("Please check the marked fields.")) }
        }
        form method="post" action={ "/connect/providers/" (tsp.slug) } novalidate {
            (page::csrf(&session.item.csrf))
            @for field in form.fields { (input(field, filled, problems.fields.get(field.name))) }
            label for="description" { "Name of this account (optional)" }
            input #description name="description" maxlength="200" value=(filled.get("description").map_or("", String::as_str)) aria-describedby="description-hint";
            p.hint #description-hint { "Useful if you have more than one account with this provider." }
            div.actions {
                button.main type="submit" data-busy="Checking…" { "Connect" }
                a.button href="/connect/providers" { "Back" }
            }
        }
    };
    page::document(context, status, &title, &content)
}

/// One labeled input. Secrets are never sent back to the browser.
fn input(field: &Field, filled: &BTreeMap<String, String>, problem: Option<&String>) -> Markup {
    let kind = match field.kind {
        Kind::Secret => "password",
        Kind::Number => "number",
        Kind::Url => "url",
        Kind::Text | Kind::Choice(_) => "text",
    };
    let value =
        if field.masked || matches!(field.kind, Kind::Secret) { "" } else { filled.get(field.name).map_or("", String::as_str) };
    let hint = format!("{}-problem", field.name);
    html! {
        label for=(field.name) { (field.label) @if !field.required { " (optional)" } }
        @if let Kind::Choice(values) = field.kind {
            select id=(field.name) name=(field.name) { @for option in values { option value=(option) selected[*option == value] { (option) } } }
        } @else {
            input id=(field.name) name=(field.name) type=(kind) value=(value) required[field.required] autocomplete="off"
                autocapitalize="none" spellcheck="false" aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| hint.as_str())];
        }
        @if let Some(problem) = problem { p.hint id=(hint) { (problem) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_has_a_label_and_no_secret_is_sent_back() {
        let filled: BTreeMap<String, String> = [("token", "s3cret-value"), ("url", "https://x.example")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        for form in Form::all() {
            for field in form.fields {
                let html = input(field, &filled, Some(&"wrong".to_owned())).into_string();
                assert!(html.contains(&format!("<label for=\"{}\"", field.name)), "{html}");
                assert!(html.contains(&format!("id=\"{}\"", field.name)), "{html}");
                assert!(!html.contains("s3cret-value"), "{html}");
            }
        }
    }

    #[test]
    fn the_reason_of_the_provider_and_the_invalid_fields_are_shown() {
        let now = model::Timestamp::from_millis(0);
        let tsp = Tsp {
            id: model::TspId::at(now),
            name: "Samsara".into(),
            description: None,
            websites: None,
            source_name: "samsara".into(),
            status: TspStatus::Active,
            conn_type: "token".into(),
            is_sandbox: false,
            logo_url: None,
            logo_dark_url: None,
            slug: "samsara".into(),
            base_url: None,
            base_url_is_set: false,
            created_at: now,
            updated_at: now,
        };
        let response = |status, path: &str, kind: &str| api::ApiResponse {
            status,
            body: json!({ "detail": [{ "path": path, "error_type": kind, "message": "invalid token" }] }),
        };
        let refused = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials", "credentials_rejected"), &tsp);
        assert_eq!(refused.whole.as_deref(), Some("Samsara rejected these credentials: invalid token"));
        let member = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials.token", "missing"), &tsp);
        assert_eq!(member.fields.get("token").map(String::as_str), Some("invalid token"));
        let timeout = problems(&api::ApiResponse { status: StatusCode::GATEWAY_TIMEOUT, body: Value::Null }, &tsp);
        assert!(timeout.whole.is_some_and(|text| text.contains("is not responding")));
    }
}
