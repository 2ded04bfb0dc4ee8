//! The response of a function to a batch.

use std::collections::HashSet;

use serde_json::Value;

/// Which items of a batch failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// None.
    Handled,
    /// These, by their identifiers.
    Partly(HashSet<String>),
    /// All; the text says why.
    Failed(String),
}

/// Interprets a response by AWS Lambda's rules: no list is success, an unknown or empty identifier fails the whole batch.
pub(super) fn read(response: Result<Value, String>, reports_failures: bool, identifiers: &[String]) -> Outcome {
    let response = match response {
        Ok(response) if reports_failures => response,
        Ok(_) => return Outcome::Handled,
        Err(reason) => return Outcome::Failed(reason),
    };
    let Some(listed) = response.get("batchItemFailures").and_then(Value::as_array) else {
        return Outcome::Handled;
    };
    let mut failed = HashSet::new();
    for item in listed {
        match item.get("itemIdentifier").and_then(Value::as_str) {
            Some(identifier) if identifiers.iter().any(|known| known == identifier) => failed.insert(identifier.to_owned()),
            _ => {
                return Outcome::Failed("the response names an item that is not in the batch".to_owned());
            }
        };
    }
    if failed.is_empty() { Outcome::Handled } else { Outcome::Partly(failed) }
}
