//! Signing in at a provider, in a window of its own, instead of copying a key.
//!
//! The provider sends the browser back to one address for all visits, with a `state`: the id of a pre-auth, which names the visit that it
//! belongs to. What proves the code (RFC 7636) follows from the visit's cookie and is stored nowhere, so a code is of no use in another
//! browser, nor to whoever reads it on the way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::{Call, Context, Input, Reader};
use http::StatusCode;
use maud::html;
use model::ConnectionId;
use model::tsp::Tsp;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::control::{Key, PreAuth, SignInVisit, Write};
use url::Url;
use uuid::Uuid;

use crate::credentials::{self, Choice};
use crate::fields::{Problems, problems};
use crate::launch::News;
use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::sign_in_offer::way;
use crate::texts::{Sentence as _, Texts};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{dead_ends, proof, trial};

/// Sends the browser to the provider.
pub(crate) struct Begin;
/// Takes it back.
pub(crate) struct Return;

/// Where providers send browsers back to: a part of what operators register there.
pub(crate) const RETURN_PATH: &str = "/connect/sign-in";

/// What a provider sends back.
pub(crate) struct Answered {
    request: VisitRequest,
    state: Option<Uuid>,
    code: Option<String>,
    error: Option<String>,
}

impl Input for Answered {
    fn read(reader: &mut Reader) -> Self {
        let text = |name: &str| reader.first(name).filter(|text| !text.is_empty());
        let (state, code, error) = (text("state"), text("code"), text("error"));
        Self { request: VisitRequest::unnamed(reader), state: state.and_then(|text| text.parse().ok()), code, error }
    }
}

