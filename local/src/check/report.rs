//! The steps of a check, their durations and their outcomes.

use std::time::Instant;

use serde_json::{Value, json};

/// The steps of a check.
pub struct Report {
    started: Instant,
    quiet: bool,
    steps: Vec<Step>,
}

struct Step {
    name: String,
    seconds: f64,
    seen: Result<String, String>,
}

impl Report {
    pub(super) fn new(quiet: bool) -> Self {
        Self { started: Instant::now(), quiet, steps: Vec::new() }
    }

    /// Runs one step; after a failure, later steps are skipped.
    pub(super) async fn step<T>(&mut self, name: &str, work: impl Future<Output = anyhow::Result<(T, String)>>) -> Option<T> {
        if !self.all_passed() {
            return None;
        }
        let started = Instant::now();
        let (value, seen) = match work.await {
            Ok((value, seen)) => (Some(value), Ok(seen)),
            Err(error) => (None, Err(format!("{error:#}"))),
        };
        self.add(Step { name: name.to_owned(), seconds: started.elapsed().as_secs_f64(), seen });
        value
    }

    pub(super) fn failed(&mut self, name: &str, error: &anyhow::Error) {
        self.add(Step { name: name.to_owned(), seconds: 0.0, seen: Err(format!("{error:#}")) });
    }

    fn add(&mut self, step: Step) {
        if !self.quiet {
            let (mark, seen) = match &step.seen {
                Ok(seen) => ("ok  ", seen),
                Err(error) => ("FAIL", error),
            };
            println!("{mark} {:>7.2} s  {:<52} {seen}", step.seconds, step.name);
        }
        self.steps.push(step);
    }

    fn all_passed(&self) -> bool {
        self.steps.iter().all(|step| step.seen.is_ok())
    }

    /// Whether every step passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.steps.is_empty() && self.all_passed()
    }

    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| {
                let (ok, seen) = match &step.seen {
                    Ok(seen) => (true, seen),
                    Err(error) => (false, error),
                };
                json!({ "step": step.name, "ok": ok, "seconds": step.seconds, "seen": seen })
            })
            .collect();
        json!({ "ok": self.passed(), "seconds": self.started.elapsed().as_secs_f64(), "steps": steps })
    }
}
