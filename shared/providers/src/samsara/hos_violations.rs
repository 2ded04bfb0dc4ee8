//! Violations of duty logs: `GET /fleet/hos/violations` by windows of time, on their start.
//!
//! A violation ends, or vanishes when the log is edited, and it has no id. So each run reads again the last 24 h, and once a day
//! the last 8 days; what a window does not hold any more is gone, of all drivers, for it names those with violations only.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::telematics::code::{Code, HosViolationCategory, HosViolationCode};
use model::telematics::{HosViolation, Observation};
use serde_json::value::RawValue;

use super::client::{Beside, Missing};
use super::{Samsara, members, rulesets};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects};

const DAYS: Beside = Beside { path: "/fleet/hos/daily-logs", what: "rules of drivers" };

const RULES: SourceRules = SourceRules { volatile: &[], extras: &["day"], references: &["driver"] };

type Violation = (&'static str, Option<Code<HosViolationCode>>, Code<HosViolationCategory>);

const DRIVING: Code<HosViolationCategory> = Code::of("DrivingHours");
const WORKDAY: Code<HosViolationCategory> = Code::of("Workday");
const REST: Code<HosViolationCategory> = Code::of("Rest");
const OFF_DUTY: Code<HosViolationCategory> = Code::of("OffDuty");

/// Samsara's types that leave no doubt; the code of driving hours depends on the driver's rules.
#[rustfmt::skip]
const TYPES: &[Violation] = &[
    ("shiftDrivingHours", None, DRIVING),
    ("dailyDrivingHours", None, DRIVING),
    ("shiftHours", Some(Code::of("WD_WINDOW_OVER")), WORKDAY),
    ("cycleHoursOn", Some(Code::of("CY_LIMIT_OVER")), Code::of("Cycle")),
    ("restbreakMissed", Some(Code::of("BR_MISSING")), REST),
    ("californiaMealbreakMissed", Some(Code::of("BR_MISSING")), REST),
    ("dailyOffDutyTotalHours", Some(Code::of("OD_DAILY_SHORT")), OFF_DUTY),
    ("dailyOffDutyNonResetHours", Some(Code::of("OD_DAILY_SHORT")), OFF_DUTY),
    ("dailyOffDutyDeferralAddToDay2Consecutive", Some(Code::of("OD_DEFERRAL_DAY2_SHORT")), OFF_DUTY),
    ("dailyOffDutyDeferralNotPartMandatory", Some(Code::of("OD_DEFERRAL_RULE_MISAPPLIED")), OFF_DUTY),
    ("dailyOffDutyDeferralTwoDayDrivingLimit", Some(Code::of("OD_DEFERRAL_RULE_MISAPPLIED")), OFF_DUTY),
    ("unsubmittedLogs", Some(Code::of("RK_NOT_CERT")), Code::of("Recordkeeping")),
];

pub(super) struct HosViolations;

impl Source for HosViolations {
    type Provider = Samsara;
    type Rows = Vec<Observation<HosViolation>>;
    type Cursor = Window<DAY, { 8 * DAY }>;

    const KNOWN: Known = Known { members: members::HOS_VIOLATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> =
        Some(Remap::alone(|stored| Some(vec![observation(stored.json, &Carriers::of_source(stored.json))?])));

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let (from, to) = (window.from, window.to);
        let query = [("startTime", from.to_string()), ("endTime", to.to_string())];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let response = api.page("/fleet/hos/violations", &query, window.after.as_deref()).await?;
        let (data, next) = response.page(window.after.as_deref())?;
        let listed: Vec<&RawValue> = data.iter().flat_map(|raw| Members::of(raw).list("violations")).collect();
        let carriers = Carriers::ask(api, &listed).await;
        let rows: Vec<_> = listed.iter().filter_map(|raw| observation(raw, &carriers)).collect();
        let are_lists = data.iter().all(|raw| Members::of(raw).raw("violations").is_some_and(|list| list.get().starts_with('[')));
        let is_whole = are_lists && !next.is_unclear && rows.len() == listed.len();
        let subjects = subjects(&rows, is_whole);
        Ok(window.page(rows, next.after_more(), Some(subjects)))
    }
}

/// Drivers whose violations could not all be read may be any.
fn subjects(rows: &[Observation<HosViolation>], is_whole: bool) -> Subjects {
    let named = rows.iter().filter_map(|row| row.fields.source_driver_id.clone()).collect();
    Subjects { others: is_whole, ..Subjects::anywhere(named, is_whole) }
}

/// A violation has no id: `hos_violation:<driver>:<type>:<start>`, for two can begin at one instant. `None` (and a warning) where
/// one of them is missing.
fn observation(raw: &RawValue, carriers: &Carriers) -> Option<Observation<HosViolation>> {
    let wire = Members::of(raw);
    let named = wire.object("driver").get::<String>("id").zip(wire.get::<String>("type"));
    let Some(((driver, kind), start)) = named.zip(wire.get::<Timestamp>("violationStartTime")) else {
        tracing::warn!(provider = "samsara", "skipped a violation without driver, type or start");
        return None;
    };
    let known = TYPES.iter().find(|(word, ..)| *word == kind);
    let is_driving = known.is_some_and(|(_, _, category)| *category == DRIVING);
    let millis = wire.get::<i64>("durationMs").filter(|millis| *millis >= 0);
    let description: Option<String> = wire.get("description");
    let fields = HosViolation {
        violation_code: if is_driving { carriers.driving(&driver) } else { known.and_then(|(_, code, _)| *code) },
        violation_category: known.map(|(_, _, category)| *category),
        hours_limit: description.as_deref().and_then(hours_limit),
        violation_description: description,
        start_time: Some(start),
        end_time: millis.map(|millis| Timestamp::from_micros(start.micros() + millis * 1_000)),
        duration: millis.map(|millis| millis / 1_000),
        source_driver_id: Some(driver.clone()),
        ..HosViolation::default()
    };
    let mut source = source_of(raw);
    if let (true, Some(carries), Some(members)) = (is_driving, carriers.carries_passengers(&driver), source.as_object_mut()) {
        members.insert("carriesPassengers".into(), carries.into());
    }
    let mut row = RULES.observation(format!("hos_violation:{driver}:{kind}:{start}"), Some(start), source, fields);
    row.is_partial = is_driving && carriers.is_partial;
    Some(row)
}

/// The limit in a description that ends in it: `Daily Off-Duty Time (Canada South-10 hours)`.
fn hours_limit(description: &str) -> Option<f64> {
    let (_, rule) = description.trim().strip_suffix(" hours)")?.rsplit_once('(')?;
    rule.rsplit(['-', ' ']).next()?.parse().ok().filter(|hours: &f64| hours.is_finite())
}

/// Whether drivers carry passengers, for whom driving hours have a code of their own. It becomes part of a violation's source, as
/// `carriesPassengers`: other rules of the driver modify it.
#[derive(Default)]
struct Carriers {
    known: BTreeMap<String, bool>,
    /// Whether the rules could not be read this time: stored violations stay as they are.
    is_partial: bool,
}

impl Carriers {
    /// What is kept of them in a violation's source.
    fn of_source(raw: &RawValue) -> Self {
        let wire = Members::of(raw);
        let known = wire.object("driver").get("id").zip(wire.get("carriesPassengers"));
        Self { known: known.into_iter().collect(), is_partial: false }
    }

    /// Asks for the rules of drivers who drove too long.
    async fn ask(api: &Api<'_, Samsara>, listed: &[&RawValue]) -> Self {
        let drove_too_long = |wire: &Members<'_>| {
            let kind: Option<String> = wire.get("type");
            TYPES.iter().any(|(word, _, category)| *category == DRIVING && kind.as_deref() == Some(*word))
        };
        let found = listed.iter().map(|raw| Members::of(raw)).filter(drove_too_long);
        let named =
            found.filter_map(|wire| wire.object("driver").get::<String>("id").zip(wire.get::<Timestamp>("violationStartTime")));
        let (drivers, starts): (BTreeSet<String>, Vec<Timestamp>) = named.unzip();
        let mut carriers = Self::default();
        let Some((first, last)) = starts.iter().min().zip(starts.iter().max()) else { return carriers };
        // A day that began the day before holds the first hours.
        let (first, last) = (first.plus_seconds(-DAY).date().to_string(), last.date().to_string());
        let ids = drivers.into_iter().collect::<Vec<_>>().join(",");
        let days = api.beside(DAYS, &[("driverIds", &ids), ("startDate", &first), ("endDate", &last)], starts.len()).await;
        carriers.is_partial = days.as_ref().map_or_else(|missing| *missing == Missing::Down, |list| list.is_unclear);
        for day in days.iter().flat_map(|list| &list.rows) {
            let driver = Members::of(day).object("driver");
            if let Some((id, rules)) = driver.get("id").zip(rulesets::of_driver(&driver)) {
                carriers.known.insert(id, rules.as_str().contains("_PAX_"));
            }
        }
        carriers
    }

    fn carries_passengers(&self, driver: &str) -> Option<bool> {
        self.known.get(driver).copied()
    }

    /// The code of driving hours, where it is known which holds for a driver.
    fn driving(&self, driver: &str) -> Option<Code<HosViolationCode>> {
        Some(match self.carries_passengers(driver)? {
            true => const { Code::of("DH_PASSENGER_DAILY_OVER") },
            false => const { Code::of("DH_DAILY_OVER") },
        })
    }
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};
    use super::*;

    fn violation(driver: &str, kind: &str) -> Value {
        json!({
            "driver": { "id": driver, "name": "Sample Driver" }, "type": kind, "durationMs": 31_970_999,
            "day": { "startTime": "2026-11-20T08:00:00Z", "endTime": "2026-11-21T08:00:00Z" },
            "description": "Daily Off-Duty Time (Canada South-10 hours)", "violationStartTime": "2026-11-20T19:08:25Z",
        })
    }

    fn list(data: &Value, after: &str) -> String {
        json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": !after.is_empty() } }).to_string()
    }

    #[test]
    fn check_violations() {
        let first = json!([{ "violations": [violation("1", "shiftHours"), violation("1", "restbreakMissed")] }]);
        let second = json!([{ "violations": [
            violation("2", "shiftDrivingHours"), violation("3", "dailyDrivingHours"), violation("4", "shiftDrivingHours"),
            violation("5", "shiftOnDutyHours"),
        ] }]);
        let rules = |id: &str, shift: &str| {
            let rules = json!([{ "cycle": "USA 70 hour / 8 day", "shift": shift }]);
            json!({ "driver": { "id": id, "eldSettings": { "rulesets": rules } } })
        };
        let days = json!([rules("2", "US Interstate Property"), rules("3", "US Interstate Passenger")]);
        let answers = [list(&first, "x"), list(&second, ""), list(&days, "")];
        let http = Canned::new(answers.iter().map(|body| response(200, body)).collect());
        let pages = walk(&http, Resource::HosViolation);
        let asked: Vec<String> = http.asked().iter().map(|url| url.rsplit_once("/hos/").unwrap().1.replace("%3A", ":")).collect();
        let window = "violations?startTime=2026-11-13T12:00:00.000000Z&endTime=2026-11-21T12:00:00.000000Z";
        let days = "daily-logs?driverIds=2%2C3%2C4&startDate=2026-11-19&endDate=2026-11-20";
        assert_eq!(asked, [window.to_owned(), format!("{window}&after=x"), days.to_owned()]);
        let rows = records(&pages[0]);
        assert_eq!(rows[0].source_id, "hos_violation:1:shiftHours:2026-11-20T19:08:25.000000Z");
        let expected = json!({
            "violation_code": "WD_WINDOW_OVER", "violation_category": "Workday", "source_driver_id": "1", "duration": 31_970,
            "violation_description": "Daily Off-Duty Time (Canada South-10 hours)", "hours_limit": 10.0,
            "start_time": "2026-11-20T19:08:25.000000Z", "end_time": "2026-11-21T04:01:15.999000Z",
        });
        let found = fields(&rows[0]);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{name}");
        }
        let codes = |page: &crate::Fetched| {
            let code = |row| (fields(row)["violation_code"].clone(), fields(row)["violation_category"].clone());
            records(page).iter().map(code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&pages[0])[1], (json!("BR_MISSING"), json!("Rest")));
        let driving = |code: Value| (code, json!("DrivingHours"));
        let last = [driving(json!("DH_DAILY_OVER")), driving(json!("DH_PASSENGER_DAILY_OVER")), driving(Value::Null)];
        assert_eq!(codes(&pages[1]), [last.as_slice(), &[(Value::Null, Value::Null)]].concat());
        let parts: Vec<_> = pages.iter().map(|page| page.window.clone().unwrap()).collect();
        assert_eq!(parts.iter().map(|part| (part.begins, part.ends)).collect::<Vec<_>>(), [(true, false), (false, true)]);
        assert!(parts.iter().all(|part| part.subjects.others), "a driver who is not named has no violation");
    }

    #[test]
    fn other_rules_of_the_driver_modify_their_violations_and_rules_that_are_down_do_not() {
        let read = |days: crate::testing::Answer| {
            let data = json!([{ "violations": [violation("1", "shiftDrivingHours"), violation("1", "shiftHours")] }]);
            let page = walk(&Canned::new(vec![response(200, &list(&data, "")), days]), Resource::HosViolation).remove(0);
            records(&page).iter().map(|row| (row.source_hash.clone(), row.is_partial)).collect::<Vec<_>>()
        };
        let rules = |shift: &str, name: &str| {
            let rules = json!([{ "cycle": "USA 70 hour / 8 day", "shift": shift }]);
            let day = json!({ "driver": { "id": "1", "name": name, "eldSettings": { "rulesets": rules } } });
            read(response(200, &list(&json!([day]), "")))
        };
        let (property, passenger) = (rules("US Interstate Property", "A"), rules("US Interstate Passenger", "A"));
        assert_ne!(property[0], passenger[0]);
        assert_eq!(property[1], passenger[1], "the rules of a shift are the same for both");
        assert_eq!(property, rules("US Interstate Property", "B"), "another name is no change");
        let down = read(response(500, "down"));
        assert_eq!(down.iter().map(|(_, is_partial)| *is_partial).collect::<Vec<_>>(), [true, false]);
        let refused = read(response(403, r#"{"message":"Permission Denied"}"#));
        assert!(refused.iter().all(|(_, is_partial)| !is_partial), "the account has no rules");
    }

    #[test]
    fn a_page_that_may_lack_violations_answers_for_nobody_else() {
        for data in
            [json!([{ "violations": [violation("1", "shiftHours"), { "type": "shiftHours" }] }]), json!([{ "violations": null }])]
        {
            let http = Canned::new(vec![response(200, &list(&data, ""))]);
            let window = walk(&http, Resource::HosViolation).remove(0).window.unwrap();
            assert!(!window.subjects.others && window.subjects.answered.is_empty(), "{data}");
        }
    }

    #[test]
    fn limits_are_read_where_the_description_ends_in_one() {
        let cases = [
            ("Shift Driving Hours (USA Property-11 hours)", Some(11.0)),
            ("x (1.5 hours)", Some(1.5)),
            ("Cycle", None),
            ("30 minutes (8 hours) late", None),
            ("( hours)", None),
        ];
        for (text, limit) in cases {
            assert_eq!(hours_limit(text), limit, "{text}");
        }
    }
}
