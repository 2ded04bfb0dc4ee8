//! `/connect/s/{visit}/consent` and `accept`: the request for data, and the fleet's consent.
//!
//! What a fleet has not seen and submitted here it has not agreed to, whatever was accepted through the API: the consent that is stored
//! holds what the page showed. A request that grew since then is asked again.

use gateway::{ApiError, Body, Call, Context, Html, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::agreement::Agreement;
use model::fleet::Fleet;
use model::invitation::{Invitation, InvitationStatus};
use model::{AgreementId, FleetId, Scopes, Timestamp};
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::control::{Consent, Key, Write};
use vault::Claims;

use crate::cookie::BROWSER_SECONDS;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::visit::{Stop, Ticket, Visit};
use crate::words::Group;
use crate::{api, dead_ends, open, viewed, words};

/// The consent page.
pub(crate) struct Ask;
/// The fleet agrees.
pub(crate) struct Accept;

/// The submitted form.
pub(crate) struct Post {
    ticket: Ticket,
    shown: String,
    fleet_name: String,
}

/// The most characters of a fleet's name.
const MAX_NAME: usize = 200;

impl Input for Post {
    const BODY: Body = Body::Form("Consent");

    fn read(reader: &mut Reader) -> Self {
        let mut form = reader.form();
        let mut text = |name: &str| form.remove(name).unwrap_or_default();
        let (shown, fleet_name) = (text("shown"), text("fleet_name").trim().to_owned());
        Self { ticket: Ticket::read(reader), shown, fleet_name }
    }
}

impl Screen for Ask {
    type Input = Ticket;

    async fn show(context: &Context, call: &Call, ticket: Ticket) -> Result<Html, Stop> {
        let visit = ticket.visit(context, call.now).await?;
        if !visit.is_asked() {
            return Ok(page::redirect(context, &visit.path("accounts")));
        }
        if !call.is_head {
            viewed::note(context, &visit.invitation, call.now).await;
        }
        Ok(ask(context, &visit, None))
    }
}

/// What is asked for: of a fleet that agreed before, what is new.
fn asked(visit: &Visit) -> Scopes {
    match &visit.consent {
        Some(consent) => words::beyond(&visit.invitation.permissions, &consent.scopes),
        None => visit.invitation.permissions.clone(),
    }
}

/// By which a form says what its page showed.
fn digest(scopes: &Scopes) -> String {
    let text = serde_json::to_string(scopes).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn ask(context: &Context, visit: &Visit, problem: Option<&str>) -> Html {
    let partner = &visit.partner.name;
    let scopes = asked(visit);
    let is_more = visit.consent.is_some();
    let title =
        if is_more { format!("{partner} asks for more of your data") } else { format!("Share fleet data with {partner}") };
    let content = html! {
        h1 { @if is_more { bdi { (partner) } " asks for more of your data" } @else { "Share fleet data with " bdi { (partner) } } }
        @if let Some(problem) = problem { div.problem role="alert" tabindex="-1" { (problem) } }
        @if let Some(purpose) = &visit.partner.purpose { p.soft { bdi { (partner) } " asks for it " (purpose) "." } }
        (who(visit))
        (writes(partner, &scopes))
        @if scopes.is_empty() { p { "No data is asked for now. " bdi { (partner) } " would only see that you agreed." } }
        @else { h2 #what { @if is_more { "What would be shared in addition" } @else { "What would be shared" } } }
        @for (group, lines) in words::shared(&scopes) { (part(group, &lines)) }
        (terms(partner, &scopes))
        form #agree method="post" action=(visit.path("accept")) {
            (page::csrf(visit))
            input type="hidden" name="shown" value=(digest(&scopes));
            @if visit.fleet.is_none() { (name(visit)) }
            div.actions {
                button.main type="submit" data-busy="One moment…" { "Agree and continue" }
                @if is_more { a.button href=(visit.path("accounts")) { "Not now" } }
                @else { a.button href=(visit.path("decline")) { "No, don't share" } }
            }
        }
    };
    let page = Page::titled(title).of(visit).step(Step::Review);
    let page = if problem.is_some() { page.refused() } else { page };
    page.show(context, &content)
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
            p { "For: " strong { bdi { (fleet) } } @if let Some(number) = number { bdi { (number) } } " – not you? Close this page." }
        }
    }
}

