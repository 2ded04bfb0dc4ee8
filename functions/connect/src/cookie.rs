//! The cookie of a visit: one per link, so that two links that are open in one browser do not mix.
//!
//! The name of a visit follows from the invitation and is no secret; it stands in the paths of its pages and in the cookie's name. The
//! cookie names the invitation and holds a secret, from which the token of forms follows too. Nothing of this is stored until the
//! fleet has agreed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::Context;
use model::InvitationId;
use sha2::{Digest as _, Sha256};

use crate::language::Language;

/// Seconds that a visit may take.
pub(crate) const VISIT_SECONDS: i64 = 7_200;
/// Seconds for which a browser in which a fleet agreed opens the used link: 180 days.
pub(crate) const BROWSER_SECONDS: i64 = 180 * 86_400;
/// In place of a visit's name: the cookie of the language.
const LANGUAGE: &str = "language";
/// Characters of a visit's name.
const NAME_LENGTH: usize = 16;

/// What the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) invitation: InvitationId,
    secret: String,
}

impl Held {
    /// A new one.
    pub(crate) fn new(invitation: InvitationId) -> Self {
        Self { invitation, secret: vault::random_secret() }
    }

    /// The one of the visit `name` among a request's cookies; one of another invitation does not count.
    pub(crate) fn find(context: &Context, cookies: &str, name: &str) -> Option<Self> {
        let wanted = cookie_name(context, name);
        let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let found = pairs.filter(|(cookie, _)| *cookie == wanted).find_map(|(_, value)| Self::parse(value))?;
        (name_of(found.invitation) == name).then_some(found)
    }

    fn parse(value: &str) -> Option<Self> {
        let (invitation, secret) = value.split_once('.')?;
        Some(Self { invitation: invitation.parse().ok()?, secret: secret.to_owned() })
    }

    /// Under which the session and the browser are stored.
    pub(crate) fn digest(&self) -> String {
        hashed(&format!("visit {} {}", self.invitation, self.secret))
    }

    /// The token of this visit's forms.
    pub(crate) fn csrf(&self) -> String {
        hashed(&format!("form {} {}", self.invitation, self.secret))
    }

    /// A secret of this visit for a purpose, which tells nothing of the cookie.
    pub(crate) fn derived(&self, purpose: &str) -> String {
        hashed(&format!("{purpose} {} {}", self.invitation, self.secret))
    }

    /// The `Set-Cookie` header. In a frame of another site a browser keeps a cookie for that site's pages only (CHIPS), and not where
    /// Connect is shown by itself; over http such a cookie works on this machine alone.
    pub(crate) fn header(&self, context: &Context, is_framed: bool, seconds: i64) -> String {
        let (name, scope) = (cookie_name(context, &name_of(self.invitation)), scope(context, is_framed));
        let (invitation, secret) = (self.invitation, &self.secret);
        format!("{name}={invitation}.{secret}; Path=/; Max-Age={seconds}; HttpOnly; {scope}")
    }
}

/// The `Set-Cookie` header by which a browser keeps the language that a person chose, where and for as long as it keeps a visit.
pub(crate) fn of_language(context: &Context, is_framed: bool, language: Language) -> String {
    let (name, scope) = (cookie_name(context, LANGUAGE), scope(context, is_framed));
    format!("{name}={}; Path=/; Max-Age={BROWSER_SECONDS}; HttpOnly; {scope}", language.tag())
}

/// The language that a person chose before, among a request's cookies.
pub(crate) fn language(cookies: &str) -> Option<Language> {
    let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    let of_language = pairs.filter(|(name, _)| name.trim_start_matches("__Host-").strip_prefix("connect-") == Some(LANGUAGE));
    of_language.filter_map(|(_, tag)| Language::of_tag(tag)).next()
}

/// Where a cookie is kept.
fn scope(context: &Context, is_framed: bool) -> &'static str {
    match (is_framed, is_https(context)) {
        (true, _) => "SameSite=None; Secure; Partitioned",
        (false, true) => "SameSite=Lax; Secure",
        (false, false) => "SameSite=Lax",
    }
}

/// The name of the visits of an invitation.
pub(crate) fn name_of(invitation: InvitationId) -> String {
    hashed(&format!("name {invitation}")).chars().take(NAME_LENGTH).collect()
}

/// A browser takes a cookie of this name over TLS only, for this host only, and not from another one of the domain.
fn cookie_name(context: &Context, name: &str) -> String {
    let prefix = if is_https(context) { "__Host-" } else { "" };
    format!("{prefix}connect-{name}")
}

fn is_https(context: &Context) -> bool {
    context.config().connect_url.starts_with("https:")
}

fn hashed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    const ID: &str = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234";
    const OTHER: &str = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901235";

    #[test]
    fn a_cookie_belongs_to_its_host_its_link_and_its_name() {
        let context = context("https://connect.example");
        let held = Held::new(ID.parse().unwrap());
        let header = held.header(&context, false, 60);
        assert!(header.starts_with("__Host-connect-") && header.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{header}");
        assert!(!header.contains("Domain"));
        let cookie = header.split(';').next().unwrap();
        let name = name_of(held.invitation);
        assert_eq!(Held::find(&context, &format!("a=b; {cookie}; c=d"), &name), Some(held));
        assert_eq!(Held::find(&context, &cookie.replace("__Host-", ""), &name), None, "one that any host of the domain may set");
        assert_eq!(Held::find(&context, cookie, &name_of(OTHER.parse().unwrap())), None);
        let swapped = cookie.replace(ID, OTHER);
        assert_eq!(Held::find(&context, &swapped, &name), None, "another invitation under this name");
    }

    #[test]
    fn a_language_is_kept_as_a_visit_is() {
        let context = context("https://connect.example");
        let header = of_language(&context, false, Language::Spanish);
        assert_eq!(header, "__Host-connect-language=es; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(language(&format!("a=b; {header}")), Some(Language::Spanish));
        assert_eq!(language("connect-language=\"><script>; language=es"), None);
    }

    #[test]
    fn names_and_tokens_tell_no_secret() {
        let one = Held::new(ID.parse().unwrap());
        let (digest, csrf, name) = (one.digest(), one.csrf(), name_of(one.invitation));
        assert!(![&digest, &csrf, &name].iter().any(|text| text.contains(&one.secret) || text.contains(ID)));
        assert!(digest != csrf && name.len() == NAME_LENGTH);
        assert_ne!(Held::new(one.invitation).csrf(), csrf);
    }
}
