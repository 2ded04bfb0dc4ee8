//! Values that are measured at times of their own, beside positions.

use model::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::Lenient;

/// How long before a position a value may have been measured, to be that of the position.
const FRESH_MICROS: i64 = 60_000_000;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stat {
    time: Lenient<Timestamp>,
    value: Lenient<f64>,
}

/// What was measured of one stat, oldest first.
#[derive(Default)]
pub(crate) struct Gauge(Vec<(Timestamp, f64)>);

impl Gauge {
    /// The readings of a list `[{"time", "value"}]` that `fits` admits.
    pub(crate) fn of(list: Option<&RawValue>, fits: fn(&f64) -> bool) -> Self {
        let mut gauge = Self::default();
        gauge.add(list, fits);
        gauge
    }

    /// Adds the readings of another list.
    pub(crate) fn add(&mut self, list: Option<&RawValue>, fits: fn(&f64) -> bool) {
        let list: Vec<&RawValue> = list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
        let read = |raw: &RawValue| {
            let stat: Stat = serde_json::from_str(raw.get()).ok()?;
            Some((stat.time.0?, stat.value.0.filter(fits)?))
        };
        self.0.extend(list.into_iter().filter_map(read));
        self.sort();
    }

    /// Adds a reading. [`Gauge::sort`] follows the last one.
    pub(crate) fn push(&mut self, time: Timestamp, value: f64) {
        self.0.push((time, value));
    }

    /// Brings readings that were pushed into their order.
    pub(crate) fn sort(&mut self) {
        self.0.sort_by_key(|(time, _)| *time);
    }

    /// Whether nothing was measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value that holds for a time: the last one measured until then, unless that is too long ago.
    pub(crate) fn at(&self, time: Timestamp) -> Option<f64> {
        let until = self.0.partition_point(|(measured, _)| *measured <= time);
        let (measured, value) = self.0.get(until.checked_sub(1)?)?;
        (time.micros() - measured.micros() <= FRESH_MICROS).then_some(*value)
    }
}

/// Whether a value can be a sum or an absolute quantity.
pub(crate) fn is_amount(value: &f64) -> bool {
    *value >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_for_a_minute_and_never_for_the_time_before_it() {
        let list = r#"[{"time":"2026-01-27T07:01:00Z","value":7},{"time":"2026-01-27T07:00:00Z","value":5},{"value":1},
            {"time":"2026-01-27T07:00:30Z","value":-1},{"time":"2026-01-27T07:00:31Z","value":null}, 3]"#;
        let gauge = Gauge::of(serde_json::from_str(list).ok(), is_amount);
        let at = |text: &str| gauge.at(Timestamp::parse(&format!("2026-01-27T07:{text}Z")).unwrap());
        assert_eq!([at("00:00"), at("00:59"), at("01:00"), at("02:00")], [Some(5.0), Some(5.0), Some(7.0), Some(7.0)]);
        assert_eq!((gauge.at(Timestamp::parse("2026-01-27T06:59:59Z").unwrap()), at("02:01")), (None, None));
        assert!(Gauge::of(None, is_amount).at(Timestamp::from_micros(0)).is_none());
    }
}
