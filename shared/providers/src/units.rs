//! What units of providers are in units of the model.

/// m/s in a mile per hour (international mile).
pub(crate) const MPH: f64 = 0.447_04;
/// m in a kilometer.
pub(crate) const METERS_IN_KM: f64 = 1_000.0;
/// m in a mile.
pub(crate) const METERS_IN_MILE: f64 = 1_609.344;
/// m/s in a kilometer per hour.
pub(crate) const KPH: f64 = 1.0 / 3.6;
/// m³ in a US gallon.
pub(crate) const CUBIC_METERS_IN_GALLON: f64 = 0.003_785_411_784;
/// Liters in an imperial gallon.
pub(crate) const LITERS_IN_IMPERIAL_GALLON: f64 = 4.546_09;
/// Liters in a m³.
pub(crate) const LITERS_IN_CUBIC_METER: f64 = 1_000.0;
/// Seconds in an hour.
pub(crate) const SECONDS_IN_HOUR: f64 = 3_600.0;
