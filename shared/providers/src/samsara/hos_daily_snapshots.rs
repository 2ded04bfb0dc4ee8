//! Days of duty logs: `GET /fleet/hos/daily-logs`, by windows of days. Days are edited and certified late, and the present one
//! grows, so each run reads again the last two, and once a day the last eight.

use model::Timestamp;
use model::telematics::{HosDailySnapshot, Observation};
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::cursor::{DAY, Window};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source, Subjects};

const MILLIS: i64 = 1_000;

const RULES: SourceRules = SourceRules {
    volatile: &[],
    extras: &["distanceTraveled", "logMetaData", "pendingDutyStatusDurations"],
    references: &["driver"],
};

pub(super) struct HosDailySnapshots;

impl Source for HosDailySnapshots {
    type Provider = Samsara;
    type Rows = Vec<Observation<HosDailySnapshot>>;
    type Cursor = Window<{ 2 * DAY }, { 8 * DAY }>;

    const KNOWN: Known = Known { members: members::HOS_DAILY_SNAPSHOT, words: &[] };

    /// What is unknown of a day that was not over when it was told depends on when that was, to the second.
    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["duration_unknown_seconds"], |stored| {
        let mut row = observation(stored.json, stored.at)?;
        let end: Option<Timestamp> = Members::of(stored.json).get("endTime");
        row.fields.duration_unknown_seconds =
            row.fields.duration_unknown_seconds.filter(|_| end.is_some_and(|end| end < stored.at));
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Samsara>, window: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        let (from, to) = (window.from, window.to);
        let days = [from, to].map(|time| time.date().to_string());
        let [first, last] = days.each_ref().map(String::as_str);
        let query = [("startDate", first), ("endDate", last)];
        let response = api.page("/fleet/hos/daily-logs", &query, window.after.as_deref()).await?;
        let (data, next) = response.page(window.after.as_deref())?;
        let rows: Vec<_> = data.iter().filter_map(|raw| observation(raw, to)).collect();
        let named = rows.iter().filter_map(|row| row.fields.source_driver_id.clone()).collect();
        let is_whole = !next.is_unclear && rows.len() == data.len();
        // No document says whether the days are listed by driver or by day.
        let subjects = Subjects::anywhere(named, is_whole);
        Ok(window.page(rows, next.after_more(), Some(subjects)))
    }
}

/// A day has no id: `hos_daily_snapshot:<driver>:<start>`. `None` (and a warning) where one of them is missing.
fn observation(raw: &RawValue, now: Timestamp) -> Option<Observation<HosDailySnapshot>> {
    let wire = Members::of(raw);
    let driver = wire.object("driver");
    let Some((id, start)) = driver.get::<String>("id").zip(wire.get::<Timestamp>("startTime")) else {
        tracing::warn!(provider = "samsara", "skipped a day of a log without driver or start");
        return None;
    };
    let durations = wire.object("dutyStatusDurations");
    let seconds = |name| durations.get::<i64>(name).filter(|millis| *millis >= 0).map(|millis| millis / MILLIS);
    let zone: Option<String> = driver.get("timezone");
    let mut fields = HosDailySnapshot {
        snapshot_date: zone.as_deref().and_then(|zone| date(start, zone)),
        duration_off_duty_seconds: seconds("offDutyDurationMs"),
        duration_sleeper_berth_seconds: seconds("sleeperBerthDurationMs"),
        duration_on_duty_seconds: seconds("onDutyDurationMs"),
        duration_driving_seconds: seconds("driveDurationMs"),
        duration_personal_conveyance_seconds: seconds("personalConveyanceDurationMs"),
        duration_yard_move_seconds: seconds("yardMoveDurationMs"),
        duration_waiting_seconds: seconds("waitingTimeDurationMs"),
        source_driver_id: Some(id.clone()),
        ..HosDailySnapshot::default()
    };
    fields.duration_unknown_seconds = wire.get("endTime").and_then(|end: Timestamp| unknown(&fields, start, end.min(now)));
    Some(RULES.observation(format!("hos_daily_snapshot:{id}:{start}"), Some(start), source_of(raw), fields))
}

/// What the statuses leave of a day, up to now: hours to come are not unknown. Personal use is part of the time off duty and yard
/// moves are not of that on duty: in the vendor's example a day adds up so.
fn unknown(fields: &HosDailySnapshot, start: Timestamp, end: Timestamp) -> Option<i64> {
    let told = [
        fields.duration_off_duty_seconds?,
        fields.duration_sleeper_berth_seconds?,
        fields.duration_on_duty_seconds?,
        fields.duration_driving_seconds?,
        fields.duration_yard_move_seconds.unwrap_or(0),
    ];
    Some((end.seconds() - start.seconds() - told.iter().sum::<i64>()).max(0))
}

