//! Who sits in a vehicle, and when: drivers sign in for a shift of work.

use super::trajectory::Millis;
use super::{Account, Driver};

/// A pause of this length ends a shift.
const REST_MS: Millis = 3 * 3_600_000;
/// More than the longest shift.
const MARGIN_MS: Millis = 36 * 3_600_000;

/// A driver in a vehicle for a shift.
#[derive(Debug, Clone, Copy)]
pub struct Assignment<'a> {
    /// The driver.
    pub driver: &'a Driver,
    /// The position of the vehicle in [`Account::vehicles`].
    pub vehicle: usize,
    /// When the driver signed in.
    pub start_ms: Millis,
    /// When the driver signed out, exclusive; may lie in the future.
    pub end_ms: Millis,
    /// Whether another one drives, as in a team.
    pub is_passenger: bool,
}

impl Account {
    /// The assignments that overlap `[from, to]`, by driver and time.
    #[must_use]
    pub fn assignments(&self, from: Millis, to: Millis) -> Vec<Assignment<'_>> {
        let mut found = Vec::new();
        for driver in &self.drivers {
            let Some(seat) = driver.seat else { continue };
            let at = |(start_ms, end_ms), driver, is_passenger| Assignment {
                driver,
                vehicle: seat.vehicle,
                start_ms,
                end_ms,
                is_passenger,
            };
            let own = self.shifts(driver, from, to);
            found.extend(own.into_iter().map(|shift| at(shift, driver, false)));
            if let Some(other) = self.codriver(driver) {
                found.extend(self.shifts(other, from, to).into_iter().map(|shift| at(shift, driver, true)));
            }
        }
        found
    }

    /// The shifts of a driver that overlap `[from, to]`.
    fn shifts(&self, driver: &Driver, from: Millis, to: Millis) -> Vec<(Millis, Millis)> {
        let spans = self.duty(driver, from - MARGIN_MS, to + MARGIN_MS);
        let mut shifts: Vec<(Millis, Millis)> = Vec::new();
        for span in spans.iter().filter(|span| span.status.works()) {
            match shifts.last_mut() {
                Some((_, end)) if span.start_ms - *end < REST_MS => *end = span.end_ms,
                _ => shifts.push((span.start_ms, span.end_ms)),
            }
        }
        shifts.retain(|(start, end)| *start <= to && *end > from);
        shifts
    }
}
