//! Users: `GET /fleet/drivers`, once for active and once for deactivated drivers, as the plain list has active ones only; then
//! `GET /users`, the office staff. The two have ids of their own, so those of the office are told with `user:` before them.

use std::collections::BTreeSet;

use model::telematics::{Observation, User};
use serde_json::value::RawValue;

use super::{Samsara, members, rulesets};
use crate::cursor::Walk;
use crate::place::country_of;
use crate::wire::{Members, SourceRules, source_of};
use crate::zones::time_zone;
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The lists: drivers by status, then the office.
const LISTS: [List; 3] = [List::Drivers("active"), List::Drivers("deactivated"), List::Office];

#[derive(Clone, Copy)]
enum List {
    Drivers(&'static str),
    Office,
}

/// The time changes with every save, and the URL may be signed anew with every answer.
const RULES: SourceRules = SourceRules {
    volatile: &["updatedAtTime", "profileImageUrl"],
    extras: &[
        "createdAtTime",
        "staticAssignedVehicle",
        "eldExempt",
        "eldExemptReason",
        "eldBigDayExemptionEnabled",
        "waitingTimeDutyStatusEnabled",
        "tachographCardNumber",
        "currentIdCardCode",
        "locale",
        "eldSettings",
        "externalIds",
    ],
    references: &["staticAssignedVehicle"],
};

const OFFICE_RULES: SourceRules = SourceRules { volatile: &[], extras: &["authType", "roles"], references: &[] };

/// What the ids of the office staff begin with.
const OFFICE: &str = "user:";

pub(super) struct Users;

impl Source for Users {
    type Provider = Samsara;
    type Rows = Vec<Observation<User>>;
    type Cursor = Walk;

    const KNOWN: Known = Known { members: members::USER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let row = if stored.source_id.starts_with(OFFICE) { office } else { observation };
        Some(vec![row(stored.json)?])
    }));

    async fn page(api: &Api<'_, Samsara>, walk: Walk) -> Result<Page<Self::Rows, Walk>, ProviderError> {
        let list = LISTS.get(walk.list).copied().unwrap_or(List::Office);
        let after = walk.after.as_deref();
        let response = match list {
            List::Drivers(status) => {
                api.page("/fleet/drivers", &[("limit", "512"), ("driverActivationStatus", status)], after).await?
            }
            List::Office => match api.page("/users", &[("limit", "512")], after).await {
                // A scope of its own: who may see the drivers need not see the office. Those it showed before stay.
                Err(error) if error.is_forbidden() => return Ok(walk.page(LISTS.len(), Vec::new(), 1, None)),
                answer => answer?,
            },
        };
        let (data, next) = response.page(after)?;
        let row = match list {
            List::Drivers(_) => observation,
            List::Office => office,
        };
        let rows = data.iter().filter_map(|raw| row(raw)).collect();
        Ok(walk.page(LISTS.len(), rows, next.listed(data.len()), next.after_more()))
    }
}

/// A member of the office staff; `None` (and a warning) where they have no id. The list holds only those who have access.
pub(super) fn office(raw: &RawValue) -> Option<Observation<User>> {
    let wire = Members::of(raw);
    let id = wire.id("user", "samsara")?;
    let (first_name, last_name) = names(wire.get("name"));
    let email: Option<String> = wire.get("email");
    let roles = wire.list("roles").into_iter().filter_map(|raw| Members::of(raw).object("role").get::<String>("name"));
    let roles: BTreeSet<String> = roles.collect();
    let fields = User {
        username: email.clone(),
        user_email: email,
        is_active: Some(true),
        is_driver: Some(false),
        first_name,
        last_name,
        user_designation: (!roles.is_empty()).then(|| roles.into_iter().collect::<Vec<_>>().join(", ")),
        ..User::default()
    };
    let source = source_of(raw);
    Some(OFFICE_RULES.observation(format!("{OFFICE}{id}"), None, source, fields))
}

/// A driver; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<User>> {
    let wire = Members::of(raw);
    let source_id = wire.id("driver", "samsara")?;
    let source = source_of(raw);
    Some(RULES.observation(source_id, wire.get("updatedAtTime"), source, fields(&wire)))
}

fn fields(wire: &Members<'_>) -> User {
    let carrier = wire.object("carrierSettings");
    let status: Option<String> = wire.get("driverActivationStatus");
    let is_active = status.as_deref().map(|status| status.eq_ignore_ascii_case("active"));
    let (first_name, last_name) = names(wire.get("name"));
    let license_region: Option<String> = wire.get("licenseState");
    User {
        username: wire.get("username"),
        is_active: is_active.or(wire.get("isDeactivated").map(|gone: bool| !gone)),
        status,
        is_driver: Some(true),
        first_name,
        last_name,
        user_email: wire.get("email"),
        phone_number: wire.get("phone"),
        license_country: license_region.as_deref().and_then(country_of).map(str::to_owned),
        license_region,
        license_number: wire.get("licenseNumber"),
        company_groups: wire.groups("tags"),
        authority_name: carrier.get("homeTerminalName"),
        authority_address: carrier.get("homeTerminalAddress"),
        company_name: carrier.get("carrierName"),
        company_address: carrier.get("mainOfficeAddress"),
        carrier_number: carrier.get("dotNumber").filter(|number: &i64| *number > 0).map(|number| number.to_string()),
        notes: wire.get("notes"),
        hos_ruleset_code: rulesets::of_driver(wire),
        allow_yard_move: wire.get("eldYmEnabled"),
        allow_personal_conveyance: wire.get("eldPcEnabled"),
        allow_adverse_driving: wire.get("eldAdverseWeatherExemptionEnabled"),
        default_time_zone: wire.get::<String>("timezone").as_deref().and_then(time_zone),
        ..User::default()
    }
}

/// Samsara has one name: `First Last`, or `Last, First` where it has a comma. Of more words, the first is the first name.
pub(super) fn names(name: Option<String>) -> (Option<String>, Option<String>) {
    let name = name.unwrap_or_default();
    let name = name.trim();
    let (first, last) = match name.split_once(',') {
        Some((last, first)) if !first.trim().is_empty() && !last.trim().is_empty() => (first, last),
        _ => name.split_once(char::is_whitespace).unwrap_or((name, "")),
    };
    let kept = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    (kept(first), kept(last))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_are_split_either_way() {
        let cases = [
            ("Ann Lee", "Ann", "Lee"),
            ("Lee, Ann", "Ann", "Lee"),
            ("de la Cruz, Ana Maria", "Ana Maria", "de la Cruz"),
            ("Ana Maria Cruz", "Ana", "Maria Cruz"),
        ];
        for (name, first, last) in cases {
            assert_eq!(names(Some(name.into())), (Some(first.into()), Some(last.into())), "{name}");
        }
        assert_eq!(names(Some(" Cher, ".into())), (Some("Cher,".into()), None));
        assert_eq!(names(None), (None, None));
    }
}
