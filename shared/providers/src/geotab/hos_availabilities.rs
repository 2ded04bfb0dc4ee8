//! What is left of hours: `DutyStatusAvailability`, which is asked for driver by driver. What somebody does now is their newest duty
//! log entry.

use std::collections::HashMap;

use model::Timestamp;
use model::telematics::{HosAvailability, Observation};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::hos_events::duty_status;
use super::rpc::with;
use super::seek::{List, Listed, Seek};
use super::values::TimeSpan;
use super::vehicles::is_active;
use super::{Geotab, members, rulesets};
use crate::client::OkResponse;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Drivers of a page.
pub(super) const PAGE_SIZE: u32 = 50;
const DRIVERS: List = List { kind: "User", search: Some(("isDriver", true)), size: PAGE_SIZE };
/// What a driver's day is made of.
const STATUSES: [&str; 7] = ["OFF", "SB", "D", "ON", "PC", "YM", "WT"];

const RULES: SourceRules = SourceRules {
    volatile: &["recap"],
    extras: &[
        "is16HourExemptionAvailable",
        "isRailroadExemptionAvailable",
        "isOffDutyDeferralExemptionAvailable",
        "cycleRest",
        "drivingBreakDuration",
    ],
    references: &["driver"],
};

pub(super) struct HosAvailabilities;

impl Source for HosAvailabilities {
    type Provider = Geotab;
    type Rows = Vec<Observation<HosAvailability>>;
    type Cursor = Seek;

    const KNOWN: Known = Known { members: members::HOS_AVAILABILITY, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let beside = Members::of(stored.json).object("beside");
        let (status, ruleset) = (beside.get("status"), beside.get("hosRuleSet"));
        Some(vec![observation(stored.source_id.to_owned(), stored.json, status, ruleset)])
    }));

    async fn page(api: &Api<'_, Geotab>, seek: Seek) -> Result<Page<Self::Rows, Seek>, ProviderError> {
        let began = seek.began;
        let sought = api.seek(DRIVERS, seek).await?;
        let users: Vec<Members<'_>> = sought.response.parse::<Vec<&RawValue>>()?.into_iter().map(Members::of).collect();
        // The clocks of those who left stand still.
        let drivers: Vec<String> =
            users.iter().filter(|user| is_active(user, began) != Some(false)).filter_map(|user| user.get("id")).collect();
        let clocks = clocks(api, &drivers, began).await?;
        let lists: Vec<Vec<&RawValue>> = clocks.as_ref().map(OkResponse::parse).transpose()?.unwrap_or_default();
        if lists.len() != drivers.len() * 2 {
            return Err(sought.response.malformed("other than one result for each call"));
        }
        let of_driver: HashMap<&str, &[Vec<&RawValue>]> = drivers.iter().map(String::as_str).zip(lists.chunks(2)).collect();
        sought.page(|raw| listed(raw, &of_driver))
    }
}

/// The clocks of drivers, and their newest entries.
async fn clocks(api: &Api<'_, Geotab>, drivers: &[String], now: Timestamp) -> Result<Option<OkResponse>, ProviderError> {
    if drivers.is_empty() {
        return Ok(None);
    }
    let calls = drivers.iter().flat_map(|driver| {
        let of = json!({ "userSearch": { "id": driver } });
        let newest = json!({ "fromDate": now.to_string(), "includeBoundaryLogs": true, "statuses": STATUSES, "userSearch": { "id": driver } });
        [("Get", "DutyStatusAvailability", json!({ "search": of })), ("Get", "DutyStatusLog", json!({ "search": newest }))]
    });
    api.calls(calls.collect()).await.map(Some)
}

fn listed(user: &RawValue, of_driver: &HashMap<&str, &[Vec<&RawValue>]>) -> Listed<HosAvailability> {
    let user = Members::of(user);
    let Some(driver) = user.get::<String>("id") else { return Listed::Unreadable };
    let Some([clocks, logs]) = of_driver.get(driver.as_str()) else { return Listed::Other };
    // A driver without a clock has no hours to tell of.
    let Some(raw) = clocks.first() else { return Listed::Other };
    let newest = logs.iter().map(|raw| Members::of(raw)).max_by_key(|entry| entry.get::<Timestamp>("dateTime"));
    let status: Option<String> = newest.and_then(|entry| entry.get("status"));
    Listed::Row(observation(driver, raw, status, user.get("hosRuleSet")))
}

/// The clock of a driver, with the status of their newest entry and their rules.
fn observation(driver: String, raw: &RawValue, status: Option<String>, ruleset: Option<String>) -> Observation<HosAvailability> {
    let fields = HosAvailability {
        hos_ruleset_code: ruleset.as_deref().and_then(rulesets::of),
        duty_status_code: status.as_deref().and_then(duty_status),
        is_personal_conveyance_applied: status.as_deref().map(|status| status == "PC"),
        is_yard_move_applied: status.as_deref().map(|status| status == "YM"),
        source_driver_id: Some(driver.clone()),
        ..fields(&Members::of(raw))
    };
    let beside: Value = json!({ "status": status, "hosRuleSet": ruleset });
    RULES.observation(driver, None, with(source_of(raw), "beside", beside), fields)
}

/// What a clock tells. One that is below zero has nothing left.
fn fields(wire: &Members<'_>) -> HosAvailability {
    let left = |name: &str| wire.get(name).map(|TimeSpan(seconds)| seconds.max(0));
    HosAvailability {
        available_drive_seconds: left("driving"),
        available_shift_seconds: left("workday").or_else(|| left("duty")),
        available_cycle_seconds: left("cycle"),
        time_until_break_seconds: left("rest"),
        is_adverse_driving_exemption_available: wire.get("isAdverseDrivingExemptionAvailable"),
        is_adverse_driving_applied: wire.get("isAdverseDrivingApplied"),
        ..HosAvailability::default()
    }
}
