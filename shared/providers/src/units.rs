//! What units of providers are in units of the model.

/// m/s in a mile per hour (international mile).
pub(crate) const MPH: f64 = 0.447_04;
/// m in a kilometer.
pub(crate) const METERS_IN_KM: f64 = 1_000.0;