/// The day by the clocks of a zone west of Greenwich, where a day that begins at midnight or at noon does so on the same day in UTC.
/// Elsewhere that depends on which of the two it is, which the provider does not say here.
fn date(start: Timestamp, zone: &str) -> Option<String> {
    let is_west =
        ["America/", "US/", "Canada/", "Mexico/"].iter().any(|west| zone.starts_with(west)) || zone == "Pacific/Honolulu";
    is_west.then(|| start.date().to_string())
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};
    use super::*;

    fn day(driver: &Value, start: &str, end: &str) -> Value {
        json!({
            "driver": driver, "startTime": start, "endTime": end, "logMetaData": { "isCertified": true, "shippingDocs": "1" },
            "dutyStatusDurations": {
                "activeDurationMs": 38_825_000, "driveDurationMs": 31_970_000, "offDutyDurationMs": 20_555_000,
                "onDutyDurationMs": 5_423_000, "personalConveyanceDurationMs": 4_358_000, "sleeperBerthDurationMs": 27_020_000,
                "waitingTimeDurationMs": 1_560_000, "yardMoveDurationMs": 1_432_000,
            },
        })
    }

    #[test]
    fn check_days() {
        let driver = json!({ "id": "45646", "name": "Sample Driver", "timezone": "America/Los_Angeles" });
        let days = json!([
            day(&driver, "2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z"),
            day(&driver, "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
        ]);
        let page = |data: &Value, after: &str, more: bool| {
            json!({ "data": data, "pagination": { "endCursor": after, "hasNextPage": more } }).to_string()
        };
        let http = Canned::new(vec![response(200, &page(&days, "x", true)), response(200, &page(&json!([{}]), "", false))]);
        let pages = walk(&http, Resource::HosDailySnapshot);
        assert!(http.asked()[0].ends_with("/fleet/hos/daily-logs?startDate=2026-11-13&endDate=2026-11-21"));
        let [first, long] = records(&pages[0]) else { panic!("{pages:?}") };
        assert_eq!(first.source_id, "hos_daily_snapshot:45646:2026-11-20T08:00:00.000000Z");
        let mut found = fields(first);
        assert!(found.as_object_mut().unwrap().remove("driver_id").is_some());
        let expected = json!({
            "source_driver_id": "45646", "snapshot_date": "2026-11-20", "duration_off_duty_seconds": 20_555,
            "duration_sleeper_berth_seconds": 27_020, "duration_on_duty_seconds": 5_423, "duration_driving_seconds": 31_970,
            "duration_personal_conveyance_seconds": 4_358, "duration_yard_move_seconds": 1_432,
            "duration_waiting_seconds": 1_560, "duration_unknown_seconds": 0,
        });
        assert_eq!(found, expected);
        assert_eq!(first.extras.as_ref().unwrap()["logMetaData"]["shippingDocs"], "1");
        assert_eq!(fields(long)["duration_unknown_seconds"], 3_600, "the clocks were set back");
        let subjects: Vec<_> = pages.iter().map(|page| page.window.clone().unwrap().subjects).collect();
        assert_eq!(
            (subjects[0].answered.as_slice(), subjects[0].others),
            (["45646", "45646"].map(String::from).as_slice(), false)
        );
        assert!(subjects[1].answered.is_empty(), "a day that cannot be read may be anybody's");
    }

    #[test]
    fn hours_to_come_are_not_unknown() {
        let mut today = day(&json!({ "id": "1" }), "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z");
        today["dutyStatusDurations"] =
            json!({ "offDutyDurationMs": 3_600_000, "sleeperBerthDurationMs": 0, "onDutyDurationMs": 0, "driveDurationMs": 0 });
        let raw = RawValue::from_string(today.to_string()).unwrap();
        let unknown = |now: &str| observation(&raw, Timestamp::parse(now).unwrap()).unwrap().fields.duration_unknown_seconds;
        assert_eq!(unknown("2026-11-21T10:00:00Z"), Some(3_600));
        assert_eq!(unknown("2026-11-23T10:00:00Z"), Some(82_800));
    }

    #[test]
    fn the_date_is_told_where_midnight_and_noon_begin_the_same_day() {
        let on = |text: &str, zone: &str| date(Timestamp::parse(text).unwrap(), zone);
        assert_eq!(on("2026-11-20T08:00:00Z", "America/Los_Angeles").as_deref(), Some("2026-11-20"));
        assert_eq!(on("2026-11-20T18:00:00Z", "America/Chicago").as_deref(), Some("2026-11-20"), "noon");
        assert_eq!(on("2026-11-19T23:00:00Z", "Europe/Berlin"), None);
    }
}
