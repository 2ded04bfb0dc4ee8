//! What units of providers are in units of the model.

/// m/s in a mile per hour (international mile).
pub(crate) const MPH: f64 = 0.447_04;
/// m in a kilometer.
pub(crate) const METERS_IN_KM: f64 = 1_000.0;
/// m in a mile.
pub(crate) const METERS_IN_MILE: f64 = 1_609.344;
/// m/s in a kilometer per hour.
pub(crate) const KPH: f64 = 1.0 / 3.6;
