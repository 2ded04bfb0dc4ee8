//! Numbers: what is printed, and how many samples become one.

use std::time::Duration;

/// One line of a bench: `name value unit`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

/// A figure.
pub(crate) fn figure(name: impl Into<String>, value: f64, unit: &'static str) -> Figure {
    Figure { name: name.into(), value, unit }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = match self.value.abs() {
            value if value >= 1_000.0 => 0,
            value if value >= 100.0 => 1,
            value if value >= 10.0 => 2,
            _ => 3,
        };
        write!(f, "{} {:.decimals$} {}", self.name, self.value, self.unit)
    }
}

/// The sample below which so many of a thousand lie; 0 where there is none.
pub(crate) fn permille(samples: &[f64], per_thousand: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * per_thousand).div_ceil(1_000).min(last)).copied().unwrap_or(0.0)
}

/// The middle sample.
pub(crate) fn median(samples: &[f64]) -> f64 {
    permille(samples, 500)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

pub(crate) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}

/// CPU time that the calling thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples: Vec<f64> = (1..=1_000).rev().map(f64::from).collect();
        assert_eq!(permille(&samples, 500), 501.0);
        assert_eq!(permille(&samples, 990), 991.0);
        assert_eq!(permille(&samples, 1_000), 1_000.0);
        assert_eq!((permille(&[7.0], 999), permille(&[], 500)), (7.0, 0.0));
    }

    #[test]
    fn a_line_has_three_words() {
        assert_eq!(figure("rss", 12.3456, "MB").to_string(), "rss 12.35 MB");
        assert_eq!(figure("rate", 12_345.6, "1/s").to_string(), "rate 12346 1/s");
    }

    #[test]
    fn thread_time_grows_with_work() {
        let before = thread_cpu();
        let sum = (0..3_000_000_u64).fold(0_u64, |sum, number| std::hint::black_box(sum ^ number));
        assert!(thread_cpu() > before, "{sum}");
    }
}
