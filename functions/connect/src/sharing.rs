//! `/connect/s/{visit}/pause`, `resume`, `stop`, `accounts/{id}/remove` and `done`: how a fleet changes and ends what it shares, and its visit.

use gateway::{Body, Call, Context, Input, Reader};
use http::StatusCode;
use maud::html;
use model::ConnectionId;
use model::agreement::AgreementStatus;
use reqwest::Method;
use store::control::{ConnectSession, Key};

use crate::accounts::{self, Account};
use crate::launch::News;
use crate::layout::Answer;
use crate::messages::{Message, Reason};
use crate::outcome::{Outcome, redirect_url};
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, bdi};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{api, dead_ends};

/// Suspends the agreement.
pub(crate) struct Pause;
/// Resumes it.
pub(crate) struct Resume;
/// Asks before it ends.
pub(crate) struct AskStop;
/// Ends it, and removes the accounts.
pub(crate) struct StopSharing;
/// Asks before an account is removed.
pub(crate) struct AskRemove;
/// Removes an account.
pub(crate) struct Remove;
/// Ends the visit.
pub(crate) struct Done;

/// A button.
pub(crate) struct Post(VisitRequest);

impl Input for Post {
    const BODY: Body = Body::Form("Button");

    fn read(reader: &mut Reader) -> Self {
        Self(VisitRequest::read(reader))
    }
}

/// An account.
pub(crate) struct One(VisitRequest, ConnectionId);

impl Input for One {
    fn read(reader: &mut Reader) -> Self {
        Self(VisitRequest::read(reader), reader.path("connection_id"))
    }
}

/// An account and a button.
pub(crate) struct OnePost(One);

impl Input for OnePost {
    const BODY: Body = Body::Form("AccountButton");

    fn read(reader: &mut Reader) -> Self {
        Self(One::read(reader))
    }
}

impl Screen for Pause {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post(request): Post) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        act(context, call, &agreed, "pause").await
    }
}

impl Screen for Resume {
    type Input = Post;

    async fn show(context: &Context, call: &Call, Post(request): Post) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        agreed.visit.check_reviewed(context)?;
        if !agreed.visit.unproved().is_empty() {
            return Err(agreed.visit.elsewhere(context, "proof"));
        }
        act(context, call, &agreed, "activate").await
    }
}

/// Acts on the agreement by the API, and shows what has become of it.
async fn act(context: &Context, call: &Call, agreed: &Agreed, action: &str) -> Result<Answer, Stop> {
    let token = api::token(context, agreed, call.now).await?;
    let path = format!("/v2/orgs/share-agreements/{}/{action}", agreed.agreement.id);
    let response = api::call(context, Method::POST, &path, Some(&token), None).await?;
    match response.status {
        // What does not fit its state any more, the page says.
        StatusCode::OK | StatusCode::CONFLICT | StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => {
            Ok(page::redirect(context, &agreed.visit.path("accounts")))
        }
        status => Err(api::unexpected(action, status).into()),
    }
}

impl Screen for AskStop {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let agreed = request.agreed(context, call.now).await?;
        let visit = &agreed.visit;
        let (texts, frame, partner) = (&visit.texts().sharing, &visit.texts().frame, &visit.partner.name);
        let named = |text: &str| text.markup(&[("partner", &bdi(partner))]);
        let content = html! {
            h1 { (named(texts.ask_stop)) }
            p { (named(texts.partner_stops)) }
            p { (texts.accounts_go) }
            p.soft { (texts.only_pause) }
            form method="post" action=(visit.path("stop")) {
                (page::csrf(visit))
                div.actions {
                    button.danger type="submit" data-busy=(frame.one_moment) { (visit.texts().accounts.stop) }
                    a.button href=(visit.path("accounts")) { (frame.go_back) }
                }
            }
        };
        let title = texts.ask_stop.text(&[("partner", partner)]);
        Ok(Page::titled(title).of(visit).step(Step::Done).show(context, &content))
    }
}

impl Screen for StopSharing {
    type Input = Post;

    /// Accounts first: with the agreement the fleet's tokens end.
    async fn show(context: &Context, call: &Call, Post(request): Post) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        if context
            .store()
            .agreements_of_fleet(agreed.fleet.id)
            .await?
            .iter()
            .all(|other| other.id == agreed.agreement.id || other.has_ended_at(call.now))
        {
            for account in accounts::of(context, &agreed, call.now).await? {
                remove(context, call, &agreed, account.id).await?;
            }
        }
        act(context, call, &agreed, "cancel")
            .await
            .map(|_| page::redirect(context, &agreed.visit.path_after("accounts", News::Stopped)))
    }
}

