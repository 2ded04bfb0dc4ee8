//! `GET /connect/s/{visit}/accounts`: the accounts of a fleet as they are, and how to mend and end what is shared.

use gateway::{ApiError, Call, Context};
use http::StatusCode;
use maud::{Markup, html};
use model::agreement::{Agreement, AgreementStatus, Party};
use model::connection::ConnectionStatus;
use model::schedule::{Schedule, ScheduleStatus};
use model::tsp::Tsp;
use model::{ConnectionId, Timestamp};
use reqwest::Method;
use serde_json::Value;

use crate::layout::Answer;
use crate::page::{self, Page, Step};
use crate::screen::Screen;
use crate::texts::{Sentence as _, Texts, bdi};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::{api, dead_ends, ledger, texts};

/// The list of accounts.
pub(crate) struct Accounts;

/// An account that the fleet has linked.
pub(crate) struct Account {
    pub(crate) id: ConnectionId,
    pub(crate) tsp: Tsp,
    pub(crate) description: Option<String>,
    pub(crate) state: State,
}

/// How an account is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Data came; the newest at this time, if any.
    Working(Option<Timestamp>),
    /// Linked; nothing has come yet.
    Waiting,
    /// The provider refuses the credentials.
    Refused,
    /// Fetching fails for another reason.
    Failing,
    /// Suspended by the fleet or by the platform's operators.
    Paused,
    /// It is over.
    Ended,
}

impl State {
    /// The state of a connection and its schedules.
    fn of(status: ConnectionStatus, schedules: &[Schedule]) -> Self {
        match status {
            ConnectionStatus::Stale | ConnectionStatus::Failed => return Self::Refused,
            ConnectionStatus::Paused => return Self::Paused,
            ConnectionStatus::Cancelled | ConnectionStatus::Deleted => return Self::Ended,
            ConnectionStatus::Active => {}
        }
        let is = |wanted: ScheduleStatus| schedules.iter().any(|schedule| schedule.status == wanted);
        let has_success = schedules.iter().any(|schedule| schedule.last_success_at.is_some());
        if is(ScheduleStatus::Stale) {
            Self::Refused
        } else if !is(ScheduleStatus::Active) && is(ScheduleStatus::Inactive) {
            Self::Failing
        } else if has_success {
            Self::Working(schedules.iter().filter_map(|schedule| schedule.last_data_at).max())
        } else {
            Self::Waiting
        }
    }

    /// Whether data flows, or will without anybody's doing.
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Working(_) | Self::Waiting)
    }
}

