//! `GET /embed/probe`: whether a browser keeps Connect's cookies in a frame of a page. A partner's page has it in a hidden frame before it
//! decides how to show Connect.
//!
//! The page sets a cookie (`/embed/probe/set`), sees whether it comes back (`/embed/probe/check`), and tells the page around it once.

use gateway::{ApiError, Call, Context, Html, Input, Operation, Reader, Response};
use http::StatusCode;
use maud::{DOCTYPE, html};
use serde_json::json;

use crate::launch::Asked;
use crate::layout::set_security_headers;

/// The page.
pub(crate) struct Probe;
/// One half of the round: `set` or `check`.
pub(crate) struct Round;

const COOKIE: &str = "embed_probe";

/// How it is launched: only the key matters.
pub(crate) struct Parameters(Asked);

impl Input for Parameters {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        Self(Asked::read(reader))
    }
}

impl Operation for Probe {
    type Input = Parameters;
    type Output = Html;

    /// A key's page is shown by its origins alone; one without a key tells nothing of anybody, and any page may show it.
    async fn run(context: &Context, _: Call, Parameters(asked): Parameters) -> Result<Html, ApiError> {
        let has_key = asked.has_key();
        let launch = asked.resolve(context, None).await?;
        let (ancestors, targets) = match (has_key, launch.origins.is_empty()) {
            (false, _) => ("*".to_owned(), vec!["*".to_owned()]),
            (true, true) => ("'none'".to_owned(), Vec::new()),
            (true, false) => (launch.origins.join(" "), launch.origins),
        };
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { "Probe" } script src="/connect/assets/probe.js" defer {} }
                body data-targets=(json!(targets)) {}
            }
        };
        let mut response = Response::html(StatusCode::OK, page.into_string());
        set_security_headers(&mut response, context);
        let policy = format!(
            "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        );
        response.set("content-security-policy", &policy);
        response.headers.remove("x-frame-options");
        Ok(Html(response))
    }
}

/// Which half, and what came back.
pub(crate) struct Half {
    step: String,
    token: String,
    cookies: String,
}

impl Input for Half {
    fn read(reader: &mut Reader) -> Self {
        reader.accept_unknown_parameters();
        let token = reader.first("token").unwrap_or_default();
        let cookies = reader.header("cookie").unwrap_or_default().to_owned();
        Self { step: reader.path_text("step"), token, cookies }
    }
}

impl Half {
    /// Whether the cookie came back. Several may: one for Connect's own pages, and one for each site around it.
    fn has_arrived(&self) -> bool {
        let held = self.cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        !self.token.is_empty() && held.into_iter().any(|(name, value)| name == COOKIE && value == self.token)
    }
}

impl Operation for Round {
    type Input = Half;
    type Output = Html;

    async fn run(context: &Context, _: Call, half: Half) -> Result<Html, ApiError> {
        let mut response = match half.step.as_str() {
            "set" => {
                let token = vault::random_secret();
                let cookie =
                    format!("{COOKIE}={token}; SameSite=None; Secure; Partitioned; HttpOnly; Path=/embed/probe; Max-Age=10");
                let mut response = Response::json(StatusCode::OK, &json!({ "token": token }));
                response.set("set-cookie", &cookie);
                response
            }
            "check" => Response::json(StatusCode::OK, &json!({ "arrived": half.has_arrived() })),
            _ => return Err(ApiError::not_found("page")),
        };
        set_security_headers(&mut response, context);
        Ok(Html(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_arrives_with_its_value() {
        let half = |token: &str, cookies: &str| Half { step: "check".into(), token: token.into(), cookies: cookies.into() };
        assert!(half("t", "a=b; embed_probe=t").has_arrived());
        assert!(half("t", "embed_probe=other; embed_probe=t").has_arrived());
        for (token, cookies) in [("t", ""), ("t", "embed_probe=u"), ("t", "x=t"), ("", "embed_probe=")] {
            assert!(!half(token, cookies).has_arrived(), "{cookies}");
        }
    }
}
