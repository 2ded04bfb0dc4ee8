//! `Idempotency-Key`: a POST that is repeated with the same key has no effect and gets the first response again.
//!
//! What an operation answers is remembered, whatever its status: a write that the TSP refused has run. An [`ApiError`] is not: such a
//! request changed nothing, so it may be repeated. The stored response is encrypted
//! under a key derived from the caller and the idempotency key, of which the table holds only a digest.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::control::{Key, KeyedRequest, REMEMBERED_SECONDS, Write};
use vault::Sealed;
use vault::envelope::{self, DataKey};

use crate::caller::Access;
use crate::incoming::Incoming;
use crate::response::Response;
use crate::{ApiError, Call, Context, Endpoint};

/// A request without a response after this time was lost, and a repetition takes over. Longer than any function may run.
const ABANDONED_SECONDS: i64 = 60;

const HEADER: &str = "idempotency-key";

#[derive(Serialize, Deserialize)]
struct StoredResponse {
    status: u16,
    content_type: Option<String>,
    body: String,
}

/// Executes the operation, once per idempotency key if the request has one.
///
/// # Errors
/// The operation's error; 409 for a key that was used for another request or whose request is still in progress; 422 for an
/// invalid key.
pub(crate) async fn run(context: &Context, endpoint: &Endpoint, call: Call, incoming: &Incoming) -> Result<Response, ApiError> {
    let applies = incoming.method == Method::POST && matches!(endpoint.access, Access::Scope(_));
    match incoming.headers.get(HEADER).filter(|_| applies) {
        Some(sent) => run_once(context, endpoint, call, incoming, parse(sent)?).await,
        None => endpoint.serve.call(context, call, incoming).await,
    }
}

fn parse(sent: &http::HeaderValue) -> Result<&str, ApiError> {
    let key = sent.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    key.ok_or_else(|| ApiError::invalid_member("header.Idempotency-Key", "", "value_error", "must be 1 to 255 ASCII characters"))
}

async fn run_once(
    context: &Context,
    endpoint: &Endpoint,
    call: Call,
    incoming: &Incoming,
    key: &str,
) -> Result<Response, ApiError> {
    let caller = call.caller.name();
    let id = hex_digest(&[caller.as_bytes(), incoming.method.as_str().as_bytes(), incoming.raw_path.as_bytes(), key.as_bytes()]);
    let request = hex_digest(&[incoming.raw_query.as_bytes(), &incoming.body]);
    let secret = digest(&[b"catena idempotency v1", caller.as_bytes(), key.as_bytes()]);
    let now = call.now;
    let claim = KeyedRequest { digest: id.clone(), request, answer: None, started_at: now };
    let seen: Option<KeyedRequest> = context.store().get(Key::keyed_request(&id)).await?;
    if let Some(seen) = seen.as_ref().filter(|seen| seen.started_at.plus_seconds(REMEMBERED_SECONDS) > now) {
        if seen.request != claim.request {
            return Err(ApiError::conflict("idempotency_key_reused", "the idempotency key was already used for another request"));
        }
        if let Some(response) = &seen.answer {
            return opened(&secret, response);
        }
        if seen.started_at.plus_seconds(ABANDONED_SECONDS) > now {
            return Err(in_progress());
        }
    }
    let write = seen.as_ref().map_or_else(|| Write::create(&claim), |seen| Write::replace(seen, &claim))?;
    match context.store().commit(vec![write]).await {
        Err(StoreError::Conflict) => return Err(in_progress()),
        result => result?,
    }
    let outcome = endpoint.serve.call(context, call, incoming).await;
    let write = match lasting(&outcome) {
        Some(response) => Write::overwrite(&KeyedRequest { answer: Some(sealed(&secret, response)?), ..claim })?,
        None => Write::delete(Key::keyed_request(&id)),
    };
    context.store().commit(vec![write]).await?;
    outcome
}

/// The response that a repetition gets, too.
fn lasting(outcome: &Result<Response, ApiError>) -> Option<&Response> {
    outcome.as_ref().ok()
}

fn in_progress() -> ApiError {
    ApiError::conflict("idempotency_key_in_progress", "a request with this idempotency key is still in progress")
}

fn sealed(secret: &[u8], response: &Response) -> Result<serde_json::Value, ApiError> {
    let stored = StoredResponse {
        status: response.status.as_u16(),
        content_type: response.headers.get("content-type").and_then(|value| value.to_str().ok()).map(String::from),
        body: String::from_utf8_lossy(&response.body).into_owned(),
    };
    let plain = serde_json::to_vec(&stored).map_err(ApiError::internal)?;
    // A key encrypts a few responses at most, each with a random nonce.
    let mut nonce = [0_u8; 12];
    nonce.iter_mut().zip(uuid::Uuid::new_v4().into_bytes()).for_each(|(to, from)| *to = from);
    let sealed = envelope::seal(&data_key(secret)?, Vec::new(), &envelope::Context::new(&[]), nonce, &plain)?;
    serde_json::to_value(sealed).map_err(ApiError::internal)
}

fn opened(secret: &[u8], sealed: &serde_json::Value) -> Result<Response, ApiError> {
    let sealed: Sealed = serde_json::from_value(sealed.clone()).map_err(ApiError::internal)?;
    let plain = envelope::open(&data_key(secret)?, &envelope::Context::new(&[]), &sealed)?;
    let stored: StoredResponse = serde_json::from_slice(plain.expose()).map_err(ApiError::internal)?;
    let status = StatusCode::from_u16(stored.status).map_err(ApiError::internal)?;
    let mut response = Response::empty(status);
    response.body = stored.body.into();
    if let Some(kind) = stored.content_type {
        response.set("content-type", &kind);
    }
    response.set("idempotent-replayed", "true");
    Ok(response)
}

fn data_key(secret: &[u8]) -> Result<DataKey, ApiError> {
    DataKey::from_bytes(secret).ok_or_else(|| ApiError::internal("a digest has the wrong length for a key"))
}

/// SHA-256 over the parts, each prefixed with its length, so that different lists of parts differ.
fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    sha.finalize().to_vec()
}

fn hex_digest(parts: &[&[u8]]) -> String {
    model::hex(&digest(parts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_operation_answers_lasts_whatever_its_status() {
        let secret = digest(&[b"a secret"]);
        for status in [StatusCode::OK, StatusCode::ACCEPTED, StatusCode::BAD_GATEWAY] {
            let first = Response::json(status, &json!({ "status": "failed" }));
            let outcome = Ok(first.clone());
            let again = opened(&secret, &sealed(&secret, lasting(&outcome).unwrap()).unwrap()).unwrap();
            assert_eq!((again.status, again.body), (status, first.body));
            assert_eq!(again.headers.get("idempotent-replayed").unwrap(), "true");
        }
        let refused = [ApiError::bad_request("no"), ApiError::not_found("user"), ApiError::internal("a fault"), in_progress()];
        assert!(refused.into_iter().map(Err).all(|outcome| lasting(&outcome).is_none()));
    }
}
