//! The fields of a provider's credentials: as inputs, as they were submitted, and what is wrong with them.

use std::collections::BTreeMap;

use http::StatusCode;
use maud::{Markup, html};
use model::credentials::{Field, Form, Kind};
use model::tsp::Tsp;
use serde_json::{Map, Value};

use crate::language::Language;
use crate::texts::{Sentence as _, Texts, foreign};
use crate::visit::Visit;
use crate::{api, help, labels, texts};

/// What is wrong with the form as a whole, and with each field.
#[derive(Default)]
pub(crate) struct Problems {
    pub(crate) whole: Option<Markup>,
    pub(crate) fields: BTreeMap<String, String>,
}

impl Problems {
    /// Of the form as a whole.
    pub(crate) fn of_all(text: Markup) -> Self {
        Self { whole: Some(text), ..Self::default() }
    }

    /// Whether nothing is.
    pub(crate) fn are_none(&self) -> bool {
        self.whole.is_none() && self.fields.is_empty()
    }
}

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

/// What was submitted for a field. Lines of text lose blanks around them; keys of several lines keep their lines.
pub(crate) fn submitted(filled: &BTreeMap<String, String>, name: &str) -> Option<String> {
    filled.get(name).map(|text| text.trim().replace("\r\n", "\n")).filter(|text| !text.is_empty())
}

pub(crate) fn is_shown(field: &Field) -> bool {
    field.required || !FOR_PROGRAMS.contains(&field.name)
}

/// Required fields that are empty: the browser says so too, unless it does not look at them.
pub(crate) fn missing(texts: &Texts, form: &Form, filled: &BTreeMap<String, String>, tsp: &Tsp) -> Problems {
    let empty = form.fields.iter().filter(|field| field.required && submitted(filled, field.name).is_none());
    let mut found = Problems::default();
    for field in empty {
        let label = in_a_sentence(texts.language, label(texts.language, tsp, field));
        found.fields.insert(field.name.to_owned(), texts.problems.enter.text(&[("label", &label)]));
    }
    found
}

fn label(language: Language, tsp: &Tsp, field: &Field) -> &'static str {
    help::label(language, &tsp.source_name, field.name).unwrap_or_else(|| labels::of(language, field.label))
}

