//! `GET /?invite=<invitation id>`: the magic link, and `POST /connect/open`: the link that opens once.
//!
//! Until the fleet has agreed, the invitation's id is the secret that opens its pages. Afterwards it opens nothing by itself, for it stands
//! in redirects, logs and mailboxes: the browser in which the fleet agreed is known by its cookie, and any other one needs the one-time
//! key that the answer to a refreshed invitation has in its link. That answer is the partner's, so whoever opens the link with it sees
//! all that is shared and can end it, but shares nothing more before credentials of the accounts were given (`proof.rs`).

use gateway::{Body, Call, Context, Guessable, Input, Reader};
use maud::html;
use model::InvitationId;
use model::invitation::Invitation;
use store::control::{Key, Write};

use crate::cookie::{BROWSER_SECONDS, Held, VISIT_SECONDS, name_of};
use crate::dead_ends;
use crate::launch::{Asked, News, is_cross_site};
use crate::layout::Answer;
use crate::page::{self, Page};
use crate::screen::Screen;
use crate::visit::{Stop, Visit};

/// Opens a link.
pub(crate) struct Open;
/// Opens a one-time link, after the person behind the browser said so: programs that look at links in mails do not.
pub(crate) struct Prove;

/// The link's parameters; others belong to the partner and are ignored.
pub(crate) struct Link {
    invite: String,
    key: String,
    cookies: String,
    site: Option<String>,
    asked: Asked,
}

impl Input for Link {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        let (plain, escaped) = (reader.first("invite").or(reader.first("tms_invite")), reader.first("amp;invite"));
        let (key, escaped_key) = (reader.first("key"), reader.first("amp;key"));
        Self {
            // Some mail programs send `&amp;` for `&`.
            key: one_time_key(&key.or(escaped_key).unwrap_or_default()),
            invite: plain.or(escaped).unwrap_or_default(),
            cookies: reader.header("cookie").unwrap_or_default().to_owned(),
            site: reader.header("sec-fetch-site").map(str::to_owned),
            asked: Asked::read(reader),
        }
    }
}

/// The form of a one-time link.
pub(crate) struct Proof(Link);

impl Input for Proof {
    const BODY: Body = Body::Form("Proof");

    fn read(reader: &mut Reader) -> Self {
        let mut form = reader.form();
        let mut text = |name: &str| form.remove(name).unwrap_or_default();
        let (invite, key) = (text("invite"), text("key"));
        Self(Link { invite, key, ..Link::read(reader) })
    }
}

async fn find(context: &Context, call: &Call, link: &Link) -> Result<Invitation, Stop> {
    let unknown = || dead_ends::unknown(context, &link.asked);
    let id = invitation_id(&link.invite).ok_or_else(unknown)?;
    let find = async { Ok::<_, Stop>(context.store().get::<Invitation>(Key::invitation(id)).await?) };
    context.guess(Guessable::Invitation, &id.to_string(), call, find).await?.ok_or_else(unknown)
}

impl Screen for Open {
    type Input = Link;
    const NEWS: Option<News> = Some(News::Opened);

    async fn show(context: &Context, call: &Call, link: Link) -> Result<Answer, Stop> {
        let invitation = find(context, call, &link).await?;
        let held = Held::find(context, &link.cookies, &name_of(invitation.id));
        let held = held.unwrap_or_else(|| Held::new(invitation.id));
        let visit = Visit::of(context, held, invitation, &link.asked).await?;
        visit.check(context, call.now)?;
        // Scanners of mail look at links so.
        if call.is_head {
            return Ok(page::redirect(context, &visit.path_after("consent", News::Opened)));
        }
        if visit.consent.is_none() {
            return Ok(with_cookie(context, &visit, &visit.path_after("consent", News::Opened), VISIT_SECONDS));
        }
        if visit.is_known(call.now) {
            if !visit.has_session(call.now) {
                context.store().commit(visit.session_writes(visit.reviewed(), call.now)?).await?;
            }
            let target = if visit.is_asked() { "consent" } else { "accounts" };
            return Ok(with_cookie(context, &visit, &visit.path_after(target, News::Opened), BROWSER_SECONDS));
        }
        if !fits(context, call, &visit.invitation, &link.key).await? {
            return Err(dead_ends::used(context, &visit));
        }
        Ok(confirm(context, &visit, &link))
    }
}

