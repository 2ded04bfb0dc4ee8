//! Defects in inspection reports: `GET /defects/stream`, by the time of their last change, with the names of `GET /defect-types`.

use std::collections::BTreeMap;

use model::Timestamp;
use model::telematics::{DvirLogDefect, Observation};
use serde_json::json;
use serde_json::value::RawValue;

use super::client::{Beside, Missing};
use super::{Samsara, members};
use crate::cursor::Stream;
use crate::parts::part;
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

const TYPES: Beside = Beside { path: "/defect-types", what: "types of defects" };

/// Addresses of photographs are new in each answer.
const RULES: SourceRules = SourceRules {
    volatile: &["defectPhotos"],
    extras: &["defectSafetyStatus", "resolvedBy", "vehicle", "trailer"],
    references: &["vehicle", "trailer"],
};

pub(super) struct DvirLogDefects;

impl Source for DvirLogDefects {
    type Provider = Samsara;
    type Rows = Vec<Observation<DvirLogDefect>>;
    type Cursor = Stream;

    const KNOWN: Known = Known { members: members::DVIR_LOG_DEFECT, words: &[] };

    const REMAP: Option<Remap<Self::Rows>> =
        Some(Remap::alone(|stored| Some(vec![observation(stored.json, &Types::of_source(stored.json))?])));

    async fn page(api: &Api<'_, Samsara>, stream: Stream) -> Result<Page<Self::Rows, Stream>, ProviderError> {
        let since = stream.since.to_string();
        let response = api.page("/defects/stream", &[("startTime", &since), ("limit", "200")], stream.after.as_deref()).await?;
        let (data, next) = response.page(stream.after.as_deref())?;
        let types = if data.is_empty() { Types::default() } else { Types::ask(api, data.len()).await };
        let rows = data.iter().filter_map(|raw| observation(raw, &types)).collect();
        Ok(stream.page(rows, next.after, next.more))
    }
}

/// What defects are called, by the ids of their types. The type becomes part of a defect's source, as `type`: another name of it
/// modifies its defects.
#[derive(Default)]
struct Types {
    known: BTreeMap<String, DefectType>,
    /// Whether they could not be read this time: stored defects stay as they are.
    are_partial: bool,
}

struct DefectType {
    label: Option<String>,
    severity: Option<String>,
}

impl Types {
    /// The type that is part of a defect's source.
    fn of_source(raw: &RawValue) -> Self {
        let wire = Members::of(raw);
        let kind = wire.object("type");
        let known = DefectType { label: kind.get("label"), severity: kind.get("severity") };
        let known = wire.get("defectTypeId").filter(|_| wire.raw("type").is_some()).map(|code| (code, known));
        Self { known: known.into_iter().collect(), are_partial: false }
    }

    async fn ask(api: &Api<'_, Samsara>, defects: usize) -> Self {
        let list = api.beside(TYPES, &[], defects).await;
        let are_partial = list.as_ref().map_or_else(|missing| *missing == Missing::Down, |list| list.is_unclear);
        let list = list.unwrap_or_default();
        let named = list.rows.iter().filter_map(|raw| {
            let wire = Members::of(raw);
            Some((wire.get("id")?, DefectType { label: wire.get("label"), severity: wire.get("severity") }))
        });
        Self { known: named.collect(), are_partial }
    }
}

