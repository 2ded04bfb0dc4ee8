//! Trailers: `GET /v1/assets`, a list of every asset of the company, retired ones too.

use model::telematics::{Observation, Trailer};
use serde_json::value::RawValue;

use super::client::List;
use super::vehicles::external_id;
use super::{Motive, members, names};
use crate::numbered::Numbered;
use crate::place::{alpha2, country_of};
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const LIST: List = List { path: "/v1/assets", rows: "assets", row: "asset" };

/// Where it stands is no part of an asset.
const RULES: SourceRules = SourceRules {
    volatile: &["updated_at", "current_location"],
    extras: &["created_at", "leased", "gvwr", "gawr", "weight_metric_units", "length_metric_units", "external_ids"],
    references: &[],
};

pub(super) struct Trailers;

impl Source for Trailers {
    type Provider = Motive;
    type Rows = Vec<Observation<Trailer>>;
    type Cursor = Numbered;

    const KNOWN: Known = Known { members: members::TRAILER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let row = names::of_source(observation(stored.json)?, |row, groups| row.trailer_groups = Some(groups));
        Some(vec![row])
    }));

    async fn page(api: &Api<'_, Motive>, at: Numbered) -> Result<Page<Self::Rows, Numbered>, ProviderError> {
        let page = api.walk(LIST, at, observation).await?;
        let rows = names::with_groups(api, page.rows, RULES, |trailer, groups| trailer.trailer_groups = Some(groups)).await?;
        Ok(Page { rows, ..page })
    }
}

/// A trailer; `None` (and a warning) where it has no id.
pub(super) fn observation(raw: &RawValue) -> Option<Observation<Trailer>> {
    let wire = Members::of(raw);
    let source_id = wire.id("asset", "motive")?;
    let status: Option<String> = wire.get("status");
    let region: Option<String> = wire.get("license_plate_state");
    let gateway = wire.object("asset_gateway");
    let fields = Trailer {
        trailer_name: wire.get("name"),
        oem: wire.get("make"),
        model_type: wire.get("model"),
        model_year: wire.get("year").filter(|year| (1900..=2100).contains(year)),
        vin: wire.get("vin"),
        license_plate_country: region.as_deref().and_then(country_of).and_then(alpha2).map(str::to_owned),
        license_plate_region: region,
        license_plate_number: wire.get("license_plate_number"),
        is_active: status.as_deref().map(|status| status == "active"),
        status,
        notes: wire.get("notes"),
        eld_id: gateway.get("id"),
        eld_serial_number: gateway.get("identifier"),
        total_axles: wire.get("axle").filter(|axles| (1..=20).contains(axles)),
        external_id: external_id(&wire),
        trailer_length: wire.get("length").map(|Amount(length)| length).filter(|length| *length > 0.0),
        trailer_type: wire.get("type"),
        ..Trailer::default()
    };
    let source = source_of(raw);
    Some(RULES.observation(source_id, wire.get("updated_at"), source, fields))
}
