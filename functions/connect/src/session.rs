//! The fleet's session: one cookie in the browser, everything else on the server.

use base64::Engine as _;
use gateway::{ApiError, Call, Context, Input, Reader};
use model::invitation::Invitation;
use model::partner::Partner;
use model::{InvitationId, Timestamp};
use sha2::{Digest as _, Sha256};
use store::control::{ConnectSession, Key, Write};

const COOKIE: &str = "catena_connect";
/// The lifetime of a pre-registration token.
const LIFE_SECONDS: i64 = 7_200;

/// The session cookie of a request, with what proves the origin of a form post.
pub(crate) struct SessionCookie {
    cookie: Option<String>,
    csrf: Option<String>,
    site: Option<String>,
}

/// A session with its invitation and the inviting partner.
pub(crate) struct Session {
    pub item: ConnectSession,
    pub invitation: Invitation,
    pub partner: Partner,
}

impl Input for SessionCookie {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        let cookies = reader.header("cookie").unwrap_or_default();
        let cookie = cookies.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
        Self {
            cookie: cookie.map(|(_, value)| value.to_owned()),
            site: reader.header("sec-fetch-site").map(str::to_owned),
            csrf: reader.form().remove("csrf"),
        }
    }
}

impl SessionCookie {
    /// The session of a page request; `None` if it does not exist or has expired.
    pub(crate) async fn session(&self, context: &Context, now: Timestamp) -> Result<Option<Session>, ApiError> {
        let Some(cookie) = &self.cookie else { return Ok(None) };
        let item: Option<ConnectSession> = context.store().get(Key::session(&digest(cookie))).await?;
        let Some(item) = item.filter(|item| now < item.expires_at) else { return Ok(None) };
        let invitation: Option<Invitation> = context.store().get(Key::invitation(item.invitation_id)).await?;
        let Some(invitation) = invitation else { return Ok(None) };
        let partner: Option<Partner> = context.store().get(Key::partner(invitation.partner_id)).await?;
        Ok(partner.map(|partner| Session { item, invitation, partner }))
    }

    /// The session of a form post; `None` also if the form was not submitted from a page of Connect.
    pub(crate) async fn session_of_form_post(&self, context: &Context, now: Timestamp) -> Result<Option<Session>, ApiError> {
        let cross_site = self.site.as_deref().is_some_and(|site| site != "same-origin" && site != "none");
        let session = self.session(context, now).await?;
        let has_token = |session: &Session| {
            self.csrf.as_deref().is_some_and(|sent| vault::verify_secret(sent, &vault::hash_secret(&session.item.csrf)))
        };
        Ok(session.filter(|session| !cross_site && has_token(session)))
    }
}

/// Starts a session; returns the cookie to set.
pub(crate) async fn start(context: &Context, call: &Call, invitation: &Invitation) -> Result<String, ApiError> {
    let cookie = vault::random_secret();
    let item = ConnectSession {
        digest: digest(&cookie),
        invitation_id: invitation.id,
        fleet_id: invitation.fleet_id,
        csrf: vault::random_secret(),
        connections: Vec::new(),
        expires_at: call.now.plus_seconds(LIFE_SECONDS),
        updated_at: call.now,
    };
    context.store().commit(vec![Write::create(&item)?]).await?;
    let secure = if context.config().connect_url.starts_with("https:") { "; Secure" } else { "" };
    Ok(format!("{COOKIE}={cookie}; Path=/; Max-Age={LIFE_SECONDS}; HttpOnly; SameSite=Lax{secure}"))
}

/// Changes the session's item.
pub(crate) async fn change(context: &Context, session: &Session, change: impl Fn(&mut ConnectSession)) -> Result<(), ApiError> {
    let apply = |seen: &ConnectSession| {
        let mut next = seen.clone();
        change(&mut next);
        next.updated_at = context.now();
        Some(next)
    };
    context.store().update(Key::session(&session.item.digest), apply).await?;
    Ok(())
}

fn digest(cookie: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(cookie.as_bytes()))
}

/// The page for requests without a valid session.
pub(crate) fn expired(context: &Context) -> gateway::Html {
    crate::page::message_page(
        context,
        http::StatusCode::GONE,
        "Please open your link again",
        "This page was open for too long, or in another browser. Open the link that you received again; nothing is lost.",
    )
}

/// The invitation's id in a link, if it is valid. Mail programs take the sentence's `.`, `)` or `>` for a part of the link.
pub(crate) fn invitation_id(text: &str) -> Option<InvitationId> {
    let end = text.find(|letter: char| !letter.is_ascii_hexdigit() && letter != '-').unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_with_what_mail_programs_add_to_it() {
        let id = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234";
        for tail in ["", ".", ",", ")", ">", "\"", "&amp;utm=1", "%3E", " "] {
            assert_eq!(invitation_id(&format!("{id}{tail}")), id.parse().ok(), "{tail}");
        }
        assert!(invitation_id("").is_none() && invitation_id(&format!("<{id}")).is_none());
    }
}
