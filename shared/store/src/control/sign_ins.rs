//! What the platform keeps to sign in at providers: its own applications, open sessions, and which run replaces tokens or logs in.

use model::{ConnectionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::items::Keyed;
use super::keys::Key;

/// How long a run may take to replace tokens; then another one tries.
const REFRESH_SECONDS: i64 = 60;

/// The platform's application at a TSP, as an operator registered it there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignInClient {
    /// The TSP.
    pub slug: String,
    /// Its id at the provider, which is no secret.
    pub client_id: String,
    /// Its secret, in the vault's envelope.
    pub sealed: Value,
    /// When it was set.
    pub updated_at: Timestamp,
}

impl Keyed for SignInClient {
    const KIND: &'static str = "sign_in_client";

    fn key(&self) -> Key {
        Key::sign_in_client(&self.slug)
    }
}

/// How long a session is kept: providers that tell it have two weeks.
const SESSION_SECONDS: i64 = 14 * 86_400;

/// The session that a login of a connection opened, as the vault sealed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSession {
    /// The connection.
    pub connection_id: ConnectionId,
    /// The vault's envelope.
    pub sealed: Value,
    /// When it was opened.
    pub updated_at: Timestamp,
}

impl Keyed for AccountSession {
    const KIND: &'static str = "account_session";

    fn key(&self) -> Key {
        Key::account_session(self.connection_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.updated_at.plus_seconds(SESSION_SECONDS))
    }
}

/// The right of one run to replace the tokens of a connection, or to log in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refreshing {
    /// The connection.
    pub connection_id: ConnectionId,
    /// Which run, and which of its tries.
    pub holder: Uuid,
    /// When it lapses.
    pub until: Timestamp,
}

impl Refreshing {
    /// A right that begins now.
    #[must_use]
    pub fn by(holder: Uuid, connection_id: ConnectionId, now: Timestamp) -> Self {
        Self { connection_id, holder, until: now.plus_seconds(REFRESH_SECONDS) }
    }
}

impl Keyed for Refreshing {
    const KIND: &'static str = "refreshing";
    const VERSION: &'static str = "holder";

    fn key(&self) -> Key {
        Key::refreshing(self.connection_id)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}
