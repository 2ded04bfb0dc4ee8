//! What drivers find when they inspect their vehicles, and what happens on the road.

use super::random::{between, key, mix, share};
use super::trajectory::Millis;
use super::{Account, Driver, DutyStatus};

/// How often an inspection finds something.
const DEFECTIVE: f64 = 0.2;
/// How long after an inspection a mechanic repairs what it found.
const REPAIRED_AFTER_MS: Millis = 5 * 3_600_000;
/// How often a drive has something to tell of.
const EVENTFUL: f64 = 0.3;
/// How long after an event somebody looks at it.
const REVIEWED_AFTER_MS: Millis = 2 * 3_600_000;

/// An inspection before or after work.
#[derive(Debug, Clone, Copy)]
pub struct Inspection<'a> {
    /// A number that no other inspection has.
    pub id: u64,
    /// Who inspected.
    pub driver: &'a Driver,
    /// The position of the vehicle in [`Account::vehicles`].
    pub vehicle: usize,
    /// Whether it was after work.
    pub is_post_trip: bool,
    /// When it began.
    pub start_ms: Millis,
    /// When it was submitted.
    pub end_ms: Millis,
    /// The position of what was found among the parts that can have defects.
    pub defect: Option<usize>,
    /// When the defect is repaired.
    pub repaired_ms: Millis,
}

impl Inspection<'_> {
    /// Whether the defect is repaired at a time.
    #[must_use]
    pub fn is_repaired(&self, at: Millis) -> bool {
        self.defect.is_some() && self.repaired_ms <= at
    }

    /// When it last changed, up to a time.
    #[must_use]
    pub fn changed_ms(&self, at: Millis) -> Millis {
        if self.is_repaired(at) { self.repaired_ms } else { self.end_ms }
    }
}

/// Something that happened on the road.
#[derive(Debug, Clone, Copy)]
pub struct Incident<'a> {
    /// A number that no other incident has.
    pub id: u64,
    /// Who drove.
    pub driver: &'a Driver,
    /// The position of the vehicle in [`Account::vehicles`].
    pub vehicle: usize,
    /// When it began.
    pub start_ms: Millis,
    /// When it was over.
    pub end_ms: Millis,
    /// What kind it was: a number without a limit.
    pub kind: u64,
    /// When somebody looked at it.
    pub reviewed_ms: Millis,
}

impl Incident<'_> {
    /// When it last changed, up to a time.
    #[must_use]
    pub fn changed_ms(&self, at: Millis) -> Millis {
        if self.reviewed_ms <= at { self.reviewed_ms } else { self.end_ms }
    }
}

impl Account {
    /// The inspections that were submitted in `[from, to]`, by driver and time.
    #[must_use]
    pub fn inspections(&self, from: Millis, to: Millis) -> Vec<Inspection<'_>> {
        let mut found = Vec::new();
        for driver in &self.drivers {
            let Some(seat) = driver.seat else { continue };
            for span in self.duty(driver, from, to + 1) {
                let is_post_trip = match span.remark {
                    Some("Pre-trip inspection") => false,
                    Some("Post-trip inspection") => true,
                    _ => continue,
                };
                let draw = mix(mix(driver.id, 71), key(span.start_ms));
                let defect = (share(draw) < DEFECTIVE).then(|| usize::try_from(mix(draw, 1) % 251).unwrap_or(0));
                found.push(Inspection {
                    id: mix(draw, 2) >> 20,
                    driver,
                    vehicle: seat.vehicle,
                    is_post_trip,
                    start_ms: span.start_ms,
                    end_ms: span.end_ms,
                    defect,
                    repaired_ms: span.end_ms + REPAIRED_AFTER_MS,
                });
            }
        }
        found.retain(|inspection| (from..=to).contains(&inspection.end_ms));
        found
    }

    /// What happened on the road and was over in `[from, to]`, by driver and time.
    #[must_use]
    pub fn incidents(&self, from: Millis, to: Millis) -> Vec<Incident<'_>> {
        let mut found = Vec::new();
        for driver in &self.drivers {
            let Some(seat) = driver.seat else { continue };
            let drives = self.duty(driver, from, to + 1).into_iter().filter(|span| span.status == DutyStatus::Driving);
            for span in drives {
                let draw = mix(mix(driver.id, 72), key(span.start_ms));
                if share(draw) >= EVENTFUL {
                    continue;
                }
                let length = (span.end_ms - span.start_ms) as f64;
                let start_ms = span.start_ms + super::whole(between(draw, 1, 0.2, 0.8) * length);
                let end_ms = start_ms + super::whole(between(draw, 2, 1_000.0, 12_000.0));
                let (id, kind) = (mix(draw, 3), mix(draw, 4));
                let reviewed_ms = end_ms + REVIEWED_AFTER_MS;
                found.push(Incident { id, driver, vehicle: seat.vehicle, start_ms, end_ms, kind, reviewed_ms });
            }
        }
        found.retain(|incident| (from..=to).contains(&incident.end_ms));
        found
    }
}
