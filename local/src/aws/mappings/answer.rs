//! What a function answers about a batch.

use std::collections::HashSet;

use serde_json::Value;

/// Which of a batch's items have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// None.
    Handled,
    /// These, by their identifiers.
    Partly(HashSet<String>),
    /// All; the text says why.
    Failed(String),
}

/// Reads an answer by AWS Lambda's rules: no list is success, an unknown or empty identifier fails the whole batch.
pub(super) fn read(answer: Result<Value, String>, reports_failures: bool, identifiers: &[String]) -> Outcome {
    let answer = match answer {
        Ok(answer) if reports_failures => answer,
        Ok(_) => return Outcome::Handled,
        Err(reason) => return Outcome::Failed(reason),
    };
    let Some(listed) = answer.get("batchItemFailures").and_then(Value::as_array) else {
        return Outcome::Handled;
    };
    let mut failed = HashSet::new();
    for item in listed {
        match item.get("itemIdentifier").and_then(Value::as_str) {
            Some(identifier) if identifiers.iter().any(|known| known == identifier) => failed.insert(identifier.to_owned()),
            _ => {
                return Outcome::Failed("the answer names an item that is not of the batch".to_owned());
            }
        };
    }
    if failed.is_empty() { Outcome::Handled } else { Outcome::Partly(failed) }
}
