//! `/connect/providers/{slug}`: the provider's credentials, tried live.

use std::collections::BTreeMap;

use gateway::{ApiError, Body, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::credentials::{Field, Form, Kind};
use model::tsp::{Tsp, TspStatus};
use reqwest::Method;
use serde_json::{Map, Value, json};
use store::control::Key;

use crate::session::{self, Presented, Session};
use crate::{api, page, providers};

/// The form.
pub(crate) struct Ask;
/// The filled-in form.
pub(crate) struct Link;

/// Which provider.
pub(crate) struct Visit(Presented, String);
/// Which provider, and what was filled in.
pub(crate) struct Post(Presented, String, BTreeMap<String, String>);

/// What is wrong with the form: with all of it, and member by member.
#[derive(Default)]
struct Problems {
    whole: Option<String>,
    members: BTreeMap<String, String>,
}

impl Input for Visit {
    fn read(reader: &mut Reader) -> Self {
        Self(Presented::read(reader), reader.path_text("slug"))
    }
}

impl Input for Post {
    const BODY: Body = Body::Form;

    fn read(reader: &mut Reader) -> Self {
        Self(Presented::read(reader), reader.path_text("slug"), reader.form())
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

    async fn run(context: &Context, call: Call, Visit(presented, slug): Visit) -> Result<Self::Output, ApiError> {
        let Some(session) = presented.session(context, call.now).await? else { return Ok(session::lost(context)) };
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

    async fn run(context: &Context, call: Call, Post(presented, slug, filled): Post) -> Result<Self::Output, ApiError> {
        let Some(session) = presented.posted(context, call.now).await? else { return Ok(session::lost(context)) };
        let Some((tsp, form)) = choice(context, &session, &slug).await? else {
            return Ok(page::redirect(context, "/connect/providers"));
        };
        let Some(token) = api::token(context, &session).await? else {
            return Ok(page::redirect(context, "/connect/consent"));
        };
        let body =
            json!({ "tsp_id": tsp.id, "credentials": members(form, &filled), "description": given(&filled, "description") });
        let answer = api::call(context, Method::POST, "/v2/integrations/connections", Some(&token), Some(&body)).await?;
        if answer.status == StatusCode::OK {
            let made: Option<model::ConnectionId> = answer.body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            session::change(context, &session, |item| item.connections.extend(made)).await?;
            return Ok(page::redirect(context, "/connect"));
        }
        Ok(show(context, &session, (&tsp, form), &filled, &problems(&answer, &tsp)))
    }
}

fn given(filled: &BTreeMap<String, String>, name: &str) -> Option<String> {
    filled.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn members(form: &Form, filled: &BTreeMap<String, String>) -> Map<String, Value> {
    let member = |field: &Field| {
        let text = given(filled, field.name)?;
        let value = match field.kind {
            Kind::Number => text.parse::<i64>().map_or(Value::String(text), Value::from),
            _ => Value::String(text),
        };
        Some((field.name.to_owned(), value))
    };
    form.fields.iter().filter_map(member).collect()
}

fn problems(answer: &api::Answer, tsp: &Tsp) -> Problems {
    let mut found = Problems::default();
    for (path, kind, message) in answer.problems() {
        match path.strip_prefix("body.credentials.").or_else(|| path.strip_prefix("body.")) {
            _ if kind == "credentials_rejected" => found.whole = Some(format!("{} did not accept this: {message}", tsp.name)),
            Some(name) => {
                found.members.insert(name.to_owned(), message);
            }
            None => found.whole = Some(message),
        }
    }
    if found.whole.is_none() && found.members.is_empty() {
        found.whole = Some(match answer.status {
            StatusCode::GATEWAY_TIMEOUT => format!("{} does not answer right now. Please try again in a minute.", tsp.name),
            _ => "That did not work. Please try again in a minute.".into(),
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
    let failed = problems.whole.is_some() || !problems.members.is_empty();
    let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("Connect {}", tsp.name);
    let content = html! {
        h1 { (title) }
        p.soft { "We try these with " (tsp.name) " at once, and keep them encrypted. Nobody can read them again, " (session.partner.name) " included." }
        @if failed {
            div.problem role="alert" tabindex="-1" { (problems.whole.as_deref().unwrap_or("Please look at the marked entries.")) }
        }
        form method="post" action={ "/connect/providers/" (tsp.slug) } novalidate {
            (page::csrf(&session.item.csrf))
            @for field in form.fields { (input(field, filled, problems.members.get(field.name))) }
            label for="description" { "Name of this account (optional)" }
            input #description name="description" maxlength="200" value=(filled.get("description").map_or("", String::as_str)) aria-describedby="description-hint";
            p.hint #description-hint { "Helps if you have more than one account there." }
            div.actions {
                button.main type="submit" data-busy="Checking…" { "Connect" }
                a.button href="/connect/providers" { "Back" }
            }
        }
    };
    page::document(context, status, &title, &content)
}

/// One labelled input. What is secret is never filled in again.
fn input(field: &Field, filled: &BTreeMap<String, String>, problem: Option<&String>) -> Markup {
    let kind = match field.kind {
        Kind::Secret => "password",
        Kind::Number => "number",
        Kind::Url => "url",
        Kind::Text | Kind::Choice(_) => "text",
    };
    let kept =
        if field.masked || matches!(field.kind, Kind::Secret) { "" } else { filled.get(field.name).map_or("", String::as_str) };
    let hint = format!("{}-problem", field.name);
    html! {
        label for=(field.name) { (field.label) @if !field.required { " (optional)" } }
        @if let Kind::Choice(values) = field.kind {
            select id=(field.name) name=(field.name) { @for value in values { option value=(value) selected[*value == kept] { (value) } } }
        } @else {
            input id=(field.name) name=(field.name) type=(kind) value=(kept) required[field.required] autocomplete="off"
                autocapitalize="none" spellcheck="false" aria-invalid=[problem.map(|_| "true")] aria-describedby=[problem.map(|_| hint.as_str())];
        }
        @if let Some(problem) = problem { p.hint id=(hint) { (problem) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_has_a_label_and_no_secret_comes_back() {
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
    fn the_providers_reason_is_shown_and_members_are_blamed_by_name() {
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
            created_at: now,
            updated_at: now,
        };
        let answer = |status, path: &str, kind: &str| api::Answer {
            status,
            body: json!({ "detail": [{ "path": path, "error_type": kind, "message": "invalid token" }] }),
        };
        let refused = problems(&answer(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials", "credentials_rejected"), &tsp);
        assert_eq!(refused.whole.as_deref(), Some("Samsara did not accept this: invalid token"));
        let member = problems(&answer(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials.token", "missing"), &tsp);
        assert_eq!(member.members.get("token").map(String::as_str), Some("invalid token"));
        let late = problems(&api::Answer { status: StatusCode::GATEWAY_TIMEOUT, body: Value::Null }, &tsp);
        assert!(late.whole.is_some_and(|text| text.contains("does not answer")));
    }
}
