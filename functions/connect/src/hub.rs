//! `/connect` and `/connect/done`: what is linked, add another, finish.

use gateway::{ApiError, Call, Context, Html, Operation};
use http::StatusCode;
use maud::html;
use model::InvitationId;
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
        if let Some(target) = onward.and_then(|url| {
            let outcome = Outcome { status: "success", count, skip_reason: None };
            redirect_url(url, session.invitation.id, &session.invitation.fleet_ref, &outcome)
        }) {
            return Ok(page::redirect(context, &target));
        }
        let text = format!("Thank you. {} is told when data arrives. You can close this window.", session.partner.name);
        Ok(page::dead_end(context, StatusCode::OK, "All set", &text))
    }
}

/// How a visit to Connect ended, as the partner's page is told.
pub(crate) struct Outcome<'a> {
    /// `success` or `failure`.
    pub status: &'a str,
    /// How many accounts are linked.
    pub count: usize,
    /// Why the fleet declined, if it said so.
    pub skip_reason: Option<&'a str>,
}

/// The partner's page with the outcome appended; parameters that stand on it stay.
pub(crate) fn redirect_url(base: &str, id: InvitationId, fleet_ref: &str, outcome: &Outcome<'_>) -> Option<String> {
    let mut url = Url::parse(base).ok()?;
    let (id, count) = (id.to_string(), outcome.count.to_string());
    let told = [("invitation_id", id.as_str()), ("fleet_ref", fleet_ref), ("status", outcome.status), ("tsp_count", &count)];
    url.query_pairs_mut().extend_pairs(told).extend_pairs(outcome.skip_reason.map(|reason| ("skip_reason", reason)));
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_is_appended_to_what_stands_there() {
        let id: InvitationId = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        let told = "invitation_id=01900000-0000-7000-8000-000000000001&fleet_ref=a+%26+b";
        let success = Outcome { status: "success", count: 2, skip_reason: None };
        let url = redirect_url("https://partner.example/done?x=1", id, "a & b", &success).unwrap();
        assert_eq!(url, format!("https://partner.example/done?x=1&{told}&status=success&tsp_count=2"));
        let failure = Outcome { status: "failure", count: 0, skip_reason: Some("not now") };
        let url = redirect_url("https://partner.example/no", id, "a & b", &failure).unwrap();
        assert_eq!(url, format!("https://partner.example/no?{told}&status=failure&tsp_count=0&skip_reason=not+now"));
        assert_eq!(redirect_url("nonsense", id, "a", &success), None);
    }
}
