//! Inspection reports: `GET /dvirs/stream`, by the time of their last change. A report that is signed or repaired comes again.

use model::Timestamp;
use model::telematics::{DvirLog, Observation};
use serde_json::value::RawValue;

use super::{Samsara, members};
use crate::cursor::Stream;
use crate::wire::{Amount, Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const METERS_IN_KM: f64 = 1_000.0;

/// Addresses of photographs are new in each answer.
const RULES: SourceRules = SourceRules {
    volatile: &["walkaroundPhotos"],
    extras: &["formattedAddress", "safetyStatus", "secondSignature", "thirdSignature"],
    references: &["vehicle", "trailer"],
};

const TYPES: &[(&str, &str)] =
    &[("preTrip", "pre_trip"), ("postTrip", "post_trip"), ("mechanic", "mechanic"), ("unspecified", "unknown")];

pub(super) struct DvirLogs;

impl Source for DvirLogs {
    type Provider = Samsara;
    type Rows = Vec<Observation<DvirLog>>;
    type Cursor = Stream;

    const KNOWN: Known = Known { members: members::DVIR_LOG, words: &[("type", &["log_type"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Samsara>, stream: Stream) -> Result<Page<Self::Rows, Stream>, ProviderError> {
        let since = stream.since.to_string();
        let response = api.page("/dvirs/stream", &[("startTime", &since), ("limit", "200")], stream.after.as_deref()).await?;
        let (data, next) = response.page(stream.after.as_deref())?;
        let rows = data.iter().filter_map(|raw| observation(raw)).collect();
        Ok(stream.page(rows, next.after, next.more))
    }
}

/// A report; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue) -> Option<Observation<DvirLog>> {
    let wire = Members::of(raw);
    let source_id = wire.id("inspection report", "samsara")?;
    let submitted: Option<Timestamp> = wire.get("dvirSubmissionTime");
    let occurred_at = submitted.or_else(|| wire.get("updatedAtTime"));
    let began: Option<Timestamp> = wire.get("dvirSubmissionBeginTime");
    let author = wire.object("authorSignature");
    let (user, author_type) = (author.object("signatoryUser"), author.get::<String>("type"));
    let kind: Option<String> = wire.get("type");
    let odometer = wire.get("odometerMeters").map(|Amount(meters)| meters);
    let status: Option<String> = wire.get("safetyStatus");
    let fields = DvirLog {
        source_vehicle_id: wire.object("vehicle").get("id"),
        source_trailer_id: wire.object("trailer").get("id"),
        // A mechanic is no driver.
        source_driver_id: user.get("id").filter(|_| author_type.as_deref() == Some("driver")),
        inspected_by: user.get("name"),
        log_type: TYPES.iter().find(|(word, _)| kind.as_deref() == Some(*word)).map(|(_, word)| (*word).to_owned()),
        duration_seconds: began.zip(submitted).and_then(|(began, submitted)| seconds(began, submitted)),
        odometer_km: odometer.map(|meters| meters / METERS_IN_KM),
        odometer,
        certify_comment: wire.get("mechanicNotes"),
        // A list without elements is left out.
        defect_count: i64::try_from(wire.list("defectIds").len()).ok(),
        version: wire.get("updatedAtTime"),
        is_safety_critical: match status.as_deref() {
            Some("unsafe") => Some(true),
            Some("safe" | "resolved") => Some(false),
            _ => None,
        },
        ..DvirLog::default()
    };
    Some(RULES.observation(source_id, occurred_at, source_of(raw), fields))
}

fn seconds(began: Timestamp, ended: Timestamp) -> Option<f64> {
    let millis = u32::try_from(ended.millis() - began.millis()).ok()?;
    Some(f64::from(millis) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, ask, fields, records, response};
    use super::*;

    fn page(rows: &Value, after: &str, more: bool) -> String {
        json!({ "data": rows, "pagination": { "endCursor": after, "hasNextPage": more } }).to_string()
    }

    fn report() -> Value {
        json!({
            "id": "12345", "type": "preTrip", "vehicle": { "id": "494123" }, "odometerMeters": 91_823,
            "authorSignature": { "signatoryUser": { "id": "938172", "name": "A. Driver" }, "signedAtTime": "2026-11-20T07:06:25Z",
                "type": "driver" },
            "defectIds": ["8d218e6c", "25d6151e"], "dvirSubmissionBeginTime": "2026-11-20T07:00:25Z",
            "dvirSubmissionTime": "2026-11-20T07:06:25.5Z", "formattedAddress": "350 Rhode Island St", "safetyStatus": "unsafe",
            "mechanicNotes": "Replaced headlight.", "updatedAtTime": "2026-11-20T09:00:00Z",
            "walkaroundPhotos": [{ "url": "https://media.example.com/1" }],
        })
    }

    #[test]
    fn check_reports() {
        let mechanics = json!({ "id": "2", "type": "mechanic", "trailer": { "id": "494124" }, "updatedAtTime": "2026-11-20T10:00:00Z",
            "authorSignature": { "signatoryUser": { "id": "7" }, "type": "mechanic" }, "safetyStatus": "resolved" });
        let http = Canned::new(vec![
            response(200, &page(&json!([report(), mechanics, { "type": "preTrip" }]), "x", false)),
            response(200, &page(&json!([]), "x", false)),
        ]);
        let first = ask(&http, Resource::DvirLog, None).unwrap();
        let again = ask(&http, Resource::DvirLog, first.cursor.as_deref()).unwrap();
        let root = "http://simulator.local/samsara/dvirs/stream?startTime=2026-11-14T12%3A00%3A00.000000Z&limit=200";
        assert_eq!(http.asked(), [root.to_owned(), format!("{root}&after=x")], "a change feed that never ends");
        assert_eq!((again.cursor == first.cursor, again.more, again.complete_scan), (true, false, false));
        let [one, other] = records(&first) else { panic!("{first:?}") };
        assert_eq!((one.source_id.as_str(), one.occurred_at), ("12345", Timestamp::parse("2026-11-20T07:06:25.5Z")));
        let expected = json!({
            "source_driver_id": "938172", "source_vehicle_id": "494123", "log_type": "pre_trip", "duration_seconds": 360.5,
            "odometer_km": 91.823, "odometer": 91_823.0, "inspected_by": "A. Driver", "certify_comment": "Replaced headlight.",
            "defect_count": 2, "version": "2026-11-20T09:00:00Z", "is_safety_critical": true,
        });
        let found = fields(one);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{name}");
        }
        assert!(found.get("trailer_id").is_none() && found["driver_id"].is_string());
        let found = fields(other);
        assert_eq!((found.get("source_driver_id"), &found["source_trailer_id"]), (None, &json!("494124")));
        assert_eq!((&found["defect_count"], &found["is_safety_critical"]), (&json!(0), &json!(false)));
        assert_eq!(other.occurred_at, Timestamp::parse("2026-11-20T10:00:00Z"));
    }

    #[test]
    fn another_address_of_a_photograph_is_no_change() {
        let hash = |row: &Value| {
            let raw = RawValue::from_string(row.to_string()).unwrap();
            observation(&raw).unwrap().source_hash
        };
        let (one, mut other) = (report(), report());
        other["walkaroundPhotos"][0]["url"] = json!("https://media.example.com/2");
        assert_eq!(hash(&one), hash(&other));
        other["safetyStatus"] = json!("safe");
        assert_ne!(hash(&one), hash(&other));
    }
}
