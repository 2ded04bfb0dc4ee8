//! Answers that are sent compressed, to callers that take them so (RFC 9110, section 12.5.3).

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};

use crate::incoming::Incoming;
use crate::response::Response;

/// Smaller answers fit into a packet anyway.
const LEAST: usize = 1_400;
/// What is compressed. Pages are not: they hold tokens of forms beside what a caller has typed, which their length would tell of.
const KINDS: [&str; 3] = ["application/json", "text/css", "text/javascript"];

/// Compresses an answer, if its caller takes that.
pub(crate) fn compress(response: &mut Response, incoming: &Incoming) {
    let kind = response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_of_kind = kind.split(';').next().is_some_and(|kind| KINDS.contains(&kind.trim()));
    if !is_of_kind || response.body.len() < LEAST || response.headers.contains_key(CONTENT_ENCODING) {
        return;
    }
    response.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    if incoming.headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(takes_gzip)
        && let Some(packed) = gzipped(&response.body)
    {
        response.set("content-encoding", "gzip");
        response.body = packed.into();
    }
}

/// Whether a list of codings has gzip, or any, and not with a weight of zero.
fn takes_gzip(list: &str) -> bool {
    let weight = |coding: &str| {
        let quality =
            coding.split(';').skip(1).find_map(|part| part.trim().to_ascii_lowercase().strip_prefix("q=").map(str::to_owned));
        quality.is_none_or(|quality| quality.trim().parse::<f32>().is_ok_and(|quality| quality > 0.0))
    };
    let of = |name: &str| {
        list.split(',').find(|coding| coding.split(';').next().is_some_and(|own| own.trim().eq_ignore_ascii_case(name)))
    };
    of("gzip").or_else(|| of("*")).is_some_and(weight)
}

/// The fastest level: lists shrink to a seventh, and hardly more at others.
fn gzipped(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use bytes::Bytes;
    use flate2::read::GzDecoder;
    use http::{HeaderMap, HeaderValue, Method, StatusCode};

    use super::*;

    fn asking(codings: &'static str) -> Incoming {
        Incoming {
            method: Method::GET,
            raw_path: "/".into(),
            raw_query: String::new(),
            headers: HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(codings))]),
            path: BTreeMap::new(),
            body: Bytes::new(),
            address: None,
        }
    }

    fn answer() -> Response {
        Response::json(StatusCode::OK, &"vehicle ".repeat(1_000))
    }

    #[test]
    fn who_takes_gzip_gets_it() {
        for (codings, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, gzip;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("GZIP;Q=0.1", true),
            ("br", false),
            ("", false),
        ] {
            let mut response = answer();
            let plain = response.body.clone();
            compress(&mut response, &asking(codings));
            assert_eq!(response.headers.get("content-encoding").is_some(), expected, "{codings}");
            assert_eq!(response.headers["vary"], "accept-encoding");
            if expected {
                assert!(response.body.len() * 10 < plain.len());
                let mut unpacked = Vec::new();
                GzDecoder::new(&*response.body).read_to_end(&mut unpacked).unwrap();
                assert_eq!(unpacked, plain);
            }
        }
    }

    #[test]
    fn small_answers_and_pages_stay_as_they_are() {
        for mut response in
            [Response::json(StatusCode::OK, &"small"), Response::html(StatusCode::OK, "<p>a page</p>".repeat(1_000))]
        {
            let plain = response.body.clone();
            compress(&mut response, &asking("gzip"));
            assert_eq!((response.body, response.headers.get("vary")), (plain, None));
        }
    }
}
