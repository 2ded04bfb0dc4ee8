//! `/connect/consent`, `/connect/accept`, `/connect/decline`: the request for data, and the fleet's response.

use gateway::{ApiError, Body, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use maud::html;
use model::invitation::Invitation;
use model::{ShareLevel, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use store::control::Key;

use crate::outcome::{Outcome, redirect_url};
use crate::session::{self, Session, SessionCookie};
use crate::{api, page, words};

/// The consent page.
pub(crate) struct Ask;
/// The fleet accepts.
pub(crate) struct Accept;
/// The page that asks for the reason for declining.
pub(crate) struct AskReason;
/// The fleet declines.
pub(crate) struct Decline;

/// A form post.
pub(crate) struct Post(SessionCookie, Option<String>);

impl Input for Post {
    const BODY: Body = Body::Form("Consent");

    fn read(reader: &mut Reader) -> Self {
        Self(SessionCookie::read(reader), reader.form().remove("reason").filter(|reason| !reason.trim().is_empty()))
    }
}

impl Operation for Ask {
    type Input = SessionCookie;
    type Output = Html;

    async fn run(context: &Context, call: Call, cookie: SessionCookie) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        if session.invitation.fleet_id.is_some() {
            return Ok(page::redirect(context, "/connect"));
        }
        viewed(context, &session.invitation, call.now).await;
        Ok(consent(context, &session))
    }
}

/// Notes that the fleet opened its link. The page is behind the session's cookie, which programs that look at links in e-mails do
/// not keep. The fleet sees the page, whether or not this succeeds.
async fn viewed(context: &Context, invitation: &Invitation, now: Timestamp) {
    if invitation.viewed_at.is_some() {
        return;
    }
    let change = |seen: &Invitation| {
        let first = seen.viewed_at.is_none();
        first.then(|| Invitation { viewed_at: Some(now), updated_at: now, ..seen.clone() })
    };
    if let Err(error) = context.store().update(Key::invitation(invitation.id), change).await {
        tracing::warn!(cause = %error, "failed to note that the invitation was viewed");
    }
}

fn consent(context: &Context, session: &Session) -> Html {
    let partner = &session.partner;
    let title = format!("{} requests access to your fleet's data", partner.name);
    let content = html! {
        @if let Some(logo) = &partner.logo_url { img src=(logo) alt=(partner.name) height="36"; }
        h1 { (title) }
        p.soft {
            (partner.name) " would like to read data from the telematics provider in your vehicles"
            @if let Some(purpose) = &partner.purpose { ", " (purpose) } "."
        }
        h2 #what { "What will be shared" }
        ul.data aria-labelledby="what" {
            @for (name, line, level) in words::shared(&session.invitation.permissions) {
                li {
                    span.level { @if level == ShareLevel::ReadWrite { "read and change" } @else { "read" } }
                    strong { (name) } span.soft { (line) }
                }
            }
        }
        p.hint { "Next, you sign in to your provider. You can stop sharing at any time." }
        form method="post" action="/connect/accept" {
            (page::csrf(&session.item.csrf))
            div.actions {
                button.main type="submit" data-busy="One moment…" { "Agree and continue" }
                a.button href="/connect/decline" { "Decline" }
            }
        }
    };
    page::document(context, StatusCode::OK, &title, &content)
}

impl Operation for Accept {
    type Input = Post;
    type Output = Html;

    async fn run(context: &Context, call: Call, Post(cookie, _): Post) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session_of_form_post(context, call.now).await? else { return Ok(session::expired(context)) };
        let path = format!("/v2/orgs/invitations/{}/accept", session.invitation.id);
        let response = api::call(context, Method::POST, &path, None, None).await?;
        match response.status {
            StatusCode::OK => {
                let fleet = response.body.get("fleet_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                session::change(context, &session, |item| item.fleet_id = fleet).await?;
                Ok(page::redirect(context, "/connect/providers"))
            }
            StatusCode::CONFLICT => Ok(page::redirect(context, "/connect")),
            status => Err(api::unexpected("accepting the invitation", status)),
        }
    }
}

impl Operation for AskReason {
    type Input = SessionCookie;
    type Output = Html;

    async fn run(context: &Context, call: Call, cookie: SessionCookie) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        let content = html! {
            h1 { "Decline this request?" }
            p.soft { "No data will be shared with " (session.partner.name) "." }
            form method="post" action="/connect/decline" {
                (page::csrf(&session.item.csrf))
                label for="reason" { "Why? (optional)" }
                textarea #reason name="reason" rows="3" maxlength="500" aria-describedby="reason-hint" {}
                p.hint #reason-hint { "Your response is sent to " (session.partner.name) "." }
                div.actions {
                    button.main type="submit" data-busy="One moment…" { "Decline" }
                    a.button href="/connect/consent" { "Back" }
                }
            }
        };
        Ok(page::document(context, StatusCode::OK, "Decline", &content))
    }
}

impl Operation for Decline {
    type Input = Post;
    type Output = Html;

    async fn run(context: &Context, call: Call, Post(cookie, reason): Post) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session_of_form_post(context, call.now).await? else { return Ok(session::expired(context)) };
        let path = format!("/v2/orgs/invitations/{}/decline", session.invitation.id);
        let body = json!({ "decline_reason": reason });
        let response = api::call(context, Method::POST, &path, None, Some(&body)).await?;
        if response.status != StatusCode::OK {
            return Ok(page::redirect(context, "/connect"));
        }
        let redirect = session.invitation.failure_redirect_url.as_deref();
        let redirect = redirect.and_then(|url| {
            let outcome = Outcome { status: "failure", count: 0, skip_reason: reason.as_deref() };
            redirect_url(url, session.invitation.id, &session.invitation.fleet_ref, &outcome)
        });
        let content = html! {
            h1 { "You have declined" }
            p.soft { "No data is shared with " (session.partner.name) "." }
            @if let Some(target) = redirect { div.actions { a.button.main href=(target) { "Return to " (session.partner.name) } } }
            @else { p { "You can close this window." } }
        };
        Ok(page::document(context, StatusCode::OK, "Declined", &content))
    }
}
