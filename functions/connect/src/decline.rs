//! `/connect/s/{visit}/decline`: the fleet says no.

use gateway::{Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::html;
use reqwest::Method;
use serde_json::json;

use crate::layout::Answer;
use crate::messages::{Message, Reason};
use crate::outcome::{Outcome, redirect_url};
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, Texts, bdi};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{api, texts};

/// The page that asks for the reason.
pub(crate) struct AskReason;
/// The fleet declines.
pub(crate) struct Decline;

/// The most characters of a reason.
const MAX_REASON: usize = 500;
/// Reasons to choose from, as the partner reads them.
const REASONS: [&str; 3] = ["I don't know this company", "Not now", "This is more than I want to share"];

/// The same with what the fleet reads.
fn reasons(texts: &texts::Decline) -> [(&'static str, &'static str); 3] {
    let [unknown, not_now, too_much] = REASONS;
    [(unknown, texts.unknown_company), (not_now, texts.not_now), (too_much, texts.too_much)]
}

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
    let (partner, texts, frame) = (&visit.partner.name, &visit.texts().decline, &visit.texts().frame);
    let limit = texts.limit.markup(&[("most", &MAX_REASON), ("partner", &bdi(partner))]);
    let left = &visit.texts().counts.characters_left;
    let link = html! { a href="#reason" { (texts.your_reason) } };
    let hints = if problem.is_some() { "reason-problem reason-hint" } else { "reason-hint" };
    let content = html! {
        h1 { (texts.ask.markup(&[("partner", &bdi(partner))])) }
        p.soft { (texts.nothing) }
        @if problem.is_some() { div.problem role="alert" tabindex="-1" { (texts.check.markup(&[("reason", &link)])) } }
        form method="post" action=(visit.path("decline")) {
            (page::csrf(visit))
            fieldset.chips {
                legend { (texts.why) }
                @for (index, (choice, label)) in reasons(texts).iter().enumerate() {
                    span { input type="radio" name="chosen" id={ "chosen-" (index) } value=(choice); label for={ "chosen-" (index) } { (label) } }
                }
            }
            label for="reason" { (texts.own_words) }
            textarea #reason name="reason" rows="3" maxlength=(MAX_REASON) dir="auto" data-counted data-one=(left.one) data-many=(left.many) data-other=(left.other) aria-describedby=(hints)
                aria-invalid=[problem.map(|_| "true")] { (reason) }
            @if let Some(problem) = problem { p.wrong #reason-problem { (problem) } }
            p.hint #reason-hint { (limit) }
            div.actions {
                button.danger type="submit" data-busy=(frame.one_moment) { (texts.button) }
                a.button href=(visit.path("consent")) { (frame.go_back) }
            }
        }
    };
    let page = Page::titled(texts.ask.text(&[("partner", partner)])).of(visit).step(Step::Review).at("decline");
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
            let problem = too_long(visit.texts(), length);
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
    let (texts, frame) = (&visit.texts().decline, &visit.texts().frame);
    let redirect = visit.invitation.failure_redirect_url.as_deref();
    let outcome = Outcome { status: "failure", count: 0, skip_reason: reason };
    let redirect = redirect.and_then(|url| redirect_url(url, &visit.invitation, &outcome));
    let content = html! {
        h1 { (texts.declined) }
        p.soft { (texts.told.markup(&[("partner", &bdi(&visit.partner.name))])) }
        @match redirect.as_deref().filter(|_| !visit.launch.is_framed()) {
            Some(target) if visit.launch.is_heard() => noscript { div.actions { (page::return_button(visit, target)) } },
            Some(target) => div.actions { (page::return_button(visit, target)) },
            None => p { (frame.can_close) },
        }
    };
    let page = Page::titled(texts.declined).of(visit).ends(Message::Exit { reason: Reason::Declined }, redirect);
    page.show(context, &content)
}

fn too_long(texts: &Texts, length: usize) -> String {
    let text = texts.language.form(length, &texts.counts.reason_too_long);
    text.text(&[("count", &texts.language.number(length)), ("most", &texts.language.number(MAX_REASON))])
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
