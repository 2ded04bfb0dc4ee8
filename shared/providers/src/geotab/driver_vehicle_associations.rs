//! Who drives which vehicle: the feed of `DriverChange`. A driver is in a vehicle from a change on; where the next change says that
//! nobody is known to be there, that is no association of its own.

use model::telematics::{DriverVehicleAssociation, Observation};
use serde_json::value::RawValue;

use super::Geotab;
use super::feed::Versions;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Page, ProviderError, Source};

/// Changes of a page.
pub(super) const PAGE_SIZE: u32 = 2_000;

const RULES: SourceRules = SourceRules { volatile: &["version"], extras: &["type"], references: &["driver", "device"] };

pub(super) struct DriverVehicleAssociations;

impl Source for DriverVehicleAssociations {
    type Provider = Geotab;
    type Rows = Vec<Observation<DriverVehicleAssociation>>;
    type Cursor = Versions<7>;

    async fn page(api: &Api<'_, Geotab>, at: Versions<7>) -> Result<Page<Self::Rows, Versions<7>>, ProviderError> {
        let fed = api.feed("DriverChange", &at, PAGE_SIZE).await?;
        let (mut rows, mut withdrawn, mut skipped) = (Vec::new(), Vec::new(), 0_usize);
        for raw in fed.records.parse::<Vec<&RawValue>>()? {
            match read(raw) {
                Some(Change::In(row)) => rows.push(row),
                // It may have been somebody's before it was edited.
                Some(Change::Out(id)) => withdrawn.push(id),
                None => skipped += 1,
            }
        }
        if skipped > 0 {
            tracing::warn!(skipped, provider = "geotab", "skipped changes of drivers without id, time or device");
        }
        Ok(Page { withdrawn, ..fed.page(at, rows) })
    }
}

enum Change {
    In(Observation<DriverVehicleAssociation>),
    /// Nobody is known to be there, by the change's id.
    Out(String),
}

fn read(raw: &RawValue) -> Option<Change> {
    let wire = Members::of(raw);
    let (source_id, at, vehicle) = (wire.get::<String>("id")?, wire.moment("dateTime")?, wire.reference("device"));
    let (Some(driver), Some(vehicle)) = (wire.reference("driver"), vehicle) else { return Some(Change::Out(source_id)) };
    let fields = DriverVehicleAssociation {
        source_driver_id: Some(driver),
        source_vehicle_id: Some(vehicle),
        is_primary_driver: wire.get::<String>("type").map(|kind| kind == "Driver"),
        ..DriverVehicleAssociation::default()
    };
    Some(Change::In(RULES.observation(source_id, Some(at), source_of(raw), fields)))
}