/// The fleet's accounts, read from the API with a token of the fleet.
pub(crate) async fn of(context: &Context, agreed: &Agreed, now: Timestamp) -> Result<Vec<Account>, Stop> {
    let token = api::token(context, agreed, now).await?;
    let path = "/v2/integrations/connections?size=1000";
    let response = api::call(context, Method::GET, path, Some(&token), None).await?;
    match response.status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(dead_ends::ended(context, &agreed.visit)),
        status => return Err(api::unexpected("listing connections", status).into()),
    }
    let tsps = context.store().tsps().await?;
    let items = response.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut accounts = Vec::with_capacity(items.len());
    for item in &items {
        if let Some(account) = account(context, &tsps, item).await? {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

async fn account(context: &Context, tsps: &[Tsp], item: &Value) -> Result<Option<Account>, ApiError> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(id) = text("id").parse::<ConnectionId>().ok() else { return Ok(None) };
    let Some(tsp) = tsps.iter().find(|tsp| tsp.id.to_string() == text("tsp_id")) else { return Ok(None) };
    let status = item.get("status").cloned().unwrap_or_default();
    let status = serde_json::from_value(status).map_err(ApiError::internal)?;
    let state = State::of(status, &context.store().schedules_of(id).await?);
    let description = Some(text("description").to_owned()).filter(|text| !text.is_empty());
    Ok(Some(Account { id, tsp: tsp.clone(), description, state }))
}

impl Screen for Accounts {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let agreed = request.agreed(context, call.now).await?;
        let accounts = of(context, &agreed, call.now).await?;
        let visit = &agreed.visit;
        if accounts.is_empty() && agreed.agreement.status == AgreementStatus::Active && visit.unseen().is_empty() {
            return Ok(page::redirect(context, &visit.onward("providers")));
        }
        let all = visit.texts();
        let (texts, partner) = (&all.accounts, bdi(&visit.partner.name));
        let named = |text: &str| text.markup(&[("partner", &partner)]);
        let title = title(texts, &agreed.agreement, &accounts);
        let ledger = ledger::section(context, &agreed, call.now).await?;
        let content = html! {
            h1 { (title) }
            (sharing(&agreed))
            @if !visit.asked().is_empty() {
                div.note { (named(texts.read_more)) " " a href=(visit.path("consent")) { (texts.read_what) } }
            } @else if visit.is_asked() {
                div.note { a href=(visit.path("consent")) { (named(texts.read_shared)) } }
            }
            ul.list.accounts aria-label=(texts.list) data-live=[accounts.iter().any(|account| account.state == State::Waiting).then_some("yes")] {
                @for account in &accounts { (row(visit, account, call.now)) }
            }
            div.actions {
                @if visit.launch.is_framed() { a.button.main href=(visit.path("done")) { (all.frame.done) } }
                @else { (page::return_button(visit, &visit.path("done"))) }
                a.button href=(visit.path("providers")) { (texts.add) }
            }
            (controls(&agreed))
            (ledger)
            @if visit.launch.is_framed() { p.hint { (texts.come_back) } }
            @else { p.hint { (texts.keep_link) } }
        };
        Ok(Page::titled(title).of(visit).step(Step::Done).show(context, &content))
    }
}

fn title(texts: &texts::Accounts, agreement: &Agreement, accounts: &[Account]) -> &'static str {
    let good = accounts.iter().filter(|account| account.state.is_good()).count();
    match agreement.status {
        AgreementStatus::Paused => texts.paused_title,
        _ if accounts.is_empty() => texts.nothing_title,
        _ if good == accounts.len() => texts.connected_title,
        _ if good > 0 => texts.one_title,
        _ => texts.all_title,
    }
}

fn sharing(agreed: &Agreed) -> Markup {
    let texts = &agreed.visit.texts().accounts;
    let named = |text: &str| text.markup(&[("partner", &bdi(&agreed.visit.partner.name))]);
    html! {
        @match (agreed.agreement.status, agreed.agreement.paused_by) {
            (AgreementStatus::Paused, Some(Party::Partner)) => div.note { (named(texts.paused_by_partner)) },
            (AgreementStatus::Paused, _) => div.note { (named(texts.paused)) },
            _ => {},
        }
    }
}

fn row(visit: &Visit, account: &Account, now: Timestamp) -> Markup {
    let (tsp, texts) = (&account.tsp, visit.texts());
    let for_provider = texts.accounts.for_provider.text(&[("provider", &tsp.name)]);
    let again = visit.path(&format!("providers/{}", tsp.slug));
    html! {
        li {
            div.account {
                (page::provider_mark(visit, tsp))
                div {
                    strong { (tsp.name) }
                    @if let Some(description) = &account.description { " " span.soft { bdi { (description) } } }
                    (state(texts, account.state, &tsp.name, now))
                }
            }
            div.links {
                @if account.state == State::Refused { a href=(again) { (texts.accounts.new_credentials) span.away { " " (for_provider) } } }
                a href=(visit.path(&format!("accounts/{}/remove", account.id))) { (texts.accounts.remove) span.away { " " (tsp.name) } }
            }
        }
    }
}

