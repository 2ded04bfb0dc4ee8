//! AWS's list prices, without the free allowances. Whoever changes one changes the date.

use std::fmt;

/// When the prices were looked up.
pub(super) const DATE: &str = "November 2026";
/// The region that they are of.
pub(super) const REGION: &str = "us-east-1, arm64, on demand";

/// A price: dollars for so many of something, which `unit` names in that number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    dollars: f64,
    per: f64,
    unit: &'static str,
}

impl Price {
    const fn new(dollars: f64, per: f64, unit: &'static str) -> Self {
        Self { dollars, per, unit }
    }

    pub(super) fn of(&self, quantity: f64) -> f64 {
        self.dollars * quantity / self.per
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dollars, per, unit } = self;
        match per {
            per if *per >= 1e6 => write!(f, "{dollars} a million {unit}"),
            per if *per > 1.0 => write!(f, "{dollars} for {per:.0} {unit}"),
            _ => write!(f, "{dollars} a {unit}"),
        }
    }
}

pub(super) const WRITE_UNIT: Price = Price::new(0.625, 1e6, "write units");
pub(super) const READ_UNIT: Price = Price::new(0.125, 1e6, "read units");
/// A GB in a table, and the same again in its recovery.
pub(super) const TABLE_GB: Price = Price::new(0.25 + 0.20, 1.0, "GB with its recovery");
pub(super) const FIRING: Price = Price::new(1.0, 1e6, "firings");
pub(super) const INVOCATION: Price = Price::new(0.20, 1e6, "invocations");
pub(super) const GB_SECOND: Price = Price::new(13.3334, 1e6, "GB-seconds");
pub(super) const HTTP_REQUEST: Price = Price::new(1.0, 1e6, "requests");
pub(super) const SQS_REQUEST: Price = Price::new(0.40, 1e6, "requests of 64 KB");
pub(super) const LOG_GB: Price = Price::new(0.50, 1.0, "GB");
pub(super) const METRIC: Price = Price::new(0.30, 1.0, "series");
pub(super) const ALARM: Price = Price::new(0.10, 1.0, "watched metric");
pub(super) const DASHBOARD: Price = Price::new(3.0, 1.0, "dashboard");
pub(super) const KMS_KEY: Price = Price::new(1.0, 1.0, "key");
pub(super) const KMS_REQUEST: Price = Price::new(0.03, 10_000.0, "requests");
pub(super) const OUTBOUND_GB: Price = Price::new(0.09, 1.0, "GB");