/// Removes an account by the API; one that is gone already is no fault.
async fn remove(context: &Context, call: &Call, agreed: &Agreed, id: ConnectionId) -> Result<(), Stop> {
    let token = api::token(context, agreed, call.now).await?;
    let path = format!("/v2/integrations/connections/{id}");
    let response = api::call(context, Method::DELETE, &path, Some(&token), None).await?;
    match response.status {
        StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(()),
        StatusCode::UNAUTHORIZED => Err(dead_ends::ended(context, &agreed.visit)),
        status => Err(api::unexpected("removing an account", status).into()),
    }
}

async fn find(context: &Context, call: &Call, agreed: &Agreed, id: ConnectionId) -> Result<Option<Account>, Stop> {
    let accounts = accounts::of(context, agreed, call.now).await?;
    Ok(accounts.into_iter().find(|account| account.id == id))
}

impl Screen for AskRemove {
    type Input = One;

    async fn show(context: &Context, call: &Call, One(request, id): One) -> Result<Answer, Stop> {
        let agreed = request.agreed(context, call.now).await?;
        let visit = &agreed.visit;
        let Some(account) = find(context, call, &agreed, id).await? else {
            return Ok(page::redirect(context, &visit.path("accounts")));
        };
        let (texts, frame, partner) = (&visit.texts().sharing, &visit.texts().frame, bdi(&visit.partner.name));
        let title = texts.ask_remove.text(&[("account", &account.tsp.name)]);
        let content = html! {
            h1 { (title) }
            @if let Some(description) = &account.description { p { bdi { (description) } } }
            p { (texts.fetching_ends.markup(&[("partner", &partner)])) }
            form method="post" action=(visit.path(&format!("accounts/{id}/remove"))) {
                (page::csrf(visit))
                div.actions {
                    button.danger type="submit" data-busy=(frame.one_moment) { (texts.remove) }
                    a.button href=(visit.path("accounts")) { (frame.go_back) }
                }
            }
        };
        Ok(Page::titled(title).of(visit).step(Step::Done).show(context, &content))
    }
}

impl Screen for Remove {
    type Input = OnePost;

    async fn show(context: &Context, call: &Call, OnePost(One(request, id)): OnePost) -> Result<Answer, Stop> {
        let agreed = request.agreed_post(context, call.now).await?;
        remove(context, call, &agreed, id).await?;
        Ok(page::redirect(context, &agreed.visit.path_after("accounts", News::Removed(id))))
    }
}

impl Screen for Done {
    type Input = VisitRequest;

    /// The session ends here, but for this page; in this browser the link begins another one.
    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let agreed = request.last(context, call.now).await?;
        let visit = &agreed.visit;
        let accounts = accounts::of(context, &agreed, call.now).await?;
        let is_open = agreed.agreement.status == AgreementStatus::Active;
        let count = accounts.iter().filter(|account| is_open && account.state.is_good()).count();
        let invitation = &visit.invitation;
        let (status, redirect) = match count {
            0 => ("failure", &invitation.failure_redirect_url),
            _ => ("success", &invitation.success_redirect_url),
        };
        if !call.is_head {
            let done = |seen: &ConnectSession| {
                (!seen.is_done).then(|| ConnectSession { is_done: true, updated_at: call.now, ..seen.clone() })
            };
            context.store().update(Key::session(&visit.held.digest()), done).await?;
        }
        let outcome = Outcome { status, count, skip_reason: None };
        let target = redirect.as_deref().and_then(|url| redirect_url(url, invitation, &outcome));
        if let Some(target) = target.as_deref().filter(|_| !visit.launch.is_heard()) {
            return Ok(page::redirect(context, target));
        }
        let texts = &visit.texts().sharing;
        let title = if count > 0 { texts.all_set } else { texts.nothing_title };
        let content = html! {
            h1 { (title) }
            @if count > 0 { p.soft { (texts.receives.markup(&[("partner", &bdi(&visit.partner.name))])) } }
            @else { p.soft { (texts.nothing) } }
            @if let Some(target) = target.as_deref().filter(|_| !visit.launch.is_framed()) {
                noscript { div.actions { (page::return_button(visit, target)) } }
            }
        };
        let page = Page::titled(title).of(visit).step(Step::Done).ends(ended(visit, &accounts, count), target);
        Ok(page.show(context, &content))
    }
}

/// What the partner's page hears at the end.
fn ended(visit: &Visit, accounts: &[Account], working: usize) -> Message {
    if working == 0 {
        return Message::Exit { reason: Reason::UserCancelled };
    }
    let is_linked = |id: &ConnectionId| visit.session.as_ref().is_some_and(|session| session.linked.contains(id));
    Message::Success { ids: accounts.iter().map(|account| account.id).filter(is_linked).collect() }
}