fn state(all: &Texts, state: State, tsp: &str, now: Timestamp) -> Markup {
    let texts = &all.accounts;
    let named = |text: &str| text.markup(&[("provider", &tsp)]);
    html! {
        @match state {
            State::Working(None) => p.good { (texts.working) },
            State::Working(Some(at)) => p.good { (texts.last_data.text(&[("ago", &ago(all, now, at))])) },
            State::Waiting => p.soft role="status" { (texts.waiting) },
            State::Refused => p.bad { (named(texts.refused)) },
            State::Failing => p.bad { (named(texts.failing)) },
            State::Paused => p.soft { (texts.suspended) },
            State::Ended => p.soft { (texts.ended) },
        }
    }
}

/// `40 s ago`.
fn ago(all: &Texts, now: Timestamp, at: Timestamp) -> String {
    let seconds = now.seconds().saturating_sub(at.seconds()).max(0);
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    let (text, count) = match seconds {
        0..90 => (all.accounts.seconds_ago, seconds),
        90..5_400 => (all.accounts.minutes_ago, seconds / 60),
        5_400..172_800 => (all.accounts.hours_ago, seconds / 3_600),
        _ => return all.count(seconds / 86_400, &all.counts.days_ago),
    };
    text.text(&[("count", &all.language.number(count))])
}

fn controls(agreed: &Agreed) -> Markup {
    let visit = &agreed.visit;
    let agreement = &agreed.agreement;
    let (texts, busy) = (&visit.texts().accounts, visit.texts().frame.one_moment);
    html! {
        div.controls {
            @match (agreement.status, agreement.paused_by) {
                (AgreementStatus::Paused, Some(Party::Partner)) => {},
                (AgreementStatus::Paused, _) if !visit.unproved().is_empty() => a.button href=(visit.path("proof")) { (texts.resume) },
                (AgreementStatus::Paused, _) => form method="post" action=(visit.path("resume")) {
                    (page::csrf(visit)) button type="submit" data-busy=(busy) { (texts.resume) }
                },
                _ => form method="post" action=(visit.path("pause")) {
                    (page::csrf(visit)) button type="submit" data-busy=(busy) { (texts.pause) }
                },
            }
            @if !visit.launch.is_card() { a.button.danger href=(visit.path("stop")) { (texts.stop) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::Resource;

    use super::*;
    use crate::language::Language;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }

    #[test]
    fn an_account_is_as_its_connection_and_schedules_are() {
        let connection = ConnectionId::at(now());
        let with = |status, succeeded: bool| {
            let schedule = Schedule::new(connection, Resource::Vehicle, "samsara", now());
            let at = succeeded.then(now);
            Schedule { status, last_success_at: at, last_data_at: at, ..schedule }
        };
        let waiting = with(ScheduleStatus::Active, false);
        let working = with(ScheduleStatus::Active, true);
        let inactive = with(ScheduleStatus::Inactive, true);
        let cases = [
            (ConnectionStatus::Active, vec![], State::Waiting),
            (ConnectionStatus::Active, vec![waiting.clone()], State::Waiting),
            (ConnectionStatus::Active, vec![working.clone(), inactive.clone()], State::Working(Some(now()))),
            (ConnectionStatus::Active, vec![inactive], State::Failing),
            (ConnectionStatus::Active, vec![with(ScheduleStatus::Stale, true)], State::Refused),
            (ConnectionStatus::Stale, vec![working.clone()], State::Refused),
            (ConnectionStatus::Failed, vec![waiting], State::Refused),
            (ConnectionStatus::Paused, vec![working.clone()], State::Paused),
            (ConnectionStatus::Cancelled, vec![working], State::Ended),
        ];
        for (status, schedules, expected) in cases {
            assert_eq!(State::of(status, &schedules), expected, "{status:?}");
        }
    }

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        for (seconds, expected) in
            [(-5, "0 s ago"), (40, "40 s ago"), (600, "10 min ago"), (7_200, "2 h ago"), (900_000, "10 days ago")]
        {
            assert_eq!(ago(Language::English.texts(), now().plus_seconds(seconds), now()), expected);
        }
    }
}