/// What proves the code of a sign-in: 43 characters that only this browser's visit can tell.
fn verifier(visit: &Visit, id: Uuid) -> String {
    visit.held.derived(&format!("sign-in {id}"))
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

impl Screen for Begin {
    type Input = Choice;

    async fn show(context: &Context, call: &Call, choice: Choice) -> Result<Answer, Stop> {
        let agreed = choice.request().agreed(context, call.now).await?;
        let visit = &agreed.visit;
        visit.check_reviewed(context)?;
        let Some((tsp, _)) = credentials::choice(context, visit, choice.slug()).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        let Some((oauth, base, client)) = way(context, &tsp).await? else {
            return Ok(page::redirect(context, &visit.path(&format!("providers/{}", tsp.slug))));
        };
        // Nobody follows where a HEAD leads.
        if call.is_head {
            return Ok(page::redirect(context, base.as_str()));
        }
        let id = Uuid::new_v4();
        let language = visit.launch.asked.of_link.map(|language| language.tag().to_owned());
        let of = SignInVisit { name: visit.name.clone(), digest: visit.held.digest(), slug: tsp.slug.clone(), language };
        let begun = PreAuth::of_sign_in(id, (agreed.fleet.id, tsp.id), of, call.now);
        context.store().commit(vec![Write::create(&begun)?]).await?;
        let back = format!("{}{RETURN_PATH}", context.config().connect_url);
        let page = oauth.page(&base, &client, (&back, &id.to_string()), &challenge(&verifier(visit, id)));
        Ok(if visit.launch.is_framed() { onward(context, visit, &tsp, &page) } else { page::redirect(context, page.as_str()) })
    }
}

/// In a frame, where a provider's page is not shown: the frame's script opens a window for it, and takes the answer that comes back
/// there, for the frame's cookies are no other window's.
fn onward(context: &Context, visit: &Visit, tsp: &Tsp, page: &Url) -> Answer {
    let texts = &visit.texts().sign_in;
    let named = |text: &str| text.text(&[("provider", &tsp.name)]);
    let title = named(texts.title);
    let content = html! {
        h1 { (title) }
        p.soft { (texts.needs_scripts) }
        div.actions {
            a.button.main href=(page) target="_blank" rel="opener" data-onward { (named(texts.button)) span.away { " " (texts.new_window) } }
            a.button href=(visit.path(&format!("providers/{}", tsp.slug))) { (visit.texts().frame.back) }
        }
    };
    Page::titled(title).of(visit).step(Step::Connect).show(context, &content)
}

impl Screen for Return {
    type Input = Answered;

    async fn show(context: &Context, call: &Call, answer: Answered) -> Result<Answer, Stop> {
        // A code is used up by the browser that asks for the page, not by what only looks whether there is one.
        let state = answer.state.filter(|_| !call.is_head);
        let texts = answer.request.texts();
        let id = state.ok_or_else(|| over(context, texts, None))?;
        let begun = context.store().get::<PreAuth>(Key::pre_auth(id)).await?;
        let begun = begun.filter(|begun| call.now < begun.expires_at);
        let Some((of, begun)) = begun.and_then(|begun| Some((begun.visit.clone()?, begun))) else {
            return Err(over(context, texts, None));
        };
        let request = answer.request.named(&of.name).in_language(of.language.as_deref());
        let texts = request.texts();
        if !request.holds(context, &of.digest) {
            return Err(dead_ends::answered_elsewhere(context, texts));
        }
        let agreed = request.agreed(context, call.now).await?;
        let visit = &agreed.visit;
        if begun.fleet_id != agreed.fleet.id {
            return Err(dead_ends::answered_elsewhere(context, texts));
        }
        visit.check_reviewed(context)?;
        let Some((tsp, form)) = credentials::choice(context, visit, &of.slug).await? else {
            return Ok(page::redirect(context, &visit.path("providers")));
        };
        if begun.is_used {
            return Err(over(context, texts, Some(visit)));
        }
        let found = match &answer.code {
            Some(code) => match link(context, call, &agreed, (&tsp, id), code).await? {
                Ok(linked) if visit.launch.is_framed() => {
                    return Ok(page::redirect(context, &after(visit, linked)));
                }
                Ok(linked) => return Ok(done(context, visit, &tsp, linked)),
                Err(found) => found,
            },
            None => {
                let _held = context.store().take_pre_auth(id, (begun.fleet_id, begun.tsp_id), call.now).await?;
                declined(texts, &tsp, answer.error.as_deref())
            }
        };
        credentials::show(context, visit, (&tsp, form), &Default::default(), &found).await
    }
}

/// Has the API take the code: the connection, or what is wrong.
async fn link(
    context: &Context,
    call: &Call,
    agreed: &Agreed,
    (tsp, id): (&Tsp, Uuid),
    code: &str,
) -> Result<Result<Option<ConnectionId>, Problems>, Stop> {
    let visit = &agreed.visit;
    let body = json!({
        "tsp_id": tsp.id, "credentials": { "code": code }, "pre_auth_id": id, "code_verifier": verifier(visit, id),
    });
    let response = trial::of(context, agreed, (Method::POST, "/v2/integrations/connections"), &body, call.now).await?;
    match response.status {
        StatusCode::OK => {
            let id = response.body.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            if let Some(id) = id {
                proof::note(context, agreed, id, call.now).await?;
            }
            Ok(Ok(id))
        }
        StatusCode::UNAUTHORIZED => Err(dead_ends::ended(context, visit)),
        _ if response.is_consent_changed() => Err(visit.elsewhere(context, "consent")),
        _ if response.problems().iter().any(|(path, ..)| path == "body.pre_auth_id") => {
            Err(over(context, visit.texts(), Some(visit)))
        }
        _ if response.problems().iter().any(|(_, kind, _)| kind == "credentials_rejected") => {
            Ok(Err(Problems::of_all(visit.texts().sign_in.not_confirmed.markup(&[("provider", &tsp.name)]))))
        }
        _ => Ok(Err(problems(visit.texts(), &response, tsp))),
    }
}

/// The provider's own words are for programs, so they are not shown.
fn declined(texts: &Texts, tsp: &Tsp, error: Option<&str>) -> Problems {
    let text = match error {
        Some("access_denied") => texts.sign_in.denied,
        _ => texts.sign_in.failed,
    };
    Problems::of_all(text.markup(&[("provider", &tsp.name)]))
}

/// The page that follows.
fn after(visit: &Visit, linked: Option<ConnectionId>) -> String {
    linked.map_or_else(|| visit.path("accounts"), |id| visit.path_after("accounts", News::Linked(id)))
}

/// In the window of the sign-in, which closes itself where it may.
fn done(context: &Context, visit: &Visit, tsp: &Tsp, linked: Option<ConnectionId>) -> Answer {
    let title = visit.texts().sign_in.connected.text(&[("provider", &tsp.name)]);
    let content = html! {
        h1 { (title) }
        p.soft { (visit.texts().frame.can_close) }
        div.actions data-signed-in=(visit.name) data-linked=[linked] { a.button.main href=(visit.path("accounts")) { (visit.texts().sign_in.go_on) } }
    };
    Page::titled(title).of(visit).step(Step::Done).at("accounts").show(context, &content)
}

/// The sign-in is unknown, was used, or is over.
fn over(context: &Context, texts: &Texts, visit: Option<&Visit>) -> Stop {
    let texts = &texts.sign_in;
    let title = texts.over_title;
    let content = html! {
        h1 { (title) }
        p.soft { (texts.over) }
        @match visit {
            Some(visit) => div.actions { a.button.main href=(visit.path("accounts")) { (texts.see_accounts) } },
            None => p { (texts.again) },
        }
    };
    let page = Page::titled(title).status(StatusCode::GONE);
    let page = match visit {
        Some(visit) => page.of(visit).at("accounts"),
        None => page,
    };
    Stop::Page(Box::new(page.show(context, &content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_those_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
