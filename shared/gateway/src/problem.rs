//! The problems of a request: how many are named, and how much of what was sent they repeat.
//!
//! A response must not grow with a hostile request, so every part of a problem has a bound.

use std::io;

use serde::Serialize;
use serde_json::Value;

/// The most problems that a response names.
pub const MOST_PROBLEMS: usize = 20;
/// The most characters of a value that a problem repeats.
const MOST_INPUT: usize = 100;
/// The most characters of a path: names of unknown members are the caller's.
const MOST_PATH: usize = 200;
/// The most characters of a message: some repeat what a TSP said.
const MOST_MESSAGE: usize = 500;

/// One problem of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ValidationErrorDetail")]
pub struct Problem {
    /// The member, prefixed with `query.`, `path.`, `header.` or `body.`.
    pub path: String,
    /// The value that was sent, truncated to 100 characters; never a secret.
    pub input: String,
    /// What is expected.
    pub message: String,
    /// A machine-readable code.
    pub error_type: String,
}

impl Problem {
    /// A problem; each part is truncated.
    pub fn new(path: &str, input: &str, error_type: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MOST_MESSAGE) {
            message.truncate(end);
        }
        Self { path: first(path, MOST_PATH), input: first(input, MOST_INPUT), message, error_type: error_type.into() }
    }

    /// The part of the request that it is about: `query`, `path`, `header` or `body`.
    pub(crate) fn part(&self) -> &str {
        self.path.split('.').next().unwrap_or_default()
    }
}

fn first(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// The first problems of a request, and how many there are in all.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) named: Vec<Problem>,
    pub(crate) total: usize,
}

impl Problems {
    pub(crate) fn push(&mut self, path: &str, input: &str, error_type: &'static str, message: impl Into<String>) {
        if self.has_room() {
            self.named.push(Problem::new(path, input, error_type, message));
        }
        self.total = self.total.saturating_add(1);
    }

    /// Whether the next problem is named, and not only counted.
    pub(crate) fn has_room(&self) -> bool {
        self.named.len() < MOST_PROBLEMS
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(mut named: Vec<Problem>) -> Self {
        let total = named.len();
        named.truncate(MOST_PROBLEMS);
        Self { named, total }
    }
}

/// The beginning of a value's JSON: as much as a problem repeats. The rest is not written anywhere.
pub(crate) fn excerpt(value: &Value) -> String {
    // A character has four bytes at most.
    let mut beginning = Beginning { bytes: Vec::new(), most: MOST_INPUT * 4 };
    let _full_or_written = serde_json::to_writer(&mut beginning, value);
    String::from_utf8_lossy(&beginning.bytes).chars().take(MOST_INPUT).collect()
}

/// Takes so many bytes, and then refuses more.
struct Beginning {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Beginning {
    fn write(&mut self, sent: &[u8]) -> io::Result<usize> {
        let room = self.most.saturating_sub(self.bytes.len());
        let (taken, _) = sent.split_at_checked(room).unwrap_or((sent, &[]));
        self.bytes.extend_from_slice(taken);
        if taken.is_empty() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_of_a_problem_is_bounded() {
        let long = "é".repeat(10_000);
        let problem = Problem::new(&format!("body.{long}"), &long, "type", long.clone());
        let count = |text: &str| text.chars().count();
        assert_eq!([count(&problem.path), count(&problem.input), count(&problem.message)], [200, 100, 500]);
        assert_eq!(problem.part(), "body");
    }

    #[test]
    fn the_first_problems_are_named_and_all_are_counted() {
        let mut problems = Problems::default();
        (0..400_000).for_each(|_| problems.push("body.a", "", "type", "must be a string"));
        assert_eq!((problems.named.len(), problems.total), (20, 400_000));
    }

    #[test]
    fn an_excerpt_is_the_beginning_of_the_value() {
        assert_eq!(excerpt(&json!({ "a": [1, "b"] })), r#"{"a":[1,"b"]}"#);
        let long = excerpt(&json!(["é".repeat(10_000)]));
        assert_eq!((long.chars().count(), long.starts_with("[\"éé")), (100, true));
    }
}
