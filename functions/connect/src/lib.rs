//! Connect: the fleet's pages, from the magic link to linked providers. They are rendered on the server and work without scripts.
//!
//! Connect is a client of the platform's own API. It issues a short-lived token for each request; none of them is stored or
//! reaches a page. The browser holds one cookie, whose digest identifies the session. Embedding and white labeling belong in
//! `page` (one layout for every page) and in the variables of the style sheet.

mod api;
mod assets;
mod consent;
mod credentials;
mod open;
mod outcome;
mod overview;
mod page;
mod providers;
mod session;
mod words;

use gateway::Permission::{ReadControl, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, Endpoint, Operation, Permission, Service};
use http::Method;

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "connect",
    title: "Connect",
    description: "The pages on which a fleet accepts an invitation and connects its providers.",
    tags: &[],
    endpoints,
};

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
        row::<consent::Ask>(Method::GET, "/connect/consent", "connect.consent", START)
            .summary("Show who requests which data, and why"),
        row::<consent::Accept>(Method::POST, "/connect/accept", "connect.accept", ACT).summary("Accept the invitation"),
        row::<consent::AskReason>(Method::GET, "/connect/decline", "connect.ask_reason", SESSION)
            .summary("Ask for the reason for declining"),
        row::<consent::Decline>(Method::POST, "/connect/decline", "connect.decline", START).summary("Decline the invitation"),
        row::<providers::List>(Method::GET, "/connect/providers", "connect.providers", SESSION).summary("Choose a provider"),
        row::<credentials::Ask>(Method::GET, "/connect/providers/{slug}", "connect.credentials", SESSION)
            .summary("Ask for a provider's credentials"),
        row::<credentials::Link>(Method::POST, "/connect/providers/{slug}", "connect.link", ACT)
            .summary("Validate credentials and link the account"),
        row::<overview::Overview>(Method::GET, "/connect", "connect.overview", ACT).summary("List the linked providers"),
        row::<overview::Done>(Method::GET, "/connect/done", "connect.done", ACT).summary("Finish and return to the partner"),
        row::<assets::Asset>(Method::GET, "/connect/assets/{name}", "connect.asset", &[])
            .summary("Serve the style sheet and the script"),
    ]
}
