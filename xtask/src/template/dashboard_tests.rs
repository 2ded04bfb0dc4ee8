use std::collections::BTreeSet;

use serde_yaml_ng::Value as Yaml;

use super::super::alarms::*;
use super::*;

const OPERATIONS: &str = include_str!("../../../docs/operations.md");

fn all() -> String {
    let endpoints = of_endpoints("auth");
    let worker = of_worker("EventsFanOut", "events.fan_out");
    let follower = of_follower("EventsFanOut", "${AWS::StackName}-events-fan-out", "events.fan_out");
    let tick = of_tick("DeadlinesEnforce", "${AWS::StackName}-deadlines-enforce", "deadlines.enforce");
    format!("Resources:\n{endpoints}{worker}{follower}{tick}{}{}", alarms(), dashboard("${AWS::StackName}"))
}

/// The anchors that a forge makes of headings: small letters, digits and dashes.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter_map(|line| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()));
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase();
        kept.chars()
            .filter(|letter| letter.is_alphanumeric() || [' ', '-'].contains(letter))
            .collect::<String>()
            .replace(' ', "-")
    };
    headings.map(anchor).collect()
}

/// A value below a tag such as `!Sub`.
fn untagged(value: &Yaml) -> &Yaml {
    match value {
        Yaml::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

fn resources() -> Vec<(String, Yaml)> {
    let text = all();
    let parsed: Yaml = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let resources = parsed["Resources"].as_mapping().unwrap();
    resources.iter().map(|(id, resource)| (id.as_str().unwrap().to_owned(), resource.clone())).collect()
}

#[test]
fn every_alarm_leads_to_a_section_of_the_runbook() {
    let known = anchors(OPERATIONS);
    let mut seen = BTreeSet::new();
    for (id, alarm) in resources().into_iter().filter(|(id, _)| id != "Dashboard") {
        let description = untagged(&alarm["Properties"]["AlarmDescription"]).as_str().unwrap().to_owned();
        let (_, anchor) = description.split_once("${RunbookUrl}#").unwrap_or_else(|| panic!("{id} names no runbook"));
        assert!(known.contains(anchor), "docs/operations.md has no section {anchor}, which {id} names");
        seen.insert(anchor.to_owned());
    }
    assert_eq!(seen.len(), 13, "{seen:?}");
}

#[test]
fn anchors_are_made_as_forges_make_them() {
    let found = anchors("# A\ntext # no\n### API 5xx\n## Queues: what's late?\n");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "api-5xx", "queues-whats-late"]);
}

