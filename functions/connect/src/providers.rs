//! `GET /connect/s/{visit}/providers`: the choice of the provider.

use gateway::{Call, Context, Input, Reader};
use maud::{Markup, html};
use model::tsp::{Tsp, TspStatus};

use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, bdi};
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
        let (all, partner) = (visit.texts(), bdi(&visit.partner.name));
        let (texts, counts) = (&all.providers, &all.counts.providers);
        let title = texts.title;
        let content = html! {
            h1 { (title) }
            p.soft { (texts.lead) }
            @if !tsps.iter().any(|tsp| tsp.status == TspStatus::Active) { div.note { (texts.none_yet.markup(&[("partner", &partner)])) } }
            form method="get" action=(visit.path("providers")) role="search" {
                (page::launch_fields(&visit.launch.asked))
                label for="q" { (texts.search) }
                input #q type="search" name="q" value=(sought) autocomplete="off" placeholder=(texts.placeholder);
                noscript { div.actions { button type="submit" { (texts.search) } } }
            }
            p.hint #count role="status" data-one=(counts.one) data-many=(counts.many) data-other=(counts.other) { (all.count(shown, counts)) }
            ul.list aria-label=(texts.list) {
                @for tsp in &tsps { (row(visit, tsp, is_linked(tsp), matches(&names(tsp), &sought))) }
            }
            p #none hidden[shown > 0] { (texts.no_match) }
            details { summary { (texts.cannot_find) } p { (texts.tell_partner.markup(&[("partner", &partner)])) } }
            div.actions {
                @if accounts.is_empty() { a.button href=(visit.path("done")) { (texts.finish_later) } }
                @else { a.button href=(visit.path("accounts")) { (all.frame.back) } }
            }
        };
        Ok(Page::titled(title).of(visit).step(Step::Connect).show(context, &content))
    }
}

fn row(visit: &Visit, tsp: &Tsp, is_linked: bool, is_shown: bool) -> Markup {
    let (mark, texts) = (page::provider_mark(visit, tsp), &visit.texts().providers);
    html! {
        li data-name=(names(tsp)) hidden[!is_shown] {
            @if tsp.status == TspStatus::Active {
                a.row href=(visit.path(&format!("providers/{}", tsp.slug))) {
                    (mark) span { (tsp.name) @if is_linked { span.hint { (texts.connected) } } }
                    span.tail aria-hidden="true" { @if is_linked { "✓" } @else { "›" } }
                }
            } @else {
                span.off { (mark) span { (tsp.name) } span.tail { (texts.soon) } }
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
