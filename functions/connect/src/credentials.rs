//! `/connect/s/{visit}/providers/{slug}`: the provider's credentials, validated immediately.

use std::collections::BTreeMap;

use gateway::{ApiError, Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::credentials::Form;
use model::tsp::{Tsp, TspStatus};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::Key;

use crate::fields::{Problems, input, is_shown, members, missing, problems, submitted, summary};
use crate::launch::News;
use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{self, Sentence as _, bdi};
use crate::visit::{Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{dead_ends, help, proof, providers, sign_in_offer, trial};

/// The form.
pub(crate) struct Ask;
/// The submitted form.
pub(crate) struct Link;

/// The provider.
pub(crate) struct Choice(VisitRequest, String);
/// The provider and the submitted fields.
pub(crate) struct Post(Choice, BTreeMap<String, String>);

/// The most characters of an account's name.
const MAX_DESCRIPTION: usize = 200;

impl Input for Choice {
    fn read(reader: &mut Reader) -> Self {
        Self(VisitRequest::read(reader), reader.path_text("slug"))
    }
}

impl Input for Post {
    const BODY: Body = Body::Form("Credentials");

    fn read(reader: &mut Reader) -> Self {
        Self(Choice::read(reader), reader.form())
    }
}

impl Choice {
    pub(crate) const fn request(&self) -> &VisitRequest {
        &self.0
    }

    pub(crate) fn slug(&self) -> &str {
        &self.1
    }
}

/// The provider, if this fleet may link it now.
pub(crate) async fn choice(context: &Context, visit: &Visit, slug: &str) -> Result<Option<(Tsp, &'static Form)>, ApiError> {
    let tsp: Option<Tsp> = context.store().get(Key::tsp(slug)).await?;
    let tsp = tsp.filter(|tsp| tsp.status == TspStatus::Active && providers::allowed(visit, tsp));
    Ok(tsp.and_then(|tsp| Form::of(&tsp.conn_type).map(|form| (tsp, form))))
}

impl Screen for Ask {
    type Input = Choice;

    async fn show(context: &Context, call: &Call, Choice(request, slug): Choice) -> Result<Answer, Stop> {
        let visit = request.agreed(context, call.now).await?.visit;
        visit.check_reviewed(context)?;
        let Some((tsp, form)) = choice(context, &visit, &slug).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        show(context, &visit, (&tsp, form), &BTreeMap::new(), &Problems::default()).await
    }
}

impl Screen for Link {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post(Choice(request, slug), filled): Post) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        let visit = &agreed.visit;
        visit.check_reviewed(context)?;
        let Some((tsp, form)) = choice(context, visit, &slug).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        let mut found = missing(visit.texts(), form, &filled, &tsp);
        if found.are_none() {
            let body = json!({
                "tsp_id": tsp.id, "credentials": members(form, &filled), "description": submitted(&filled, "description"),
            });
            let path = "/v2/integrations/connections";
            let response = trial::of(context, &agreed, (Method::POST, path), &body, call.now).await?;
            match response.status {
                StatusCode::OK => {
                    let id = response.body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                    let Some(id) = id else { return Ok(page::redirect(context, &visit.path("accounts"))) };
                    proof::note(context, &agreed, id, call.now).await?;
                    return Ok(page::redirect(context, &visit.path_after("accounts", News::Linked(id))));
                }
                StatusCode::UNAUTHORIZED => return Err(dead_ends::ended(context, visit)),
                _ if response.is_consent_changed() => return Err(visit.elsewhere(context, "consent")),
                _ => found = problems(visit.texts(), &response, &tsp),
            }
        }
        show(context, visit, (&tsp, form), &filled, &found).await
    }
}

/// The page that asks, with what was wrong.
pub(crate) async fn show(
    context: &Context,
    visit: &Visit,
    (tsp, form): (&Tsp, &Form),
    filled: &BTreeMap<String, String>,
    problems: &Problems,
) -> Result<Answer, Stop> {
    let can_sign_in = sign_in_offer::way(context, tsp).await?.is_some();
    let (texts, frame) = (&visit.texts().credentials, &visit.texts().frame);
    let (title, asking) = (texts.title.text(&[("provider", &tsp.name)]), texts.asking.text(&[("provider", &tsp.name)]));
    let checked = texts.checked.markup(&[("provider", &tsp.name), ("partner", &bdi(&visit.partner.name))]);
    let steps = help::steps(visit.launch.asked.language(), &tsp.source_name);
    let content = html! {
        div.brand { (page::provider_mark(visit, tsp)) h1 { (title) } }
        (summary(visit, tsp, form, problems))
        @if can_sign_in { (sign_in_offer::button(visit, tsp)) p.or { (texts.or) } }
        p.soft { (help::lead(visit.launch.asked.language(), &tsp.source_name).unwrap_or(texts.lead)) }
        @if !steps.is_empty() {
            details.help open[problems.are_none() && !can_sign_in] {
                summary { (texts.where_is_it) }
                ol { @for step in steps { li { (step) } } }
                p.hint { (texts.send_steps) }
            }
        }
        form method="post" action=(visit.path(&format!("providers/{}", tsp.slug))) novalidate data-asks=(asking) data-waits=(texts.waiting.text(&[("provider", &tsp.name)])) {
            (page::csrf(visit))
            @for field in form.fields.iter().filter(|field| is_shown(field)) { (input(visit.texts(), tsp, field, filled, problems.fields.get(field.name))) }
            (description(texts, filled, problems.fields.get("description")))
            p.hint.lock { (checked) }
            p #progress role="status" {}
            div.actions {
                button.main[!can_sign_in] type="submit" data-busy=(asking) { (texts.connect) }
                a.button href=(visit.path("providers")) { (frame.back) }
            }
        }
    };
    let path = format!("providers/{}", tsp.slug);
    let page = Page::titled(title).of(visit).step(Step::Connect).at(&path);
    let page = if problems.are_none() { page } else { page.refused() };
    Ok(page.show(context, &content))
}

fn description(texts: &texts::Credentials, filled: &BTreeMap<String, String>, problem: Option<&String>) -> Markup {
    html! {
        label for="description" { (texts.account_name) }
        input #description name="description" type="text" maxlength=(MAX_DESCRIPTION) dir="auto" autocomplete="off"
            value=(filled.get("description").map_or("", String::as_str)) aria-invalid=[problem.map(|_| "true")]
            aria-describedby=(if problem.is_some() { "description-problem description-hint" } else { "description-hint" });
        @if let Some(problem) = problem { p.wrong #description-problem { (problem) } }
        p.hint #description-hint { (texts.account_hint) }
    }
}
