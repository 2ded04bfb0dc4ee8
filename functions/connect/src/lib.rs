//! Connect: the fleet's pages, from the magic link to linked providers. Server-rendered; scripts only add comfort.
//!
//! Connect is a client of our own API and acts with short-lived tokens that it mints per request; none of them is stored,
//! and none reaches a page. The browser holds one cookie, whose digest names the session. Embedding and white label have
//! their places in `page` (one shell for every document) and in the style sheet's variables.

mod api;
mod assets;
mod consent;
mod credentials;
mod hub;
mod open;
mod page;
mod providers;
mod session;
mod words;

use gateway::Permission::{ReadControl, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Operation, Permission, Service};
use http::Method;

/// The service and its endpoints.
pub const SERVICE: Service = Service { name: "connect", title: "Connect", endpoints };

const SESSION: &[Permission] = &[ReadControl];
const START: &[Permission] = &[ReadControl, WriteControl];
const ACT: &[Permission] = &[ReadControl, WriteControl, SignTokens, VerifyTokens];

fn endpoints() -> Vec<Endpoint> {
    fn row<O: Operation>(
        method: Method,
        path: &'static str,
        handler: &'static str,
        permissions: &'static [Permission],
    ) -> Endpoint {
        Endpoint::new::<O>(method, path, handler, Access::Public, permissions)
    }
    vec![
        row::<open::Open>(Method::GET, "/", "connect.open", START).summary("Open a magic link"),
        row::<consent::Ask>(Method::GET, "/connect/consent", "connect.consent", SESSION)
            .summary("Who asks for which data, and why"),
        row::<consent::Accept>(Method::POST, "/connect/accept", "connect.accept", ACT).summary("Agree to share"),
        row::<consent::AskReason>(Method::GET, "/connect/decline", "connect.ask_reason", SESSION).summary("Ask why not"),
        row::<consent::Decline>(Method::POST, "/connect/decline", "connect.decline", START).summary("Refuse to share"),
        row::<providers::List>(Method::GET, "/connect/providers", "connect.providers", SESSION).summary("Choose a provider"),
        row::<credentials::Ask>(Method::GET, "/connect/providers/{slug}", "connect.credentials", SESSION)
            .summary("Ask for a provider's credentials"),
        row::<credentials::Link>(Method::POST, "/connect/providers/{slug}", "connect.link", ACT)
            .summary("Try credentials and link the account"),
        row::<hub::Hub>(Method::GET, "/connect", "connect.hub", ACT).summary("What is linked; add another, or finish"),
        row::<hub::Done>(Method::GET, "/connect/done", "connect.done", ACT).summary("Finish"),
        row::<assets::Asset>(Method::GET, "/connect/assets/{name}", "connect.asset", &[]).summary("Style sheet and script"),
    ]
}
