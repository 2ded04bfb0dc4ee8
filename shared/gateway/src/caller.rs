//! Callers: anonymous, a partner's machine client, or a fleet inside Connect.

use model::{FleetId, InvitationId, PartnerId, Timestamp};
use store::control::{Key, Revocation};
use vault::Claims;

use crate::incoming::Incoming;
use crate::{ApiError, Context};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone; tokens are ignored.
    Public,
    /// Anyone; a token that is sent must be valid.
    Optional,
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
        /// The invitation behind the token.
        invitation: Option<InvitationId>,
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
            _ => Err(ApiError::forbidden("this operation requires a partner token")),
        }
    }

    /// The calling fleet.
    ///
    /// # Errors
    /// 403 for other callers.
    pub fn fleet(&self) -> Result<FleetId, ApiError> {
        match self {
            Self::Fleet { id, .. } => Ok(*id),
            _ => Err(ApiError::forbidden("this operation requires a fleet token")),
        }
    }

    /// The caller's name in cursor bindings.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Partner { id, .. } => format!("partner:{id}"),
            Self::Fleet { id, .. } => format!("fleet:{id}"),
        }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// 401 for a missing, malformed, expired or revoked token; 403 for one without the scope.
    pub(crate) async fn of(context: &Context, access: Access, incoming: &Incoming, now: Timestamp) -> Result<Self, ApiError> {
        let sent = incoming.header("authorization");
        match (access, sent) {
            (Access::Public, _) | (Access::Optional, None) => Ok(Self::Anonymous),
            (Access::Scope(_), None) => Err(ApiError::unauthorized("a bearer token is required")),
            (Access::Optional, Some(header)) => from_header(context, header, None, now).await,
            (Access::Scope(scope), Some(header)) => from_header(context, header, Some(scope), now).await,
        }
    }
}

async fn from_header(context: &Context, header: &str, scope: Option<&'static str>, now: Timestamp) -> Result<Caller, ApiError> {
    let token = header.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or_else(|| ApiError::unauthorized("the authorization header must contain a bearer token"))?;
    let claims: Claims = context.vault().verify(token, now).await.map_err(token_error)?;
    if claims.iss != context.config().issuer() {
        return Err(ApiError::unauthorized("invalid access token: unknown issuer"));
    }
    if context.store().get::<Revocation>(Key::revocation(&claims.jti.to_string())).await?.is_some() {
        return Err(ApiError::unauthorized("invalid access token: revoked"));
    }
    if let Some(scope) = scope.filter(|scope| !claims.scopes().any(|held| held == *scope)) {
        return Err(ApiError::forbidden(format!("missing scope `{scope}`")));
    }
    caller_of(&claims).ok_or_else(|| ApiError::unauthorized("invalid access token: missing organization claim"))
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
    is("fleet").then(|| Caller::Fleet { id: id.into(), invitation: claims.invitation_id })
}
