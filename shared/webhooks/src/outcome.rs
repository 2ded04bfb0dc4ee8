//! What the response to an attempt, or its absence, means for a message.

use chrono::{DateTime, NaiveDateTime};
use http::StatusCode;
use http::header::RETRY_AFTER;
use model::Timestamp;

use crate::guarded::{HttpResponse, SendError};

/// What becomes of a message after an attempt. Only `Delivered` is a success in logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Retry, not before this instant if the receiver named one.
    Retry {
        /// From `Retry-After`.
        not_before: Option<Timestamp>,
    },
    /// The receiver rejected the message: dead letter, not retried.
    Rejected,
    /// The receiver responded 410: dead letter, and the subscription becomes paused.
    Gone,
}

/// Judges one attempt. Failures without a response are always retried, even a forbidden address, since DNS records change.
#[must_use]
pub fn judge(result: &Result<HttpResponse, SendError>, now: Timestamp) -> Verdict {
    match result {
        Ok(response) => {
            let retry_after = response.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            of_status(response.status, retry_after, now)
        }
        Err(_) => Verdict::Retry { not_before: None },
    }
}

/// Judges a status and the `Retry-After` that came with it.
#[must_use]
pub fn of_status(status: StatusCode, retry_after: Option<&str>, now: Timestamp) -> Verdict {
    match status.as_u16() {
        // An upgrade that nobody asked for: the receiver never answered.
        ..200 => Verdict::Retry { not_before: None },
        200..=299 => Verdict::Delivered,
        410 => Verdict::Gone,
        429 | 500.. => Verdict::Retry { not_before: retry_after.and_then(|text| parse_retry_after(text, now)) },
        _ => Verdict::Rejected,
    }
}

/// The instant of a `Retry-After`: whole seconds from `now`, or an HTTP date (RFC 9110, 10.2.3 and 5.6.7).
#[must_use]
pub fn parse_retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Beyond i32 is decades; the retry schedule ends long before.
        let seconds = text.parse::<i32>().unwrap_or(i32::MAX);
        return Some(now.plus_seconds(seconds.into()));
    }
    let date = DateTime::parse_from_rfc2822(text).map(|date| date.timestamp());
    let seconds = date.ok().or_else(|| obsolete_date(text))?;
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros)
}

fn obsolete_date(text: &str) -> Option<i64> {
    let formats = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let date = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(date.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
    }

    fn check(status: u16, expected: Verdict) {
        assert_eq!(of_status(StatusCode::from_u16(status).unwrap(), None, now()), expected, "{status}");
    }

    #[test]
    fn statuses_follow_the_table() {
        let retry = Verdict::Retry { not_before: None };
        [200, 201, 202, 204, 299].into_iter().for_each(|status| check(status, Verdict::Delivered));
        [301, 302, 304, 308, 400, 401, 403, 404, 408, 422, 499].into_iter().for_each(|status| check(status, Verdict::Rejected));
        [101, 429, 500, 502, 503, 504, 599].into_iter().for_each(|status| check(status, retry));
        check(410, Verdict::Gone);
    }

    #[test]
    fn a_missing_response_is_retried() {
        for fault in [SendError::Timeout, SendError::Connect, SendError::Tls] {
            assert_eq!(judge(&Err(fault), now()), Verdict::Retry { not_before: None });
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(parse_retry_after(text, now()), expected.and_then(Timestamp::parse), "{text}");
        };
        check("120", Some("2026-11-21T05:02:00Z"));
        check(" 0 ", Some("2026-11-21T05:00:00Z"));
        check("Sat, 21 Nov 2026 06:00:00 GMT", Some("2026-11-21T06:00:00Z"));
        check("Saturday, 21-Nov-26 06:00:00 GMT", Some("2026-11-21T06:00:00Z"));
        check("Sat Nov 21 06:00:00 2026", Some("2026-11-21T06:00:00Z"));
        check("99999999999999999999", Some("2094-12-09T08:14:07Z"));
        ["", "soon", "-5", "1.5", "+3"].into_iter().for_each(|text| check(text, None));
    }

    #[test]
    fn retry_after_counts_only_where_there_is_a_retry() {
        let at = |status: StatusCode| of_status(status, Some("60"), now());
        assert_eq!(at(StatusCode::SERVICE_UNAVAILABLE), Verdict::Retry { not_before: Some(now().plus_seconds(60)) });
        assert_eq!(at(StatusCode::TOO_MANY_REQUESTS), Verdict::Retry { not_before: Some(now().plus_seconds(60)) });
        assert_eq!(at(StatusCode::NOT_FOUND), Verdict::Rejected);
    }
}
