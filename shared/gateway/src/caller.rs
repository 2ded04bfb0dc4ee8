//! Who asks: nobody, a partner's machine client, or a fleet inside Connect.

use model::{FleetId, InvitationId, PartnerId, Timestamp};
use store::control::{Key, Revocation};
use vault::Claims;

use crate::dispatch::Incoming;
use crate::{ApiError, Context};

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; tokens are not looked at.
    Public,
    /// Anybody; a token that is sent must hold.
    Optional,
    /// Callers whose token carries the scope.
    Scope(&'static str),
}

/// Who asks.
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
    /// The partner that asks.
    ///
    /// # Errors
    /// 403 for anybody else.
    pub fn partner(&self) -> Result<PartnerId, ApiError> {
        match self {
            Self::Partner { id, .. } => Ok(*id),
            _ => Err(ApiError::forbidden("only partners may do this")),
        }
    }

    /// The fleet that asks.
    ///
    /// # Errors
    /// 403 for anybody else.
    pub fn fleet(&self) -> Result<FleetId, ApiError> {
        match self {
            Self::Fleet { id, .. } => Ok(*id),
            _ => Err(ApiError::forbidden("only fleets may do this")),
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

    /// Who sent a request.
    ///
    /// # Errors
    /// 401 for a missing, bad, expired or revoked token; 403 for one that lacks the scope.
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
    let token = token.ok_or_else(|| ApiError::unauthorized("the authorization header must carry a bearer token"))?;
    let claims: Claims = context.vault().verify(token, now).await.map_err(refused)?;
    if claims.iss != context.config().issuer() {
        return Err(ApiError::unauthorized("the token was issued elsewhere"));
    }
    if context.store().get::<Revocation>(Key::revocation(&claims.jti.to_string())).await?.is_some() {
        return Err(ApiError::unauthorized("the token was revoked"));
    }
    if let Some(scope) = scope.filter(|scope| !claims.scopes().any(|held| held == *scope)) {
        return Err(ApiError::forbidden(format!("the token lacks the scope {scope}")));
    }
    caller_of(&claims).ok_or_else(|| ApiError::unauthorized("the token names no organisation"))
}

fn refused(error: vault::TokenError) -> ApiError {
    match error {
        vault::TokenError::Unavailable(cause) => ApiError::internal(cause),
        other => ApiError::unauthorized(format!("the token does not hold: {other}")),
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
