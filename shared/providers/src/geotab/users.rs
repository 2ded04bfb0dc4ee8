//! Users: `Get User`, drivers and office staff. Those who left stay listed.

use model::Timestamp;
use model::telematics::{Observation, User};
use serde_json::json;
use serde_json::value::RawValue;

use super::names::Groups;
use super::rulesets;
use super::seek::{List, Listed, Seek};
use super::vehicles::is_active;
use super::{Geotab, members};
use crate::place::{alpha3, country_of};
use crate::wire::{Members, SourceRules, source_of};
use crate::zones::time_zone;
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// How somebody has set up their pages, and when they last looked, is no part of who they are.
const RULES: SourceRules = SourceRules {
    volatile: &[
        "version",
        "lastAccessDate",
        "mapViews",
        "bookmarks",
        "activeDashboardReports",
        "activeDefaultDashboards",
        "availableDashboardReports",
        "acceptedEULA",
        "wifiEULA",
        "isEULAAccepted",
        "jobPriorities",
        "mediaFiles",
        "defaultPage",
        "featurePreview",
    ],
    extras: &["hosRuleSet", "isExemptHOSEnabled", "maxPCDistancePerDay", "driverGroups", "userAuthenticationType", "isMetric"],
    references: &[],
};

pub(super) struct Users;

impl Source for Users {
    type Provider = Geotab;
    type Rows = Vec<Observation<User>>;
    type Cursor = Seek;

    const KNOWN: Known = Known { members: members::USER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> =
        Some(Remap::without(&["company_groups", "private_user_groups", "report_groups", "security_groups"], |stored| {
            let mut row = listed(stored.json, &Groups::default(), stored.at).row()?;
            row.fields.company_groups = None;
            row.fields.private_user_groups = None;
            row.fields.report_groups = None;
            row.fields.security_groups = None;
            Some(vec![row])
        }));

    async fn page(api: &Api<'_, Geotab>, seek: Seek) -> Result<Page<Self::Rows, Seek>, ProviderError> {
        let began = seek.began;
        let sought = api.seek(List::of("User"), seek).await?;
        let groups = api.groups().await?;
        sought.page(|raw| listed(raw, &groups, began))
    }
}

pub(super) fn listed(raw: &RawValue, groups: &Groups, now: Timestamp) -> Listed<User> {
    let wire = Members::of(raw);
    let Some(source_id) = wire.id("user", "geotab") else { return Listed::Unreadable };
    let in_groups =
        ["companyGroups", "privateUserGroups", "reportGroups", "securityGroups"].map(|member| groups.of(&wire, member));
    let is_active = is_active(&wire, now);
    let beside = json!([is_active, in_groups]);
    let [company_groups, private_user_groups, report_groups, security_groups] = in_groups;
    let fields = User { is_active, company_groups, private_user_groups, report_groups, security_groups, ..fields(&wire) };
    Listed::Row(groups.observation(RULES, source_id, source_of(raw), fields, beside))
}

fn fields(wire: &Members<'_>) -> User {
    let name: Option<String> = wire.get("name");
    let license_region: Option<String> = wire.get("licenseProvince");
    let is_driver = wire.get("isDriver");
    User {
        user_email: name.clone().filter(|name| name.contains('@')),
        username: name,
        started_at: wire.moment("activeFrom"),
        ended_at: wire.moment("activeTo"),
        is_driver,
        user_designation: wire.get("designation"),
        first_name: wire.get("firstName"),
        last_name: wire.get("lastName"),
        phone_number: phone(wire),
        country_code: wire.get::<String>("countryCode").as_deref().and_then(alpha3).map(str::to_owned),
        license_country: license_region.as_deref().and_then(country_of).map(str::to_owned),
        license_region,
        license_number: wire.get("licenseNumber"),
        employee_number: wire.get("employeeNo"),
        authority_name: wire.get("authorityName"),
        authority_address: wire.get("authorityAddress"),
        company_name: wire.get("companyName"),
        company_address: wire.get("companyAddress"),
        carrier_number: wire.get("carrierNumber"),
        last_tsp_login: wire.moment("lastAccessDate"),
        notes: wire.get("comment"),
        hos_ruleset_code: wire.get::<String>("hosRuleSet").as_deref().and_then(rulesets::of),
        allow_yard_move: wire.get("isYardMoveEnabled"),
        allow_personal_conveyance: wire.get("isPersonalConveyanceEnabled"),
        allow_adverse_driving: wire.get("isAdverseDrivingEnabled"),
        default_time_zone: wire.get::<String>("timeZoneId").as_deref().and_then(time_zone),
        ..User::default()
    }
}

fn phone(wire: &Members<'_>) -> Option<String> {
    let number: String = wire.get("phoneNumber")?;
    let extension: Option<String> = wire.get("phoneNumberExtension");
    Some(extension.map_or_else(|| number.clone(), |extension| format!("{number} x{extension}")))
}
