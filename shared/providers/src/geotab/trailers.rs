//! Trailers: those of `Get Device` that are no vehicles. The list of `Trailer` has but their names.

use model::Timestamp;
use model::telematics::{Observation, Trailer};
use serde_json::json;
use serde_json::value::RawValue;

use super::names::Groups;
use super::seek::{List, Listed, Seek};
use super::vehicles::{is_active, is_trailer};
use super::{Geotab, members};
use crate::place::{alpha2, country_of};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const RULES: SourceRules = SourceRules { extras: &["tmpTrailerId", "timeZoneId", "customProperties"], ..super::vehicles::RULES };

pub(super) struct Trailers;

impl Source for Trailers {
    type Provider = Geotab;
    type Rows = Vec<Observation<Trailer>>;
    type Cursor = Seek;

    const KNOWN: Known = Known { members: members::TRAILER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::without(&["trailer_groups"], |stored| {
        let mut row = listed(stored.json, &Groups::default(), stored.at).row()?;
        row.fields.trailer_groups = None;
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Geotab>, seek: Seek) -> Result<Page<Self::Rows, Seek>, ProviderError> {
        let began = seek.began;
        let sought = api.seek(List::of("Device"), seek).await?;
        let groups = api.groups().await?;
        sought.page(|raw| listed(raw, &groups, began))
    }
}

fn listed(raw: &RawValue, groups: &Groups, now: Timestamp) -> Listed<Trailer> {
    let wire = Members::of(raw);
    let Some(source_id) = wire.id("device", "geotab") else { return Listed::Unreadable };
    if !is_trailer(&wire) {
        return Listed::Other;
    }
    let (is_active, trailer_groups) = (is_active(&wire, now), groups.of(&wire, "groups"));
    let beside = json!([is_active, trailer_groups]);
    let region = wire.told("licenseState");
    let device: Option<String> = wire.get("deviceType").filter(|kind: &String| kind != "None");
    let fields = Trailer {
        trailer_name: wire.get("name"),
        oem: wire.get("vinInfoMake"),
        model_type: wire.get("vinInfoModel"),
        model_year: wire.get("vinInfoYear").filter(|year| (1900..=2100).contains(year)),
        vin: wire.told("vehicleIdentificationNumber"),
        license_plate_country: region.as_deref().and_then(country_of).and_then(alpha2).map(str::to_owned),
        license_plate_region: region,
        license_plate_number: wire.told("licensePlate"),
        started_at: wire.moment("activeFrom"),
        ended_at: wire.moment("activeTo"),
        is_active,
        notes: wire.get("comment"),
        eld_id: device.is_some().then(|| source_id.clone()),
        eld_serial_number: wire.told("serialNumber"),
        eld_device_type: device,
        eld_product_id: wire.get("productId"),
        trailer_groups,
        ..Trailer::default()
    };
    Listed::Row(groups.observation(RULES, source_id, source_of(raw), fields, beside))
}
