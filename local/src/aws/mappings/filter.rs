//! Event patterns, as far as event-source mappings use them.

use serde_json::Value;

/// Whether an event passes: it matches one of the patterns, or there are none.
pub(super) fn passes(patterns: &[Value], event: &Value) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, event))
}

fn matches(pattern: &Value, event: &Value) -> bool {
    let Some(members) = pattern.as_object() else {
        return false;
    };
    members.iter().all(|(name, wanted)| {
        let found = event.get(name);
        match wanted {
            Value::Array(choices) if name == "$or" => choices.iter().any(|choice| matches(choice, event)),
            Value::Array(rules) => rules.iter().any(|rule| any_element(rule, found)),
            nested => matches(nested, found.unwrap_or(&Value::Null)),
        }
    })
}

fn any_element(rule: &Value, found: Option<&Value>) -> bool {
    match found {
        Some(Value::Array(elements)) if !elements.is_empty() => elements.iter().any(|element| obeys(rule, Some(element))),
        found => obeys(rule, found),
    }
}

fn obeys(rule: &Value, found: Option<&Value>) -> bool {
    let Some((kind, argument)) = rule.as_object().and_then(|rule| rule.iter().next()) else {
        return found == Some(rule);
    };
    let text = found.and_then(Value::as_str);
    let starts = |text: &str, argument: &Value| argument.as_str().is_some_and(|prefix| text.starts_with(prefix));
    match kind.as_str() {
        "exists" => found.is_some_and(|found| !found.is_object()) == (argument == &Value::Bool(true)),
        "prefix" => text.is_some_and(|text| starts(text, argument)),
        "suffix" => text.is_some_and(|text| argument.as_str().is_some_and(|suffix| text.ends_with(suffix))),
        "equals-ignore-case" => text.is_some_and(|text| argument.as_str().is_some_and(|other| text.eq_ignore_ascii_case(other))),
        "anything-but" => found.is_some() && !excluded(argument, found),
        "numeric" => found.and_then(number).is_some_and(|found| compares(argument, found)),
        _ => false,
    }
}

fn excluded(argument: &Value, found: Option<&Value>) -> bool {
    match argument {
        Value::Array(values) => values.iter().any(|value| Some(value) == found),
        rule => obeys(rule, found),
    }
}

/// DynamoDB writes its numbers as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn compares(argument: &Value, found: f64) -> bool {
    let parts = argument.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut pairs = parts.chunks_exact(2);
    pairs.all(|pair| match pair {
        [Value::String(operator), bound] => bound.as_f64().is_some_and(|bound| match operator.as_str() {
            "=" => (found - bound).abs() < f64::EPSILON,
            "<" => found < bound,
            "<=" => found <= bound,
            ">" => found > bound,
            ">=" => found >= bound,
            _ => false,
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns() {
        let event = json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": "conn#1"}, "n": {"N": "5"}}}});
        let check =
            |pattern: Value, expected: bool| assert_eq!(passes(std::slice::from_ref(&pattern), &event), expected, "{pattern}");
        check(json!({"eventName": ["INSERT", "MODIFY"]}), true);
        check(json!({"eventName": ["REMOVE"]}), false);
        check(json!({"dynamodb": {"NewImage": {"pk": {"S": [{"prefix": "conn#"}]}}}}), true);
        check(json!({"dynamodb": {"NewImage": {"pk": {"S": [{"anything-but": {"prefix": "conn#"}}]}}}}), false);
        check(json!({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 1, "<=", 5]}]}}}}), true);
        check(json!({"dynamodb": {"OldImage": {"pk": {"S": [{"exists": false}]}}}}), true);
        check(json!({"dynamodb": {"NewImage": {"pk": {"S": [{"exists": true}]}}}}), true);
        check(json!({"$or": [{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}]}), true);
        assert!(passes(&[], &event));
    }
}
