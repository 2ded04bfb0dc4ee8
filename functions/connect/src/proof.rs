//! `/connect/s/{visit}/proof`: the fleet shows that it is itself, by credentials of its accounts that work.
//!
//! A partner has the links of its invitations, the one that opens once too, and so can open these pages as the fleet does. What it
//! lacks are the accounts. So a browser shares more, or again, after credentials of every account whose data that would open were
//! given in it. Linking an account is such a proof; here the ones that were linked elsewhere are asked for.

use std::collections::BTreeMap;

use gateway::{ApiError, Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::agreement::Linked;
use model::connection::Connection;
use model::credentials::Form;
use model::tsp::Tsp;
use model::{ConnectionId, Timestamp};
use reqwest::Method;
use serde_json::json;
use store::control::{ConnectBrowser, ConnectSession, Key};

use crate::fields::{Problems, input, is_shown, members, missing, problems, summary};
use crate::launch::News;
use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, bdi};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{dead_ends, help, trial};

/// Asks for credentials of the next account.
pub(crate) struct Ask;
/// Credentials of an account.
pub(crate) struct Submit;

/// The account and the submitted fields.
pub(crate) struct Post(VisitRequest, ConnectionId, BTreeMap<String, String>);

impl Input for Post {
    const BODY: Body = Body::Form("Proof");

    fn read(reader: &mut Reader) -> Self {
        Self(VisitRequest::read(reader), reader.path("connection_id"), reader.form())
    }
}

impl Screen for Ask {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let visit = request.agreed(context, call.now).await?.visit;
        let Some(link) = next(&visit) else { return Ok(page::redirect(context, &visit.onward(after(&visit)))) };
        match form_of(context, link).await? {
            Some(known) if link.is_open() => Ok(show(context, &visit, link, known, &BTreeMap::new(), &Problems::default())),
            known => Ok(removed(context, &visit, link, known.as_ref().map(|(tsp, _)| tsp))),
        }
    }
}

impl Screen for Submit {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post(request, id, filled): Post) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        let visit = &agreed.visit;
        let link = visit.unproved().into_iter().find(|link| link.connection_id == id && link.is_open());
        let Some(link) = link else { return Err(visit.elsewhere(context, "proof")) };
        let Some((tsp, form)) = form_of(context, link).await? else { return Err(visit.elsewhere(context, "proof")) };
        let mut found = missing(visit.texts(), form, &filled, &tsp);
        if found.are_none() {
            let path = format!("/v2/integrations/connections/{id}");
            let body = json!({ "credentials": members(form, &filled) });
            let response = trial::of(context, &agreed, (Method::PATCH, &path), &body, call.now).await?;
            match response.status {
                StatusCode::OK => {
                    note(context, &agreed, id, call.now).await?;
                    return Ok(page::redirect(context, &visit.path_after("proof", News::Linked(id))));
                }
                StatusCode::UNAUTHORIZED => return Err(dead_ends::ended(context, visit)),
                StatusCode::NOT_FOUND => return Err(visit.elsewhere(context, "proof")),
                _ if response.is_consent_changed() => return Err(visit.elsewhere(context, "consent")),
                _ => found = problems(visit.texts(), &response, &tsp),
            }
        }
        Ok(show(context, visit, link, (tsp, form), &filled, &found))
    }
}

/// Notes that credentials of an account worked in this browser, and in this session. The account may be linked under several names: it
/// may have been removed before.
///
/// # Errors
/// If storage fails.
pub(crate) async fn note(context: &Context, agreed: &Agreed, id: ConnectionId, now: Timestamp) -> Result<(), Stop> {
    let links = agreed.agreement.connections.iter().map(|link| link.connection_id).filter(|linked| *linked != id);
    let keys: Vec<Key> = std::iter::once(id).chain(links).map(Key::connection).collect();
    let found: Vec<Connection> = context.store().get_many(&keys).await?;
    let of = |connection: &Connection| (connection.tsp_id, connection.account.clone());
    let Some(account) = found.iter().find(|connection| connection.id == id).map(of) else { return Ok(()) };
    let same: Vec<ConnectionId> = found.iter().filter(|other| of(other) == account).map(|other| other.id).collect();
    let with = |seen: &ConnectBrowser| {
        let mut proved = seen.proved.clone();
        proved.extend(same.iter().copied());
        (proved != seen.proved).then(|| ConnectBrowser { proved, updated_at: now, ..seen.clone() })
    };
    let digest = agreed.visit.held.digest();
    context.store().update(Key::browser(&digest), with).await?;
    let linked = |seen: &ConnectSession| {
        let mut linked = seen.linked.clone();
        linked.insert(id).then(|| ConnectSession { linked, updated_at: now, ..seen.clone() })
    };
    context.store().update(Key::session(&digest), linked).await?;
    Ok(())
}

