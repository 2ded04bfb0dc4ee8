//! What the partner received of the fleet: a section of the page of accounts, and `GET /connect/s/{visit}/ledger.csv`, all of it as a file.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use gateway::{Call, Context};
use maud::{Markup, html};
use model::{Resource, Timestamp};
use store::control::{ACCESS_DAYS, Access, Way};

use crate::layout::Answer;
use crate::screen::Screen;
use crate::texts::{Sentence as _, Texts, bdi};
use crate::visit::{Agreed, Stop, Visit};
use crate::visit_request::VisitRequest;
use crate::words;

/// The days that the page shows, those that have something among them first.
const SHOWN_DAYS: i64 = 30;
/// So many of them are open.
const OPEN_DAYS: usize = 5;

/// The file.
pub(crate) struct Download;

/// What was received, by day and way; the newest day first.
type Days = BTreeMap<Reverse<Timestamp>, BTreeMap<Way, BTreeSet<Resource>>>;

async fn read(context: &Context, agreed: &Agreed, days: i64, now: Timestamp) -> Result<Days, Stop> {
    let (fleet, partner) = (agreed.fleet.id, agreed.visit.partner.id);
    Ok(by_day(context.store().accesses(fleet, partner, days, now).await?))
}

fn by_day(accesses: Vec<Access>) -> Days {
    let mut days = Days::new();
    for Access { day, way, resource, .. } in accesses {
        days.entry(Reverse(day)).or_default().entry(way).or_default().insert(resource);
    }
    days
}

/// The section.
pub(crate) async fn section(context: &Context, agreed: &Agreed, now: Timestamp) -> Result<Markup, Stop> {
    let days = read(context, agreed, SHOWN_DAYS, now).await?;
    Ok(shown(&agreed.visit, &days))
}

fn shown(visit: &Visit, days: &Days) -> Markup {
    let (all, partner) = (visit.texts(), bdi(&visit.partner.name));
    let texts = &all.ledger;
    let list = |days: &mut dyn Iterator<Item = Markup>| html! { dl { @for day in days { (day) } } };
    let mut parts = days.iter().map(|(Reverse(day), ways)| part(all, *day, ways));
    html! {
        section.ledger aria-labelledby="ledger" {
            h2 #ledger { (texts.title.markup(&[("partner", &partner)])) }
            p.hint { (texts.about) }
            @if days.is_empty() { p { (texts.nothing.markup(&[("partner", &partner)])) } }
            @else { (list(&mut parts.by_ref().take(OPEN_DAYS))) }
            @if days.len() > OPEN_DAYS { details.part { summary { (texts.earlier) } (list(&mut parts)) } }
            p { a href=(visit.path("ledger.csv")) download { (texts.download.text(&[("days", &all.language.number(kept_days()))])) } }
        }
    }
}

fn part(all: &Texts, day: Timestamp, ways: &BTreeMap<Way, BTreeSet<Resource>>) -> Markup {
    html! {
        dt { time datetime=(day.date()) { (all.day(day)) } }
        @for (way, resources) in ways {
            dd { (sentence(all, *way).text(&[("list", &words::titles(all.language, resources).join(", "))])) }
        }
    }
}

fn sentence(all: &Texts, way: Way) -> &'static str {
    match way {
        Way::Read => all.ledger.read,
        Way::Delivered => all.ledger.delivered,
    }
}

fn kept_days() -> usize {
    usize::try_from(ACCESS_DAYS).unwrap_or_default()
}

impl Screen for Download {
    type Input = VisitRequest;

    async fn show(context: &Context, call: &Call, request: VisitRequest) -> Result<Answer, Stop> {
        let agreed = request.agreed(context, call.now).await?;
        let days = read(context, &agreed, ACCESS_DAYS, call.now).await?;
        let (partner, texts) = (&agreed.visit.partner.name, agreed.visit.texts());
        Ok(Answer::csv_file(context, "data-access.csv", file(texts, partner, &days)))
    }
}

/// The rows, after a mark of the encoding, which spreadsheets need.
fn file(all: &Texts, partner: &str, days: &Days) -> String {
    let texts = &all.ledger;
    let mut file = "\u{feff}".to_owned() + &row([texts.day, texts.company, texts.data, texts.how]);
    for (Reverse(day), ways) in days {
        let day = day.date().to_string();
        for (way, resources) in ways {
            let how = if *way == Way::Read { texts.was_read } else { texts.was_delivered };
            for title in words::titles(all.language, resources) {
                file.push_str(&row([&day, partner, title, how]));
            }
        }
    }
    file
}

/// A row (RFC 4180).
fn row(cells: [&str; 4]) -> String {
    cells.map(cell).join(",") + "\r\n"
}

/// A cell. What a spreadsheet would take for a formula becomes text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use model::{FleetId, PartnerId};

    use super::*;
    use crate::language::Language;

    fn days() -> Days {
        let access = |day: &str, resource, way| Access {
            fleet_id: FleetId::from_uuid(uuid::Uuid::nil()),
            partner_id: PartnerId::from_uuid(uuid::Uuid::nil()),
            day: Timestamp::parse(day).unwrap(),
            resource,
            way,
        };
        by_day(vec![
            access("2026-11-20T00:00:00Z", Resource::User, Way::Read),
            access("2026-11-21T00:00:00Z", Resource::User, Way::Read),
            access("2026-11-21T00:00:00Z", Resource::Vehicle, Way::Delivered),
            access("2026-11-21T00:00:00Z", Resource::Vehicle, Way::Read),
        ])
    }

    #[test]
    fn the_file_is_safe_to_open_and_has_a_row_for_each() {
        let lines = [
            "\u{feff}\"Day (UTC)\",\"Company\",\"Data\",\"How\"",
            "\"2026-11-21\",\"'=HYPERLINK(\"\"x\"\")\",\"Vehicles\",\"read\"",
            "\"2026-11-21\",\"'=HYPERLINK(\"\"x\"\")\",\"Drivers and staff\",\"read\"",
            "\"2026-11-21\",\"'=HYPERLINK(\"\"x\"\")\",\"Vehicles\",\"sent\"",
            "\"2026-11-20\",\"'=HYPERLINK(\"\"x\"\")\",\"Drivers and staff\",\"read\"",
            "",
        ];
        assert_eq!(file(Language::English.texts(), "=HYPERLINK(\"x\")", &days()), lines.join("\r\n"));
    }

    #[test]
    fn a_day_says_what_was_read_and_what_was_sent() {
        let days = days();
        let (Reverse(day), ways) = days.first_key_value().unwrap();
        let html = part(Language::French.texts(), *day, ways).into_string();
        assert_eq!(
            html,
            "<dt><time datetime=\"2026-11-21\">21 novembre 2026</time></dt><dd>Lu\u{a0}: Véhicules, Conducteurs et personnel</dd>\
             <dd>Envoyé\u{a0}: Véhicules</dd>"
        );
    }
}
