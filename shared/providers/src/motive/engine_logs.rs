//! Faults of vehicles: `GET /v1/fault_codes` by days. A fault stays one record, which is `open` and then `closed`. Whether its first or
//! its last observation must be of the days is not documented, so each run reads again the last 7 days, and once a day the last 45.

use model::telematics::code::{Code, FaultCodeSource, RecordState};
use model::telematics::engine_log::{ACTIVE, INACTIVE};
use model::telematics::{EngineLog, Observation};
use serde_json::value::RawValue;

use super::client::List;
use super::days::Days;
use super::{Motive, members};
use crate::cursor::DAY;
use crate::faults::{canonical, code, description};
use crate::wire::{Members, SourceRules, source_of};
use crate::{Api, Known, Page, ProviderError, Remap, Source};

/// The provider names no limit.
const LONGEST_DAYS: i64 = 90;
const LIST: List = List { path: "/v1/fault_codes", rows: "fault_codes", row: "fault_code" };

/// How often a fault was seen does not change it; when it was seen last does.
const RULES: SourceRules = SourceRules {
    volatile: &["updated_at", "num_observations", "sum_num_observations", "occurrence_count"],
    extras: &["first_observed_at", "type", "dtc_status", "dtc_severity", "occurrence_count", "source_address_name"],
    references: &["vehicle", "vehicle_gateway", "eld_device"],
};

const J1939: Code<FaultCodeSource> = Code::of("J1939");
const J1708: Code<FaultCodeSource> = Code::of("J1708");
const OBD2: Code<FaultCodeSource> = Code::of("OBD2");
const VENDOR: Code<FaultCodeSource> = Code::of("VENDOR");

pub(super) struct EngineLogs;

impl Source for EngineLogs {
    type Provider = Motive;
    type Rows = Vec<Observation<EngineLog>>;
    type Cursor = Days<{ 7 * DAY }, { 45 * DAY }>;

    const KNOWN: Known = Known { members: members::ENGINE_LOG, words: &[("status", &["status"])] };

    const REMAP: Option<Remap<Self::Rows>> = Some(Remap::alone(|stored| Some(vec![observation(stored.json)?])));

    async fn page(api: &Api<'_, Motive>, days: Self::Cursor) -> Result<Page<Self::Rows, Self::Cursor>, ProviderError> {
        days.page(api, (LIST, LONGEST_DAYS), observation, |_| None).await
    }
}

/// A fault; `None` (and a warning) where it has no id.
fn observation(raw: &RawValue) -> Option<Observation<EngineLog>> {
    let wire = Members::of(raw);
    let source_id = wire.id("fault code", "motive")?;
    let family = wire.get::<String>("network").map_or(VENDOR, |network| family(&network));
    let text: Option<String> = wire.get("code").or_else(|| wire.get("code_label"));
    let (spn, fmi) = (wire.get("code"), wire.get("fmi"));
    let address = ("source_address", wire.get("source_address"));
    let mode = ("fmi", wire.get("fmi"));
    let fields = EngineLog {
        source_vehicle_id: wire.object("vehicle").get("id").or_else(|| wire.get("vehicle_id")),
        fault_code_source: Some(family),
        fault_code: code([(name_of(family, wire.get("is_sid")), text), mode, address]),
        fault_code_description: description([wire.get("code_description"), wire.get("fmi_description")]),
        canonical_code: canonical(spn, fmi).filter(|_| family == J1939),
        status: wire.get::<String>("status").and_then(|word| state(&word)),
        ..EngineLog::default()
    };
    let observed = wire.get("last_observed_at").or_else(|| wire.get("first_observed_at"));
    Some(RULES.observation(source_id, observed, source_of(raw), fields))
}

fn state(word: &str) -> Option<Code<RecordState>> {
    match word {
        "open" | "opened" => Some(ACTIVE),
        "closed" => Some(INACTIVE),
        _ => None,
    }
}

fn family(network: &str) -> Code<FaultCodeSource> {
    let network = network.to_ascii_lowercase();
    [("j1939", J1939), ("j1708", J1708), ("j1587", J1708), ("obd", OBD2)]
        .into_iter()
        .find(|(word, _)| network.starts_with(word))
        .map_or(VENDOR, |(_, family)| family)
}

/// What the code of a family is called.
fn name_of(family: Code<FaultCodeSource>, is_sid: Option<bool>) -> &'static str {
    match family.as_str() {
        "J1939" => "spn",
        "OBD2" => "dtc",
        "J1708" if is_sid == Some(true) => "sid",
        "J1708" => "pid",
        _ => "code",
    }
}

