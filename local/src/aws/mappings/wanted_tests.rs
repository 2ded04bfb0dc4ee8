//! The filters of the workers that follow tables, held against what those workers read: an item of each kind.
//!
//! An item here has a kind and nothing else. So a worker that reads it fails, and one that does not look at its kind is content.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use gateway::{Aws, Config, Context, Trigger};
use model::Timestamp;
use serde_json::{Value, json};

use super::filter::passes;

const CHANGES: [&str; 3] = ["INSERT", "MODIFY", "REMOVE"];
const STATES: [&str; 5] = ["active", "failed", "stale", "inactive", "success"];

/// Every kind that the store writes into the control table.
fn kinds() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/store/src/control");
    let texts = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let declared = |text: String| {
        let rest = text.split("const KIND: &'static str = \"").skip(1).map(str::to_owned).collect::<Vec<_>>();
        rest.into_iter().map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    texts.flat_map(declared).collect()
}

fn patterns(handler: &str, table: &str) -> Vec<Value> {
    let worker = bootstrap::workers().into_iter().find(|worker| worker.handler == handler).unwrap();
    let Trigger::Streams(streams) = worker.trigger else { panic!("{handler} follows no table") };
    let stream = streams.iter().find(|stream| stream.table == table).unwrap();
    assert!(stream.wanted.len() <= 5, "Lambda takes five filters");
    stream.wanted.iter().map(|wanted| wanted.pattern()).collect()
}

/// A record of the stream: the item before and after, as far as there is one.
fn record(change: &str, item: &Value) -> Value {
    let mut images = json!({ "Keys": { "pk": item["pk"], "sk": item["sk"] }, "SequenceNumber": "1" });
    if change != "REMOVE" {
        images["NewImage"] = item.clone();
    }
    if change != "INSERT" {
        images["OldImage"] = item.clone();
    }
    json!({ "eventName": change, "eventSourceARN": "arn:aws:dynamodb:r:1:table/t/stream/s", "dynamodb": images })
}

fn image(record: &Value, name: &str) -> serde_dynamo::Item {
    record["dynamodb"].get(name).map(|image| serde_json::from_value(image.clone()).unwrap()).unwrap_or_default()
}

fn control_item(kind: &str, status: &str) -> Value {
    json!({ "pk": { "S": "A#1" }, "sk": { "S": "B#1" }, "kind": { "S": kind }, "status": { "S": status } })
}

/// Whether a change of the kind passes in one of its states.
fn passes_in_some_state(patterns: &[Value], change: &str, kind: &str) -> bool {
    STATES.iter().any(|status| passes(patterns, &record(change, &control_item(kind, status))))
}

#[test]
fn events_are_asked_for_of_the_kinds_that_have_any() {
    let patterns = patterns("events.fan_out", "ControlTable");
    let reads = |change: &str, kind: &str| {
        let record = record(change, &control_item(kind, "active"));
        let (old, new) = (image(&record, "OldImage"), image(&record, "NewImage"));
        delivery::changes::of_control(&old, &new, "https://connect.example").is_err()
    };
    let kinds = kinds();
    assert!(kinds.len() > 30 && kinds.contains("fleet_connection"), "{kinds:?}");
    for kind in &kinds {
        for change in ["INSERT", "REMOVE"] {
            assert_eq!(passes_in_some_state(&patterns, change, kind), reads(change, kind), "{change} of {kind}");
        }
        assert!(reads("MODIFY", kind) || !passes_in_some_state(&patterns, "MODIFY", kind), "MODIFY of {kind}");
    }
    assert_eq!(kinds.iter().filter(|kind| reads("REMOVE", kind)).collect::<Vec<_>>(), ["fleet_connection"]);
    let run = |status| passes(&patterns, &record("MODIFY", &control_item("schedule", status)));
    assert!(run("inactive") && !run("active"), "what a run writes into its schedule is no event");
}

#[tokio::test]
async fn timers_are_kept_by_changes_of_the_kinds_that_have_any() {
    let patterns = patterns("schedules.maintain", "ControlTable");
    let aws = Aws::from(aws_config::SdkConfig::builder().build());
    let context = Context::new(Config::from_variables(|_| None), aws, Timestamp::system);
    for kind in kinds() {
        for change in CHANGES {
            let record = record(change, &control_item(&kind, "active"));
            let read = serde_json::from_value(record).unwrap();
            let reads = ingestion::maintain::handle_change(&context, &read).await.is_err();
            assert_eq!(passes_in_some_state(&patterns, change, &kind), reads, "{change} of {kind}");
        }
    }
}

/// The items of the telematics table, see `store::telematics`.
#[test]
fn rows_are_asked_for_and_bookkeeping_is_not() {
    let patterns = patterns("events.fan_out", "TelematicsTable");
    let id = "0190a4c8-5f6e-7000-8000-000000000001";
    let item = |pk: String, sk: &str, execution: bool| {
        let mut item = json!({ "pk": { "S": pk }, "sk": { "S": sk }, "data": { "B": "" }, "n": { "N": "1" } });
        if execution {
            item["execution_id"] = json!({ "S": id });
        }
        item
    };
    let items = [
        ("entity", item(format!("C#{id}#vehicle"), id, true)),
        ("event", item(format!("C#{id}#hos_event#2026-11-21"), "1#2", true)),
        ("place", item(format!("I#vehicle#{id}"), "I", false)),
        ("totals", item(format!("N#{id}#vehicle"), "total", false)),
        ("block", item(format!("L#{id}#0#2026-11-21"), "1#2#3", true)),
        ("newest readings", item(format!("L#{id}"), "G#00000", false)),
        ("directory", item(format!("L#{id}"), "D", false)),
        ("counts of a day", item(format!("L#{id}#0"), "2026-11-20", false)),
    ];
    let mut read = Vec::new();
    for (what, item) in items {
        for change in CHANGES {
            let record = record(change, &item);
            let image = |name: &str| {
                let image: HashMap<String, AttributeValue> = image(&record, name).into();
                (!image.is_empty()).then_some(image)
            };
            let found = store::telematics::change::from_images(image("OldImage").as_ref(), image("NewImage").as_ref());
            let reads = !matches!(found, Ok(None));
            assert!(passes(&patterns, &record) || !reads, "{change} of {what} would be missed");
            // Records that are written anew with the same content are told apart by their content only.
            let may_be_read = change != "REMOVE" && ["entity", "event"].contains(&what);
            assert!(reads || may_be_read || !passes(&patterns, &record), "{change} of {what} is not read");
            read.extend(reads.then_some((what, change)));
        }
    }
    assert_eq!(read, [("entity", "INSERT"), ("event", "INSERT"), ("block", "INSERT")]);
}
