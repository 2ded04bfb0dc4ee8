//! A visit: who is asked by whom, what was agreed, and what may be shown now.

use gateway::ApiError;
use model::agreement::{Agreement, Linked};
use model::fleet::Fleet;
use model::invitation::Invitation;
use model::partner::Partner;
use model::{Scopes, Timestamp};
use store::StoreError;
use store::control::{ConnectBrowser, ConnectSession, Consent, Write};

use crate::cookie::{BROWSER_SECONDS, Held, VISIT_SECONDS};
use crate::launch::{Launch, News};
use crate::layout::Answer;
use crate::messages::Message;
use crate::scopes;
use crate::texts::Texts;

/// Why a page is not shown: another one is, or something failed.
pub(crate) enum Stop {
    Page(Box<Answer>),
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
    /// Its session, if it began one.
    pub(crate) session: Option<ConnectSession>,
    /// What this browser was shown and proved.
    pub(crate) browser: Option<ConnectBrowser>,
    /// How Connect was launched.
    pub(crate) launch: Launch,
}

/// A visit of a fleet that has agreed.
pub(crate) struct Agreed {
    pub(crate) visit: Visit,
    pub(crate) fleet: Fleet,
    pub(crate) agreement: Agreement,
}

impl Visit {
    /// The texts of its language.
    pub(crate) fn texts(&self) -> &'static Texts {
        self.launch.asked.texts()
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
            (Some(_), Some(agreement)) => scopes::beyond(&self.invitation.permissions, &agreement.scopes),
            _ => self.invitation.permissions.clone(),
        }
    }

    /// What is shared, as far as nobody in this browser was shown it: somebody else may have agreed to it elsewhere.
    pub(crate) fn unseen(&self) -> Scopes {
        match (&self.consent, &self.agreement) {
            (Some(_), Some(agreement)) => scopes::beyond(&agreement.scopes, &self.reviewed()),
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
        let is_more = shared.is_some_and(|shared| !scopes::beyond(&self.invitation.permissions, shared).is_empty());
        is_more && !self.unproved().is_empty()
    }

    /// A page of this visit.
    pub(crate) fn path(&self, page: &str) -> String {
        self.address(page, None)
    }

    /// A page of this visit, which tells what led to it.
    pub(crate) fn path_after(&self, page: &str, news: News) -> String {
        self.address(page, Some(news))
    }

    /// A page of this visit in place of the one that was asked for: it tells what that one would have told.
    pub(crate) fn onward(&self, page: &str) -> String {
        self.address(page, self.launch.asked.news)
    }

    fn address(&self, page: &str, news: Option<News>) -> String {
        self.launch.asked.address(&self.bare_path(page), news)
    }

    /// The path of a page of this visit, without how Connect was launched.
    pub(crate) fn bare_path(&self, page: &str) -> String {
        format!("/connect/s/{}/{page}", self.name)
    }

    /// What the partner's page hears of an account, if it is so.
    pub(crate) fn news(&self) -> Option<Message> {
        let is_open = |id| {
            let mut links = self.agreement.iter().flat_map(|agreement| &agreement.connections);
            links.find(|link| link.connection_id == id).map(Linked::is_open)
        };
        match self.launch.asked.news? {
            News::Linked(id) => is_open(id).filter(|is_open| *is_open).map(|_| Message::Connection { id }),
            News::Removed(id) => is_open(id).filter(|is_open| !is_open).map(|_| Message::ConnectionDeleted { id }),
            News::Opened | News::Stopped => None,
        }
    }

    /// The fleet's name, or the one that the partner knows.
    pub(crate) fn fleet_name(&self) -> Option<&str> {
        let named = |fleet: &&Fleet| fleet.name != default_name(&self.invitation);
        self.fleet.as_ref().filter(named).map(|fleet| fleet.name.as_str()).or(self.invitation.prefill.name.as_deref())
    }

    /// The writes that begin a session in this browser, and let it open the link again later. `reviewed`: what it has shown by now.
    pub(crate) fn session_writes(&self, reviewed: Scopes, now: Timestamp) -> Result<Vec<Write>, StoreError> {
        let (digest, invitation_id) = (self.held.digest(), self.invitation.id);
        // A session that lasts goes on: what it linked is told at its end.
        let linked = self.session.as_ref().filter(|_| self.has_session(now)).map(|session| session.linked.clone());
        let session = ConnectSession {
            digest: digest.clone(),
            invitation_id,
            is_done: false,
            linked: linked.unwrap_or_default(),
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
