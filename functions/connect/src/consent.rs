//! `/connect/s/{visit}/consent` and `accept`: the request for data, and the fleet's consent.
//!
//! What a fleet has not seen and submitted here it has not agreed to, whatever was accepted through the API: the consent that is stored
//! holds what the page showed. A request that grew since then is asked again.

use gateway::{ApiError, Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::agreement::Agreement;
use model::fleet::Fleet;
use model::invitation::{Invitation, InvitationStatus};
use model::{AgreementId, FleetId, Scopes, Timestamp, hex};
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::control::{Consent, Key, Write};
use vault::Claims;

use crate::cookie::BROWSER_SECONDS;
use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, bdi, foreign};
use crate::visit::{Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{api, dead_ends, open, scopes, viewed, words};

/// The consent page.
pub(crate) struct Ask;
/// The fleet agrees.
pub(crate) struct Accept;

/// The submitted form.
pub(crate) struct Post {
    request: VisitRequest,
    shown: String,
    fleet_name: String,
    wants: bool,
}

/// The most characters of a fleet's name.
const MAX_NAME: usize = 200;

impl Input for Post {
    const BODY: Body = Body::Form("Consent");

    fn read(reader: &mut Reader) -> Self {
        let mut form = reader.form();
        let mut text = |name: &str| form.remove(name).unwrap_or_default();
        let (shown, fleet_name) = (text("shown"), text("fleet_name").trim().to_owned());
        let wants = text("answer") != "no";
        Self { request: VisitRequest::read(reader), shown, fleet_name, wants }
    }
}

impl Screen for Ask {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let visit = request.visit(context, call.now).await?;
        if !visit.is_asked() {
            return Ok(page::redirect(context, &visit.onward("accounts")));
        }
        if !call.is_head {
            viewed::note(context, &visit.invitation, call.now).await;
        }
        Ok(ask(context, &visit, None))
    }
}

/// By which a form says what its page showed.
fn digest(asked: &Scopes, unseen: &Scopes) -> String {
    let text = serde_json::to_string(&(asked, unseen)).unwrap_or_default();
    hex(Sha256::digest(text.as_bytes()).get(..8).unwrap_or_default())
}

