//! `GET /connect/assets/{name}`

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;

use crate::brand;

/// Style sheets and scripts.
pub(crate) struct Asset;

/// Its name.
pub(crate) struct Name(String);

impl Input for Name {
    fn read(reader: &mut Reader) -> Self {
        Self(reader.path_text("name"))
    }
}

/// `brand-1d4ed8.css`
fn brand(name: &str) -> Option<String> {
    let color = name.strip_prefix("brand-")?.strip_suffix(".css")?;
    brand::style_sheet(color)
}

impl Operation for Asset {
    type Input = Name;
    type Output = Html;

    async fn run(_: &Context, _: Call, Name(name): Name) -> Result<Self::Output, ApiError> {
        let (style, script) = ("text/css; charset=utf-8", "text/javascript; charset=utf-8");
        let (kind, text) = match name.as_str() {
            "connect.css" => (style, include_str!("../assets/connect.css").to_owned()),
            "connect.js" => (script, include_str!("../assets/connect.js").to_owned()),
            "embed.js" => (script, include_str!("../assets/embed.js").to_owned()),
            "probe.js" => (script, include_str!("../assets/probe.js").to_owned()),
            _ => (style, brand(&name).ok_or_else(|| ApiError::not_found("asset"))?),
        };
        let mut response = Response::empty(StatusCode::OK);
        response.set("content-type", kind);
        response.set("cache-control", "public, max-age=300");
        response.set("x-content-type-options", "nosniff");
        response.body = text.into();
        Ok(Html(response))
    }
}

#[cfg(test)]
mod tests {
    const SHEET: &str = include_str!("../assets/connect.css");

    /// The values of a declaration: blanks within brackets part none.
    fn values(text: &str) -> Vec<String> {
        let (mut depth, mut values) = (0_usize, vec![String::new()]);
        for letter in text.trim().chars() {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match (letter, depth) {
                (' ', 0) => values.push(String::new()),
                _ => values.last_mut().unwrap().push(letter),
            }
        }
        values
    }

    /// In a language that is written from right to left everything stands on the other side by itself.
    #[test]
    fn the_style_sheet_knows_start_and_end_only() {
        let words = SHEET.split(|letter: char| !letter.is_ascii_alphabetic());
        let sides: Vec<&str> = words.filter(|word| matches!(*word, "left" | "right")).collect();
        assert_eq!(sides, Vec::<&str>::new(), "use inline-start and inline-end");
        for declaration in SHEET.split(['{', '}', ';']) {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let values = values(value);
            if let [_, one, _, other] = values.as_slice() {
                let is_box = ["margin", "padding", "inset", "border", "scroll"].iter().any(|kind| name.trim().starts_with(kind));
                assert!(!is_box || (one == other && !name.contains("radius")), "{declaration} differs between the sides");
            }
        }
        assert_eq!(values("1px calc(1px + 2px) 0"), ["1px", "calc(1px + 2px)", "0"]);
    }
}
