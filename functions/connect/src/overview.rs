//! `/connect` and `/connect/done`: the linked providers, and the end of the visit.

use gateway::{ApiError, Call, Context, Html, Operation};
use http::StatusCode;
use maud::html;
use reqwest::Method;
use serde_json::Value;

use crate::outcome::{Outcome, redirect_url};
use crate::session::{self, Session, SessionCookie};
use crate::{api, page};

/// The list of linked providers.
pub(crate) struct Overview;
/// The last page.
pub(crate) struct Done;

/// The names of the linked providers with their descriptions, read from the API with a token of the fleet.
async fn linked(context: &Context, session: &Session) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let Some(token) = api::token(context, session).await? else { return Ok(Vec::new()) };
    let response = api::call(context, Method::GET, "/v2/integrations/connections?size=1000", Some(&token), None).await?;
    let tsps = context.store().tsps().await?;
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = |item: &Value| {
        let id = text(item, "tsp_id")?;
        tsps.iter().find(|tsp| tsp.id.to_string() == id).map(|tsp| tsp.name.clone())
    };
    let items = response.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(items.iter().filter_map(|item| Some((name(item)?, text(item, "description")))).collect())
}

impl Operation for Overview {
    type Input = SessionCookie;
    type Output = Html;

    async fn run(context: &Context, call: Call, cookie: SessionCookie) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        if session.invitation.fleet_id.is_none() {
            return Ok(page::redirect(context, "/connect/consent"));
        }
        let linked = linked(context, &session).await?;
        if linked.is_empty() {
            return Ok(page::redirect(context, "/connect/providers"));
        }
        let partner = &session.partner.name;
        let content = html! {
            h1 { "You are connected" }
            p.good role="status" { "✓ Your data will be shared with " (partner) "." }
            ul.list aria-label="Linked providers" {
                @for (name, description) in &linked {
                    li {
                        strong { (name) }
                        @if let Some(description) = description { " " span.soft { (description) } }
                    }
                }
            }
            div.actions {
                a.button.main href="/connect/done" { "Done" }
                a.button href="/connect/providers" { "Add another" }
            }
        };
        Ok(page::document(context, StatusCode::OK, "Connected", &content))
    }
}

impl Operation for Done {
    type Input = SessionCookie;
    type Output = Html;

    async fn run(context: &Context, call: Call, cookie: SessionCookie) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        let count = linked(context, &session).await?.len();
        let redirect = session.invitation.success_redirect_url.as_deref().filter(|_| count > 0);
        if let Some(target) = redirect.and_then(|url| {
            let outcome = Outcome { status: "success", count, skip_reason: None };
            redirect_url(url, session.invitation.id, &session.invitation.fleet_ref, &outcome)
        }) {
            return Ok(page::redirect(context, &target));
        }
        let text = format!("Thank you. {} will be notified when data arrives. You can close this window.", session.partner.name);
        Ok(page::message_page(context, StatusCode::OK, "All set", &text))
    }
}