fn ask(context: &Context, visit: &Visit, problem: Option<&str>) -> Answer {
    let (partner, texts, language) = (&visit.partner.name, &visit.texts().consent, visit.launch.asked.language());
    let (scopes, unseen) = (visit.asked(), visit.unseen());
    let (is_first, is_more) = (visit.consent.is_none(), visit.consent.is_some() && !scopes.is_empty());
    let title = match (is_first, is_more) {
        (true, _) => texts.share,
        (_, true) => texts.asks_for_more,
        _ => texts.what_you_share,
    };
    let named = |text: &str| text.markup(&[("partner", &bdi(partner))]);
    let all = scopes::union(&scopes, &unseen);
    let content = html! {
        h1 { (named(title)) }
        @if let Some(problem) = problem { div.problem role="alert" tabindex="-1" { (problem) } }
        @if let Some(purpose) = &visit.partner.purpose { p.soft { (texts.purpose.markup(&[("partner", &bdi(partner)), ("purpose", &foreign(purpose))])) } }
        (who(visit))
        (writes(visit, &all))
        @if all.is_empty() { p { (named(texts.nothing_asked)) } }
        @if !scopes.is_empty() { h2 #what { @if is_more { (texts.would_be_added) } @else { (texts.would_be_shared) } } }
        @for (group, lines) in words::shared(language, &scopes) { (part(group.title(language), &lines)) }
        @if !unseen.is_empty() { h2 #already { (texts.shared_already) } }
        @for (group, lines) in words::shared(language, &unseen) { (part(group.title(language), &lines)) }
        (terms(visit, &all))
        @if visit.must_prove() && !is_first {
            div.note { (texts.somebody_else) }
        }
        form #agree method="post" action=(visit.path("accept")) {
            (page::csrf(visit))
            input type="hidden" name="shown" value=(digest(&scopes, &unseen));
            @if visit.fleet.is_none() { (name(visit)) }
            (answers(visit, is_more))
        }
    };
    let page = Page::titled(title.text(&[("partner", partner)])).of(visit).step(Step::Review).at("consent");
    let page = if problem.is_some() { page.refused() } else { page };
    page.show(context, &content)
}

fn answers(visit: &Visit, is_more: bool) -> Markup {
    let (texts, busy) = (&visit.texts().consent, visit.texts().frame.one_moment);
    html! {
        div.actions {
            @if visit.consent.is_none() {
                button.main type="submit" data-busy=(busy) { (texts.agree) }
                a.button href=(visit.path("decline")) { (texts.refuse) }
            } @else if !is_more {
                button.main type="submit" name="answer" value="no" data-busy=(busy) { (texts.go_on) }
                a.button href=(visit.path("accounts")) { (texts.manage) }
            } @else {
                @if visit.must_prove() { a.button.main href=(visit.path("proof")) { (texts.prove) } }
                @else { button.main type="submit" data-busy=(busy) { (texts.agree) } }
                button type="submit" name="answer" value="no" data-busy=(busy) { (texts.not_now) }
            }
        }
    }
}

/// Who is asked. Somebody else's link is closed, not answered.
fn who(visit: &Visit) -> Markup {
    let prefill = &visit.invitation.prefill;
    let number = prefill.regulatory_id.as_ref().map(|id| {
        let kind = prefill.regulatory_id_type.as_deref().unwrap_or("id");
        let kind = if kind.eq_ignore_ascii_case("usdot") { "DOT" } else { kind };
        format!(" ({kind} {id})")
    });
    html! {
        @if let Some(fleet) = visit.fleet_name() {
            @let fleet = html! { strong { bdi { (fleet) } } @if let Some(number) = number { bdi { (number) } } };
            p { (visit.texts().consent.for_fleet.markup(&[("fleet", &fleet)])) }
        }
    }
}

fn name(visit: &Visit) -> Markup {
    html! {
        label for="fleet_name" { (visit.texts().consent.company_name) }
        input #fleet_name name="fleet_name" type="text" maxlength=(MAX_NAME) autocomplete="organization" dir="auto"
            value=(visit.invitation.prefill.name.as_deref().unwrap_or_default());
    }
}

fn writes(visit: &Visit, scopes: &Scopes) -> Markup {
    let named = visit.texts().consent.also_changes.markup(&[("partner", &bdi(&visit.partner.name))]);
    let writes = words::writes(visit.launch.asked.language(), scopes);
    html! {
        @if !writes.is_empty() {
            div.writes {
                p { strong { (named) } }
                ul { @for what in writes { li { (what) } } }
            }
        }
    }
}

fn part(title: &str, lines: &[words::Line]) -> Markup {
    let titles: Vec<&str> = lines.iter().map(|line| line.title).collect();
    html! {
        details.part {
            summary { strong { (title) } span.soft { (titles.join(", ")) } }
            dl { @for line in lines { dt { (line.title) } dd { (line.holds) } } }
        }
    }
}

fn terms(visit: &Visit, scopes: &Scopes) -> Markup {
    let texts = &visit.texts().consent;
    let named = |text: &str| {
        let (view, stop) = (html! { strong { (texts.view) } }, html! { em { (texts.stop) } });
        text.markup(&[("partner", &bdi(&visit.partner.name)), ("view", &view), ("stop", &stop)])
    };
    let ends = match (visit.launch.is_card(), visit.launch.is_framed()) {
        (true, _) => texts.ends_card,
        (false, true) => texts.ends_frame,
        (false, false) => texts.ends_link,
    };
    html! {
        ul.terms {
            @if !scopes.is_empty() {
                @if words::writes(visit.launch.asked.language(), scopes).is_empty() { li { (named(texts.can_view)) } }
                li { (texts.past_data) }
            }
            li { (named(ends)) }
            li { (named(texts.never_password)) }
        }
    }
}

impl Screen for Accept {
    type Input = Post;

    async fn show(context: &Context, call: &Call, post: Post) -> Result<Answer, Stop> {
        let visit = post.request.form_post(context, call.now).await?;
        if !visit.is_asked() {
            return Ok(page::redirect(context, &visit.path("accounts")));
        }
        let (asked, unseen) = (visit.asked(), visit.unseen());
        if post.shown != digest(&asked, &unseen) {
            return Ok(ask(context, &visit, Some(visit.texts().consent.changed)));
        }
        if visit.consent.is_some() && (!post.wants || asked.is_empty()) {
            let writes = visit.session_writes(scopes::union(&visit.reviewed(), &unseen), call.now)?;
            context.store().commit(writes).await?;
            return Ok(open::with_cookie(context, &visit, &visit.path("accounts"), BROWSER_SECONDS));
        }
        let must_prove = visit.must_prove();
        if must_prove && visit.consent.is_some() {
            return Ok(page::redirect(context, &visit.path("proof")));
        }
        if post.fleet_name.chars().count() > MAX_NAME || post.fleet_name.chars().any(is_unprintable) {
            return Ok(ask(context, &visit, Some(visit.texts().consent.bad_name)));
        }
        let Some((fleet, agreement)) = accepted(context, &visit, call.now).await? else {
            return Ok(page::redirect(context, &visit.path("consent")));
        };
        let is_named = visit.fleet.is_none() && !post.fleet_name.is_empty() && post.fleet_name != fleet.name;
        let mut writes = agreed_writes(&visit, &agreement, call.now)?;
        if is_named {
            let named = Fleet { name: post.fleet_name, updated_at: call.now, ..fleet.clone() };
            writes.push(Write::replace(&fleet, &named)?);
        }
        context.store().commit(writes).await?;
        let next = match visit.consent {
            None if must_prove => "proof",
            None => "providers",
            Some(_) => "accounts",
        };
        Ok(open::with_cookie(context, &visit, &visit.path(next), BROWSER_SECONDS))
    }
}

/// Control characters, and those that turn the direction of a text for whatever follows.
fn is_unprintable(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The fleet and its agreement; the invitation is accepted first unless it was. `None` if it cannot be accepted any more.
async fn accepted(context: &Context, visit: &Visit, now: Timestamp) -> Result<Option<(Fleet, Agreement)>, Stop> {
    if let (Some(fleet), Some(agreement)) = (&visit.fleet, &visit.agreement) {
        return Ok(Some((fleet.clone(), agreement.clone())));
    }
    if visit.invitation.status != InvitationStatus::Active {
        return Err(dead_ends::unknown(context, &visit.launch.asked));
    }
    let path = format!("/v2/orgs/invitations/{}/accept", visit.invitation.id);
    let response = api::call(context, Method::POST, &path, None, None).await?;
    match response.status {
        StatusCode::OK => {}
        StatusCode::CONFLICT => return Ok(None),
        status => return Err(api::unexpected("accepting the invitation", status).into()),
    }
    let made = made(context, &visit.invitation, &response.body, now).await?;
    Ok(Some(made))
}

/// What the acceptance made. The token names the agreement, which an index may not know yet.
async fn made(context: &Context, invitation: &Invitation, body: &Value, now: Timestamp) -> Result<(Fleet, Agreement), ApiError> {
    let member = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let missing = || ApiError::internal("the acceptance answered no fleet");
    let claims: Claims = context.vault().verify(&member("pre_registration_access_token"), now).await.map_err(|_| missing())?;
    let fleet: FleetId = member("fleet_id").parse().map_err(|_| missing())?;
    let agreement: AgreementId = claims.share_agreement_id.ok_or_else(missing)?;
    let fleet: Option<Fleet> = context.store().get(Key::fleet(fleet)).await?;
    let agreement: Option<Agreement> = context.store().get(Key::agreement(invitation.partner_id, agreement)).await?;
    fleet.zip(agreement).ok_or_else(missing)
}

/// The consent, the session, and the agreement as far as it shares something else than the fleet has agreed to by now.
fn agreed_writes(visit: &Visit, agreement: &Agreement, now: Timestamp) -> Result<Vec<Write>, StoreError> {
    let before = visit.consent.as_ref();
    let asked = visit.asked();
    let shared = match before {
        Some(_) => scopes::union(&agreement.scopes, &asked),
        // Accounts were linked by the API: no more of them is shared before they are proved.
        None if visit.must_prove() => scopes::both(&agreement.scopes, &asked),
        // What an acceptance by the API shared does not count before the fleet has agreed here.
        None => asked.clone(),
    };
    let consent = Consent {
        invitation_id: visit.invitation.id,
        agreement_id: agreement.id,
        fleet_id: agreement.fleet_id,
        partner_id: agreement.partner_id,
        scopes: before.map_or_else(|| asked.clone(), |before| scopes::union(&before.scopes, &asked)),
        added_by: None,
        created_at: now,
    };
    let mut writes = visit.session_writes(shared.clone(), now)?;
    writes.push(Write::create(&consent)?);
    if shared != agreement.scopes {
        let next = Agreement { scopes: shared, updated_at: now, ..agreement.clone() };
        writes.push(Write::replace(agreement, &next)?);
    }
    Ok(writes)
}

#[cfg(test)]
mod tests {
    use model::{Resource, ShareLevel};

    use super::*;

    #[test]
    fn a_form_tells_what_its_page_showed() {
        let read = Scopes::from([(Resource::Vehicle, ShareLevel::Read)]);
        let write = Scopes::from([(Resource::Vehicle, ShareLevel::ReadWrite)]);
        let none = Scopes::new();
        assert_eq!(digest(&read, &none), digest(&read.clone(), &none));
        assert_ne!(digest(&read, &none), digest(&write, &none));
        assert_ne!(digest(&read, &none), digest(&none, &read));
        assert_ne!(digest(&read, &none), digest(&none, &none));
    }

    #[test]
    fn names_are_printable() {
        assert!(!"Blue Mesa Freight, LLC – J.B. Núñez & Sons".chars().any(is_unprintable));
        assert!(["a\u{202e}b", "a\nb", "a\u{2067}b"].iter().all(|name| name.chars().any(is_unprintable)));
    }
}
