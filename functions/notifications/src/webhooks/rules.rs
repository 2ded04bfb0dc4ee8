//! Validation of subscriptions, and when two of them are the same.

use gateway::{ApiError, Context, Problem, Reader};
use model::webhook::Filters;
use model::{PartnerId, Timestamp, WebhookId};
use serde_json::json;
use store::control::{WebhookClaim, WebhookSecret};
use webhooks::signature::generate_secret;

/// The minimum length, in characters, of a signing secret.
pub const MIN_SECRET: usize = 12;
/// The maximum length, in characters, of a signing secret.
pub const MAX_SECRET: usize = 1_024;
/// The most values of one filter list.
pub const MAX_FILTERS: usize = 100;
/// Seconds for which the previous secret still signs after a rotation.
pub const OVERLAP_SECONDS: i64 = 24 * 3_600;

const SECRET: &str = "Signs messages: 12 to 1,024 characters. Made by the platform unless given. After a change the former one still signs \
     for 24 hours, beside the new one.";

/// The members of `filters`.
pub fn read_filters(reader: &mut Reader) -> Filters {
    let ids = reader.body("fleet_ids").ids(MAX_FILTERS);
    let refs = reader.body("fleet_refs").example(r#"["FLEET-12345"]"#).texts(MAX_FILTERS);
    Filters { fleet_ids: ids, fleet_refs: refs }
}

/// The member `secret`. Problems never echo its value.
pub fn read_secret(reader: &mut Reader) -> Option<String> {
    let secret = reader.body("secret").about(SECRET).secret()?;
    if !(MIN_SECRET..=MAX_SECRET).contains(&secret.chars().count()) {
        reader.problem("body.secret", "", "range", format!("must have {MIN_SECRET} to {MAX_SECRET} characters"));
    }
    Some(secret)
}

/// Checks that deliveries may be sent to this URL.
///
/// # Errors
/// 422 with the rule that it breaks.
pub fn check_url(context: &Context, url: &str) -> Result<(), ApiError> {
    let policy = context.address_policy()?;
    match webhooks::target::check_url(url, &policy) {
        Ok(_) => Ok(()),
        Err(problem) => Err(ApiError::invalid(vec![Problem::new("body.url", url, "format", problem.to_string())])),
    }
}

/// A new signing secret.
#[must_use]
pub fn fresh_secret() -> String {
    generate_secret(rand::random())
}

/// SHA-256 over event, url and filters. Order and repetition of filter values do not matter, nor does null against empty.
#[must_use]
pub fn digest(event: &str, url: &str, filters: Option<&Filters>) -> String {
    let ids = filters.and_then(|filters| filters.fleet_ids.as_deref()).unwrap_or_default();
    let refs = filters.and_then(|filters| filters.fleet_refs.as_deref()).unwrap_or_default();
    let ids = sorted(ids.iter().map(ToString::to_string));
    let refs = sorted(refs.iter().cloned());
    model::telematics::source_hash(&json!({ "event": event, "url": url, "fleet_ids": ids, "fleet_refs": refs }), &[])
}

fn sorted(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The claim that prevents a second subscription with the same digest.
#[must_use]
pub fn claim(partner: PartnerId, id: WebhookId, digest: String) -> WebhookClaim {
    WebhookClaim { partner_id: partner, digest, webhook_id: id }
}

/// The secret, sealed for this subscription only.
///
/// # Errors
/// 500 if KMS fails.
pub async fn sealed(context: &Context, id: WebhookId, secret: &str) -> Result<serde_json::Value, ApiError> {
    let bound = id.to_string();
    let sealed = context.vault().seal(&[("webhook_id", &bound)], secret.as_bytes()).await?;
    serde_json::to_value(sealed).map_err(ApiError::internal)
}

/// The secrets after a rotation at `now`: the current one becomes the previous one, which keeps signing during the overlap.
#[must_use]
pub fn rotated(seen: &WebhookSecret, current: serde_json::Value, now: Timestamp) -> WebhookSecret {
    WebhookSecret {
        current,
        previous: Some(seen.current.clone()),
        previous_until: Some(now.plus_seconds(OVERLAP_SECONDS)),
        updated_at: now,
        ..seen.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://hooks.example/in";

    fn refs(names: &[&str]) -> Filters {
        Filters { fleet_ids: None, fleet_refs: Some(names.iter().map(|name| (*name).to_owned()).collect()) }
    }

    #[test]
    fn sameness_ignores_order_repetition_and_emptiness() {
        let of = |filters: Option<&Filters>| digest("vehicle.added", URL, filters);
        assert_eq!(of(Some(&refs(&["a", "b"]))), of(Some(&refs(&["b", "a", "b"]))));
        assert_eq!(of(None), of(Some(&refs(&[]))));
        assert_ne!(of(None), of(Some(&refs(&["a"]))));
        assert_ne!(of(None), digest("vehicle.modified", URL, None));
        assert_ne!(of(None), digest("vehicle.added", "https://hooks.example/other", None));
    }

    #[test]
    fn rotation_keeps_the_previous_secret_for_a_day() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let seen = WebhookSecret {
            partner_id: PartnerId::at(now),
            webhook_id: WebhookId::at(now),
            current: json!("one"),
            previous: Some(json!("zero")),
            previous_until: None,
            updated_at: now.plus_seconds(-60),
        };
        let next = rotated(&seen, json!("two"), now);
        assert_eq!((next.current, next.previous), (json!("two"), Some(json!("one"))));
        assert_eq!(next.previous_until, Some(now.plus_seconds(86_400)));
    }

    #[test]
    fn generated_secrets_are_long_enough_and_differ() {
        let secret = fresh_secret();
        assert!(secret.starts_with("whsec_") && secret.len() >= MIN_SECRET);
        assert_ne!(secret, fresh_secret());
    }
}
