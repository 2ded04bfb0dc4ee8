//! Tables of codes: what the codes in records stand for. They are the same for all callers, and are data: a file for each, with a row a
//! line, in the order of the codes. Where they come from: docs/reference-tables.md.

mod rows;

use gateway::{
    ApiError, Body, BoxFuture, Call, Context, Counting, Describe, Incoming, MemberSpec, PageRow, Paging, Reader, Response,
    ResponseSchemas, Serve, page_of_rows, page_schema,
};
use schemars::SchemaGenerator;
use serde_json::Value;
use store::Slice;
use store::control::Shown;
use store::page::by_text;

/// The largest page.
const LARGEST_PAGE: u32 = 1_000;

/// A table of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Types and codes of entries of electronic logs.
    EventCodes,
    /// Malfunctions and data diagnostic events of devices.
    Malfunctions,
    /// How entries came about.
    RecordOrigins,
    /// Whether entries are in force.
    RecordStatuses,
    /// States, provinces and territories.
    Regions,
    /// Rules that drivers work under.
    Rulesets,
    /// Time zones.
    Timezones,
    /// Violations of those rules.
    Violations,
}

impl Table {
    /// A row a line, each a JSON object whose first member is the code.
    const fn text(self) -> &'static str {
        match self {
            Self::EventCodes => include_str!("event_codes.jsonl"),
            Self::Malfunctions => include_str!("malfunctions.jsonl"),
            Self::RecordOrigins => include_str!("record_origins.jsonl"),
            Self::RecordStatuses => include_str!("record_statuses.jsonl"),
            Self::Regions => include_str!("regions.jsonl"),
            Self::Rulesets => include_str!("rulesets.jsonl"),
            Self::Timezones => include_str!("timezones.jsonl"),
            Self::Violations => include_str!("violations.jsonl"),
        }
    }
}

/// The code of a row: the text of its first member. No code has a character that JSON escapes.
fn code(row: &str) -> &str {
    row.split('"').nth(3).unwrap_or_default()
}

/// A row of a table: it is of no fleet.
struct CodeRow(&'static str);

impl AsRef<[u8]> for CodeRow {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PageRow for CodeRow {
    fn shown(&self) -> impl Iterator<Item = Shown> {
        std::iter::empty()
    }
}

impl Describe for Table {
    fn description(&self) -> String {
        "Lists a table of codes in the order of the codes. It is the same for everybody.".to_owned()
    }

    fn members(&self) -> Vec<MemberSpec> {
        Reader::members(|reader| Paging::read(reader, LARGEST_PAGE))
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> ResponseSchemas {
        vec![(200, Some(page_schema(&rows::schema(*self, generator), Counting::Total)))]
    }
}

impl Serve for Table {
    fn call<'a>(&'a self, context: &'a Context, call: Call, incoming: &'a Incoming) -> BoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let paging = Reader::read(incoming, Body::None, |reader| Paging::read(reader, LARGEST_PAGE))?;
            let cursor = paging.open(context, &call).await?;
            let rows: Vec<CodeRow> = self.text().lines().map(CodeRow).collect();
            let total = u64::try_from(rows.len()).map_err(ApiError::internal)?;
            let slice = Slice::from_unsorted(rows, &cursor.page(), |CodeRow(row)| Value::from(code(row)), by_text);
            page_of_rows(&cursor, &slice, Some(total))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::codes::{
        HOS_EVENT_CODES, HOS_MALFUNCTIONS, HOS_RECORD_ORIGINS, HOS_RECORD_STATUSES, HOS_REGIONS, HOS_RULESETS,
        HOS_VIOLATION_CATEGORIES, HOS_VIOLATIONS, TIMEZONES,
    };

    use super::*;

    const TABLES: [(Table, &str, &[&str]); 8] = [
        (Table::EventCodes, "event_code", HOS_EVENT_CODES),
        (Table::Malfunctions, "malfunction_code", HOS_MALFUNCTIONS),
        (Table::RecordOrigins, "record_origin_code", HOS_RECORD_ORIGINS),
        (Table::RecordStatuses, "record_status_code", HOS_RECORD_STATUSES),
        (Table::Regions, "region_code", HOS_REGIONS),
        (Table::Rulesets, "hos_ruleset_code", HOS_RULESETS),
        (Table::Timezones, "timezone", TIMEZONES),
        (Table::Violations, "violation_code", HOS_VIOLATIONS),
    ];

    fn rows(table: Table) -> impl Iterator<Item = Value> {
        table.text().lines().map(|line| serde_json::from_str(line).unwrap())
    }

    fn check(table: Table, member: &str, list: &[&str]) {
        let listed: BTreeSet<String> = list.iter().map(|code| (*code).to_owned()).collect();
        let described: BTreeSet<String> = rows(table).map(|row| row[member].as_str().unwrap().to_owned()).collect();
        assert_eq!(described, listed, "{table:?} has a row for each code that records can have");
        assert_eq!(rows(table).count(), listed.len(), "{table:?} has one row for each");
    }

    #[test]
    fn every_code_of_a_record_has_its_row() {
        for (table, member, list) in TABLES {
            check(table, member, list);
        }
    }

    #[test]
    fn rows_are_in_the_order_of_their_codes_and_as_documented() {
        for (table, ..) in TABLES {
            let codes: Vec<&str> = table.text().lines().map(code).collect();
            assert!(codes.is_sorted_by(|left, right| left < right), "{table:?}: {codes:?}");
            for (row, code) in rows(table).zip(codes) {
                let text = row.to_string();
                assert_eq!(rows::parsed(table, &text).unwrap(), row, "{table:?} {code}");
            }
        }
    }

    #[test]
    fn codes_within_rows_are_known() {
        for row in rows(Table::Violations) {
            assert!(HOS_VIOLATION_CATEGORIES.contains(&row["category"].as_str().unwrap()), "{row}");
        }
        for row in rows(Table::Rulesets) {
            let region = row["region_code"].as_str().unwrap();
            assert!(["US", "CA"].contains(&region) || HOS_REGIONS.contains(&region), "{row}");
        }
        for row in rows(Table::Regions) {
            let (country, part) = (row["country_code"].as_str().unwrap(), row["region_code_iso2"].as_str().unwrap());
            assert_eq!(row["region_code"], format!("{country}-{part}"));
        }
    }

    #[test]
    fn zones_have_summer_time_whole_or_not_at_all() {
        for row in rows(Table::Timezones) {
            let parts = ["dst_utc_offset_minutes", "dst_start_rule", "dst_end_rule"];
            let observes = row["observes_dst"] == true;
            assert!(parts.iter().all(|part| row[part].is_null() != observes), "{row}");
            let zone = row["timezone"].as_str().unwrap().to_uppercase().replace(['/', '-'], "_");
            let slug = zone.strip_prefix("AMERICA_").map_or(zone.clone(), |rest| format!("AMER_{rest}"));
            assert_eq!(row["timezone_code"], slug);
        }
    }
}
