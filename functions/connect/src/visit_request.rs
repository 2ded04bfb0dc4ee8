//! The way into a visit: what a request says of it, and the page instead of it where it does not lead there.

use gateway::{Context, Input, Reader};
use model::Timestamp;
use model::invitation::{Invitation, InvitationStatus};
use model::partner::Partner;
use store::control::Key;

use crate::cookie::{Held, name_of};
use crate::language::Language;
use crate::launch::{Asked, is_cross_site};
use crate::texts::Texts;
use crate::visit::{Agreed, Stop, Visit};
use crate::{dead_ends, page};

/// What a request says about its visit: its name in the path, the cookies, and what proves where a form came from.
pub(crate) struct VisitRequest {
    name: String,
    cookies: String,
    csrf: Option<String>,
    site: Option<String>,
    asked: Asked,
}

impl Input for VisitRequest {
    fn read(reader: &mut Reader) -> Self {
        let name = reader.path_text("visit");
        Self { name, ..Self::unnamed(reader) }
    }
}

impl VisitRequest {
    /// A request whose path names no visit; see [`VisitRequest::named`].
    pub(crate) fn unnamed(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self {
            name: String::new(),
            cookies: reader.header("cookie").unwrap_or_default().to_owned(),
            site: reader.header("sec-fetch-site").map(str::to_owned),
            csrf: reader.form().remove("csrf"),
            asked: Asked::read(reader),
        }
    }
}

impl VisitRequest {
    /// The same request as one of the visit `name`.
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The same where the link chose this language, unless its address says which.
    pub(crate) fn in_language(mut self, tag: Option<&str>) -> Self {
        self.asked.of_link = self.asked.of_link.or_else(|| Language::of_tag(tag?));
        self
    }

    /// The texts of its language.
    pub(crate) fn texts(&self) -> &'static Texts {
        self.asked.texts()
    }

    /// Whether it has the cookie with this digest.
    pub(crate) fn holds(&self, context: &Context, digest: &str) -> bool {
        Held::find(context, &self.cookies, &self.name).is_some_and(|held| held.digest() == digest)
    }

    /// The visit, or the page that says why there is none.
    pub(crate) async fn visit(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let visit = self.find(context, now).await?;
        if visit.consent.is_some() && !visit.has_session(now) { Err(dead_ends::reopen(context, &self.asked)) } else { Ok(visit) }
    }

    /// The visit for its last page, which is there after the visit too: people look at it again.
    pub(crate) async fn last(&self, context: &Context, now: Timestamp) -> Result<Agreed, Stop> {
        let visit = self.find(context, now).await?;
        let is_known = visit.session.as_ref().is_some_and(|session| now < session.expires_at);
        if visit.consent.is_some() && !is_known { Err(dead_ends::reopen(context, &self.asked)) } else { visit.agreed(context) }
    }

    async fn find(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let held = Held::find(context, &self.cookies, &self.name).ok_or_else(|| dead_ends::reopen(context, &self.asked))?;
        let invitation: Option<Invitation> = context.store().get(Key::invitation(held.invitation)).await?;
        let invitation = invitation.ok_or_else(|| dead_ends::unknown(context, &self.asked))?;
        let visit = Visit::of(context, held, invitation, &self.asked).await?;
        visit.check(context, now)?;
        Ok(visit)
    }

    /// The visit of a form post; none if the form was not sent from one of its pages.
    pub(crate) async fn form_post(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let visit = self.visit(context, now).await?;
        let sent = self.csrf.as_deref().unwrap_or_default();
        let is_own = vault::verify_secret(sent, &vault::hash_secret(&visit.held.csrf()));
        if is_own && !is_cross_site(self.site.as_deref()) { Ok(visit) } else { Err(dead_ends::reopen(context, &self.asked)) }
    }

    /// The visit of a fleet that has agreed; others are asked first.
    pub(crate) async fn agreed(&self, context: &Context, now: Timestamp) -> Result<Agreed, Stop> {
        self.visit(context, now).await?.agreed(context)
    }

    /// The same for a form post.
    pub(crate) async fn agreed_post(&self, context: &Context, now: Timestamp) -> Result<Agreed, Stop> {
        self.form_post(context, now).await?.agreed(context)
    }
}

impl Visit {
    /// The visit of a cookie to an invitation.
    pub(crate) async fn of(context: &Context, held: Held, invitation: Invitation, asked: &Asked) -> Result<Self, Stop> {
        let store = context.store();
        let partner: Option<Partner> = store.get(Key::partner(invitation.partner_id)).await?;
        let partner = partner.ok_or_else(|| dead_ends::unknown(context, asked))?;
        let launch = asked.clone().resolve(context, Some(partner.id)).await?;
        let digest = held.digest();
        let mut visit = Self {
            name: name_of(invitation.id),
            session: None,
            browser: None,
            consent: store.consents(invitation.id).await?.pop(),
            fleet: None,
            agreement: None,
            held,
            invitation,
            partner,
            launch,
        };
        if let Some(fleet) = visit.invitation.fleet_id {
            let parties = (fleet, visit.invitation.partner_id);
            let known = visit.consent.as_ref().map(|consent| consent.agreement_id);
            visit.fleet = store.get(Key::fleet(fleet)).await?;
            visit.agreement = store.agreement_between(parties, Some(visit.invitation.id), known).await?;
            visit.session = store.get(Key::session(&digest)).await?;
            visit.browser = store.get(Key::browser(&digest)).await?;
        }
        Ok(visit)
    }

    /// The page for invitations and agreements that are over.
    pub(crate) fn check(&self, context: &Context, now: Timestamp) -> Result<(), Stop> {
        match self.invitation.status_at(now) {
            InvitationStatus::Active => Ok(()),
            InvitationStatus::Accepted if self.agreement.as_ref().is_some_and(|agreement| !agreement.has_ended_at(now)) => Ok(()),
            InvitationStatus::Accepted => Err(dead_ends::ended(context, self)),
            InvitationStatus::Declined => Err(dead_ends::declined(context, self)),
            InvitationStatus::Expired => Err(dead_ends::expired(context, self)),
            InvitationStatus::Deleted => Err(dead_ends::unknown(context, &self.launch.asked)),
        }
    }

    /// On to the page that asks, if there is something that this browser has not shown: before more comes of it.
    pub(crate) fn check_reviewed(&self, context: &Context) -> Result<(), Stop> {
        if self.unseen().is_empty() { Ok(()) } else { Err(self.elsewhere(context, "consent")) }
    }

    /// Another page of the visit in place of the one that was asked for.
    pub(crate) fn elsewhere(&self, context: &Context, page: &str) -> Stop {
        Stop::Page(Box::new(page::redirect(context, &self.onward(page))))
    }

    fn agreed(self, context: &Context) -> Result<Agreed, Stop> {
        if self.consent.is_none() {
            return Err(self.elsewhere(context, "consent"));
        }
        match (self.fleet.clone(), self.agreement.clone()) {
            (Some(fleet), Some(agreement)) => Ok(Agreed { visit: self, fleet, agreement }),
            (_, _) => Err(dead_ends::unknown(context, &self.launch.asked)),
        }
    }
}