fn name(visit: &Visit) -> Markup {
    html! {
        label for="fleet_name" { "Your company's name" }
        input #fleet_name name="fleet_name" type="text" maxlength=(MAX_NAME) autocomplete="organization" dir="auto"
            value=(visit.invitation.prefill.name.as_deref().unwrap_or_default());
    }
}

fn writes(partner: &str, scopes: &Scopes) -> Markup {
    let writes = words::writes(scopes);
    html! {
        @if !writes.is_empty() {
            div.writes {
                p { strong { bdi { (partner) } " can also change things:" } }
                ul { @for what in writes { li { (what) } } }
            }
        }
    }
}

fn part(group: Group, lines: &[words::Line]) -> Markup {
    let titles: Vec<&str> = lines.iter().map(|line| line.title).collect();
    html! {
        details.part {
            summary { strong { (group.title()) } span.soft { (titles.join(", ")) } }
            dl { @for line in lines { dt { (line.title) } dd { (line.holds) } } }
        }
    }
}

fn terms(partner: &str, scopes: &Scopes) -> Markup {
    html! {
        ul.terms {
            @if !scopes.is_empty() {
                @if words::writes(scopes).is_empty() { li { bdi { (partner) } " can " strong { "view" } " this, not change it." } }
                li { "Includes past data that your provider still holds, and whatever else it sends with a record." }
            }
            li { "Ends when you say so: open this link in this browser and choose " em { "Stop sharing" } "." }
            li { bdi { (partner) } " never sees your provider password." }
        }
    }
}

impl Screen for Accept {
    type Input = Post;

    async fn show(context: &Context, call: &Call, post: Post) -> Result<Html, Stop> {
        let visit = post.ticket.form_post(context, call.now).await?;
        if !visit.is_asked() {
            return Ok(page::redirect(context, &visit.path("accounts")));
        }
        let scopes = asked(&visit);
        if post.shown != digest(&scopes) {
            return Ok(ask(context, &visit, Some("The request has changed. Please read it again.")));
        }
        if post.fleet_name.chars().count() > MAX_NAME || post.fleet_name.chars().any(is_unprintable) {
            return Ok(ask(context, &visit, Some("Your company's name may have 200 characters, without special ones.")));
        }
        let Some((fleet, agreement)) = accepted(context, &visit, call.now).await? else {
            return Ok(page::redirect(context, &visit.path("consent")));
        };
        let mut writes = visit.session_writes(call.now)?;
        writes.extend(consent_writes(&visit, &agreement, &scopes, call.now)?);
        let is_named = visit.fleet.is_none() && !post.fleet_name.is_empty() && post.fleet_name != fleet.name;
        if is_named {
            let named = Fleet { name: post.fleet_name, updated_at: call.now, ..fleet.clone() };
            writes.push(Write::replace(&fleet, &named)?);
        }
        context.store().commit(writes).await?;
        let next = if visit.consent.is_some() { "accounts" } else { "providers" };
        Ok(open::with_cookie(context, &visit, next, BROWSER_SECONDS))
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
        return Err(dead_ends::unknown(context));
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

/// The consent, and the agreement as far as it shares something else than the fleet has agreed to by now.
fn consent_writes(visit: &Visit, agreement: &Agreement, scopes: &Scopes, now: Timestamp) -> Result<Vec<Write>, Stop> {
    let before = visit.consent.as_ref();
    let scopes = before.map_or_else(|| scopes.clone(), |before| words::union(&before.scopes, scopes));
    let consent = Consent {
        invitation_id: visit.invitation.id,
        agreement_id: agreement.id,
        fleet_id: agreement.fleet_id,
        partner_id: agreement.partner_id,
        scopes: scopes.clone(),
        created_at: now,
    };
    let mut writes = vec![Write::create(&consent)?];
    // A backfill by the platform's operators may have added resources that no page asks for.
    let shared = if before.is_some() { words::union(&agreement.scopes, &scopes) } else { scopes };
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
        assert_eq!(digest(&read), digest(&read.clone()));
        assert_ne!(digest(&read), digest(&write));
        assert_ne!(digest(&read), digest(&Scopes::new()));
    }

    #[test]
    fn names_are_printable() {
        assert!(!"Blue Mesa Freight, LLC – J.B. Núñez & Sons".chars().any(is_unprintable));
        assert!(["a\u{202e}b", "a\nb", "a\u{2067}b"].iter().all(|name| name.chars().any(is_unprintable)));
    }
}
