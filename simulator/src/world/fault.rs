//! Faults that vehicles report of themselves: they appear, are seen every hour while they last, and are gone.

use super::Vehicle;
use super::random::{between, key, mix, pick, share};
use super::trajectory::Millis;

const HOUR_MS: Millis = 3_600_000;
/// How often a fault may appear.
const SLOT_MS: Millis = 36 * HOUR_MS;
/// How many of these times have one.
const FAULTY: f64 = 0.5;
/// The longest fault. It is longer than a slot, so several are there at once.
const LONGEST_MS: Millis = 60 * HOUR_MS;

/// A kind of fault.
#[derive(Debug)]
pub struct FaultKind {
    /// Its code.
    pub code: FaultCode,
    /// What it is about.
    pub text: &'static str,
}

/// The code of a fault.
#[derive(Debug, Clone, Copy)]
pub enum FaultCode {
    /// A parameter and how it fails, of a heavy vehicle's bus.
    J1939 {
        /// The parameter.
        spn: u32,
        /// How it fails, and what that means.
        fmi: (u8, &'static str),
        /// The controller that tells.
        source_address: u8,
    },
    /// A code of a light vehicle's bus.
    Obd2(&'static str),
}

/// A fault of a vehicle.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// A number that no other fault has.
    pub id: u64,
    /// What it is.
    pub kind: &'static FaultKind,
    /// When it appeared.
    pub opened_ms: Millis,
    /// When it was gone.
    pub closed_ms: Millis,
}

const ABOVE: (u8, &str) = (0, "Data valid but above normal operational range, most severe level");
const BELOW: (u8, &str) = (1, "Data valid but below normal operational range, most severe level");
const ERRATIC: (u8, &str) = (2, "Data erratic, intermittent or incorrect");
const LOW_VOLTAGE: (u8, &str) = (4, "Voltage below normal, or shorted to low source");

const fn heavy(spn: u32, fmi: (u8, &'static str), source_address: u8, text: &'static str) -> FaultKind {
    FaultKind { code: FaultCode::J1939 { spn, fmi, source_address }, text }
}

/// What can be wrong.
const KINDS: &[FaultKind] = &[
    heavy(110, ABOVE, 0, "Engine Coolant Temperature"),
    heavy(100, BELOW, 0, "Engine Oil Pressure"),
    heavy(3226, ERRATIC, 61, "Aftertreatment 1 Outlet NOx"),
    heavy(4364, BELOW, 61, "Aftertreatment 1 SCR Conversion Efficiency"),
    heavy(789, ERRATIC, 11, "Wheel Sensor ABS Axle 1 Left"),
    heavy(520_372, LOW_VOLTAGE, 49, "Manufacturer assigned"),
    FaultKind { code: FaultCode::Obd2("P0128"), text: "Coolant temperature below thermostat regulating temperature" },
    FaultKind { code: FaultCode::Obd2("P203F"), text: "Reductant Level Too Low" },
];

impl FaultKind {
    /// Every kind.
    pub const ALL: &'static [Self] = KINDS;
}

impl Fault {
    /// Whether it is there.
    #[must_use]
    pub const fn is_open(&self, at: Millis) -> bool {
        self.opened_ms <= at && at < self.closed_ms
    }

    /// When it was seen last, up to a time.
    #[must_use]
    pub fn seen_ms(&self, at: Millis) -> Millis {
        let last = at.min(self.closed_ms - 1);
        last - (last - self.opened_ms).rem_euclid(HOUR_MS)
    }
}

impl Vehicle {
    /// The faults that were there in `[from, to)`, by the time when they appeared.
    #[must_use]
    pub fn faults(&self, from: Millis, to: Millis) -> Vec<Fault> {
        if !self.reports() {
            return Vec::new();
        }
        let slots = (from - LONGEST_MS).div_euclid(SLOT_MS)..=to.div_euclid(SLOT_MS);
        let faults = slots.filter_map(|slot| self.fault(slot));
        let mut faults: Vec<Fault> = faults.filter(|fault| fault.opened_ms < to && fault.closed_ms > from).collect();
        faults.sort_by_key(|fault| fault.opened_ms);
        faults
    }

    fn fault(&self, slot: Millis) -> Option<Fault> {
        let draw = mix(mix(self.id, 75), key(slot));
        let opened_ms = slot * SLOT_MS + super::whole(between(draw, 2, 0.0, 0.9) * SLOT_MS as f64);
        let closed_ms = opened_ms + super::whole(between(draw, 3, 0.02, 1.0) * LONGEST_MS as f64);
        let fault = |kind| Fault { id: mix(draw, 4) >> 20, kind, opened_ms, closed_ms };
        pick(KINDS, draw, 1).filter(|_| share(draw) < FAULTY).map(fault)
    }
}
