//! Which vehicle pulls which trailer: the feed of `TrailerAttachment`. One that ends comes again.
//!
//! A feed that begins at a date would lack those that lasted then, and the search for attachments has no such date. So it begins where
//! the feed is now, with a list of all that lasted some time ago.

use model::Timestamp;
use model::telematics::{Observation, TrailerVehicleAssociation};
use serde_json::json;
use serde_json::value::RawValue;

use super::feed::Versions;
use super::rpc::with;
use super::{Geotab, members};
use crate::client::OkResponse;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// Attachments of a page.
pub(super) const PAGE_SIZE: u32 = 2_000;
/// The most that are listed.
const MOST: u32 = 50_000;
const KIND: &str = "TrailerAttachment";

const RULES: SourceRules = SourceRules { volatile: &["version"], extras: &["endDateTime"], references: &["device", "trailer"] };

pub(super) struct TrailerVehicleAssociations;

impl Source for TrailerVehicleAssociations {
    type Provider = Geotab;
    type Rows = Vec<Observation<TrailerVehicleAssociation>>;
    type Cursor = Versions<30>;

    const KNOWN: Known = Known { members: members::TRAILER_VEHICLE_ASSOCIATION, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| {
        let wire = Members::of(stored.json);
        let trailer: String = wire.get("trailerDevice")?;
        Some(vec![observation(stored.json, &Attachment::of(&wire)?, &trailer)])
    }));

    async fn page(api: &Api<'_, Geotab>, at: Versions<30>) -> Result<Page<Self::Rows, Versions<30>>, ProviderError> {
        if at.after.is_none() {
            let after = Some(api.newest_version(KIND).await?);
            let listed = api.attachments(at.since, None).await?;
            return Ok(Page::of(rows(api, listed.parse()?).await?, Some(Versions { after, ..at }), false));
        }
        let fed = api.feed(KIND, &at, PAGE_SIZE).await?;
        let rows = rows(api, fed.records.parse()?).await?;
        Ok(fed.page(at, rows))
    }
}

impl Api<'_, Geotab> {
    /// The attachments that lasted at a time or later, and at another time or earlier.
    pub(super) async fn attachments(&self, from: Timestamp, to: Option<Timestamp>) -> Result<OkResponse, ProviderError> {
        let search = json!({ "activeFrom": from.to_string() });
        let search = match to {
            Some(to) => with(search, "activeTo", to.to_string().into()),
            None => search,
        };
        self.get(KIND, json!({ "search": search, "resultsLimit": MOST })).await
    }
}

/// A trailer behind a vehicle.
pub(super) struct Attachment {
    id: String,
    pub(super) trailer: String,
    pub(super) device: String,
    from: Timestamp,
    /// `None` while it lasts.
    to: Option<Timestamp>,
}

impl Attachment {
    /// An attachment; `None` (and a warning) where it does not say of what to what, or since when.
    pub(super) fn of(wire: &Members<'_>) -> Option<Self> {
        let id: String = wire.id("attachment of a trailer", "geotab")?;
        let told = wire.reference("trailer").zip(wire.reference("device")).zip(wire.moment("activeFrom"));
        let Some(((trailer, device), from)) = told else {
            tracing::warn!(provider = "geotab", "skipped an attachment without trailer, device or start");
            return None;
        };
        Some(Self { id, trailer, device, from, to: wire.moment("activeTo") })
    }

    /// Whether it lasted at a time.
    pub(super) fn lasts_at(&self, time: Timestamp) -> bool {
        self.from <= time && self.to.is_none_or(|to| time < to)
    }
}

/// The associations in a list of attachments.
async fn rows(
    api: &Api<'_, Geotab>,
    listed: Vec<&RawValue>,
) -> Result<Vec<Observation<TrailerVehicleAssociation>>, ProviderError> {
    let attached = |raw| Some((raw, Attachment::of(&Members::of(raw))?));
    let attachments: Vec<(&RawValue, Attachment)> = listed.into_iter().filter_map(attached).collect();
    if attachments.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<&str> = attachments.iter().map(|(_, attachment)| attachment.trailer.as_str()).collect();
    let devices = api.trailer_devices_beside(&named).await?;
    let row = |(raw, attachment): &(&RawValue, Attachment)| {
        let trailer = devices.as_deref().map_or(attachment.trailer.as_str(), |devices| devices.device(&attachment.trailer));
        Observation { is_partial: devices.is_none(), ..observation(raw, attachment, trailer) }
    };
    Ok(attachments.iter().map(row).collect())
}

fn observation(raw: &RawValue, attachment: &Attachment, trailer: &str) -> Observation<TrailerVehicleAssociation> {
    let fields = TrailerVehicleAssociation {
        source_trailer_id: Some(trailer.to_owned()),
        source_vehicle_id: Some(attachment.device.clone()),
        ended_at: attachment.to,
        ..TrailerVehicleAssociation::default()
    };
    let source = with(source_of(raw), "endDateTime", json!(attachment.to));
    let source = with(source, "trailerDevice", trailer.into());
    RULES.observation(attachment.id.clone(), Some(attachment.from), source, fields)
}