/// A defect; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue, types: &Types) -> Option<Observation<DvirLogDefect>> {
    let wire = Members::of(raw);
    let source_id = wire.id("defect", "samsara")?;
    let code: Option<String> = wire.get("defectTypeId");
    let known = code.as_ref().and_then(|code| types.known.get(code));
    let label = known.and_then(|known| known.label.clone()).or_else(|| wire.get("defectType"));
    let status: Option<String> = wire.get("defectSafetyStatus");
    let fields = DvirLogDefect {
        source_dvir_log_id: wire.get("dvirId"),
        defect_type: label.as_deref().map(|label| part(label).to_owned()),
        defect_code: code,
        defect_name: label,
        description: wire.get("comment"),
        status: wire.get("isResolved").map(|is_resolved| if is_resolved { "resolved" } else { "active" }.to_owned()),
        is_safety_critical: match (status.as_deref(), known.and_then(|known| known.severity.as_deref())) {
            (Some("unsafe"), _) => Some(true),
            (Some("safe"), _) => Some(false),
            (_, Some(severity @ ("major" | "minor"))) => Some(severity == "major"),
            _ => None,
        },
        resolved_at: wire.get("resolvedAtTime"),
        notes: wire.get("mechanicNotes"),
        ..DvirLogDefect::default()
    };
    let occurred_at: Option<Timestamp> = wire.get("createdAtTime").or_else(|| wire.get("updatedAtTime"));
    let mut source = source_of(raw);
    if let (Some(known), Some(members)) = (known, source.as_object_mut()) {
        members.insert("type".into(), json!({ "label": known.label, "severity": known.severity }));
    }
    let mut row = RULES.observation(source_id, occurred_at, source, fields);
    row.is_partial = known.is_none() && types.are_partial;
    Some(row)
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{Canned, ask, fields, records, response};

    fn page(rows: &Value) -> String {
        json!({ "data": rows, "pagination": { "endCursor": "x", "hasNextPage": false } }).to_string()
    }

    #[test]
    fn check_defects() {
        let defects = json!([
            { "id": "d1", "dvirId": "12345", "defectTypeId": "t1", "comment": "Left one is cracked", "isResolved": true,
              "mechanicNotes": "Replaced.", "createdAtTime": "2026-11-20T07:06:25Z", "updatedAtTime": "2026-11-20T09:00:00Z",
              "resolvedAtTime": "2026-11-20T09:00:00Z", "vehicle": { "id": "494123" } },
            { "id": "d2", "dvirId": "12345", "defectTypeId": "t2", "isResolved": false, "updatedAtTime": "2026-11-20T09:00:00Z" },
            { "id": "d3", "dvirId": "12345", "defectTypeId": "t9", "defectSafetyStatus": "unsafe" },
        ]);
        let types = json!([
            { "id": "t1", "label": "Wheels / Rims", "sectionType": "vehicle", "severity": "major" },
            { "id": "t2", "label": "Ashtray", "severity": "notApplicable" },
        ]);
        let http = Canned::new(vec![response(200, &page(&defects)), response(200, &page(&types))]);
        let found = ask(&http, Resource::DvirLogDefect, None).unwrap();
        assert!(
            http.asked()[0].contains("/defects/stream?startTime=2026-11-14T12") && http.asked()[1].ends_with("/defect-types")
        );
        let rows: Vec<Value> = records(&found).iter().map(fields).collect();
        let expected = json!({
            "source_dvir_log_id": "12345", "defect_type": "wheels_rims", "defect_code": "t1", "defect_name": "Wheels / Rims",
            "description": "Left one is cracked", "status": "resolved", "is_safety_critical": true,
            "resolved_at": "2026-11-20T09:00:00.000000Z", "notes": "Replaced.",
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&rows[0][name], value, "{name}");
        }
        assert!(rows[0]["dvir_log_id"].is_string());
        assert_eq!((&rows[1]["defect_type"], &rows[1]["status"]), (&json!("other"), &json!("active")));
        assert_eq!((rows[1].get("is_safety_critical"), rows[2].get("defect_type")), (None, None));
        assert_eq!((&rows[2]["is_safety_critical"], &rows[2]["defect_code"]), (&json!(true), &json!("t9")));
    }

    #[test]
    fn defects_do_not_wait_for_their_names() {
        let defects = json!([{ "id": "d1", "dvirId": "1", "defectTypeId": "t1" }]);
        let http = Canned::new(vec![response(200, &page(&defects)), response(403, r#"{"message":"Permission Denied"}"#)]);
        let found = ask(&http, Resource::DvirLogDefect, None).unwrap();
        assert_eq!(fields(&records(&found)[0])["defect_code"], "t1");
        assert!(!records(&found)[0].is_partial, "the account has no names");
    }

    #[test]
    fn another_name_of_its_type_modifies_a_defect() {
        let read = |types: crate::testing::Answer| {
            let defects = json!([{ "id": "d1", "dvirId": "1", "defectTypeId": "t1" }]);
            let found = ask(&Canned::new(vec![response(200, &page(&defects)), types]), Resource::DvirLogDefect, None).unwrap();
            let row = &records(&found)[0];
            (row.source_hash.clone(), row.is_partial)
        };
        let named = |label: &str, severity: &str| {
            read(response(200, &page(&json!([{ "id": "t1", "label": label, "severity": severity }]))))
        };
        assert_eq!(named("Brakes", "minor"), named("Brakes", "minor"));
        assert_ne!(named("Brakes", "minor").0, named("Tires", "minor").0);
        assert_ne!(named("Brakes", "minor").0, named("Brakes", "major").0);
        assert!(read(response(500, "down")).1, "while names are down stored defects stay as they are");
    }
}
