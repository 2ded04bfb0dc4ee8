//! Callers: anonymous, a partner's machine client, a fleet inside Connect, or an administrator of the platform.

use futures::future::try_join3;
use model::{AgreementId, FleetId, InvitationId, PartnerId, Timestamp};
use store::control::{Key, Revocation};
use vault::{CONSENT_SCOPE, Claims};

use crate::incoming::Incoming;
use crate::{ApiError, Context};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone; tokens are ignored.
    Public,
    /// Anyone. A token that is sent must be valid; its caller is known to the operation if it has the scope.
    Optional(&'static str),
    /// Callers with a valid token, whatever its scopes.
    Token,
    /// Callers whose token carries the scope.
    Scope(&'static str),
}

/// The caller of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No token.
    Anonymous,
    /// A machine client of a partner.
    Partner {
        /// The partner.
        id: PartnerId,
        /// Its client.
        client_id: String,
    },
    /// A fleet, by a pre-registration token.
    Fleet {
        /// The fleet.
        id: FleetId,
        /// The partner that invited it.
        partner: PartnerId,
        /// The invitation behind the token.
        invitation: Option<InvitationId>,
        /// The agreement with which the token ends.
        agreement: Option<AgreementId>,
        /// What the agreement shares, as a person was shown it: a digest.
        shared: Option<String>,
        /// Whether Connect made the token for a person on its pages, and no partner has it.
        consents: bool,
    },
    /// An administrator of the platform, who sees nothing of what fleets share.
    Admin {
        /// Its client.
        client_id: String,
    },
}

impl Caller {
    /// The calling partner.
    ///
    /// # Errors
    /// 403 for other callers.
    pub fn partner(&self) -> Result<PartnerId, ApiError> {
        match self {
            Self::Partner { id, .. } => Ok(*id),
            _ => Err(ApiError::forbidden("not_for_this_caller", "this operation requires a partner token")),
        }
    }

    /// The calling fleet.
    ///
    /// # Errors
    /// 403 for other callers.
    pub fn fleet(&self) -> Result<FleetId, ApiError> {
        match self {
            Self::Fleet { id, .. } => Ok(*id),
            _ => Err(ApiError::forbidden("not_for_this_caller", "this operation requires a fleet token")),
        }
    }

    /// The partner that invited the calling fleet.
    ///
    /// # Errors
    /// 403 for other callers.
    pub fn inviting_partner(&self) -> Result<PartnerId, ApiError> {
        match self {
            Self::Fleet { partner, .. } => Ok(*partner),
            _ => Err(ApiError::forbidden("not_for_this_caller", "this operation requires a fleet token")),
        }
    }

    /// Requires an administrator of the platform.
    ///
    /// # Errors
    /// 403 for other callers.
    pub fn admin(&self) -> Result<(), ApiError> {
        match self {
            Self::Admin { .. } => Ok(()),
            _ => Err(ApiError::forbidden(
                "not_for_this_caller",
                "this operation requires a token of the platform's administrators",
            )),
        }
    }

    /// Whether it may share more than was agreed to: longer, or again. Others may only share less.
    #[must_use]
    pub fn consents(&self) -> bool {
        matches!(self, Self::Fleet { consents: true, .. })
    }

    /// Whether the consent behind the call holds: a fleet's agreement lasts, and shares what a person was shown. Operations that took long
    /// check it again before they store anything.
    ///
    /// # Errors
    /// 401 after the agreement has ended; 409 if it shares something else by now.
    pub async fn check_consent(&self, context: &Context, now: Timestamp) -> Result<(), ApiError> {
        let Self::Fleet { id, partner, invitation, agreement, shared, .. } = self else { return Ok(()) };
        let found = context.store().agreement_between((*id, *partner), *invitation, *agreement).await?;
        let Some(found) = found.filter(|agreement| !agreement.has_ended_at(now)) else {
            return Err(ApiError::unauthorized("invalid access token: its share agreement has ended"));
        };
        if shared.as_ref().is_some_and(|shared| *shared != Claims::share(&found.scopes)) {
            return Err(ApiError::conflict("consent_changed", "what the fleet shares has changed since it was shown"));
        }
        Ok(())
    }

    /// The caller's name in cursor bindings.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Partner { id, .. } => format!("partner:{id}"),
            Self::Fleet { id, .. } => format!("fleet:{id}"),
            Self::Admin { client_id } => format!("admin:{client_id}"),
        }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// 401 for a missing, malformed, expired or revoked token; 403 for one without the scope; 429 for a caller beyond its limit.
    pub(crate) async fn of(context: &Context, access: Access, incoming: &Incoming, now: Timestamp) -> Result<Self, ApiError> {
        let sent = incoming.header("authorization");
        match (access, sent) {
            (Access::Public, _) | (Access::Optional(_), None) => Ok(Self::Anonymous),
            (Access::Token | Access::Scope(_), None) => Err(ApiError::unauthorized("a bearer token is required")),
            (Access::Token, Some(header)) => from_header(context, header, now).await.map(|(caller, _)| caller),
            (Access::Optional(scope), Some(header)) => {
                let (caller, claims) = from_header(context, header, now).await?;
                Ok(if claims.has_scope(scope) { caller } else { Self::Anonymous })
            }
            (Access::Scope(scope), Some(header)) => {
                let (caller, claims) = from_header(context, header, now).await?;
                let lacks = || ApiError::forbidden("insufficient_scope", format!("missing scope `{scope}`"));
                claims.has_scope(scope).then_some(caller).ok_or_else(lacks)
            }
        }
    }
}

async fn from_header(context: &Context, header: &str, now: Timestamp) -> Result<(Caller, Claims), ApiError> {
    let token = header.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or_else(|| ApiError::unauthorized("the authorization header must contain a bearer token"))?;
    let claims: Claims = context.vault().verify(token, now).await.map_err(token_error)?;
    if claims.iss != context.config().issuer() {
        return Err(ApiError::unauthorized("invalid access token: unknown issuer"));
    }
    let caller = caller_of(&claims).ok_or_else(|| ApiError::unauthorized("invalid access token: missing organization claim"))?;
    // At once, so that counting takes no time of its own; and counted first, so that what is refused in this sandbox reads nothing.
    try_join3(context.count_request(&caller, now), check_revocation(context, &claims), caller.check_consent(context, now))
        .await?;
    Ok((caller, claims))
}

async fn check_revocation(context: &Context, claims: &Claims) -> Result<(), ApiError> {
    match context.store().get::<Revocation>(Key::revocation(&claims.jti.to_string())).await? {
        Some(_) => Err(ApiError::unauthorized("invalid access token: revoked")),
        None => Ok(()),
    }
}

fn token_error(error: vault::TokenError) -> ApiError {
    match error {
        vault::TokenError::Unavailable(cause) => cause.into(),
        other => ApiError::unauthorized(format!("invalid access token: {other}")),
    }
}

fn caller_of(claims: &Claims) -> Option<Caller> {
    let org = claims.org.values().next()?;
    let id = org.id;
    let is = |kind: &str| org.org_type.iter().any(|held| held == kind);
    if is("partner") {
        return Some(Caller::Partner { id: id.into(), client_id: claims.azp.clone() });
    }
    if is("admin") {
        return Some(Caller::Admin { client_id: claims.azp.clone() });
    }
    let (invitation, consents) = (claims.invitation_id, claims.has_scope(CONSENT_SCOPE));
    let partner = claims.partner_id.filter(|_| is("fleet"))?;
    let (agreement, shared) = (claims.share_agreement_id, claims.shared.clone());
    Some(Caller::Fleet { id: id.into(), partner, invitation, agreement, shared, consents })
}
