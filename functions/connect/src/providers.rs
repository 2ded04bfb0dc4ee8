//! `GET /connect/s/{visit}/providers`: the choice of the provider.

use gateway::{Call, Context, Input, Reader};
use maud::{Markup, html};
use model::tsp::{Tsp, TspStatus};

use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::visit::{Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{accounts, help};

/// The list of providers, with search.
pub(crate) struct List;

/// The search, if any.
pub(crate) struct Search(VisitRequest, String);

/// The most characters of a search.
const MAX_SEARCH: usize = 100;

impl Input for Search {
    fn read(reader: &mut Reader) -> Self {
        let sought = reader.first("q").unwrap_or_default();
        Self(VisitRequest::read(reader), sought.trim().chars().take(MAX_SEARCH).collect())
    }
}

/// Whether the invitation allows this provider.
pub(crate) fn allowed(visit: &Visit, tsp: &Tsp) -> bool {
    let limit = visit.invitation.limit_tsps.as_ref();
    limit.is_none_or(|names| names.iter().any(|name| *name == tsp.slug || *name == tsp.source_name))
}

/// What a search is compared with: the brand, and the names that people know it by.
fn names(tsp: &Tsp) -> String {
    let mut names = vec![tsp.name.to_lowercase(), tsp.slug.clone(), tsp.source_name.clone()];
    names.extend(help::aliases(&tsp.source_name).iter().map(|alias| (*alias).to_owned()));
    names.join(" ")
}

fn matches(names: &str, sought: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
    plain(names).contains(&plain(sought))
}

impl Screen for List {
    type Input = Search;

    async fn show(context: &Context, call: &Call, Search(request, sought): Search) -> Result<Answer, Stop> {
        let agreed = request.agreed(context, call.now).await?;
        let visit = &agreed.visit;
        visit.check_reviewed(context)?;
        let mut tsps = context.store().tsps().await?;
        tsps.retain(|tsp| allowed(visit, tsp));
        tsps.sort_by_key(|tsp| (tsp.status != TspStatus::Active, tsp.name.to_lowercase()));
        let accounts = accounts::of(context, &agreed, call.now).await?;
        let is_linked = |tsp: &Tsp| accounts.iter().any(|account| account.tsp.id == tsp.id);
        let shown = tsps.iter().filter(|tsp| matches(&names(tsp), &sought)).count();
        let title = "Which system is in your trucks?";
        let content = html! {
            h1 { (title) }
            p.soft { "The company that made the devices, or the app that your drivers use." }
            @if !tsps.iter().any(|tsp| tsp.status == TspStatus::Active) { (nothing_to_connect(visit)) }
            form method="get" action=(visit.path("providers")) role="search" {
                (page::launch_fields(&visit.launch.asked))
                label for="q" { "Search" }
                input #q type="search" name="q" value=(sought) autocomplete="off" placeholder="Name on the device or the app";
                noscript { div.actions { button type="submit" { "Search" } } }
            }
            p.hint #count role="status" { (count(shown)) }
            ul.list aria-label="Providers" {
                @for tsp in &tsps { (row(visit, tsp, is_linked(tsp), matches(&names(tsp), &sought))) }
            }
            p #none hidden[shown > 0] { "No match. Check the name on the device or the app, or see below." }
            details { summary { "Can't find yours?" } p { "Tell " bdi { (visit.partner.name) } " which system you use: it cannot be connected here yet." } }
            div.actions {
                @if accounts.is_empty() { a.button href=(visit.path("done")) { "Finish later" } }
                @else { a.button href=(visit.path("accounts")) { "Back" } }
            }
        };
        Ok(Page::titled(title).of(visit).step(Step::Connect).show(context, &content))
    }
}

fn nothing_to_connect(visit: &Visit) -> Markup {
    html! {
        div.note { "None of these can be connected yet. Ask " bdi { (visit.partner.name) } " how to go on; your consent is kept." }
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 provider".into() } else { format!("{number} providers") }
}

fn row(visit: &Visit, tsp: &Tsp, is_linked: bool, is_shown: bool) -> Markup {
    let mark = page::provider_mark(visit, tsp);
    html! {
        li data-name=(names(tsp)) hidden[!is_shown] {
            @if tsp.status == TspStatus::Active {
                a.row href=(visit.path(&format!("providers/{}", tsp.slug))) {
                    (mark) span { (tsp.name) @if is_linked { span.hint { "Connected – add another account" } } }
                    span.tail aria-hidden="true" { @if is_linked { "✓" } @else { "›" } }
                }
            } @else {
                span.off { (mark) span { (tsp.name) } span.tail { "coming soon" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_found_by_the_names_that_people_know() {
        assert!(matches("motive motive keeptruckin", "Keep Truckin"));
        assert!(matches("samsara europe samsara-eu", " samsara  EU"));
        assert!(matches("anything", ""));
        assert!(!matches("samsara", "geotab"));
    }
}
