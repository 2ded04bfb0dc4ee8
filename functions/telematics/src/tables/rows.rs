//! The rows of the tables, as they are documented.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::Table;

/// The schema of a table's rows. For documents only.
pub(super) fn schema(table: Table, generator: &mut SchemaGenerator) -> Schema {
    match table {
        Table::EventCodes => generator.subschema_for::<HosEventCode>(),
        Table::Malfunctions => generator.subschema_for::<Malfunction>(),
        Table::RecordOrigins => generator.subschema_for::<RecordOrigin>(),
        Table::RecordStatuses => generator.subschema_for::<RecordStatus>(),
        Table::Regions => generator.subschema_for::<Region>(),
        Table::Rulesets => generator.subschema_for::<Ruleset>(),
        Table::Timezones => generator.subschema_for::<Timezone>(),
        Table::Violations => generator.subschema_for::<Violation>(),
    }
}

/// A row read into its type and written again: what the type lacks is an error.
#[cfg(test)]
pub(super) fn parsed(table: Table, row: &str) -> Result<serde_json::Value, serde_json::Error> {
    fn through<T: Serialize + serde::de::DeserializeOwned>(row: &str) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_str::<T>(row)?)
    }
    match table {
        Table::EventCodes => through::<HosEventCode>(row),
        Table::Malfunctions => through::<Malfunction>(row),
        Table::RecordOrigins => through::<RecordOrigin>(row),
        Table::RecordStatuses => through::<RecordStatus>(row),
        Table::Regions => through::<Region>(row),
        Table::Rulesets => through::<Ruleset>(row),
        Table::Timezones => through::<Timezone>(row),
        Table::Violations => through::<Violation>(row),
    }
}

/// A type and code of entries of electronic logs.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosEventCode")]
struct HosEventCode {
    /// The code, as in `event_code` of duty log entries.
    event_code: String,
    /// The type, as the ELD rule numbers it.
    eld_event_type_code: String,
    /// Name of the type.
    eld_event_type_name: String,
    /// What the type is.
    eld_event_type_description: String,
    /// The value in the ELD rule.
    eld_code: String,
    /// What the code stands for.
    description: String,
}

/// A malfunction or data diagnostic event of an electronic logging device.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosMalfunctionCode")]
struct Malfunction {
    /// The code, as in `malfunction_code` of duty log entries.
    malfunction_code: String,
    /// The value in the ELD rule.
    eld_code: String,
    /// Its kind.
    category: String,
    /// What the code stands for.
    description: String,
}

/// How an entry of an electronic log came about.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosRecordOrigin")]
struct RecordOrigin {
    /// The code, as in `record_origin_code` of duty log entries.
    record_origin_code: String,
    /// The value in the ELD rule.
    eld_code: String,
    /// What the code stands for.
    description: String,
}

/// Whether an entry of an electronic log is in force.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosRecordStatus")]
struct RecordStatus {
    /// The code, as in `record_status_code` of duty log entries.
    record_status_code: String,
    /// The value in the ELD rule.
    eld_code: String,
    /// What the code stands for.
    description: String,
}

/// A state, province or territory.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosRegion")]
struct Region {
    /// Country and region, as ISO 3166-2 writes them.
    region_code: String,
    /// The country, ISO 3166-1 alpha-2.
    country_code: String,
    /// Name of the country.
    country_name: String,
    /// The part of the code after the hyphen.
    region_code_iso2: String,
    /// Name of the region.
    region_name: String,
}

/// Rules that a driver works under. Members are null where the rules say nothing of the kind, or their figures are not listed.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosRuleset")]
struct Ruleset {
    /// The code, as in `hos_ruleset_code` of drivers.
    hos_ruleset_code: String,
    /// A name to show.
    hos_ruleset_name: String,
    /// Interstate, Intrastate, Federal or Provincial.
    jurisdiction_type: String,
    /// Whose rules they are; empty where several.
    issue_authority: String,
    /// Where they apply, to show.
    region: String,
    /// Country and region, as ISO 3166-2 writes them.
    region_code: String,
    /// Days of the cycle.
    cycle_days: Option<i64>,
    /// Hours on duty within the cycle.
    max_cycle_hours: Option<i64>,
    /// Hours of driving between two rests.
    max_drive_hours_per_day: Option<i64>,
    /// Hours after the beginning of work within which driving is permitted.
    max_work_hours_per_day: Option<i64>,
    /// Hours off duty between two days of work.
    min_offduty_per_day: Option<i64>,
    /// Whether driving must be interrupted by a break.
    is_break_required: Option<bool>,
    /// Hours of driving before the break.
    break_interval_hours: Option<i64>,
    /// Whether a long rest restarts the cycle.
    is_restart_allowed: Option<bool>,
    /// Hours of that rest.
    restart_hours: Option<i64>,
    /// Days between two restarts.
    restart_frequency_days: Option<i64>,
    /// Whether rest may be split by means of the sleeper berth.
    is_sleeper_split_allowed: Option<bool>,
    /// How it may be split.
    sleeper_split_notes: Option<String>,
    /// Whether they are for teams of drivers.
    is_team_rules: Option<bool>,
    /// Whether one longer day is permitted.
    is_big_day_allowed: Option<bool>,
    /// Whether they are for short-haul drivers.
    is_short_haul_exemption: Option<bool>,
    /// Air miles around the place where a short-haul driver begins work.
    short_haul_airmiles: Option<i64>,
    /// Hours within which a short-haul driver returns.
    short_haul_max_duty_hours: Option<i64>,
    /// Whether they are for carriers of passengers.
    is_passenger: Option<bool>,
    /// Whether they are for railroad employees.
    is_railroad_exemption: Option<bool>,
    /// Whether they are for oilfield operations.
    is_oilfield: Option<bool>,
    /// Whether they are for farm products.
    is_farm_product: Option<bool>,
    /// Whether they are for flammable liquids.
    is_flammable: Option<bool>,
    /// Whether they are for transport of pupils.
    is_school_pupil: Option<bool>,
    /// Whether they are in force for a season.
    is_seasonal_exemption: Option<bool>,
    /// What exemption they are, where they are one of another kind.
    is_special_exemption: Option<String>,
}

/// A time zone.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefTimezoneCode")]
struct Timezone {
    /// The zone as a code: upper case, `AMER` for America.
    timezone_code: String,
    /// The zone as records have it: its IANA name.
    timezone: String,
    /// Minutes ahead of UTC in standard time.
    standard_utc_offset_minutes: i64,
    /// Whether clocks change for a part of the year.
    observes_dst: bool,
    /// Minutes ahead of UTC in that part.
    dst_utc_offset_minutes: Option<i64>,
    /// When that part begins, in words.
    dst_start_rule: Option<String>,
    /// When it ends, in words.
    dst_end_rule: Option<String>,
}

/// A violation of hours-of-service rules.
#[derive(Serialize, JsonSchema)]
#[cfg_attr(test, derive(serde::Deserialize), serde(deny_unknown_fields))]
#[schemars(rename = "RefHosViolationCode")]
struct Violation {
    /// The code, as in `violation_code` of violations.
    violation_code: String,
    /// Its kind.
    category: String,
    /// A short name.
    name: String,
    /// What the code stands for.
    description: String,
}
