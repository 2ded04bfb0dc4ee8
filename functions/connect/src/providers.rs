//! `GET /connect/providers`: which provider is in the vehicles.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader};
use http::StatusCode;
use maud::{Markup, html};
use model::tsp::{Tsp, TspStatus};

use crate::page;
use crate::session::{self, Presented, Session};

/// The list of providers, with search.
pub(crate) struct List;

/// The search, if any.
pub(crate) struct Search(Presented, String);

impl Input for Search {
    fn read(reader: &mut Reader) -> Self {
        let wanted = reader.query("q").text(0, 100).unwrap_or_default();
        Self(Presented::read(reader), wanted)
    }
}

/// Whether the invitation lets the fleet choose this provider.
pub(crate) fn allowed(session: &Session, tsp: &Tsp) -> bool {
    let limit = session.invitation.limit_tsps.as_ref();
    limit.is_none_or(|names| names.iter().any(|name| *name == tsp.slug || *name == tsp.source_name))
}

impl Operation for List {
    type Input = Search;
    type Output = Html;

    async fn run(context: &Context, call: Call, Search(presented, wanted): Search) -> Result<Self::Output, ApiError> {
        let Some(session) = presented.session(context, call.now).await? else { return Ok(session::lost(context)) };
        if session.invitation.fleet_id.is_none() {
            return Ok(page::redirect(context, "/connect/consent"));
        }
        let mut tsps = context.store().tsps().await?;
        let needle = wanted.trim().to_lowercase();
        tsps.retain(|tsp| allowed(&session, tsp) && tsp.name.to_lowercase().contains(&needle));
        tsps.sort_by_key(|tsp| (tsp.status != TspStatus::Active, tsp.name.to_lowercase()));
        let content = html! {
            h1 { "Choose your telematics provider" }
            p.soft { "The company whose device or app is in your vehicles." }
            form method="get" action="/connect/providers" role="search" {
                label for="q" { "Search" }
                input #q type="search" name="q" value=(wanted) autocomplete="off" placeholder="Samsara, Motive, Geotab…";
                noscript { div.actions { button type="submit" { "Search" } } }
            }
            p.hint #count role="status" { (count(tsps.len())) }
            @if tsps.is_empty() {
                p { "No provider of this name. Try another spelling, or ask " (session.partner.name) "." }
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
