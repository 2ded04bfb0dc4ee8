//! `/connect` and `/connect/done`: what is linked, add another, finish.

use gateway::{ApiError, Call, Context, Html, Operation};
use http::StatusCode;
use maud::html;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::consent::Visit;
use crate::session::{self, Session};
use crate::{api, page};

/// The list of what is linked.
pub(crate) struct Hub;
/// The end of the journey.
pub(crate) struct Done;

/// Provider names of what the fleet has linked, by asking our API as the fleet.
async fn linked(context: &Context, session: &Session) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let Some(token) = api::token(context, session).await? else { return Ok(Vec::new()) };
    let answer = api::call(context, Method::GET, "/v2/integrations/connections?size=1000", Some(&token), None).await?;
    let tsps = context.store().tsps().await?;
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = |item: &Value| {
        let id = text(item, "tsp_id")?;
        tsps.iter().find(|tsp| tsp.id.to_string() == id).map(|tsp| tsp.name.clone())
    };
    let items = answer.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(items.iter().filter_map(|item| Some((name(item)?, text(item, "description")))).collect())
}

impl Operation for Hub {
    type Input = Visit;
    type Output = Html;

    async fn run(context: &Context, call: Call, visit: Visit) -> Result<Self::Output, ApiError> {
        let Some(session) = visit.presented().session(context, call.now).await? else { return Ok(session::lost(context)) };
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
            p.good role="status" { "✓ Data is on its way to " (partner) "." }
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
    type Input = Visit;
    type Output = Html;

    async fn run(context: &Context, call: Call, visit: Visit) -> Result<Self::Output, ApiError> {
        let Some(session) = visit.presented().session(context, call.now).await? else { return Ok(session::lost(context)) };
        let count = linked(context, &session).await?.len();
        let onward = session.invitation.success_redirect_url.as_deref().filter(|_| count > 0);
        if let Some(target) = onward.and_then(|url| redirect_url(url, &session, "success", count, None)) {
            return Ok(page::redirect(context, &target));
        }
        let text = format!("Thank you. {} is told when data arrives. You can close this window.", session.partner.name);
        Ok(page::dead_end(context, StatusCode::OK, "All set", &text))
    }
}

/// The partner's page with the outcome appended; parameters that stand on it stay.
pub(crate) fn redirect_url(
    base: &str,
    session: &Session,
    status: &str,
    count: usize,
    skip_reason: Option<&str>,
) -> Option<String> {
    let mut url = Url::parse(base).ok()?;
    let count = count.to_string();
    let id = session.invitation.id.to_string();
    let fleet_ref = session.invitation.fleet_ref.as_str();
    url.query_pairs_mut().extend_pairs([
        ("invitation_id", id.as_str()),
        ("fleet_ref", fleet_ref),
        ("status", status),
        ("tsp_count", &count),
    ]);
    if let Some(reason) = skip_reason {
        url.query_pairs_mut().append_pair("skip_reason", reason);
    }
    Some(url.into())
}