/// The account to ask for next: those that are linked now come first.
fn next(visit: &Visit) -> Option<&Linked> {
    let mut links = visit.unproved();
    links.sort_by_key(|link| !link.is_open());
    links.into_iter().next()
}

/// What follows when every account is proved.
fn after(visit: &Visit) -> &'static str {
    if visit.is_asked() { "consent" } else { "accounts" }
}

async fn form_of(context: &Context, link: &Linked) -> Result<Option<(Tsp, &'static Form)>, ApiError> {
    let tsp: Option<Tsp> = context.store().get(Key::tsp(&link.tsp_slug)).await?;
    Ok(tsp.and_then(|tsp| Form::of(&tsp.conn_type).map(|form| (tsp, form))))
}

fn why(visit: &Visit) -> Markup {
    html! {
        p.soft { (visit.texts().proof.why.markup(&[("partner", &bdi(&visit.partner.name))])) }
    }
}

fn show(
    context: &Context,
    visit: &Visit,
    link: &Linked,
    (tsp, form): (Tsp, &Form),
    filled: &BTreeMap<String, String>,
    problems: &Problems,
) -> Answer {
    let (all, asking) = (visit.texts(), visit.texts().credentials.asking.text(&[("provider", &tsp.name)]));
    let (texts, title) = (&all.proof, all.proof.title);
    let named = |text: &str| text.markup(&[("provider", &tsp.name), ("partner", &bdi(&visit.partner.name))]);
    let steps = help::steps(visit.launch.asked.language(), &tsp.source_name);
    let content = html! {
        div.brand { (page::provider_mark(visit, &tsp)) h1 { (title) } }
        (why(visit))
        (summary(visit, &tsp, form, problems))
        @if !steps.is_empty() {
            details.help {
                summary { (named(texts.where_is_it)) }
                ol { @for step in steps { li { (step) } } }
            }
        }
        form method="post" action=(visit.path(&format!("proof/{}", link.connection_id))) novalidate data-asks=(asking) data-waits=(all.credentials.waiting.text(&[("provider", &tsp.name)])) {
            (page::csrf(visit))
            @for field in form.fields.iter().filter(|field| is_shown(field)) { (input(all, &tsp, field, filled, problems.fields.get(field.name))) }
            p.hint.lock { (named(texts.checked)) }
            p #progress role="status" {}
            div.actions {
                button.main type="submit" data-busy=(asking) { (texts.confirm) }
                a.button href=(visit.path("accounts")) { (visit.texts().frame.back) }
            }
        }
    };
    let page = Page::titled(title).of(visit).step(Step::Review).at("proof");
    let page = if problems.are_none() { page } else { page.refused() };
    page.show(context, &content)
}

/// An account that was removed has no connection whose credentials could be tried: linking it again is the proof.
fn removed(context: &Context, visit: &Visit, link: &Linked, tsp: Option<&Tsp>) -> Answer {
    let (texts, title) = (&visit.texts().proof, visit.texts().proof.title);
    let name = tsp.map_or(link.tsp_slug.as_str(), |tsp| tsp.name.as_str());
    let content = html! {
        h1 { (title) }
        (why(visit))
        p { (texts.removed.markup(&[("provider", &html! { strong { (name) } })])) }
        p.soft { (texts.gone.markup(&[("partner", &bdi(&visit.partner.name))])) }
        div.actions {
            a.button.main href=(visit.path(&format!("providers/{}", link.tsp_slug))) { (texts.link_again) }
            a.button href=(visit.path("accounts")) { (visit.texts().frame.back) }
        }
    };
    Page::titled(title).of(visit).step(Step::Review).at("proof").show(context, &content)
}