#[test]
fn alarms_watch_what_they_name() {
    let found = resources();
    let properties = |id: &str| found.iter().find(|(name, _)| name == id).unwrap().1["Properties"].clone();
    let queue = properties("DeliveriesQueueAlarm");
    assert_eq!((queue["MetricName"].as_str(), queue["Threshold"].as_u64()), (Some("ApproximateAgeOfOldestMessage"), Some(1_800)));
    let late = properties("EventsFanOutLagAlarm");
    assert_eq!(untagged(&late["Dimensions"][0]["Value"]).as_str(), Some("${AWS::StackName}-events-fan-out"));
    let limited = properties("ProviderRateLimitedAlarm");
    let query = untagged(&limited["Metrics"][0]["Expression"]).as_str().unwrap().to_owned();
    assert_eq!(query, r#"SELECT SUM(ProviderRateLimited) FROM SCHEMA("Catena", Stage, Tsp) WHERE Stage = '${Stage}'"#);
    assert!(limited["MetricName"].is_null() && limited["Period"].is_null(), "a query and a metric exclude each other");
    let share = properties("FailuresAlarm");
    assert_eq!((share["MetricName"].as_str(), share["Statistic"].as_str()), (Some("Failures"), Some("Average")));
    assert_eq!((share["DatapointsToAlarm"].as_u64(), share["EvaluationPeriods"].as_u64()), (Some(3), Some(5)));
    let none = properties("NoExecutionsAlarm");
    assert_eq!(none["Metrics"][0]["Expression"].as_str(), Some("IF(FILL(fired, 0) > 4 AND FILL(ended, 0) == 0, 1, 0)"));
    let tick = properties("DeadlinesEnforceSilenceAlarm");
    let watched = (tick["MetricName"].as_str(), tick["Statistic"].as_str(), tick["Threshold"].as_u64());
    assert_eq!(watched, (Some("Errors"), Some("Minimum"), Some(0)), "one success within a period is enough, and silence is none");
    assert_eq!(untagged(&tick["Dimensions"][0]["Value"]).as_str(), Some("${AWS::StackName}-deadlines-enforce"));
    let ended = &none["Metrics"][2]["MetricStat"];
    assert_eq!(
        (ended["Stat"].as_str(), ended["Metric"]["MetricName"].as_str()),
        (Some("SampleCount"), Some("ExecutionFailures"))
    );
}

/// A sandbox that cannot start processes no event, and so fails none.
#[test]
fn workers_that_cannot_start_ring() {
    let alarm: Yaml = serde_yaml_ng::from_str(&of_workers("ingestion")).unwrap();
    let alarm = &alarm["FailuresInARowAlarm"]["Properties"];
    assert_eq!((alarm["MetricName"].as_str(), alarm["Statistic"].as_str()), (Some("FailuresInARow"), Some("Maximum")));
    assert_eq!(alarm["Dimensions"][0]["Value"].as_str(), Some("ingestion"));
    assert!(alarm["Threshold"].as_u64().unwrap() < u64::from(u8::MAX), "what a failed start writes is above it");
}

/// Where nothing is said for want of a cause, silence is well; where the platform itself should speak each minute, it is not.
#[test]
fn silence_is_an_alarm_only_of_what_always_speaks() {
    for (id, alarm) in resources().into_iter().filter(|(id, _)| id != "Dashboard") {
        let missing = alarm["Properties"]["TreatMissingData"].as_str();
        assert_eq!(missing, Some(if id.ends_with("SilenceAlarm") { "breaching" } else { "notBreaching" }), "{id}");
    }
}

#[test]
fn the_dashboard_shows_every_metric_of_ours() {
    let found = resources();
    let body = untagged(&found.iter().find(|(id, _)| id == "Dashboard").unwrap().1["Properties"]["DashboardBody"]).clone();
    let body: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
    let text = body.to_string();
    for metric in [
        metrics::REQUESTS,
        metrics::REQUEST_LATENCY,
        metrics::FAILURES,
        metrics::FAILURES_IN_A_ROW,
        metrics::EVENT_FAILURES,
        metrics::EXECUTION_FAILURES,
        metrics::EXECUTIONS,
        metrics::RECORDS_STORED,
        metrics::DATA_LAG,
        metrics::PROVIDER_RATE_LIMITED,
        metrics::SET_ASIDE,
        metrics::SCHEMA_DRIFT,
        metrics::CURSORS_LOST,
        metrics::DELIVERY_ATTEMPTS,
        metrics::DELIVERY_LATENCY,
        metrics::UNDELIVERED_AGE,
        metrics::DELIVERIES_HELD,
        metrics::DEAD_LETTERS,
        metrics::SUBSCRIPTIONS_PAUSED,
        metrics::SUBSCRIPTIONS_STALED,
        metrics::ACCESSES_NOT_NOTED,
        metrics::STORE_THROTTLED,
    ] {
        assert!(text.contains(metric), "the dashboard lacks {metric}");
    }
    let widgets = body["widgets"].as_array().unwrap();
    let places: BTreeSet<String> = widgets.iter().map(|widget| format!("{} {}", widget["x"], widget["y"])).collect();
    assert_eq!(places.len(), widgets.len(), "widgets lie upon each other");
    for widget in widgets {
        assert!(widget["x"].as_u64().unwrap() + widget["width"].as_u64().unwrap() <= 24);
    }
}

#[test]
fn only_known_names_are_substituted() {
    let text = all();
    let mut names: BTreeSet<&str> = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    names.retain(|name| !name.starts_with("AWS::") && !name.ends_with(".QueueName"));
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["ControlTable", "HttpApi", "RunbookUrl", "Stage", "TelematicsTable"]);
}
