//! `cargo xtask scale`: the cost table of docs/scale.md, from the template, the figures of the benches, and AWS's list prices.

mod basis;
mod bill;
mod prices;

use std::fmt::Write as _;

use anyhow::Result;

use crate::files::{self, Mode, Section};
use basis::Basis;
use bill::{LINES, Load};

const COSTS: Section =
    Section { document: "docs/scale.md", begin: "<!-- costs: written by `cargo xtask scale` -->", end: "<!-- end of costs -->" };

/// Nothing but the stack.
const IDLE: Load = Load { name: "idle", connections: 0.0, goal: Some(12.0) };
/// A first customer.
const SMALL: Load = Load { name: "1,000 vehicles on 20 connections", connections: 20.0, goal: Some(45.0) };
const LARGE: Load = Load { name: "1,000,000 on 20,000", connections: 20_000.0, goal: None };
const LOADS: [Load; 3] = [IDLE, SMALL, LARGE];

/// Writes or checks the table.
///
/// # Errors
/// When the document cannot be written, is not current, or the basis lacks a figure.
pub(crate) fn command(mode: Mode) -> Result<()> {
    let (path, text) = document()?;
    files::settle(mode, path, &text, "cargo xtask scale")
}

/// Path and text of the document with the computed tables.
///
/// # Errors
/// When the document cannot be read, or the basis lacks a figure.
pub fn document() -> Result<(&'static str, String)> {
    let section = section(&Basis::read()?);
    Ok((COSTS.document, COSTS.replaced(&section)?))
}

fn section(basis: &Basis) -> String {
    format!("{}\n{}\n{}", costs(basis), down(basis), more(basis))
}

/// The bill of each load.
fn costs(basis: &Basis) -> String {
    let names: Vec<&str> = LOADS.iter().map(|load| load.name).collect();
    let mut text = format!("US dollars a month (30 days), {}, prices of {}:\n\n", prices::REGION, prices::DATE);
    let _infallible = writeln!(text, "| what | price | {} |\n| --- | --- | ---: | ---: | ---: |", names.join(" | "));
    for line in LINES {
        let sums = LOADS.map(|load| dollars(line.dollars(basis, &load)));
        let _infallible = writeln!(text, "| {} | {} | {} |", line.what, line.price, sums.join(" | "));
    }
    let sums = LOADS.map(|load| format!("**{}**", dollars(bill::total(basis, &load))));
    let _infallible = writeln!(text, "| **in all** | | {} |", sums.join(" | "));
    let goals = LOADS.map(|load| load.goal.map_or_else(String::new, |goal| format!("at most {goal:.0}")));
    let _infallible = writeln!(text, "| goal | | {} |", goals.join(" | "));
    text
}

/// What it costs when the receiver of [`LARGE`] is down for a day.
fn down(basis: &Basis) -> String {
    let mut text = String::from("A receiver that is down for a day, with 333 messages a second for it:\n\n");
    text += "| what | quantity | dollars |\n| --- | ---: | ---: |\n";
    let day = bill::day_down(basis);
    for (what, quantity, sum) in &day {
        let _infallible = writeln!(text, "| {what} | {} | {} |", amount(*quantity), dollars(*sum));
    }
    let sum: f64 = day.iter().map(|(.., sum)| sum).sum();
    let _infallible = writeln!(text, "| **in all** | | **{}** |", dollars(sum));
    text
}

/// What one more resource type costs.
fn more(basis: &Basis) -> String {
    let mut text =
        String::from("Each further resource type that is fetched, for twenty connections, without what it stores:\n\n");
    text += "| every | dollars a month |\n| --- | ---: |\n";
    for minutes in [1.0, 5.0, 10.0] {
        let _infallible = writeln!(text, "| {minutes:.0} min | {} |", dollars(bill::further_type(basis, &SMALL, minutes)));
    }
    text.trim_end().to_owned()
}

fn dollars(sum: f64) -> String {
    match sum {
        sum if sum >= 1_000.0 => grouped(sum),
        sum if sum >= 100.0 => format!("{sum:.0}"),
        sum => format!("{sum:.2}"),
    }
}

fn amount(quantity: f64) -> String {
    if quantity >= 1e5 { format!("{:.2} million", quantity / 1e6) } else { grouped(quantity) }
}

/// A whole number with commas.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = digits.get(..first).into_iter().filter(|part| !part.is_empty()).collect();
    let rest = digits.get(first..).unwrap_or_default();
    parts.extend((0..rest.len()).step_by(3).filter_map(|start| rest.get(start..start + 3)));
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goals_are_held() {
        let basis = Basis::read().unwrap();
        for load in LOADS {
            let total = bill::total(&basis, &load);
            assert!(load.goal.is_none_or(|goal| total <= goal), "{} costs {total:.2}\n{}", load.name, costs(&basis));
        }
    }

    #[test]
    fn a_bill_follows_its_basis() {
        let basis = Basis::read().unwrap();
        let more_alarms = Basis { alarms: basis.alarms + 10.0, ..basis };
        let difference = bill::total(&more_alarms, &IDLE) - bill::total(&basis, &IDLE);
        assert!((difference - 1.0).abs() < 1e-6, "{difference}");
        let dearer = Basis { bookkeeping_units: basis.bookkeeping_units * 2.0, ..basis };
        assert!(bill::total(&dearer, &LARGE) > bill::total(&basis, &LARGE) * 1.05);
        let (small, large) = (bill::total(&basis, &SMALL), bill::total(&basis, &LARGE));
        assert!(large > small * 200.0 && large < small * 1_000.0, "{small} {large}: batches grow with the load");
    }

    #[test]
    fn sums_are_written_as_people_read_them() {
        let check = |sum: f64, expected: &str| assert_eq!(dollars(sum), expected);
        check(0.0, "0.00");
        check(12.345, "12.35");
        check(123.4, "123");
        check(1_234.5, "1,234");
        check(23_456_789.0, "23,456,789");
        check(100_000.0, "100,000");
    }
}
