//! `GET /?invite=<invitation id>`: the magic link.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use model::invitation::{Invitation, InvitationStatus};
use store::control::Key;

use crate::{page, session};

/// Starts a session and redirects to its first page.
pub(crate) struct Open;

/// The link's parameter; other parameters belong to the partner and are ignored.
pub(crate) struct Link(Option<String>);

impl Input for Link {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        // Some mail programs send `&amp;` for `&`.
        Self(reader.query("invite").text(1, 100).or_else(|| reader.query("amp;invite").text(1, 100)))
    }
}

impl Operation for Open {
    type Input = Link;
    type Output = Html;

    async fn run(context: &Context, call: Call, Link(invite): Link) -> Result<Self::Output, ApiError> {
        let id = invite.as_deref().and_then(session::invitation_id);
        let found: Option<Invitation> = match id {
            Some(id) => context.store().get(Key::invitation(id)).await?,
            None => None,
        };
        let Some(invitation) = found.filter(|invitation| invitation.status != InvitationStatus::Deleted) else {
            let text = "Check that you copied the whole link, or ask the company that sent it for a new one.";
            return Ok(page::message_page(context, StatusCode::NOT_FOUND, "This link is not valid", text));
        };
        let target = match invitation.status_at(call.now) {
            InvitationStatus::Active => "/connect/consent",
            InvitationStatus::Accepted => "/connect",
            InvitationStatus::Declined => return Ok(declined(context)),
            InvitationStatus::Expired | InvitationStatus::Deleted => return Ok(expired(context)),
        };
        let mut response = page::redirect(context, target);
        // Scanners of mail look at links so.
        if call.is_head {
            return Ok(response);
        }
        let cookie = session::start(context, &call, &invitation).await?;
        response.0.set("set-cookie", &cookie);
        Ok(response)
    }
}

fn expired(context: &Context) -> Html {
    let text = "Links like this work for a limited time. Ask the company that sent it for a new one.";
    page::message_page(context, StatusCode::GONE, "This link has expired", text)
}

fn declined(context: &Context) -> Html {
    let text = "Nothing is shared. If you have changed your mind, ask the company that invited you for a new link.";
    page::message_page(context, StatusCode::OK, "You have declined this invitation", text)
}
