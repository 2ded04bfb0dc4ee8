//! `/connect/s/{visit}/providers/{slug}`: the provider's credentials, validated immediately.

use std::collections::BTreeMap;

use gateway::{ApiError, Body, Call, Context, Html, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::credentials::{Field, Form, Kind};
use model::tsp::{Tsp, TspStatus};
use reqwest::Method;
use serde_json::{Map, Value, json};
use store::control::Key;

use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::visit::{Stop, Ticket, Visit};
use crate::{api, dead_ends, help, providers};

/// The form.
pub(crate) struct Ask;
/// The submitted form.
pub(crate) struct Link;

/// The provider.
pub(crate) struct Choice(Ticket, String);
/// The provider and the submitted fields.
pub(crate) struct Post(Choice, BTreeMap<String, String>);

/// What is wrong with the form as a whole, and with each field.
#[derive(Default)]
struct Problems {
    whole: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Problems {
    fn are_none(&self) -> bool {
        self.whole.is_none() && self.fields.is_empty()
    }
}

/// The most characters of an account's name.
const MAX_DESCRIPTION: usize = 200;
/// Fields for programs, which nobody knows by heart: they are left out wherever the provider does without them.
const FOR_PROGRAMS: &[&str] = &[
    "session_id",
    "scope",
    "refresh_token",
    "url",
    "host",
    "token_type",
    "expires_in",
    "grant_type",
    "redirect_uri",
    "token_url",
];

impl Input for Choice {
    fn read(reader: &mut Reader) -> Self {
        Self(Ticket::read(reader), reader.path_text("slug"))
    }
}

impl Input for Post {
    const BODY: Body = Body::Form("Credentials");

    fn read(reader: &mut Reader) -> Self {
        Self(Choice::read(reader), reader.form())
    }
}

/// The provider, if this fleet may link it now.
async fn choice(context: &Context, visit: &Visit, slug: &str) -> Result<Option<(Tsp, &'static Form)>, ApiError> {
    let tsp: Option<Tsp> = context.store().get(Key::tsp(slug)).await?;
    let tsp = tsp.filter(|tsp| tsp.status == TspStatus::Active && providers::allowed(visit, tsp));
    Ok(tsp.and_then(|tsp| Form::of(&tsp.conn_type).map(|form| (tsp, form))))
}

impl Screen for Ask {
    type Input = Choice;

    async fn show(context: &Context, call: &Call, Choice(ticket, slug): Choice) -> Result<Html, Stop> {
        let visit = ticket.agreed(context, call.now).await?.visit;
        let Some((tsp, form)) = choice(context, &visit, &slug).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        Ok(show(context, &visit, (&tsp, form), &BTreeMap::new(), &Problems::default()))
    }
}

impl Screen for Link {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post(Choice(ticket, slug), filled): Post) -> Result<Html, Stop> {
        let agreed = ticket.agreed_post(context, call.now).await?;
        let visit = &agreed.visit;
        let Some((tsp, form)) = choice(context, visit, &slug).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        let mut found = missing(form, &filled, &tsp);
        if found.are_none() {
            let body = json!({
                "tsp_id": tsp.id, "credentials": members(form, &filled), "description": submitted(&filled, "description"),
            });
            let token = api::token(context, &agreed, call.now).await?;
            let response = api::call(context, Method::POST, "/v2/integrations/connections", Some(&token), Some(&body)).await?;
            match response.status {
                StatusCode::OK => return Ok(page::redirect(context, &visit.path("accounts"))),
                StatusCode::UNAUTHORIZED => return Err(dead_ends::ended(context, visit)),
                _ => found = problems(&response, &tsp),
            }
        }
        Ok(show(context, visit, (&tsp, form), &filled, &found))
    }
}

/// What was submitted for a field. Lines of text lose blanks around them; keys of several lines keep their lines.
fn submitted(filled: &BTreeMap<String, String>, name: &str) -> Option<String> {
    filled.get(name).map(|text| text.trim().replace("\r\n", "\n")).filter(|text| !text.is_empty())
}

fn is_shown(field: &Field) -> bool {
    field.required || !FOR_PROGRAMS.contains(&field.name)
}

/// Required fields that are empty: the browser says so too, unless it does not look at them.
fn missing(form: &Form, filled: &BTreeMap<String, String>, tsp: &Tsp) -> Problems {
    let empty = form.fields.iter().filter(|field| field.required && submitted(filled, field.name).is_none());
    let mut found = Problems::default();
    for field in empty {
        found.fields.insert(field.name.to_owned(), format!("Enter the {}.", in_a_sentence(label(tsp, field))));
    }
    found
}

fn label(tsp: &Tsp, field: &Field) -> &'static str {
    help::label(&tsp.source_name, field.name).unwrap_or(field.label)
}