/// `user name` for `User name`, but `API token` for `API token`.
fn in_a_sentence(language: Language, label: &str) -> String {
    if language != Language::English {
        return label.to_owned();
    }
    let is_abbreviation = label.chars().take(2).all(char::is_uppercase);
    let mut letters = label.chars();
    match letters.next() {
        Some(first) if !is_abbreviation => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}

pub(crate) fn members(form: &Form, filled: &BTreeMap<String, String>) -> Map<String, Value> {
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

/// What to tell of a response that is no success. Only the provider's own words are told as its words, and in its own language.
pub(crate) fn problems(texts: &Texts, response: &api::ApiResponse, tsp: &Tsp) -> Problems {
    let mut found = Problems::default();
    let words = &texts.problems;
    let named = |text: &str| Some(text.markup(&[("provider", &tsp.name)]));
    for (path, kind, message) in response.problems() {
        match path.strip_prefix("body.credentials.").or_else(|| path.strip_prefix("body.")) {
            _ if kind == "credentials_rejected" => {
                let message = foreign(message.trim_end_matches('.'));
                found.whole = Some(words.says.markup(&[("provider", &tsp.name), ("message", &message)]));
            }
            _ if kind == "another_account" => found.whole = named(words.another_account),
            Some("tsp_id") => found.whole = named(words.not_now),
            Some("description") => {
                found.fields.insert("description".into(), words.ordinary.into());
            }
            Some(name) => {
                found.fields.insert(name.to_owned(), refusal(words, &kind).to_owned());
            }
            None => found.whole = named(words.check),
        }
    }
    if found.are_none() {
        found.whole = match response.status {
            StatusCode::GATEWAY_TIMEOUT => named(words.not_responding),
            StatusCode::TOO_MANY_REQUESTS => {
                let minutes = response.retry_after().div_ceil(60).max(1);
                let minutes = usize::try_from(minutes).unwrap_or(usize::MAX);
                named(&texts.count(minutes, &texts.counts.minutes_to_wait))
            }
            StatusCode::CONFLICT => named(words.conflict),
            _ => named(words.ours),
        };
    }
    found
}

/// What the API says of a member, for people.
fn refusal(words: &texts::Problems, kind: &str) -> &'static str {
    match kind {
        "missing" | "format" => words.required,
        "unknown_field" => words.unknown,
        "range" => words.too_long,
        "enum" => words.choice,
        _ => words.wrong,
    }
}

pub(crate) fn summary(visit: &Visit, tsp: &Tsp, form: &Form, problems: &Problems) -> Markup {
    let texts = visit.texts();
    html! {
        @if !problems.are_none() {
            div.problem role="alert" tabindex="-1" {
                @if let Some(whole) = &problems.whole { p { (whole) } }
                @if !problems.fields.is_empty() {
                    p { (texts.problems.please_check) }
                    ul {
                        @for field in form.fields.iter().filter(|field| problems.fields.contains_key(field.name)) {
                            li { a href={ "#" (field.name) } { (label(texts.language, tsp, field)) } }
                        }
                        @if problems.fields.contains_key("description") { li { a href="#description" { (texts.credentials.account_name_label) } } }
                    }
                }
            }
        }
    }
}

/// One labeled input. Secrets are never sent back to the browser.
pub(crate) fn input(
    texts: &Texts,
    tsp: &Tsp,
    field: &Field,
    filled: &BTreeMap<String, String>,
    problem: Option<&String>,
) -> Markup {
    let name = label(texts.language, tsp, field);
    let shown = &texts.credentials;
    let is_secret = matches!(field.kind, Kind::Secret);
    let hint = help::hint(texts.language, &tsp.source_name, field.name);
    let value = if field.masked || is_secret { "" } else { filled.get(field.name).map_or("", String::as_str) };
    let described = [problem.map(|_| format!("{}-problem", field.name)), hint.map(|_| format!("{}-hint", field.name))];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let described = Some(described).filter(|ids| !ids.is_empty());
    let invalid = problem.map(|_| "true");
    html! {
        label for=(field.name) { @if field.required { (name) } @else { (texts.frame.optional.text(&[("label", name)])) } }
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
                    data-show=[is_secret.then_some(shown.show)] data-hide=[is_secret.then_some(shown.hide)];
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
    use model::tsp::TspStatus;
    use serde_json::json;

    use super::*;

    const ENGLISH: &Texts = Language::English.texts();

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
                let html = input(ENGLISH, &tsp(), field, &filled, Some(&"wrong".to_owned())).into_string();
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
        assert!(input(ENGLISH, &tsp(), field, &BTreeMap::new(), None).into_string().contains("<textarea"));
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
        let problems = |response: &api::ApiResponse| problems(ENGLISH, response, &tsp());
        let whole = |response: &api::ApiResponse| problems(response).whole.unwrap().into_string();
        let refused = whole(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials", "credentials_rejected"));
        let theirs = "<span lang=\"\" dir=\"auto\">invalid token</span>";
        assert_eq!(refused, format!("Samsara says: {theirs}. Copy the credentials again, or make new ones."));
        let member = problems(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.credentials.token", "range"));
        assert_eq!(member.fields.get("token").map(String::as_str), Some("This is too long."));
        let plain = |status| whole(&api::ApiResponse { status, body: Value::Null });
        assert!(plain(StatusCode::GATEWAY_TIMEOUT).starts_with("Samsara is not responding."));
        for ours in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS] {
            assert!(!plain(ours).contains("Samsara"), "{ours}");
        }
        let disabled = whole(&response(StatusCode::UNPROCESSABLE_ENTITY, "body.tsp_id", "enum"));
        assert!(!disabled.contains("says"));
    }

    #[test]
    fn empty_fields_are_named_in_the_provider_s_words() {
        let found = missing(ENGLISH, Form::of("token").unwrap(), &BTreeMap::new(), &tsp());
        assert_eq!(found.fields["token"], "Enter the API token.");
        assert_eq!(in_a_sentence(Language::English, "User name"), "user name");
    }
}
