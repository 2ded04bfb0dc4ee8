//! The bytes of a response as JSON text: what is only oddly written reads all the same, so that one odd byte never holds up a feed.

use std::borrow::Cow;
use std::io::Read as _;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use crate::http_client::MAX_BODY;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What stands for half a pair of UTF-16, as it does for a byte that is no text.
const REPLACEMENT: &str = "\\ufffd";
/// Words that some writers have for numbers that JSON has not.
const NO_NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
/// A body that holds neither has none of them.
const MARKS: [&str; 2] = ["Infinity", "NaN"];

/// The body as JSON readers take it: unpacked though nobody asked for gzip, without a byte order mark, with a replacement character
/// for bytes that are no UTF-8 and for halves of surrogate pairs, and with null for NaN.
///
/// # Errors
/// Says what the body is, where it is no text.
pub(crate) fn readable(body: Bytes) -> Result<Bytes, &'static str> {
    let body = if body.starts_with(GZIP) { unpacked(&body)? } else { body };
    // The check of whole text is several times faster than the reading that replaces, which few bodies need.
    let text = std::str::from_utf8(&body).map_or_else(|_| String::from_utf8_lossy(&body), Cow::Borrowed);
    let bare = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    if bare.trim().is_empty() {
        return Err("an empty body");
    }
    if bare.trim_start().starts_with('<') {
        return Err("a page of HTML or XML where JSON was expected");
    }
    let is_plain = bare.len() == body.len() && !bare.contains("\\u") && !MARKS.iter().any(|word| bare.contains(word));
    if is_plain && matches!(text, Cow::Borrowed(_)) {
        drop(text);
        return Ok(body);
    }
    Ok(repaired(bare).into())
}

fn unpacked(body: &[u8]) -> Result<Bytes, &'static str> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
    let read = MultiGzDecoder::new(body).take(limit + 1).read_to_end(&mut unpacked);
    match read {
        Ok(length) if length <= MAX_BODY => Ok(unpacked.into()),
        Ok(_) => Err("a gzip body that is too large"),
        Err(_) => Err("a gzip body that cannot be unpacked"),
    }
}

/// The text with lone surrogates replaced inside of strings, and with null for what is no number outside of them.
fn repaired(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let (before, string) = rest.split_at(start);
        outside(before, &mut repaired);
        let end = string_end(string);
        let (string, after) = string.split_at(end);
        inside(string, &mut repaired);
        rest = after;
    }
    outside(rest, &mut repaired);
    repaired
}

fn outside(text: &str, repaired: &mut String) {
    let replaced = NO_NUMBERS.iter().fold(Cow::Borrowed(text), |text, word| match text.contains(word) {
        true => Cow::Owned(text.replace(word, "null")),
        false => text,
    });
    repaired.push_str(&replaced);
}

/// Where a string ends that begins with its quote; the end of the text where it has none.
fn string_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn inside(string: &str, repaired: &mut String) {
    let mut rest = string;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        repaired.push_str(before);
        let length = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(escape.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                repaired.push_str(REPLACEMENT);
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            Some(_) => 6,
            // A backslash and what it escapes.
            None => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (whole, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        repaired.push_str(whole);
        rest = after;
    }
    repaired.push_str(rest);
}

/// The UTF-16 unit of an escape at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(body: &[u8]) -> Result<String, &'static str> {
        readable(Bytes::copy_from_slice(body)).map(|body| String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn odd_bytes_are_repaired_and_others_kept() {
        let cases: [(&[u8], &str); 7] = [
            (b"\xef\xbb\xbf{\"a\":1}", r#"{"a":1}"#),
            (b"{\"name\":\"Jos\xe9\"}", "{\"name\":\"Jos\u{fffd}\"}"),
            (br#"["\ud83d","\ud83d\ude9a","\udE9A\ud83d\n"]"#, r#"["\ufffd","\ud83d\ude9a","\ufffd\ufffd\n"]"#),
            (br#"{"a":NaN,"b":[-Infinity],"NaN":"NaN \" NaN"}"#, r#"{"a":null,"b":[null],"NaN":"NaN \" NaN"}"#),
            (br#"["\\ud83d","\u00e9","\"\ud83d"#, r#"["\\ud83d","\u00e9","\"\ufffd"#),
            (br#"{"a":"\u12"}"#, r#"{"a":"\u12"}"#),
            (br#"{"a":"plain"}"#, r#"{"a":"plain"}"#),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn gzip_is_unpacked_and_pages_are_named() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(br#"{"a":1}"#).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(&packed).as_deref(), Ok(r#"{"a":1}"#));
        assert_eq!(read(&packed[..packed.len() - 9]), Err("a gzip body that cannot be unpacked"));
        assert_eq!(
            (read(b" <html>"), read(b"\xef\xbb\xbf ")),
            (Err("a page of HTML or XML where JSON was expected"), Err("an empty body"))
        );
    }
}
