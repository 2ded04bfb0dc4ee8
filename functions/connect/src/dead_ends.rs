//! The pages at which a visit ends before its time: each names the partner where it is known, and says what to do.

use gateway::{ApiError, Context, Response};
use http::StatusCode;
use maud::{Markup, html};
use model::Timestamp;

use crate::page::Page;
use crate::visit::{Stop, Visit};

fn stop(context: &Context, page: Page<'_>, content: &Markup) -> Stop {
    Stop::Page(Box::new(page.show(context, content)))
}

/// There is no such link. Whoever copied a part of it only may paste it again.
pub(crate) fn unknown(context: &Context) -> Stop {
    let title = "This link is not valid";
    let content = html! {
        h1 { (title) }
        p.soft { "Copy the whole link from the message that you received, and paste it here. If that does not help, ask the company that sent it for a new one." }
        form method="get" action="/" {
            label for="invite" { "Your link" }
            input #invite name="invite" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required;
            div.actions { button.main type="submit" { "Open" } }
        }
    };
    stop(context, Page::titled(title).status(StatusCode::NOT_FOUND), &content)
}

/// The browser has no cookie of the visit, or the visit is over.
pub(crate) fn reopen(context: &Context) -> Stop {
    let title = "Please open your link again";
    let text =
        "This page was open for too long, or was opened in another browser. Open the link that you received; nothing is lost.";
    stop(context, Page::titled(title).status(StatusCode::GONE), &html! { h1 { (title) } p.soft { (text) } })
}

/// The fleet declined.
pub(crate) fn declined(context: &Context, visit: &Visit) -> Stop {
    let title = "You have declined";
    let content = html! {
        h1 { (title) }
        p.soft { "Nothing is shared. If you have changed your mind, ask " bdi { (visit.partner.name) } " for a new link." }
    };
    stop(context, Page::titled(title).of(visit), &content)
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
    stop(context, Page::titled(title).of(visit).status(StatusCode::GONE), &content)
}

/// The agreement is over.
pub(crate) fn ended(context: &Context, visit: &Visit) -> Stop {
    let title = "Sharing has ended";
    let partner = &visit.partner.name;
    let content = html! {
        h1 { (title) }
        p.soft { bdi { (partner) } " receives no data any more. If you want to share again, ask " bdi { (partner) } " for a new link." }
    };
    stop(context, Page::titled(title).of(visit).status(StatusCode::GONE), &content)
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
    stop(context, Page::titled(title).partner(&visit.partner).status(StatusCode::FORBIDDEN), &content)
}

/// The page for an error of the API: of this visit no more can be said.
pub(crate) fn of_error(context: &Context, error: &ApiError) -> Response {
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
    Page::titled(title).status(status).show(context, &html! { h1 { (title) } p.soft { (text) } }).0
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
