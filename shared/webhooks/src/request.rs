//! One delivery attempt as an HTTP request.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use model::webhook::Encoding;
use model::{MessageId, Timestamp, WebhookId};
use thiserror::Error;
use url::Url;
use uuid::Uuid;

use crate::guarded::Request;
use crate::signature::{self, SigningSecrets};

/// The event name.
pub const EVENT_TYPE: HeaderName = HeaderName::from_static("x-event-type");
/// The subscription.
pub const SUBSCRIPTION_ID: HeaderName = HeaderName::from_static("x-webhook-id");
/// New on each attempt.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Version of the payload's schema.
pub const SCHEMA_VERSION: HeaderName = HeaderName::from_static("x-schema-version");
/// Always `catena-notifications`.
pub const SOURCE: HeaderName = HeaderName::from_static("x-source");
/// 1, 2, 3, ...
pub const DELIVERY_ATTEMPT: HeaderName = HeaderName::from_static("x-delivery-attempt");

/// One attempt to deliver one message to one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The subscription.
    pub webhook_id: WebhookId,
    /// The envelope's id; the same on every attempt and replay.
    pub message_id: MessageId,
    /// The event.
    pub event_name: String,
    /// Version of the payload's schema, such as `3.0`.
    pub schema_version: String,
    /// 1, 2, 3, ...
    pub attempt: u32,
    /// The envelope as JSON, uncompressed.
    pub body: Bytes,
    /// How the body is encoded.
    pub encoding: Encoding,
}

/// Why a request could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// An event name or a version with characters that headers do not allow.
    #[error("value of header {0} contains characters that headers do not allow")]
    Header(HeaderName),
    /// Compression failed.
    #[error("failed to compress the body")]
    Compress(#[source] io::Error),
}

impl Delivery {
    /// The signed request. `request_id` and `now` are new for each attempt: receivers reject old timestamps.
    ///
    /// # Errors
    /// `Header` for an event name or version with characters that headers do not allow.
    pub fn request(
        &self,
        url: Url,
        secrets: SigningSecrets<'_>,
        request_id: Uuid,
        now: Timestamp,
    ) -> Result<Request, BuildError> {
        let headers = self.headers(secrets, request_id, now)?;
        Ok(Request { method: Method::POST, url, headers, body: self.payload()? })
    }

    /// The headers alone.
    ///
    /// # Errors
    /// As [`Delivery::request`].
    pub fn headers(&self, secrets: SigningSecrets<'_>, request_id: Uuid, now: Timestamp) -> Result<HeaderMap, BuildError> {
        let mut headers = fixed(self.encoding);
        let own = [
            (EVENT_TYPE, self.event_name.clone()),
            (SUBSCRIPTION_ID, self.webhook_id.to_string()),
            (REQUEST_ID, request_id.to_string()),
            (SCHEMA_VERSION, self.schema_version.clone()),
            (DELIVERY_ATTEMPT, self.attempt.to_string()),
        ];
        let signed = signature::sign(secrets, &self.message_id.to_string(), now, &self.body);
        for (name, text) in own.into_iter().chain(signed) {
            let value = HeaderValue::try_from(text).map_err(|_| BuildError::Header(name.clone()))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// The bytes on the wire.
    ///
    /// # Errors
    /// `Compress`, which does not occur when writing to memory.
    pub fn payload(&self) -> Result<Bytes, BuildError> {
        match self.encoding {
            Encoding::Gzip => gzip(&self.body).map_err(BuildError::Compress),
            Encoding::Identity => Ok(self.body.clone()),
        }
    }
}

fn fixed(encoding: Encoding) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("Catena-Webhook"));
    headers.insert(SOURCE, HeaderValue::from_static("catena-notifications"));
    if encoding == Encoding::Gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers
}

fn gzip(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const SECRETS: SigningSecrets<'_> = SigningSecrets { current: "correct horse battery", previous: None };

    fn now() -> Timestamp {
        Timestamp::parse("2024-11-28T10:30:00Z").unwrap()
    }

    fn delivery(encoding: Encoding) -> Delivery {
        Delivery {
            webhook_id: "01936f3e-0000-7000-8000-0000000000aa".parse().unwrap(),
            message_id: "01936f3e-0000-7000-8000-000000000001".parse().unwrap(),
            event_name: "vehicle_location.added".into(),
            schema_version: "3.0".into(),
            attempt: 2,
            body: Bytes::from_static(br#"{"version":"3.0","data":[]}"#),
            encoding,
        }
    }

    fn request(encoding: Encoding) -> Request {
        let url = Url::parse("https://hooks.example/in").unwrap();
        delivery(encoding).request(url, SECRETS, Uuid::nil(), now()).unwrap()
    }

    #[test]
    fn every_contract_header_is_sent() {
        let request = request(Encoding::Gzip);
        let expected = [
            ("accept", "application/json"),
            ("content-encoding", "gzip"),
            ("content-type", "application/json"),
            ("user-agent", "Catena-Webhook"),
            ("webhook-id", "01936f3e-0000-7000-8000-000000000001"),
            ("webhook-timestamp", "1732789800"),
            ("x-catena-timestamp", "2024-11-28T10:30:00+00:00"),
            ("x-delivery-attempt", "2"),
            ("x-event-type", "vehicle_location.added"),
            ("x-request-id", "00000000-0000-0000-0000-000000000000"),
            ("x-schema-version", "3.0"),
            ("x-source", "catena-notifications"),
            ("x-webhook-id", "01936f3e-0000-7000-8000-0000000000aa"),
        ];
        for (name, value) in expected {
            assert_eq!(request.headers.get(name).unwrap(), value, "{name}");
        }
        assert_eq!(request.headers.len(), expected.len() + 2, "and the two signatures");
    }

    #[test]
    fn the_signature_covers_the_uncompressed_body() {
        let request = request(Encoding::Gzip);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(request.body.as_ref()).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, delivery(Encoding::Gzip).body);
        let signature = request.headers[signature::SIGNATURE].to_str().unwrap();
        assert!(signature::verify(SECRETS.current, "2024-11-28T10:30:00+00:00", &plain, signature));
    }

    #[test]
    fn identity_sends_the_body_as_it_is() {
        let request = request(Encoding::Identity);
        assert_eq!(request.body, delivery(Encoding::Identity).body);
        assert!(!request.headers.contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn unprintable_names_make_no_request() {
        let bad = Delivery { event_name: "a\nb".into(), ..delivery(Encoding::Gzip) };
        assert!(matches!(bad.headers(SECRETS, Uuid::nil(), now()), Err(BuildError::Header(name)) if name == EVENT_TYPE));
    }
}
