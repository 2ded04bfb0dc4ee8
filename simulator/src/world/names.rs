//! Invented names and machines, odd characters included, since real accounts are full of them.

/// Driver names; used round robin with a number after the first round.
pub(super) const DRIVERS: &[&str] = &[
    "Maria Delgado",
    "James O'Connor",
    "José Ángel Núñez",
    "Tyrone Banks",
    "Anh Nguyễn",
    "Sarah-Jane McKay",
    "Oluwaseun Adeyemi",
    "Bob  Smith (DAY)",
    "Иван Petrov",
    "Kateryna Shevchenko",
    "William \"Bill\" Hayes",
    "Zoë Lindqvist",
    "D'Andre Wilkins",
    "Li Wei",
    "Priya Raman",
    "Hank Müller",
    "Rosa Ortiz-Vega",
    "Earl Tubbs Jr.",
    "Noor Haddad",
    "Chayton Red Cloud",
];

/// Patterns of vehicle names; `#` becomes the number.
pub(super) const VEHICLES: &[&str] = &[
    "Truck #",
    "Unit # – Reefer",
    "T-# (Team)",
    "# / Day Cab & Flatbed",
    "Camión # «Norte»",
    "Rig #: \"Big Red\"",
    "TRK#  ",
    "Truck #🚛",
];

/// A machine: manufacturer code of the VIN, make, model.
pub(super) struct Machine {
    pub(super) wmi: &'static str,
    pub(super) make: &'static str,
    pub(super) model: &'static str,
}

const fn machine(wmi: &'static str, make: &'static str, model: &'static str) -> Machine {
    Machine { wmi, make, model }
}

/// The commonest of all.
pub(super) const CASCADIA: Machine = machine("3AK", "FREIGHTLINER", "CASCADIA");

/// Class 8 tractors.
pub(super) const MACHINES: &[Machine] = &[
    CASCADIA,
    machine("1XK", "KENWORTH", "T680"),
    machine("1XP", "PETERBILT", "579"),
    machine("4V4", "VOLVO", "VNL"),
    machine("3HS", "INTERNATIONAL", "LT625"),
    machine("1M1", "MACK", "ANTHEM"),
];

/// Tags of vehicles: id and name.
pub(super) const TAGS: &[(u32, &str)] = &[(3_914_001, "West - Linehaul"), (3_914_002, "GRP  Alpha - 23")];

/// Model years 2016 to 2026 and their VIN letters.
const YEARS: &[(u16, char)] = &[
    (2016, 'G'),
    (2017, 'H'),
    (2018, 'J'),
    (2019, 'K'),
    (2020, 'L'),
    (2021, 'M'),
    (2022, 'N'),
    (2023, 'P'),
    (2024, 'R'),
    (2025, 'S'),
    (2026, 'T'),
];

/// A model year and its letter, drawn from a mixed number.
pub(super) fn model_year(a: u64, b: u64) -> (u16, char) {
    super::random::pick(YEARS, a, b).copied().unwrap_or((2020, 'L'))
}

/// A vehicle identification number with a valid check digit (49 CFR 565.15).
pub(super) fn vin(wmi: &str, year: char, serial: u64) -> String {
    let blank = format!("{wmi}GLDR4X{year}SN{:05}", serial % 100_000);
    let blank: String = blank.chars().take(8).chain(['0']).chain(blank.chars().skip(9)).collect();
    let sum: u32 = blank.chars().zip(VIN_WEIGHTS).map(|(letter, weight)| vin_value(letter) * weight).sum();
    let check = match sum % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    };
    blank.chars().take(8).chain([check]).chain(blank.chars().skip(9)).collect()
}

const VIN_WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

fn vin_value(letter: char) -> u32 {
    match letter {
        'A' | 'J' => 1,
        'B' | 'K' | 'S' => 2,
        'C' | 'L' | 'T' => 3,
        'D' | 'M' | 'U' => 4,
        'E' | 'N' | 'V' => 5,
        'F' | 'W' => 6,
        'G' | 'P' | 'X' => 7,
        'H' | 'Y' => 8,
        'R' | 'Z' => 9,
        digit => digit.to_digit(10).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::{VIN_WEIGHTS, vin, vin_value};

    fn check_digit_holds(vin: &str) -> bool {
        let sum: u32 = vin.chars().zip(VIN_WEIGHTS).map(|(letter, weight)| vin_value(letter) * weight).sum();
        let check = vin.chars().nth(8).unwrap();
        vin.len() == 17 && (if check == 'X' { 10 } else { check.to_digit(10).unwrap() }) == sum % 11
    }

    #[test]
    fn vins_have_a_valid_check_digit() {
        assert!(check_digit_holds("1M8GDM9AXKP042788"), "the example of the standard");
        for serial in 0..200 {
            let vin = vin("1XK", 'N', serial);
            assert!(check_digit_holds(&vin), "{vin}");
        }
    }
}
