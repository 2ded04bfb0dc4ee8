//! Trailers: `GET /fleet/trailers`, a list of every trailer of the organization.

use std::collections::BTreeMap;

use model::telematics::{Observation, Trailer};
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::cursor::Walk;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// What the customer typed as serial number is kept as it is: it may be a VIN, but need not.
const RULES: SourceRules =
    SourceRules { volatile: &[], extras: &["enabledForMobile", "externalIds", "trailerSerialNumber"], references: &[] };

pub(super) struct Trailers;

impl Source for Trailers {
    type Provider = Samsara;
    type Rows = Vec<Observation<Trailer>>;
    type Cursor = Walk;

    const KNOWN: Known = Known { members: members::TRAILER, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, walk: Walk) -> Result<Page<Self::Rows, Walk>, ProviderError> {
        let response = api.page("/fleet/trailers", &[("limit", "512")], walk.after.as_deref()).await?;
        let (data, next) = response.page(walk.after.as_deref())?;
        let rows = data.iter().filter_map(|raw| observation(raw)).collect();
        Ok(walk.page(1, rows, next.listed(data.len()), next.after_more()))
    }
}

/// A trailer; `None` (and a warning) where it has no id. The list holds only trailers in use, so they are active.
fn observation(raw: &RawValue) -> Option<Observation<Trailer>> {
    let wire = Members::of(raw);
    let source_id = wire.id("trailer", "samsara")?;
    let external: BTreeMap<String, String> = wire.get("externalIds").unwrap_or_default();
    let gateway = wire.object("installedGateway");
    let fields = Trailer {
        trailer_name: wire.get("name"),
        license_plate_number: wire.get("licensePlate"),
        is_active: Some(true),
        notes: wire.get("notes"),
        eld_serial_number: gateway.get("serial"),
        eld_device_type: gateway.get("model"),
        trailer_groups: wire.groups("tags"),
        external_id: super::customers_id(&external),
        ..Trailer::default()
    };
    let source = source_of(raw);
    Some(RULES.observation(source_id, None, source, fields))
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, fields, records, response, walk};

    #[test]
    fn check_trailers() {
        let row = json!({
            "id": "494123", "name": "Trailer-123", "licensePlate": "7TYP290", "notes": "", "enabledForMobile": true,
            "installedGateway": { "model": "VG34", "serial": "GFRV-43N-VGX" }, "trailerSerialNumber": "8V8WD530FLN016251",
            "externalIds": { "maintenanceId": "250020" }, "tags": [{ "id": "3914", "name": "East Coast", "parentTagId": "4815" }],
        });
        let body = json!({ "data": [row, { "name": "no id" }], "pagination": { "endCursor": "", "hasNextPage": false } });
        let http = Canned::new(vec![response(200, &body.to_string())]);
        let pages = walk(&http, Resource::Trailer);
        assert_eq!(http.asked(), ["http://simulator.local/samsara/fleet/trailers?limit=512"]);
        let [page] = pages.as_slice() else { panic!("{pages:?}") };
        // A record without an id may be one that is known.
        assert!(!page.complete_scan && page.cursor.is_none());
        let [trailer] = records(page) else { panic!("{page:?}") };
        assert_eq!((trailer.source_id.as_str(), trailer.occurred_at), ("494123", None));
        let expected = json!({
            "trailer_name": "Trailer-123", "license_plate_number": "7TYP290", "is_active": true,
            "eld_serial_number": "GFRV-43N-VGX", "eld_device_type": "VG34", "trailer_groups": { "3914": "East Coast" },
            "external_id": "250020",
        });
        assert_eq!(fields(trailer), expected);
        assert_eq!(
            trailer.extras.as_ref().and_then(|extras| extras.get("trailerSerialNumber")),
            Some(&Value::from("8V8WD530FLN016251"))
        );
    }
}
