//! The pages at which a visit ends before its time: each names the partner where it is known, and says what to do.

use gateway::{ApiError, Context};
use http::StatusCode;
use maud::{Markup, html};

use crate::launch::{Asked, Mode, News};
use crate::layout::Answer;
use crate::messages::{Message, Reason};
use crate::outcome::{Outcome, redirect_url};
use crate::page::{self, Page};
use crate::texts::{Sentence as _, Texts, bdi};
use crate::visit::{Stop, Visit};

fn stop(context: &Context, page: Page<'_>, content: &Markup) -> Stop {
    Stop::Page(Box::new(page.show(context, content)))
}

/// There is no such link. Whoever copied a part of it only may paste it again.
pub(crate) fn unknown(context: &Context, asked: &Asked) -> Stop {
    let (texts, title) = (&asked.texts().dead_ends, asked.texts().dead_ends.unknown_title);
    let content = html! {
        h1 { (title) }
        p.soft { (texts.unknown) }
        form method="get" action="/" {
            (page::launch_fields(asked))
            label for="invite" { (texts.your_link) }
            input #invite name="invite" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required;
            div.actions { button.main type="submit" { (texts.open) } }
        }
    };
    stop(context, Page::titled(title).status(StatusCode::NOT_FOUND).leaves(Reason::UserCancelled), &content)
}

/// The browser has no cookie of the visit, or the visit is over.
pub(crate) fn reopen(context: &Context, asked: &Asked) -> Stop {
    let (texts, title) = (&asked.texts().dead_ends, asked.texts().dead_ends.reopen_title);
    let text = if asked.mode == Mode::Iframe { texts.reopen_frame } else { texts.reopen };
    let page = Page::titled(title).status(StatusCode::GONE).leaves(Reason::UserCancelled);
    stop(context, page, &html! { h1 { (title) } p.soft { (text) } })
}

/// A provider sent a browser back that did not begin the visit's sign-in, or a window whose cookies are not those of the frame that
/// opened it: the frame takes the answer then.
pub(crate) fn answered_elsewhere(context: &Context, texts: &Texts) -> Stop {
    let (title, text) = (texts.dead_ends.reopen_title, texts.dead_ends.answered);
    let content = html! { h1 { (title) } p.soft data-answers { (text) } };
    let page = Page::titled(title).status(StatusCode::GONE);
    Stop::Page(Box::new(page.show(context, &content).in_opened_window()))
}

/// The fleet declined.
pub(crate) fn declined(context: &Context, visit: &Visit) -> Stop {
    let title = visit.texts().decline.declined;
    let content = html! {
        h1 { (title) }
        p.soft { (named(visit, visit.texts().dead_ends.declined)) }
    };
    stop(context, Page::titled(title).of(visit).leaves(Reason::Declined), &content)
}

/// Nobody accepted in time.
pub(crate) fn expired(context: &Context, visit: &Visit) -> Stop {
    let texts = visit.texts();
    let (title, until) = (texts.dead_ends.expired_title, texts.day(visit.invitation.expires_at));
    let text = texts.dead_ends.expired.markup(&[("date", &until), ("partner", &bdi(&visit.partner.name))]);
    let content = html! {
        h1 { (title) }
        p.soft { (text) }
    };
    stop(context, Page::titled(title).of(visit).status(StatusCode::GONE).leaves(Reason::Expired), &content)
}

/// The agreement is over.
pub(crate) fn ended(context: &Context, visit: &Visit) -> Stop {
    let title = visit.texts().dead_ends.ended_title;
    let content = html! {
        h1 { (title) }
        p.soft { (named(visit, visit.texts().dead_ends.ended)) }
    };
    let page = Page::titled(title).of(visit).status(StatusCode::GONE);
    if visit.launch.asked.news != Some(News::Stopped) {
        return stop(context, page.leaves(Reason::Disconnected), &content);
    }
    let outcome = Outcome { status: "failure", count: 0, skip_reason: None };
    let back = visit.invitation.failure_redirect_url.as_deref();
    let back = back.and_then(|url| redirect_url(url, &visit.invitation, &outcome));
    stop(context, page.ends(Message::Exit { reason: Reason::Disconnected }, back), &content)
}

/// The link was used already, in another browser.
pub(crate) fn used(context: &Context, visit: &Visit) -> Stop {
    let texts = &visit.texts().dead_ends;
    let title = texts.used_title;
    let content = html! {
        h1 { (title) }
        p.soft { (texts.used) }
        p { (named(visit, texts.elsewhere)) }
    };
    let page = Page::titled(title).of_partner(visit).status(StatusCode::FORBIDDEN);
    stop(context, page.leaves(Reason::UserCancelled), &content)
}

/// The page for an error of the API: of this visit no more can be said.
pub(crate) fn of_error(context: &Context, texts: &Texts, error: &ApiError) -> Answer {
    let texts = &texts.dead_ends;
    let (title, text) = match error.status() {
        StatusCode::METHOD_NOT_ALLOWED => (texts.form_title, texts.form),
        StatusCode::PAYLOAD_TOO_LARGE => (texts.length_title, texts.length),
        StatusCode::TOO_MANY_REQUESTS => (texts.wait_title, texts.wait),
        StatusCode::CONFLICT => (texts.conflict_title, texts.conflict),
        status if status.is_client_error() => (texts.missing_title, texts.missing),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => (texts.slow_title, texts.slow),
        _ => (texts.failed_title, texts.failed),
    };
    // That an address cannot be read is no more to a person than that it is none.
    let status = if error.status() == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::NOT_FOUND } else { error.status() };
    let page = Page::titled(title).status(status).leaves(Reason::UserCancelled);
    page.show(context, &html! { h1 { (title) } p.soft { (text) } })
}

/// A sentence with the partner's name.
fn named(visit: &Visit, text: &str) -> Markup {
    text.markup(&[("partner", &bdi(&visit.partner.name))])
}