#[cfg(test)]
mod tests {
    use model::Resource;
    use serde_json::{Value, json};

    use super::super::tests::{asker, at, page};
    use crate::testing::{Canned, check_fields, fields, records};

    /// The example of the provider's documents.
    fn documented() -> Value {
        json!({
            "id": 48_401, "code": "P203F", "code_label": "P203F", "code_description": "Reductant Level Too Low",
            "source_address_label": "2024", "status": "closed", "first_observed_at": "2024-03-07T15:46:56Z",
            "last_observed_at": "2024-03-07T19:45:27Z", "type": "constant", "fmi": null, "occurrence_count": null,
            "num_observations": 46, "sum_num_observations": 175, "source_address_name": null, "source_address": "2024",
            "is_sid": false, "fmi_description": null, "dtc_status": null, "dtc_severity": null, "functional_grp_id": null,
            "network": "obdii", "vehicle_gateway": { "id": 9, "identifier": "AABL36", "model": "lbb-3.6ca" },
            "vehicle": { "id": 7, "number": "T-7", "metric_units": false },
        })
    }

    fn with(more: &Value) -> Value {
        let mut one = documented();
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    }

    fn listed(all: &[Value]) -> Canned {
        Canned::new(vec![page("fault_codes", "fault_code", all, 1, all.len())])
    }

    #[test]
    fn check_faults() {
        let heavy = json!({
            "id": 2, "code": "110", "fmi": 0, "fmi_description": "above normal", "source_address": "0", "network": "j1939", "status": "open",
            "code_description": "Engine Coolant Temperature", "dtc_severity": "high", "occurrence_count": 3,
        });
        let sid = json!({ "id": 3, "code": "254", "is_sid": true, "network": "J1708", "fmi": "12", "last_observed_at": null, "status": "muted" });
        let odd = json!({ "id": 4, "code": null, "code_label": "X-1", "network": null, "vehicle": null, "vehicle_id": 8, "source_address": null });
        let http = listed(&[documented(), with(&heavy), with(&sid), with(&odd)]);
        let found = asker().walk(&http, Resource::EngineLog);
        assert!(http.asked()[0].ends_with("/v1/fault_codes?start_date=2026-10-06&end_date=2026-11-21&per_page=100&page_no=1"));
        let rows = records(&found[0]);
        let one = &rows[0];
        assert_eq!((one.source_id.as_str(), one.occurred_at), ("48401", Some(at("2024-03-07T19:45:27Z"))));
        let expected = json!({
            "source_vehicle_id": "7", "fault_code_source": "OBD2", "fault_code": { "dtc": "P203F", "source_address": 2024 },
            "fault_code_description": "Reductant Level Too Low", "canonical_code": null, "status": "inactive", "source_driver_id": null,
        });
        check_fields(one, &expected);
        assert!(fields(one)["vehicle_id"].is_string());
        assert_eq!(one.extras, Some(json!({ "first_observed_at": "2024-03-07T15:46:56Z", "type": "constant" })));
        let expected = json!({
            "fault_code_source": "J1939", "fault_code": { "spn": 110, "fmi": 0, "source_address": 0 }, "status": "active",
            "fault_code_description": "Engine Coolant Temperature: above normal", "canonical_code": "ENG_COOLANT_TEMP_HIGH",
        });
        check_fields(&rows[1], &expected);
        let expected = json!({ "fault_code_source": "J1708", "fault_code": { "sid": 254, "fmi": 12, "source_address": 2024 }, "status": null });
        check_fields(&rows[2], &expected);
        assert_eq!(rows[2].occurred_at, Some(at("2024-03-07T15:46:56Z")));
        let expected = json!({ "fault_code_source": "VENDOR", "fault_code": { "code": "X-1" }, "source_vehicle_id": "8" });
        check_fields(&rows[3], &expected);
    }

    #[test]
    fn a_fault_is_modified_when_it_is_seen_again_or_gone_and_not_by_counting() {
        let hash = |more: &Value| records(&asker().walk(&listed(&[with(more)]), Resource::EngineLog)[0])[0].source_hash.clone();
        let first = hash(&json!({}));
        assert_eq!(
            hash(&json!({ "num_observations": 47, "sum_num_observations": 176, "vehicle": { "id": 7, "number": "T-8" } })),
            first
        );
        assert_ne!(hash(&json!({ "status": "open" })), first);
        assert_ne!(hash(&json!({ "last_observed_at": "2024-03-07T20:45:27Z" })), first);
    }
}
