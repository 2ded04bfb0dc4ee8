//! The claims of access tokens.

use std::collections::BTreeMap;

use model::{AgreementId, FleetId, InvitationId, PartnerId, Scopes, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::hash_secret;

/// Lifetime of a machine token, in seconds.
pub const MACHINE_LIFETIME: i64 = 900;
/// Lifetime of a pre-registration token, in seconds.
pub const PRE_REGISTRATION_LIFETIME: i64 = 7_200;
/// The longest lifetime of a token, in seconds.
pub const LONGEST_TOKEN_SECONDS: i64 =
    if MACHINE_LIFETIME > PRE_REGISTRATION_LIFETIME { MACHINE_LIFETIME } else { PRE_REGISTRATION_LIFETIME };
/// The `azp` of pre-registration tokens.
pub const PRE_REGISTRATION_CLIENT: &str = "pre-registration-client";
/// The scopes of pre-registration tokens: the published ones, and those by which a fleet stops what it agreed to and looks after its
/// schedules and its own record.
pub const PRE_REGISTRATION_SCOPE: &str = "openid organization share-agreement:read partner:read profile connection:create \
     connection:read email share-agreement:update share-agreement:delete connection:update connection:delete schedule:read \
     schedule:update fleet:read fleet:create fleet:update fleet:delete";
/// The name of the organization in administrators' tokens.
pub const PLATFORM: &str = "platform";
/// The scope of the tokens that Connect makes for what a person agreed to on its pages. No other token has it: partners can read those of
/// their fleets, so such a token only narrows what is shared.
pub const CONSENT_SCOPE: &str = "share-agreement:consent";
/// The role of pre-registration tokens.
pub const IMPERSONATOR: &str = "impersonator";

/// The payload of an access token. Unknown claims are ignored, so that older and newer versions can verify each
/// other's tokens during a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The realm's URL.
    pub iss: String,
    /// The subject: a client id, or a fleet's id.
    pub sub: String,
    /// The audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// Expiry, in Unix seconds.
    pub exp: i64,
    /// Time of issue, in Unix seconds.
    pub iat: i64,
    /// The token's id, by which it can be revoked.
    pub jti: Uuid,
    /// The client that requested it.
    pub azp: String,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// The organization it acts for, by name.
    pub org: BTreeMap<String, OrgClaim>,
    /// Roles, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm_access: Option<RealmAccess>,
    /// The inviting partner; pre-registration tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The accepted invitation; pre-registration tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<InvitationId>,
    /// The agreement with which the token ends; pre-registration tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_agreement_id: Option<AgreementId>,
    /// What the agreement shares, as the person was shown it ([`Self::share`]); tokens of Connect only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
}

/// Whom a pre-registration token is for.
#[derive(Clone, Copy, Debug)]
pub struct Onboarding<'a> {
    /// The fleet.
    pub fleet: FleetId,
    /// Its name.
    pub name: &'a str,
    /// The inviting partner.
    pub partner: PartnerId,
    /// The accepted invitation.
    pub invitation: Option<InvitationId>,
    /// The agreement that the acceptance made.
    pub agreement: Option<AgreementId>,
}

/// An organization in a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgClaim {
    /// The partner's or the fleet's id; nil for the platform.
    pub id: Uuid,
    /// `partner`, `fleet` or `admin`.
    pub org_type: Vec<String>,
}

/// Roles in a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealmAccess {
    /// Their names.
    pub roles: Vec<String>,
}

/// The common parameters of a new token.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    /// The realm's URL.
    pub issuer: &'a str,
    /// The time of issue.
    pub now: Timestamp,
    /// Lifetime in seconds: [`MACHINE_LIFETIME`], [`PRE_REGISTRATION_LIFETIME`].
    pub lifetime: i64,
    /// A new id.
    pub id: Uuid,
}

impl Claims {
    /// The digest of what an agreement shares.
    #[must_use]
    pub fn share(scopes: &Scopes) -> String {
        hash_secret(&serde_json::json!(scopes).to_string())
    }

    /// A token that a partner's machine client gets for its credentials.
    #[must_use]
    pub fn machine(issue: &Issue<'_>, client_id: &str, partner: (&str, PartnerId), scope: &str) -> Self {
        let (name, partner) = partner;
        Self::new(issue, client_id, client_id, scope).acting_for(name, partner.uuid(), "partner")
    }

