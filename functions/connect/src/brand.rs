//! A partner's colour, so that it can be read: as links, and under the text of buttons, on the grounds of both themes.

use crate::launch::Theme;

/// The contrast that text needs (WCAG 2.2, 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;
/// The grounds of the style sheet on which the colour stands: cards, notes, and what buttons say on it.
const GROUNDS: [(Theme, [Rgb; 3]); 2] = [
    (Theme::Light, [Rgb(0xff, 0xff, 0xff), Rgb(0xf4, 0xf6, 0xf9), Rgb(0xee, 0xf4, 0xff)]),
    (Theme::Dark, [Rgb(0x18, 0x21, 0x2e), Rgb(0x0e, 0x14, 0x1d), Rgb(0x1b, 0x2a, 0x44)]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb(u8, u8, u8);

impl Rgb {
    fn parse(digits: &str) -> Option<Self> {
        let part = |range| digits.get(range).and_then(|two| u8::from_str_radix(two, 16).ok());
        let is_color = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_color.then_some(Self(part(0..2)?, part(2..4)?, part(4..6)?))
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// One step of 32 darker on light ground, lighter on dark ground.
    fn further(self, theme: Theme) -> Self {
        let step = |part: u8| match theme {
            Theme::Light => part.saturating_sub(8),
            Theme::Dark => part.saturating_add(8),
        };
        Self(step(self.0), step(self.1), step(self.2))
    }

    /// The nearest colour that can be read on all grounds: black or white at last.
    fn readable(self, theme: Theme, grounds: &[Self]) -> Self {
        let mut color = self;
        while grounds.iter().any(|ground| color.contrast(*ground) < LEAST_CONTRAST) && color.further(theme) != color {
            color = color.further(theme);
        }
        color
    }

    fn digits(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The style sheet of a colour of six digits: it follows that of Connect, and sets `--brand` for each theme.
pub(crate) fn style_sheet(digits: &str) -> Option<String> {
    let color = Rgb::parse(digits)?;
    let [light, dark] = GROUNDS.map(|(theme, grounds)| color.readable(theme, &grounds).digits());
    Some(format!(
        ":root {{ --brand: #{light}; }}\n\
         @media (prefers-color-scheme: dark) {{ :root:not([data-theme=\"light\"]) {{ --brand: #{dark}; }} }}\n\
         :root[data-theme=\"dark\"] {{ --brand: #{dark}; }}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_can_be_read() {
        const PARTS: [u8; 6] = [0x00, 0x33, 0x66, 0x99, 0xcc, 0xff];
        // What buttons say: white on light ground, nearly black on dark ground.
        let on_brand = [Rgb(0xff, 0xff, 0xff), Rgb(0x0b, 0x12, 0x20)];
        let pairs = PARTS.iter().flat_map(|red| PARTS.iter().map(move |green| (*red, *green)));
        for (red, green, blue) in pairs.flat_map(|(red, green)| PARTS.iter().map(move |blue| (red, green, *blue))) {
            for ((theme, grounds), text) in GROUNDS.into_iter().zip(on_brand) {
                let shown = Rgb(red, green, blue).readable(theme, &grounds);
                for ground in grounds.iter().chain([&text]) {
                    assert!(shown.contrast(*ground) >= LEAST_CONTRAST, "{shown:?} on {ground:?}");
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays() {
        assert!(style_sheet("1d4ed8").unwrap().starts_with(":root { --brand: #1d4ed8; }"));
        assert!(["", "1d4ed", "1d4ed8a", "red;}*", "é1234"].iter().all(|text| style_sheet(text).is_none()));
    }
}
