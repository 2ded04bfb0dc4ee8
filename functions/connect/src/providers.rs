//! `GET /connect/providers`: the choice of the provider.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::tsp::{Tsp, TspStatus};

use crate::page;
use crate::session::{self, Session, SessionCookie};

/// The list of providers, with search.
pub(crate) struct List;

/// The search, if any.
pub(crate) struct Search(SessionCookie, String);

impl Input for Search {
    fn read(reader: &mut Reader) -> Self {
        let query = reader.query("q").text(0, 100).unwrap_or_default();
        Self(SessionCookie::read(reader), query)
    }
}

/// Whether the invitation allows this provider.
pub(crate) fn allowed(session: &Session, tsp: &Tsp) -> bool {
    let limit = session.invitation.limit_tsps.as_ref();
    limit.is_none_or(|names| names.iter().any(|name| *name == tsp.slug || *name == tsp.source_name))
}

impl Operation for List {
    type Input = Search;
    type Output = Html;

    async fn run(context: &Context, call: Call, Search(cookie, query): Search) -> Result<Self::Output, ApiError> {
        let Some(session) = cookie.session(context, call.now).await? else { return Ok(session::expired(context)) };
        if session.invitation.fleet_id.is_none() {
            return Ok(page::redirect(context, "/connect/consent"));
        }
        let mut tsps = context.store().tsps().await?;
        let query_lower = query.trim().to_lowercase();
        tsps.retain(|tsp| allowed(&session, tsp) && tsp.name.to_lowercase().contains(&query_lower));
        tsps.sort_by_key(|tsp| (tsp.status != TspStatus::Active, tsp.name.to_lowercase()));
        let content = html! {
            h1 { "Choose your telematics provider" }
            p.soft { "The company that made the devices or the app in your vehicles." }
            form method="get" action="/connect/providers" role="search" {
                label for="q" { "Search" }
                input #q type="search" name="q" value=(query) autocomplete="off" placeholder="Samsara, Motive, Geotab…";
                noscript { div.actions { button type="submit" { "Search" } } }
            }
            p.hint #count role="status" { (count(tsps.len())) }
            @if tsps.is_empty() {
                p { "No provider with this name. Try another spelling, or ask " (session.partner.name) "." }
            } @else {
                ul.list aria-label="Providers" { @for tsp in &tsps { (row(tsp)) } }
            }
        };
        Ok(page::document(context, StatusCode::OK, "Choose your provider", &content))
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 provider".into() } else { format!("{number} providers") }
}

fn row(tsp: &Tsp) -> Markup {
    let initial: String = tsp.name.chars().take(1).collect();
    html! {
        li data-name=(tsp.name.to_lowercase()) {
            @if tsp.status == TspStatus::Active {
                a.row href={ "/connect/providers/" (tsp.slug) } {
                    span.avatar aria-hidden="true" { (initial) } span { (tsp.name) } span.tail aria-hidden="true" { "›" }
                }
            } @else {
                span.off { span.avatar aria-hidden="true" { (initial) } span { (tsp.name) } span.tail { "coming soon" } }
            }
        }
    }
}
