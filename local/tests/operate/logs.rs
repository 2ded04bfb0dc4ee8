//! What docs/logging.md promises, held against what a run wrote.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The fields that each of the lines that are written once has; those that depend on the caller or the record are left out.
const ONCE: &[(&str, &[&str])] = &[
    ("request", &["trace.id", "request.id", "handler", "status", "duration_ms"]),
    (
        "execution",
        &[
            "trace.id",
            "execution.id",
            "schedule.id",
            "connection.id",
            "source.name",
            "resource",
            "records",
            "added",
            "modified",
            "removed",
            "pages",
            "duration_ms",
            "status",
            "handler",
        ],
    ),
    (
        "delivery attempt",
        &[
            "trace.id",
            "webhook.id",
            "message.id",
            "partner.id",
            "event",
            "attempt",
            "outcome",
            "status_code",
            "duration_ms",
            "age_seconds",
            "handler",
        ],
    ),
];

fn lines(logs: &str) -> Vec<Value> {
    logs.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(logs: &str) -> Vec<Value> {
    lines(logs).into_iter().filter(|line| line.get("_aws").is_none()).collect()
}

fn text(line: &Value, field: &str) -> String {
    line.get(field).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}

/// One line per request, execution and attempt, with the fields that are promised; one trace from a request to a delivery.
pub(crate) fn check(logs: &str) {
    let events = events(logs);
    let documented = include_str!("../../../docs/logging.md");
    for (message, fields) in ONCE {
        let found: Vec<&Value> = events.iter().filter(|line| line["message"] == *message).collect();
        assert!(!found.is_empty(), "no line says {message:?}");
        for line in &found {
            for field in *fields {
                assert!(line.get(*field).is_some(), "{message:?} lacks {field}: {line}");
            }
        }
        for field in *fields {
            assert!(documented.contains(&format!("`{field}`")), "docs/logging.md does not name {field}");
        }
    }
    let of = |message: &str| events.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    once(&of("request"), &["request.id"]);
    once(&of("execution"), &["execution.id"]);
    once(&of("delivery attempt"), &["message.id", "webhook.id", "attempt"]);
    assert!(of("request").iter().any(|line| line.get("partner.id").is_some()), "no request names its partner");
    assert!(of("request").iter().any(|line| line.get("fleet.id").is_some()), "no request names its fleet");
    one_trace(&events);
}

fn once(lines: &[&Value], names: &[&str]) {
    let mut seen = BTreeSet::new();
    for line in lines {
        let name: Vec<String> = names.iter().map(|name| text(line, name)).collect();
        assert!(seen.insert(name), "duplicate field: {line}");
    }
}

/// The request that linked an account, the runs it led to, the changes they made and the deliveries of those.
fn one_trace(events: &[Value]) {
    let mut by_trace: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in events {
        let what = if line["message"] == "request" { text(line, "handler") } else { text(line, "message") };
        by_trace.entry(text(line, "trace.id")).or_default().insert(what);
    }
    let wanted = ["connections.create", "execution", "change fanned out", "delivery attempt"];
    let whole = |seen: &BTreeSet<String>| wanted.iter().all(|what| seen.contains(*what));
    let traces = by_trace.iter().filter(|(trace, seen)| !trace.is_empty() && whole(seen)).count();
    assert!(traces >= 1, "no trace leads from connections.create to a delivery: {by_trace:#?}");
}

/// Metrics have the dimensions that they may have, and are all there.
pub(crate) fn check_metrics(logs: &str) {
    let mut names = BTreeSet::new();
    for line in lines(logs).into_iter().filter(|line| line.get("_aws").is_some()) {
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Catena");
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            let dimension = dimension.as_str().unwrap();
            assert!(["Stage", "Service", "Handler", "Tsp", "Code", "Class"].contains(&dimension), "dimension {dimension}");
            let value = text(&line, dimension);
            assert!(!value.is_empty() && value.len() < 36, "{dimension} is {value:?}");
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = text(metric, "Name");
            assert!(line[&name].is_number() || line[&name].is_array(), "{name} has no value: {line}");
            names.insert(name);
        }
    }
    let expected = [
        "DataLag",
        "DeadLetters",
        "DeliveryAttempts",
        "DeliveryLatency",
        "EventFailures",
        "ExecutionFailures",
        "Executions",
        "Failures",
        "RecordsStored",
        "RequestLatency",
        "Requests",
        "SubscriptionsPaused",
        "UndeliveredAge",
    ];
    assert!(expected.iter().all(|name| names.contains(*name)), "only {names:?}");
}
