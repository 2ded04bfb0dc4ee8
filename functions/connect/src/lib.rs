//! Connect: the fleet's pages, from the magic link to what it shares. They are rendered on the server and work without scripts.
//!
//! Connect is a client of the platform's own API. It issues a short-lived token for each request; none of them is stored or
//! reaches a page. What a fleet agrees to is its own to write: consents, and the agreement where one asks for more; so are sign-ins at providers
//! (`sign_in.rs`), until the API takes their codes. A browser
//! holds one cookie per link (`cookie.rs`); each page of a visit stands under the visit's name, so links that are open side by side
//! do not mix. Pages of partners show Connect in frames and windows of their own (`launch.rs`, `messages.rs`); every page has one
//! layout (`layout.rs`), whose colours are variables of the style sheet. What people read is in their language (`language.rs`, `texts.rs`).

mod accounts;
mod api;
mod assets;
mod brand;
mod consent;
mod cookie;
mod credentials;
mod current_page;
mod dead_ends;
mod decline;
mod fields;
mod help;
mod labels;
mod language;
mod launch;
mod layout;
mod ledger;
mod messages;
mod open;
mod outcome;
mod page;
mod probe;
mod proof;
mod providers;
mod scopes;
mod screen;
mod sharing;
mod sign_in;
mod sign_in_offer;
mod switch;
#[cfg(test)]
mod testing;
mod texts;
mod trial;
mod viewed;
mod visit;
mod visit_request;
mod words;

use gateway::Permission::{ReadControl, SignTokens, VerifyTokens, WriteControl};
use gateway::{Access, ApiError, Context, Endpoint, Incoming, Operation, Permission, Response, Service};
use http::Method;

use crate::launch::{Asked, Launch};
use crate::screen::{Screen, Shown};

/// The service and its rows.
pub const SERVICE: Service = Service {
    name: "connect",
    title: "Connect",
    description: "The pages on which a fleet accepts an invitation, connects its providers, and manages what it shares.",
    tags: &[],
    endpoints,
};

/// The page for an error, in place of JSON: for whatever else is asked for under Connect's addresses.
#[must_use]
pub fn error_page(context: &Context, incoming: &Incoming, error: &ApiError) -> Response {
    let launch = Launch { asked: Asked::of_request(incoming), ..Launch::default() };
    let answer = dead_ends::of_error(context, launch.asked.texts(), error);
    let answer = match launch.asked.switched_to {
        Some(language) => answer.with_cookie(&cookie::of_language(context, launch.is_framed(), language)),
        None => answer,
    };
    answer.sent(&launch).0
}

const LOOK: &[Permission] = &[ReadControl];
const WRITE: &[Permission] = &[ReadControl, WriteControl];
const ASK: &[Permission] = &[ReadControl, SignTokens];
const TRY: &[Permission] = &[ReadControl, WriteControl, SignTokens];
const ACT: &[Permission] = &[ReadControl, WriteControl, SignTokens, VerifyTokens];

fn endpoints() -> Vec<Endpoint> {
    vec![
        get::<open::Open>("/", "connect.open", WRITE).summary("Open a magic link"),
        post::<open::Prove>("/connect/open", "connect.prove", WRITE).summary("Open a link that opens once"),
        get::<consent::Ask>("/connect/s/{visit}/consent", "connect.consent", WRITE)
            .summary("Show who requests which data, and why"),
        post::<consent::Accept>("/connect/s/{visit}/accept", "connect.accept", ACT).summary("Agree to the request"),
        get::<decline::AskReason>("/connect/s/{visit}/decline", "connect.ask_reason", LOOK)
            .summary("Ask for the reason for declining"),
        post::<decline::Decline>("/connect/s/{visit}/decline", "connect.decline", ASK).summary("Decline the invitation"),
        get::<providers::List>("/connect/s/{visit}/providers", "connect.providers", ASK).summary("Choose a provider"),
        get::<credentials::Ask>("/connect/s/{visit}/providers/{slug}", "connect.credentials", LOOK)
            .summary("Ask for a provider's credentials"),
        post::<credentials::Link>("/connect/s/{visit}/providers/{slug}", "connect.link", TRY)
            .summary("Validate credentials and link the account"),
        get::<sign_in::Begin>("/connect/s/{visit}/providers/{slug}/sign-in", "connect.sign_in", WRITE)
            .summary("Go to a provider to sign in there"),
        get::<sign_in::Return>(sign_in::RETURN_PATH, "connect.signed_in", TRY).summary("Come back from a provider"),
        get::<proof::Ask>("/connect/s/{visit}/proof", "connect.ask_proof", LOOK)
            .summary("Ask for credentials of a linked account, as a proof"),
        post::<proof::Submit>("/connect/s/{visit}/proof/{connection_id}", "connect.give_proof", TRY)
            .summary("Validate credentials of a linked account, as a proof"),
        get::<accounts::Accounts>("/connect/s/{visit}/accounts", "connect.accounts", ASK)
            .summary("Show the linked accounts as they are"),
        get::<ledger::Download>("/connect/s/{visit}/ledger.csv", "connect.ledger", LOOK)
            .summary("Download what the partner received"),
        get::<sharing::AskRemove>("/connect/s/{visit}/accounts/{connection_id}/remove", "connect.ask_remove", ASK)
            .summary("Ask before an account is removed"),
        post::<sharing::Remove>("/connect/s/{visit}/accounts/{connection_id}/remove", "connect.remove", ASK)
            .summary("Remove an account"),
        post::<sharing::Pause>("/connect/s/{visit}/pause", "connect.pause", ASK).summary("Pause sharing"),
        post::<sharing::Resume>("/connect/s/{visit}/resume", "connect.resume", ASK).summary("Resume sharing"),
        get::<sharing::AskStop>("/connect/s/{visit}/stop", "connect.ask_stop", LOOK).summary("Ask before sharing ends"),
        post::<sharing::StopSharing>("/connect/s/{visit}/stop", "connect.stop", ASK)
            .summary("Remove the accounts and end sharing"),
        get::<sharing::Done>("/connect/s/{visit}/done", "connect.done", ACT).summary("Finish and return to the partner"),
        row::<probe::Probe>(Method::GET, "/embed/probe", "connect.probe", LOOK)
            .summary("Find out whether a frame of a page keeps cookies"),
        row::<probe::Round>(Method::GET, "/embed/probe/{step}", "connect.probe_round", &[])
            .summary("Set a cookie in a frame, and see whether it comes back"),
        row::<assets::Asset>(Method::GET, "/connect/assets/{name}", "connect.asset", &[])
            .summary("Serve the style sheet and the script"),
    ]
}

/// Errors are pages, whatever caused them.
fn row<O: Operation>(method: Method, path: &'static str, handler: &'static str, permissions: &'static [Permission]) -> Endpoint {
    Endpoint::new::<O>(method, path, handler, Access::Public, permissions).failing_as(error_page)
}

fn get<S: Screen>(path: &'static str, handler: &'static str, permissions: &'static [Permission]) -> Endpoint {
    row::<Shown<S>>(Method::GET, path, handler, permissions)
}

fn post<S: Screen>(path: &'static str, handler: &'static str, permissions: &'static [Permission]) -> Endpoint {
    row::<Shown<S>>(Method::POST, path, handler, permissions)
}
