//! `/connect/s/{visit}/decline`: the fleet says no.

use gateway::{Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::{Markup, html};
use reqwest::Method;
use serde_json::json;

use crate::api;
use crate::layout::Answer;
use crate::messages::{Message, Reason};
use crate::outcome::{Outcome, redirect_url};
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;

/// The page that asks for the reason.
pub(crate) struct AskReason;
/// The fleet declines.
pub(crate) struct Decline;

/// The most characters of a reason.
const MAX_REASON: usize = 500;
/// Reasons to choose from.
const REASONS: [&str; 3] = ["I don't know this company", "Not now", "This is more than I want to share"];

/// The submitted form.
pub(crate) struct Post {
    request: VisitRequest,
    reason: String,
}

impl Input for Post {
    const BODY: Body = Body::Form("Decline");

    fn read(reader: &mut Reader) -> Self {
        let mut form = reader.form();
        let chosen = form.remove("chosen").filter(|chosen| REASONS.contains(&chosen.as_str()));
        let written = form.remove("reason").map(|reason| normalized(&reason)).filter(|reason| !reason.is_empty());
        let reason = chosen.into_iter().chain(written).collect::<Vec<_>>().join(": ");
        Self { request: VisitRequest::read(reader), reason }
    }
}

/// The text with plain line breaks: browsers send two characters for one, and count one.
fn normalized(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect::<String>().trim().to_owned()
}

impl Screen for AskReason {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let visit = request.visit(context, call.now).await?;
        if visit.consent.is_some() {
            return Ok(page::redirect(context, &visit.path("consent")));
        }
        Ok(ask(context, &visit, "", None))
    }
}

fn ask(context: &Context, visit: &Visit, reason: &str, problem: Option<&str>) -> Answer {
    let partner = &visit.partner.name;
    let title = format!("Don't share with {partner}?");
    let hints = if problem.is_some() { "reason-problem reason-hint" } else { "reason-hint" };
    let content = html! {
        h1 { "Don't share with " bdi { (partner) } "?" }
        p.soft { "No data will be shared." }
        @if problem.is_some() { div.problem role="alert" tabindex="-1" { "Please check " a href="#reason" { "your reason" } "." } }
        form method="post" action=(visit.path("decline")) {
            (page::csrf(visit))
            fieldset.chips {
                legend { "Why? (optional)" }
                @for (index, choice) in REASONS.iter().enumerate() {
                    span { input type="radio" name="chosen" id={ "chosen-" (index) } value=(choice); label for={ "chosen-" (index) } { (choice) } }
                }
            }
            label for="reason" { "In your own words (optional)" }
            textarea #reason name="reason" rows="3" maxlength=(MAX_REASON) dir="auto" data-counted aria-describedby=(hints)
                aria-invalid=[problem.map(|_| "true")] { (reason) }
            @if let Some(problem) = problem { p.wrong #reason-problem { (problem) } }
            p.hint #reason-hint { "Up to " (MAX_REASON) " characters. " bdi { (partner) } " reads them." }
            div.actions {
                button.danger type="submit" data-busy="One moment…" { "Don't share" }
                a.button href=(visit.path("consent")) { "Go back" }
            }
        }
    };
    let page = Page::titled(title).of(visit).step(Step::Review);
    let page = if problem.is_some() { page.refused() } else { page };
    page.show(context, &content)
}

impl Screen for Decline {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post { request, reason }: Post) -> Result<Answer, Stop> {
        let visit = request.form_post(context, call.now).await?;
        if visit.consent.is_some() {
            return Ok(page::redirect(context, &visit.path("consent")));
        }
        let length = reason.chars().count();
        if length > MAX_REASON {
            let problem = format!("Your reason has {length} characters; {MAX_REASON} fit. Nothing was sent yet.");
            return Ok(ask(context, &visit, &reason, Some(&problem)));
        }
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        if let (Some(fleet), Some(agreement)) = (visit.fleet.clone(), visit.agreement.clone()) {
            return end(context, call, &Agreed { visit, fleet, agreement }, reason.as_deref()).await;
        }
        let path = format!("/v2/orgs/invitations/{}/decline", visit.invitation.id);
        let response = api::call(context, Method::POST, &path, None, Some(&json!({ "decline_reason": reason }))).await?;
        match response.status {
            StatusCode::OK => Ok(declined(context, &visit, reason.as_deref())),
            // It was accepted or has expired meanwhile: that page says so.
            StatusCode::CONFLICT => Ok(page::redirect(context, &visit.path("consent"))),
            status => Err(api::unexpected("declining the invitation", status).into()),
        }
    }
}

/// Ends what was accepted elsewhere, by the API, before the fleet was asked here.
async fn end(context: &Context, call: &Call, accepted: &Agreed, reason: Option<&str>) -> Result<Answer, Stop> {
    let token = api::token(context, accepted, call.now).await?;
    let path = format!("/v2/orgs/share-agreements/{}/cancel", accepted.agreement.id);
    let response = api::call(context, Method::POST, &path, Some(&token), None).await?;
    match response.status {
        StatusCode::OK => Ok(declined(context, &accepted.visit, reason)),
        status => Err(api::unexpected("ending what was accepted", status).into()),
    }
}

fn declined(context: &Context, visit: &Visit, reason: Option<&str>) -> Answer {
    let partner = &visit.partner.name;
    let redirect = visit.invitation.failure_redirect_url.as_deref();
    let outcome = Outcome { status: "failure", count: 0, skip_reason: reason };
    let redirect = redirect.and_then(|url| redirect_url(url, &visit.invitation, &outcome));
    let content = html! {
        h1 { "You have declined" }
        p.soft { bdi { (partner) } " was told, and no data is shared." }
        @match redirect.as_deref().filter(|_| !visit.launch.is_framed()) {
            Some(target) if visit.launch.is_heard() => noscript { (back(partner, target)) },
            Some(target) => (back(partner, target)),
            None => p { "You can close this window." },
        }
    };
    let page = Page::titled("You have declined").of(visit).ends(Message::Exit { reason: Reason::Declined }, redirect);
    page.show(context, &content)
}

fn back(partner: &str, target: &str) -> Markup {
    html! { div.actions { a.button.main href=(target) { span { "Return to " bdi { (partner) } } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_is_one_character() {
        assert_eq!(normalized(" one\r\ntwo\rthree\n\u{0} "), "one\ntwo\nthree");
        assert_eq!(normalized(&"a\r\n".repeat(250)).chars().count(), 499);
    }
}
