//! Whether a customer can sign in at a provider, and the button that leads there.

use gateway::{ApiError, Context};
use maud::{Markup, html};
use model::tsp::Tsp;
use providers::OAuth;
use store::control::{Key, SignInClient};
use url::Url;

use crate::texts::Sentence as _;
use crate::visit::Visit;

/// How a customer of a TSP can sign in: the provider's server, its address, and our application there; `None` where it cannot.
pub(crate) async fn way(context: &Context, tsp: &Tsp) -> Result<Option<(&'static OAuth, Url, String)>, ApiError> {
    let Some(accounts) = providers::accounts(&tsp.source_name) else { return Ok(None) };
    let Some(oauth) = accounts.oauth() else { return Ok(None) };
    let Some(client) = context.store().get::<SignInClient>(Key::sign_in_client(&tsp.slug)).await? else { return Ok(None) };
    let base = Url::parse(tsp.base_url.as_deref().unwrap_or_else(|| accounts.default_base_url())).map_err(ApiError::internal)?;
    Ok(Some((oauth, base, client.client_id)))
}

/// The button on a provider's page. It opens a window of its own.
pub(crate) fn button(visit: &Visit, tsp: &Tsp) -> Markup {
    let texts = &visit.texts().sign_in;
    let named = |text: &str| text.markup(&[("provider", &tsp.name)]);
    html! {
        div.sign-in {
            a.button.main href=(visit.path(&format!("providers/{}/sign-in", tsp.slug))) target="_blank" rel="noopener" data-sign-in=(visit.name) data-accounts=(visit.path("accounts")) data-blocked=(texts.blocked) {
                (named(texts.button)) span.away { " " (texts.new_window) }
            }
            p.hint { (named(texts.hint)) }
        }
    }
}
