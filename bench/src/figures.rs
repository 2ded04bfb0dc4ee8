//! Printed figures, and statistics of samples.

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

/// The nearest-rank percentile of the samples, 0 to 100; 0 if there are none.
pub(crate) fn percentile(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let rank = last as f64 * percent / 100.0;
    // Rounding errors must not lift an exact rank to the next sample.
    let index = (0..last).find(|index| *index as f64 + 1e-9 >= rank).unwrap_or(last);
    sorted.get(index).copied().unwrap_or(0.0)
}

/// The median.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50.0)
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
        assert_eq!(percentile(&samples, 50.0), 501.0);
        assert_eq!(percentile(&samples, 99.0), 991.0);
        assert_eq!(percentile(&samples, 100.0), 1_000.0);
        assert_eq!((percentile(&[7.0], 99.9), percentile(&[], 50.0)), (7.0, 0.0));
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
