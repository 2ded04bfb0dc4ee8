//! The pages at which a visit ends before its time: each names the partner where it is known, and says what to do.

use gateway::{ApiError, Context};
use http::StatusCode;
use maud::{Markup, html};
use model::Timestamp;

use crate::launch::{Asked, Mode, News};
use crate::layout::Answer;
use crate::messages::{Message, Reason};
use crate::outcome::{Outcome, redirect_url};
use crate::page::{self, Page};
use crate::visit::{Stop, Visit};

fn stop(context: &Context, page: Page<'_>, content: &Markup) -> Stop {
    Stop::Page(Box::new(page.show(context, content)))
}

/// There is no such link. Whoever copied a part of it only may paste it again.
pub(crate) fn unknown(context: &Context, asked: &Asked) -> Stop {
    let title = "This link is not valid";
    let content = html! {
        h1 { (title) }
        p.soft { "Copy the whole link from the message that you received, and paste it here. If that does not help, ask the company that sent it for a new one." }
        form method="get" action="/" {
            (page::launch_fields(asked))
            label for="invite" { "Your link" }
            input #invite name="invite" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required;
            div.actions { button.main type="submit" { "Open" } }
        }
    };
    stop(context, Page::titled(title).status(StatusCode::NOT_FOUND).leaves(Reason::UserCancelled), &content)
}

/// The browser has no cookie of the visit, or the visit is over.
pub(crate) fn reopen(context: &Context, asked: &Asked) -> Stop {
    let title = "Please open your link again";
    let text = match asked.mode {
        Mode::Iframe => {
            "This page was open for too long, or your browser keeps no cookies for it here. Close it and begin again, or open the \
             link that you received in a window of its own; nothing is lost."
        }
        _ => {
            "This page was open for too long, or was opened in another browser. Open the link that you received; nothing is lost."
        }
    };
    let page = Page::titled(title).status(StatusCode::GONE).leaves(Reason::UserCancelled);
    stop(context, page, &html! { h1 { (title) } p.soft { (text) } })
}

/// A provider sent a browser back that did not begin the visit's sign-in, or a window whose cookies are not those of the frame that
/// opened it: the frame takes the answer then.
pub(crate) fn answered_elsewhere(context: &Context) -> Stop {
    let title = "Please open your link again";
    let text = "If you signed in from another window, go back to it: it goes on by itself. Otherwise open the link that you \
                received; nothing is lost.";
    let content = html! { h1 { (title) } p.soft data-answers { (text) } };
    let page = Page::titled(title).status(StatusCode::GONE);
    Stop::Page(Box::new(page.show(context, &content).in_opened_window()))
}

/// The fleet declined.
pub(crate) fn declined(context: &Context, visit: &Visit) -> Stop {
    let title = "You have declined";
    let content = html! {
        h1 { (title) }
        p.soft { "Nothing is shared. If you have changed your mind, ask " bdi { (visit.partner.name) } " for a new link." }
    };
    stop(context, Page::titled(title).of(visit).leaves(Reason::Declined), &content)
}

/// Nobody accepted in time.
pub(crate) fn expired(context: &Context, visit: &Visit) -> Stop {
    let title = "This link has expired";
    let content = html! {
        h1 { (title) }
        p.soft {
            "It could be used until " (day(visit.invitation.expires_at)) ". Ask " bdi { (visit.partner.name) } " for a new one."
        }
    };
    stop(context, Page::titled(title).of(visit).status(StatusCode::GONE).leaves(Reason::Expired), &content)
}

/// The agreement is over.
pub(crate) fn ended(context: &Context, visit: &Visit) -> Stop {
    let title = "Sharing has ended";
    let partner = &visit.partner.name;
    let content = html! {
        h1 { (title) }
        p.soft { bdi { (partner) } " receives no data any more. If you want to share again, ask " bdi { (partner) } " for a new link." }
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
    let title = "This link was used already";
    let partner = &visit.partner.name;
    let content = html! {
        h1 { (title) }
        p.soft { "To manage what you share, open it in the browser in which you agreed." }
        p { "In another browser, ask " bdi { (partner) } " to send you the link again: the new one opens once, wherever you are." }
    };
    let page = Page::titled(title).of_partner(visit).status(StatusCode::FORBIDDEN);
    stop(context, page.leaves(Reason::UserCancelled), &content)
}

/// The page for an error of the API: of this visit no more can be said.
pub(crate) fn of_error(context: &Context, error: &ApiError) -> Answer {
    let (title, text) = match error.status() {
        StatusCode::METHOD_NOT_ALLOWED => ("This page opens from a form", "Go back and use the buttons of the page."),
        StatusCode::PAYLOAD_TOO_LARGE => ("That was too much text", "Go back and shorten it."),
        StatusCode::TOO_MANY_REQUESTS => ("Please wait a moment", "There were many tries. Go back and try again in a minute."),
        StatusCode::CONFLICT => ("Something changed meanwhile", "Go back and try again."),
        status if status.is_client_error() => ("There is no such page", "Open the link that you received; nothing is lost."),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            ("This takes longer than it should", "Nothing is lost. Please try again in a minute.")
        }
        _ => ("Something went wrong", "This is our fault, and nothing is lost. Please try again in a minute."),
    };
    // That an address cannot be read is no more to a person than that it is none.
    let status = if error.status() == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::NOT_FOUND } else { error.status() };
    let page = Page::titled(title).status(status).leaves(Reason::UserCancelled);
    page.show(context, &html! { h1 { (title) } p.soft { (text) } })
}

/// `24 November 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{} {} {}", part(8..10).trim_start_matches('0'), month.copied().unwrap_or_default(), part(0..4))
}
