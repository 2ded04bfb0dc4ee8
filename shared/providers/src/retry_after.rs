//! How long a provider asks to wait.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use model::Timestamp;
use webhooks::outcome::parse_retry_after;

/// Longer waits are cut to this: they are mistakes, and a schedule looks again each hour at the latest.
const LONGEST: Duration = Duration::from_secs(3600);

/// The wait that a response asks for: seconds, fractions of seconds, or an HTTP date, which counts from the response's own `Date`.
/// `None` where it names none, or none that can be read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = seconds(text).or_else(|| until(text, headers))?;
    if asked > LONGEST {
        tracing::warn!(retry_after_seconds = asked.as_secs(), used_seconds = LONGEST.as_secs(), "provider asks to wait too long");
    }
    Some(asked.min(LONGEST))
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.parse().ok().filter(|seconds| *seconds >= 0.0)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

fn until(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let epoch = Timestamp::from_micros(0);
    let date = |text: &str| parse_retry_after(text, epoch);
    let sent = date(headers.get(DATE)?.to_str().ok()?)?;
    Some(Duration::try_from_secs_f64(date(text)?.seconds_since(sent)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn waits_are_seconds_fractions_or_dates() {
        let hour = Some(3_600_000);
        let cases = [
            (Some("0.4"), Some(400)),
            (Some(" 3 "), Some(3_000)),
            (Some("0"), Some(0)),
            (Some("90000"), hour),
            (Some("1e300"), hour),
            (Some("inf"), hour),
            (Some("Thu, 26 Nov 2026 12:00:07 GMT"), Some(7_000)),
            (Some("Thu, 26 Nov 2026 11:00:00 GMT"), Some(0)),
            (Some("Fri, 26 Nov 2027 12:00:00 GMT"), hour),
            (Some("-5"), None),
            (Some("NaN"), None),
            (Some("soon"), None),
            (None, None),
        ];
        for (text, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static("Thu, 26 Nov 2026 12:00:00 GMT"));
            text.map(|text| headers.insert(RETRY_AFTER, HeaderValue::from_static(text)));
            assert_eq!(retry_after(&headers).map(|wait| wait.as_millis()), expected, "{text:?}");
        }
    }
}