/// Whether this is the key of the invitation's one-time link. Whoever has none is not guessing.
async fn fits(context: &Context, call: &Call, invitation: &Invitation, key: &str) -> Result<bool, Stop> {
    if key.is_empty() {
        return Ok(false);
    }
    let hash = invitation.key_hash.as_deref().filter(|_| call.now < invitation.expires_at);
    let fits = async { Ok::<_, Stop>(hash.filter(|hash| vault::verify_secret(key, hash))) };
    let of = invitation.id.to_string();
    Ok(context.guess(Guessable::LinkKey(&of), key, call, fits).await?.is_some())
}

fn confirm(context: &Context, visit: &Visit, link: &Link) -> Answer {
    let texts = visit.texts();
    let title = texts.open.title;
    let content = html! {
        h1 { (title) }
        p.soft { (texts.open.once) }
        form method="post" action=(visit.launch.asked.address("/connect/open", None)) {
            input type="hidden" name="invite" value=(visit.invitation.id);
            input type="hidden" name="key" value=(link.key);
            div.actions { button.main type="submit" data-busy=(texts.frame.one_moment) { (texts.open.go_on) } }
        }
    };
    Page::titled(title).of_partner(visit).show(context, &content)
}

impl Screen for Prove {
    type Input = Proof;

    async fn show(context: &Context, call: &Call, Proof(link): Proof) -> Result<Answer, Stop> {
        let seen = find(context, call, &link).await?;
        let visit = Visit::of(context, Held::new(seen.id), seen.clone(), &link.asked).await?;
        visit.check(context, call.now)?;
        if is_cross_site(link.site.as_deref()) || !fits(context, call, &seen, &link.key).await? {
            return Err(dead_ends::used(context, &visit));
        }
        let spent = Invitation { key_hash: None, updated_at: call.now, ..seen.clone() };
        let mut writes = vec![Write::replace(&seen, &spent)?];
        writes.extend(visit.session_writes(visit.reviewed(), call.now)?);
        context.store().commit(writes).await?;
        let target = if visit.is_asked() { "consent" } else { "accounts" };
        Ok(with_cookie(context, &visit, &visit.path(target), BROWSER_SECONDS))
    }
}

/// On to an address of the visit, with its cookie.
pub(crate) fn with_cookie(context: &Context, visit: &Visit, target: &str, seconds: i64) -> Answer {
    page::redirect(context, target).with_cookie(&visit.held.header(context, visit.launch.is_framed(), seconds))
}

/// The invitation's id in a link, or in what somebody pasted. Mail programs take the sentence's `.`, `)` or `>` for a part of it.
fn invitation_id(text: &str) -> Option<InvitationId> {
    let text = text.rsplit_once("invite=").map_or(text, |(_, rest)| rest).trim();
    let end = text.find(|letter: char| !letter.is_ascii_hexdigit() && letter != '-').unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// The key of a one-time link, without what mail programs take for a part of it.
fn one_time_key(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_what_mail_programs_add_to_it() {
        for tail in ["", ".", ",", ")", ">", "\"", "%3E", " "] {
            assert_eq!(one_time_key(&format!("aZ09_-{tail}")), "aZ09_-", "{tail}");
        }
    }

    #[test]
    fn a_link_opens_with_what_mail_programs_and_people_add_to_it() {
        let id = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234";
        for tail in ["", ".", ",", ")", ">", "\"", "&amp;utm=1", "%3E", " "] {
            assert_eq!(invitation_id(&format!("{id}{tail}")), id.parse().ok(), "{tail}");
            assert_eq!(invitation_id(&format!(" https://connect.example/?invite={id}{tail}")), id.parse().ok(), "{tail}");
        }
        assert!(invitation_id("").is_none() && invitation_id(&format!("<{id}")).is_none());
        assert!(invitation_id(&"9".repeat(9_000)).is_none());
    }
}