/// `user name` for `User name`, but `API token` for `API token`.
fn in_a_sentence(label: &str) -> String {
    let is_abbreviation = label.chars().take(2).all(char::is_uppercase);
    let mut letters = label.chars();
    match letters.next() {
        Some(first) if !is_abbreviation => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
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

/// What to tell of a response that is no success. Only the provider's own words are told as its words.
fn problems(response: &api::ApiResponse, tsp: &Tsp) -> Problems {
    let mut found = Problems::default();
    for (path, kind, message) in response.problems() {
        match path.strip_prefix("body.credentials.").or_else(|| path.strip_prefix("body.")) {
            _ if kind == "credentials_rejected" => {
                found.whole =
                    Some(format!("{} says: {}. Copy it again, or make a new one.", tsp.name, message.trim_end_matches('.')));
            }
            Some("tsp_id") => found.whole = Some(format!("{} cannot be connected at the moment.", tsp.name)),
            Some("description") => {
                found.fields.insert("description".into(), "Please use up to 200 ordinary characters.".into());
            }
            Some(name) => {
                found.fields.insert(name.to_owned(), format!("This {message}."));
            }
            None => found.whole = Some("Please check what you entered.".into()),
        }
    }
    if found.are_none() {
        found.whole = Some(match response.status {
            StatusCode::GATEWAY_TIMEOUT => {
                format!("{} is not responding. Nothing was stored. Please try again in a minute.", tsp.name)
            }
            StatusCode::TOO_MANY_REQUESTS => too_many(response.retry_after()),
            StatusCode::CONFLICT => "Somebody changed this account at the same moment. Please try again.".into(),
            _ => "Something went wrong on our side. Nothing was stored. Please try again in a minute.".into(),
        });
    }
    found
}

fn too_many(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60).max(1);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!(
        "There were too many tries. Nothing was asked of the provider. Please wait {minutes} {unit}, and copy the credentials anew."
    )
}

fn show(
    context: &Context,
    visit: &Visit,
    (tsp, form): (&Tsp, &Form),
    filled: &BTreeMap<String, String>,
    problems: &Problems,
) -> Html {
    let title = format!("Connect {}", tsp.name);
    let steps = help::steps(&tsp.source_name);
    let content = html! {
        div.brand { (page::mark(&tsp.name, tsp.logo_url.as_deref(), tsp.logo_dark_url.as_deref())) h1 { (title) } }
        p.soft { (help::lead(&tsp.source_name)) }
        (summary(tsp, form, problems))
        @if !steps.is_empty() {
            details.help open[problems.are_none()] {
                summary { "Where do I find this?" }
                ol { @for step in steps { li { (step) } } }
                p.hint { "Not an administrator? Send these steps to somebody who is." }
            }
        }
        form method="post" action=(visit.path(&format!("providers/{}", tsp.slug))) novalidate data-asks=(tsp.name) {
            (page::csrf(visit))
            @for field in form.fields.iter().filter(|field| is_shown(field)) { (input(tsp, field, filled, problems.fields.get(field.name))) }
            (description(filled, problems.fields.get("description")))
            p.hint.lock { "Checked with " (tsp.name) " now, and encrypted before it is stored. " bdi { (visit.partner.name) } " cannot see it." }
            p #progress role="status" {}
            div.actions {
                button.main type="submit" data-busy={ "Asking " (tsp.name) "…" } { "Connect" }
                a.button href=(visit.path("providers")) { "Back" }
            }
        }
    };
    let page = Page::titled(title).of(visit).step(Step::Connect);
    let page = if problems.are_none() { page } else { page.refused() };
    page.show(context, &content)
}

fn summary(tsp: &Tsp, form: &Form, problems: &Problems) -> Markup {
    html! {
        @if !problems.are_none() {
            div.problem role="alert" tabindex="-1" {
                @if let Some(whole) = &problems.whole { p { (whole) } }
                @if !problems.fields.is_empty() {
                    p { "Please check:" }
                    ul {
                        @for field in form.fields.iter().filter(|field| problems.fields.contains_key(field.name)) {
                            li { a href={ "#" (field.name) } { (label(tsp, field)) } }
                        }
                        @if problems.fields.contains_key("description") { li { a href="#description" { "Name of this account" } } }
                    }
                }
            }
        }
    }
}

fn description(filled: &BTreeMap<String, String>, problem: Option<&String>) -> Markup {
    html! {
        label for="description" { "Name of this account (optional)" }
        input #description name="description" type="text" maxlength=(MAX_DESCRIPTION) dir="auto" autocomplete="off"
            value=(filled.get("description").map_or("", String::as_str)) aria-invalid=[problem.map(|_| "true")]
            aria-describedby=(if problem.is_some() { "description-problem description-hint" } else { "description-hint" });
        @if let Some(problem) = problem { p.wrong #description-problem { (problem) } }
        p.hint #description-hint { "Useful if you have more than one account with this provider." }
    }
}

/// One labeled input. Secrets are never sent back to the browser.
fn input(tsp: &Tsp, field: &Field, filled: &BTreeMap<String, String>, problem: Option<&String>) -> Markup {
    let is_secret = matches!(field.kind, Kind::Secret);
    let hint = help::hint(&tsp.source_name, field.name);
    let value = if field.masked || is_secret { "" } else { filled.get(field.name).map_or("", String::as_str) };
    let described = [problem.map(|_| format!("{}-problem", field.name)), hint.map(|_| format!("{}-hint", field.name))];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let described = Some(described).filter(|ids| !ids.is_empty());
    let invalid = problem.map(|_| "true");
    html! {
        label for=(field.name) { (label(tsp, field)) @if !field.required { " (optional)" } }
        @match field.kind {
            Kind::Choice(values) => select id=(field.name) name=(field.name) {
                @for option in values { option value=(option) selected[*option == value] { (option) } }
            },
            // A line of input drops line breaks, which keys in PEM have.
            Kind::Secret if field.name.ends_with("_key") && field.name.contains("private") => textarea.key id=(field.name) name=(field.name)
                rows="6" required[field.required] autocomplete="off" autocapitalize="none" spellcheck="false"
                placeholder="-----BEGIN PRIVATE KEY-----" aria-invalid=[invalid] aria-describedby=[described] {},
            _ => span.field {
                input id=(field.name) name=(field.name) type=(kind(field)) value=(value) required[field.required]
                    autocomplete=(autocomplete(field)) autocapitalize="none" spellcheck="false" aria-invalid=[invalid] aria-describedby=[described]
                    data-secret[is_secret];
            },
        }
        @if let Some(problem) = problem { p.wrong id={ (field.name) "-problem" } { (problem) } }
        @if let Some(hint) = hint { p.hint id={ (field.name) "-hint" } { (hint) } }
    }
}

fn kind(field: &Field) -> &'static str {
    match field.kind {
        Kind::Secret => "password",
        Kind::Number => "number",
        Kind::Url => "url",
        Kind::Text | Kind::Choice(_) => "text",
    }
}

/// A password manager may fill in what people sign in with, but no key of a program.
fn autocomplete(field: &Field) -> &'static str {
    match field.name {
        "username" => "username",
        "password" => "current-password",
        _ => "off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tsp() -> Tsp {
        let now = model::Timestamp::from_millis(0);
        Tsp {
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
        }
    }

    #[test]
    fn every_input_has_a_label_and_no_secret_is_sent_back() {
        let filled: BTreeMap<String, String> = Form::all()
            .iter()
            .flat_map(|form| form.fields)
            .map(|field| (field.name.to_owned(), "s3cret-value".to_owned()))
            .collect();
        for form in Form::all() {
            for field in form.fields {
                let html = input(&tsp(), field, &filled, Some(&"wrong".to_owned())).into_string();
                assert!(html.contains(&format!("<label for=\"{}\"", field.name)), "{html}");
                assert!(html.contains(&format!("id=\"{}\"", field.name)), "{html}");
                let is_secret = field.masked || matches!(field.kind, Kind::Secret);
                assert!(!is_secret || !html.contains("s3cret-value"), "{html}");
            }
        }
    }

    #[test]
    fn a_key_of_several_lines_keeps_them() {
        let form = Form::of("oauth2_private_key").unwrap();
        let pem = "-----BEGIN PRIVATE KEY-----\r\nabc\r\ndef\r\n-----END PRIVATE KEY-----\r\n";
        let filled = BTreeMap::from([("private_key".to_owned(), pem.to_owned())]);
        let members = members(form, &filled);
        assert_eq!(members["private_key"], "-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY-----");
        let field = form.fields.iter().find(|field| field.name == "private_key").unwrap();
        assert!(input(&tsp(), field, &BTreeMap::new(), None).into_string().contains("<textarea"));
    }

    #[test]
    fn people_are_asked_for_what_they_can_know() {
        for form in Form::all() {
            let shown: Vec<&str> = form.fields.iter().filter(|field| is_shown(field)).map(|field| field.name).collect();
            assert!(form.fields.iter().all(|field| !field.required || shown.contains(&field.name)), "{}", form.conn_type);
        }
        let geotab = Form::of("geotab").unwrap();
        assert!(!geotab.fields.iter().any(|field| field.name == "session_id" && is_shown(field)));
    }

    #[test]
    fn what_is_said_is_said_by_who_said_it() {
        let response = |status: StatusCode, path: &str, kind: &str| api::ApiResponse {
            status,
            body: json!({ "detail": [{ "path": path, "error_type": kind, "message": "invalid token" }] }),
        };
        let refused = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials", "credentials_rejected"), &tsp());
        assert_eq!(refused.whole.as_deref(), Some("Samsara says: invalid token. Copy it again, or make a new one."));
        let member = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials.token", "type"), &tsp());
        assert_eq!(member.fields.get("token").map(String::as_str), Some("This invalid token."));
        let plain = |status| problems(&api::ApiResponse { status, body: Value::Null }, &tsp()).whole.unwrap();
        assert!(plain(StatusCode::GATEWAY_TIMEOUT).starts_with("Samsara is not responding."));
        for ours in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS] {
            assert!(!plain(ours).contains("Samsara"), "{ours}");
        }
        let disabled = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.tsp_id", "enum"), &tsp());
        assert!(!disabled.whole.unwrap().contains("says"));
    }

    #[test]
    fn empty_fields_are_named_in_the_provider_s_words() {
        let found = missing(Form::of("token").unwrap(), &BTreeMap::new(), &tsp());
        assert_eq!(found.fields["token"], "Enter the API token.");
        assert_eq!(in_a_sentence("User name"), "user name");
    }
}
