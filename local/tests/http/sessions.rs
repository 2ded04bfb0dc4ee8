//! Sessions of accounts where one logs in.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use ingestion::sessions::SharedSession;
use model::ConnectionId;
use model::connection::Connection;
use providers::{ProviderError, Sessions as _};
use store::control::{AccountSession, Key, Refreshing, Write};

use crate::World;

/// Everything around one session, on one platform.
pub(crate) async fn sessions_are_shared_by_all_who_ask_an_account(world: &World) {
    let account = Account::new(world).await;
    one_logs_in_for_all(&account).await;
    a_session_that_ended_is_replaced_once(&account).await;
    other_credentials_have_another(&account).await;
    a_login_that_fails_holds_nobody_up(&account).await;
    who_died_at_it_holds_others_up_for_a_minute(&account).await;
    a_session_ends_with_the_credentials(&account).await;
}

struct Account<'a> {
    world: &'a World,
    connection: Connection,
    logins: AtomicUsize,
}

impl<'a> Account<'a> {
    async fn new(world: &'a World) -> Self {
        let context = world.platform.context();
        let page = world.api.get("/v2/integrations/connections").await.unwrap();
        let demo = Key::connection(page["items"][0]["id"].as_str().unwrap().parse().unwrap());
        let demo: Connection = context.store().get(demo).await.unwrap().unwrap();
        let connection = Connection { id: ConnectionId::at(context.now()), source_name: "geotab".into(), ..demo };
        let credentials = context.seal_credentials(connection.id, "geotab", "{}").await.unwrap();
        context.store().commit(vec![Write::overwrite(&credentials).unwrap()]).await.unwrap();
        Self { world, connection, logins: AtomicUsize::new(0) }
    }

    /// What a sandbox is given that has no session, or one that ended. A login takes a while.
    async fn session(&self, login: &str, ended: Option<&str>) -> Result<String, ProviderError> {
        let log_in = async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            Ok(format!("secret-session-{}", self.logins.fetch_add(1, Ordering::Relaxed)))
        };
        SharedSession::of(self.world.platform.context(), &self.connection).session(login, ended, Box::pin(log_in)).await
    }

    async fn stored(&self) -> Option<AccountSession> {
        self.world.platform.context().store().get(Key::account_session(self.connection.id)).await.unwrap()
    }

    async fn interrupted(&self, seconds_ago: i64) {
        let context = self.world.platform.context();
        let turn = Refreshing::by(uuid::Uuid::new_v4(), self.connection.id, context.now().plus_seconds(-seconds_ago));
        context.store().commit(vec![Write::overwrite(&turn).unwrap()]).await.unwrap();
    }
}

async fn one_logs_in_for_all(account: &Account<'_>) {
    let all = join_all((0..50).map(|_| account.session("a", None))).await;
    let sessions: BTreeSet<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!((sessions.len(), account.logins.load(Ordering::Relaxed)), (1, 1));
    let stored = serde_json::to_string(&account.stored().await.unwrap()).unwrap();
    assert!(!stored.contains("secret"), "{stored}");
}

async fn a_session_that_ended_is_replaced_once(account: &Account<'_>) {
    let all = join_all((0..10).map(|_| account.session("a", Some("secret-session-0")))).await;
    let sessions: BTreeSet<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(sessions.into_iter().collect::<Vec<_>>(), ["secret-session-1"]);
    assert_eq!(account.session("a", Some("secret-session-0")).await.unwrap(), "secret-session-1", "who comes late has it, too");
}

async fn other_credentials_have_another(account: &Account<'_>) {
    assert_eq!(account.session("b", None).await.unwrap(), "secret-session-2");
    assert_eq!(account.session("b", None).await.unwrap(), "secret-session-2");
}

async fn a_login_that_fails_holds_nobody_up(account: &Account<'_>) {
    let refused = Box::pin(async { Err(ProviderError::Timeout) });
    let shared = SharedSession::of(account.world.platform.context(), &account.connection);
    let failed = shared.session("c", None, refused).await;
    assert!(matches!(failed, Err(ProviderError::Timeout)), "{failed:?}");
    let begun = std::time::Instant::now();
    assert_eq!(account.session("c", None).await.unwrap(), "secret-session-3");
    assert!(begun.elapsed() < Duration::from_secs(14), "its turn was given back: {:?}", begun.elapsed());
}

async fn who_died_at_it_holds_others_up_for_a_minute(account: &Account<'_>) {
    account.interrupted(58).await;
    assert_eq!(account.session("d", None).await.unwrap(), "secret-session-4", "its turn has lapsed");
    account.interrupted(0).await;
    let begun = std::time::Instant::now();
    assert_eq!(account.session("e", None).await.unwrap(), "secret-session-5", "who cannot wait longer logs in");
    assert!(begun.elapsed() > Duration::from_secs(14), "{:?}", begun.elapsed());
    account.interrupted(60).await;
}

async fn a_session_ends_with_the_credentials(account: &Account<'_>) {
    assert!(account.stored().await.is_some());
    let store = account.world.platform.context().store();
    store.commit(vec![Write::delete(Key::credentials(account.connection.id))]).await.unwrap();
    account.session("f", None).await.unwrap();
    assert_eq!(account.stored().await, None, "nobody would destroy it");
}
