//! A visit: who is asked by whom, what was agreed, and what may be shown now.

use gateway::{ApiError, Context, Html, Input, Reader};
use model::agreement::{Agreement, Linked};
use model::fleet::Fleet;
use model::invitation::{Invitation, InvitationStatus};
use model::partner::Partner;
use model::{Scopes, Timestamp};
use store::StoreError;
use store::control::{ConnectBrowser, ConnectSession, Consent, Key, Write};

use crate::cookie::{BROWSER_SECONDS, Held, VISIT_SECONDS, name_of};
use crate::{dead_ends, page, words};

/// Why a page is not shown: another one is, or something failed.
pub(crate) enum Stop {
    Page(Box<Html>),
    Failed(ApiError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What a request says about its visit: its name in the path, the cookies, and what proves where a form came from.
pub(crate) struct Ticket {
    name: String,
    cookies: String,
    csrf: Option<String>,
    site: Option<String>,
}

impl Input for Ticket {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self {
            name: reader.path_text("visit"),
            cookies: reader.header("cookie").unwrap_or_default().to_owned(),
            site: reader.header("sec-fetch-site").map(str::to_owned),
            csrf: reader.form().remove("csrf"),
        }
    }
}

/// Whether a browser says that a form was sent from a page of another site.
pub(crate) fn is_cross_site(site: Option<&str>) -> bool {
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

impl Ticket {
    /// The visit, or the page that says why there is none.
    pub(crate) async fn visit(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let visit = self.find(context, now).await?;
        if visit.consent.is_some() && !visit.has_session(now) { Err(dead_ends::reopen(context)) } else { Ok(visit) }
    }

    /// The visit for its last page, which is there after the visit too: people look at it again.
    pub(crate) async fn last(&self, context: &Context, now: Timestamp) -> Result<Agreed, Stop> {
        let visit = self.find(context, now).await?;
        let is_known = visit.session.as_ref().is_some_and(|session| now < session.expires_at);
        if visit.consent.is_some() && !is_known { Err(dead_ends::reopen(context)) } else { visit.agreed(context) }
    }

    async fn find(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let held = Held::find(context, &self.cookies, &self.name).ok_or_else(|| dead_ends::reopen(context))?;
        let invitation: Option<Invitation> = context.store().get(Key::invitation(held.invitation)).await?;
        let invitation = invitation.ok_or_else(|| dead_ends::unknown(context))?;
        let visit = Visit::of(context, held, invitation).await?;
        visit.check(context, now)?;
        Ok(visit)
    }

    /// The visit of a form post; none if the form was not sent from one of its pages.
    pub(crate) async fn form_post(&self, context: &Context, now: Timestamp) -> Result<Visit, Stop> {
        let visit = self.visit(context, now).await?;
        let sent = self.csrf.as_deref().unwrap_or_default();
        let is_own = vault::verify_secret(sent, &vault::hash_secret(&visit.held.csrf()));
        if is_own && !is_cross_site(self.site.as_deref()) { Ok(visit) } else { Err(dead_ends::reopen(context)) }
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

/// A visit.
pub(crate) struct Visit {
    pub(crate) held: Held,
    pub(crate) name: String,
    pub(crate) invitation: Invitation,
    pub(crate) partner: Partner,
    /// The fleet, once the invitation is accepted.
    pub(crate) fleet: Option<Fleet>,
    /// What the acceptance made.
    pub(crate) agreement: Option<Agreement>,
    /// What the fleet last agreed to in Connect.
    pub(crate) consent: Option<Consent>,
    session: Option<ConnectSession>,
    browser: Option<ConnectBrowser>,
}

/// A visit of a fleet that has agreed.
pub(crate) struct Agreed {
    pub(crate) visit: Visit,
    pub(crate) fleet: Fleet,
    pub(crate) agreement: Agreement,
}

impl Visit {
    /// The visit of a cookie to an invitation.
    pub(crate) async fn of(context: &Context, held: Held, invitation: Invitation) -> Result<Self, Stop> {
        let store = context.store();
        let partner: Option<Partner> = store.get(Key::partner(invitation.partner_id)).await?;
        let partner = partner.ok_or_else(|| dead_ends::unknown(context))?;
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
            InvitationStatus::Deleted => Err(dead_ends::unknown(context)),
        }
    }

    /// Whether the link opens in this browser: the fleet agreed in it, or it opened a link that opens once.
    pub(crate) fn is_known(&self, now: Timestamp) -> bool {
        self.has_session(now) || self.browser.as_ref().is_some_and(|browser| now < browser.expires_at)
    }

    /// Whether a session lasts.
    pub(crate) fn has_session(&self, now: Timestamp) -> bool {
        self.session.as_ref().is_some_and(|session| !session.is_done && now < session.expires_at)
    }

    /// Whether there is something to read and to answer: a request, or what is shared and this browser has not shown yet.
    pub(crate) fn is_asked(&self) -> bool {
        self.consent.is_none() || !self.asked().is_empty() || !self.unseen().is_empty()
    }

    /// What is asked for: of a fleet that agreed before, what it does not share yet.
    pub(crate) fn asked(&self) -> Scopes {
        match (&self.consent, &self.agreement) {
            (Some(_), Some(agreement)) => words::beyond(&self.invitation.permissions, &agreement.scopes),
            _ => self.invitation.permissions.clone(),
        }
    }

    /// What is shared, as far as nobody in this browser was shown it: somebody else may have agreed to it elsewhere.
    pub(crate) fn unseen(&self) -> Scopes {
        match (&self.consent, &self.agreement) {
            (Some(_), Some(agreement)) => words::beyond(&agreement.scopes, &self.reviewed()),
            _ => Scopes::new(),
        }
    }

    /// What was shown in this browser as shared.
    pub(crate) fn reviewed(&self) -> Scopes {
        self.browser.as_ref().map(|browser| browser.reviewed.clone()).unwrap_or_default()
    }

    /// The accounts whose data the agreement opens, and of which nobody in this browser gave credentials that work. While there are
    /// any, the browser may be the partner's, which has the links too: it shares nothing more, and nothing again. Removed accounts
    /// count, for what came from them stays readable.
    pub(crate) fn unproved(&self) -> Vec<&Linked> {
        let links = self.agreement.iter().flat_map(|agreement| &agreement.connections);
        let is_proved =
            |link: &&Linked| self.browser.as_ref().is_some_and(|browser| browser.proved.contains(&link.connection_id));
        links.filter(|link| !is_proved(link)).collect()
    }

    /// Whether the fleet has to show that it is itself before it agrees to what is asked.
    pub(crate) fn must_prove(&self) -> bool {
        let shared = self.agreement.as_ref().map(|agreement| &agreement.scopes);
        let is_more = shared.is_some_and(|shared| !words::beyond(&self.invitation.permissions, shared).is_empty());
        is_more && !self.unproved().is_empty()
    }

    /// A page of this visit.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("/connect/s/{}/{page}", self.name)
    }

    /// The fleet's name, or the one that the partner knows.
    pub(crate) fn fleet_name(&self) -> Option<&str> {
        let named = |fleet: &&Fleet| fleet.name != default_name(&self.invitation);
        self.fleet.as_ref().filter(named).map(|fleet| fleet.name.as_str()).or(self.invitation.prefill.name.as_deref())
    }

    /// On to the page that asks, if there is something that this browser has not shown: before more comes of it.
    pub(crate) fn check_reviewed(&self, context: &Context) -> Result<(), Stop> {
        if self.unseen().is_empty() { Ok(()) } else { Err(self.elsewhere(context, "consent")) }
    }

    /// Another page of the visit in place of the one that was asked for.
    pub(crate) fn elsewhere(&self, context: &Context, page: &str) -> Stop {
        Stop::Page(Box::new(page::redirect(context, &self.path(page))))
    }

    fn agreed(self, context: &Context) -> Result<Agreed, Stop> {
        if self.consent.is_none() {
            return Err(self.elsewhere(context, "consent"));
        }
        match (self.fleet.clone(), self.agreement.clone()) {
            (Some(fleet), Some(agreement)) => Ok(Agreed { visit: self, fleet, agreement }),
            _ => Err(dead_ends::unknown(context)),
        }
    }

    /// The writes that begin a session in this browser, and let it open the link again later. `reviewed`: what it has shown by now.
    pub(crate) fn session_writes(&self, reviewed: Scopes, now: Timestamp) -> Result<Vec<Write>, StoreError> {
        let (digest, invitation_id) = (self.held.digest(), self.invitation.id);
        let session = ConnectSession {
            digest: digest.clone(),
            invitation_id,
            is_done: false,
            expires_at: now.plus_seconds(VISIT_SECONDS),
            updated_at: now,
        };
        let proved = self.browser.as_ref().map(|browser| browser.proved.clone()).unwrap_or_default();
        let expires_at = now.plus_seconds(BROWSER_SECONDS);
        let browser = ConnectBrowser { digest, invitation_id, reviewed, proved, expires_at, updated_at: now };
        Ok(vec![Write::overwrite(&session)?, Write::overwrite(&browser)?])
    }
}

/// The name of a fleet whose partner named none.
fn default_name(invitation: &Invitation) -> String {
    format!("Fleet {}", invitation.id)
}