    /// A token that an administrator's machine client gets for its credentials. The platform has no id.
    #[must_use]
    pub fn admin(issue: &Issue<'_>, client_id: &str, scope: &str) -> Self {
        Self::new(issue, client_id, client_id, scope).acting_for(PLATFORM, Uuid::nil(), "admin")
    }

    /// A token for a fleet that accepted an invitation and has no sign-in yet.
    #[must_use]
    pub fn pre_registration(issue: &Issue<'_>, holder: &Onboarding<'_>) -> Self {
        let claims = Self::new(issue, &holder.fleet.to_string(), PRE_REGISTRATION_CLIENT, PRE_REGISTRATION_SCOPE);
        Self {
            realm_access: Some(RealmAccess { roles: vec![IMPERSONATOR.to_owned()] }),
            partner_id: Some(holder.partner),
            invitation_id: holder.invitation,
            share_agreement_id: holder.agreement,
            ..claims.acting_for(holder.name, holder.fleet.uuid(), "fleet")
        }
    }

    fn new(issue: &Issue<'_>, subject: &str, client: &str, scope: &str) -> Self {
        let iat = issue.now.seconds();
        Self {
            iss: issue.issuer.to_owned(),
            sub: subject.to_owned(),
            aud: None,
            exp: iat.saturating_add(issue.lifetime),
            iat,
            jti: issue.id,
            azp: client.to_owned(),
            scope: scope.to_owned(),
            org: BTreeMap::new(),
            realm_access: None,
            partner_id: None,
            invitation_id: None,
            share_agreement_id: None,
            shared: None,
        }
    }

    /// The same claims, for this organization as well. `kind` is `partner`, `fleet` or `admin`.
    #[must_use]
    pub fn acting_for(mut self, name: &str, id: Uuid, kind: &str) -> Self {
        self.org.insert(name.to_owned(), OrgClaim { id, org_type: vec![kind.to_owned()] });
        self
    }

    /// The scopes, one by one.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split_ascii_whitespace()
    }

    /// Whether it has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|held| held == scope)
    }

    /// The id of the organization of this type.
    #[must_use]
    pub fn org_of_type(&self, kind: &str) -> Option<Uuid> {
        self.org.values().find(|org| org.org_type.iter().any(|held| held == kind)).map(|org| org.id)
    }

    /// Whether it is a pre-registration token.
    #[must_use]
    pub fn is_pre_registration(&self) -> bool {
        self.azp == PRE_REGISTRATION_CLIENT
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issue(lifetime: i64) -> Issue<'static> {
        let now = Timestamp::parse("2026-11-21T05:00:00Z").unwrap();
        Issue { issuer: "https://auth.example/realms/catena", now, lifetime, id: Uuid::nil() }
    }

    #[test]
    fn machine_tokens_have_the_published_shape() {
        let partner = PartnerId::from_uuid(Uuid::from_u128(7));
        let claims = Claims::machine(&issue(MACHINE_LIFETIME), "acme-1", ("Acme", partner), "fleet:read telematics:read");
        let expected = json!({
            "iss": "https://auth.example/realms/catena", "sub": "acme-1", "azp": "acme-1",
            "iat": 1_795_237_200_i64, "exp": 1_795_238_100_i64, "jti": Uuid::nil(),
            "scope": "fleet:read telematics:read",
            "org": { "Acme": { "id": "00000000-0000-0000-0000-000000000007", "org_type": ["partner"] } },
        });
        assert_eq!(serde_json::to_value(&claims).unwrap(), expected);
        assert!(claims.has_scope("fleet:read") && !claims.has_scope("fleet"));
        assert_eq!(claims.org_of_type("partner"), Some(partner.uuid()));
        assert_eq!(claims.org_of_type("fleet"), None);
    }

    #[test]
    fn pre_registration_tokens_act_for_the_fleet() {
        let fleet = FleetId::from_uuid(Uuid::from_u128(9));
        let partner = PartnerId::from_uuid(Uuid::from_u128(7));
        let holder = Onboarding { fleet, name: "Trucks", partner, invitation: None, agreement: None };
        let claims = Claims::pre_registration(&issue(PRE_REGISTRATION_LIFETIME), &holder);
        assert!(claims.is_pre_registration());
        assert_eq!(claims.exp - claims.iat, 7_200);
        assert_eq!(claims.realm_access.as_ref().map(|access| access.roles.clone()), Some(vec!["impersonator".into()]));
        assert_eq!(claims.org_of_type("fleet"), Some(fleet.uuid()));
        let again: Claims = serde_json::from_value(serde_json::to_value(&claims).unwrap()).unwrap();
        assert_eq!(again, claims);
    }
}
