//! Signing in at providers instead of copying a key: the authorization-code flow (RFC 6749) with a challenge (RFC 7636), and refresh
//! tokens that are replaced with each use.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use model::credentials::{Credentials, Form};
use serde_json::{Map, Value, json};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::client::{OkResponse, classify, transport_error};
use crate::wire::Members;
use crate::{Http, ProviderError};

/// How long a provider may take to answer with tokens while the customer waits, who may sign in again.
const WHILE_WAITING: Duration = Duration::from_secs(5);
/// How long otherwise: an answer that is not waited for is a grant that is lost.
const IN_ALL: Duration = Duration::from_secs(20);

/// The authorization server of a provider, by its documents.
#[derive(Debug)]
pub struct OAuth {
    /// The path of the page that asks the customer.
    pub(crate) authorize: &'static str,
    /// The path where tokens are given.
    pub(crate) token: &'static str,
    /// Its address, where that is not the API's: what APIs it stands for, by their domains.
    pub(crate) elsewhere: Option<(&'static [&'static str], &'static str)>,
    /// How we prove who we are.
    pub(crate) proof: Proof,
    /// What is asked for; empty where that is set with the application.
    pub(crate) scope: &'static str,
}

/// How an application proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// HTTP Basic.
    Basic,
    /// Members of the form.
    Form,
}

/// Our application at a provider.
#[derive(Clone, Copy)]
pub struct OAuthClient<'a> {
    /// Its id, which is no secret.
    pub id: &'a str,
    /// Its secret.
    pub secret: &'a str,
}

impl fmt::Debug for OAuthClient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What the browser brings back of a page where the customer agreed.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// The code.
    pub code: &'a str,
    /// What the challenge was made of.
    pub verifier: &'a str,
    /// Where the browser was sent.
    pub redirect_uri: &'a str,
}

impl fmt::Debug for Returned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl OAuth {
    /// The page that asks the customer; `base` is the root of the TSP's API.
    #[must_use]
    pub fn page(&self, base: &Url, client_id: &str, (redirect_uri, state): (&str, &str), challenge: &str) -> Url {
        let mut url = self.at(base, self.authorize);
        let scope = Some(("scope", self.scope)).filter(|(_, scope)| !scope.is_empty());
        let fixed = [
            ("client_id", client_id),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        url.query_pairs_mut().extend_pairs(fixed).extend_pairs(scope);
        url
    }

    /// The tokens for a code.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] where the code is none any more; otherwise as for every request to the provider.
    pub async fn exchange(
        &self,
        http: &dyn Http,
        base: &Url,
        client: OAuthClient<'_>,
        returned: Returned<'_>,
    ) -> Result<Credentials, ProviderError> {
        let Returned { code, verifier, redirect_uri } = returned;
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)];
        let response = self.ask(http, base, client, (&form, &[code, verifier]), WHILE_WAITING).await?;
        tokens(&response, None).map_err(meaning)
    }

    /// The next tokens. The refresh token that is sent is used up, whether the answer arrives or not.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] where the grant is none any more; otherwise as for every request to the provider.
    pub async fn refresh(
        &self,
        http: &dyn Http,
        base: &Url,
        client: OAuthClient<'_>,
        token: &str,
    ) -> Result<Credentials, ProviderError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let response = self.ask(http, base, client, (&form, &[token]), IN_ALL).await?;
        tokens(&response, Some(token)).map_err(meaning)
    }

    async fn ask(
        &self,
        http: &dyn Http,
        base: &Url,
        client: OAuthClient<'_>,
        (form, secrets): (&[(&str, &str)], &[&str]),
        deadline: Duration,
    ) -> Result<OkResponse, ProviderError> {
        let (headers, body) = self.request(client, form)?;
        let sent = http.post(self.at(base, self.token), headers, body, deadline).await;
        let secrets: Vec<&str> = secrets.iter().copied().chain([client.secret]).collect();
        classify(sent.map_err(|failure| transport_error(&failure))?, &secrets, "error_description").map_err(meaning)
    }

    /// Headers and body of a request for tokens.
    fn request(&self, client: OAuthClient<'_>, form: &[(&str, &str)]) -> Result<(HeaderMap, Bytes), ProviderError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("catena"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        match self.proof {
            Proof::Basic => {
                headers.insert(AUTHORIZATION, basic(client)?);
            }
            Proof::Form => {
                body.append_pair("client_id", client.id).append_pair("client_secret", client.secret);
            }
        }
        Ok((headers, Bytes::from(body.finish())))
    }

    /// An address of the server: the provider's own, or below a root that an operator chose.
    fn at(&self, base: &Url, path: &str) -> Url {
        let host = base.host_str().unwrap_or_default();
        let is_below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let elsewhere = self.elsewhere.filter(|(domains, _)| domains.iter().any(is_below));
        let mut url = elsewhere.and_then(|(_, root)| Url::parse(root).ok()).unwrap_or_else(|| base.clone());
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        url.set_query(None);
        url
    }
}

/// Both parts are encoded before they are joined (RFC 6749, 2.3.1).
fn basic(client: OAuthClient<'_>) -> Result<HeaderValue, ProviderError> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let text = STANDARD.encode(format!("{}:{}", encoded(client.id), encoded(client.secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {text}"))
        .map_err(|_| ProviderError::Unsupported { what: "client of the sign-in".into() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// What an answer of a token endpoint means: its statuses say little, its codes (RFC 6749, 5.2) do.
fn meaning(error: ProviderError) -> ProviderError {
    let (status, message, response) = match error {
        ProviderError::Refused { message, response: Some(response) } => (response.status, message, response),
        ProviderError::Rejected { status, message, response } => (status, message, response),
        // What cannot be read may be tokens all the same, so nothing of it is kept.
        ProviderError::Malformed { .. } => {
            return ProviderError::Malformed { what: "the answer holds no tokens".into(), response: None };
        }
        other => return other,
    };
    let code = serde_json::from_str::<Value>(&response.body).ok();
    match code.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str) {
        Some("invalid_grant") => ProviderError::Refused { message, response: Some(response) },
        // Nobody's credentials are at fault, but the platform's.
        Some("invalid_client" | "unauthorized_client") => {
            ProviderError::Unavailable { status: Some(status), message, retry_after: None, response: Some(response) }
        }
        _ => ProviderError::Rejected { status, message, response },
    }
}

/// Tokens as credentials. A server that gives no refresh token leaves the former one valid (RFC 6749, 6).
fn tokens(response: &OkResponse, former: Option<&str>) -> Result<Credentials, ProviderError> {
    let members = Members::of(response.parse()?);
    let text = |name: &str| members.get::<String>(name).map(Value::from);
    let mut given = Map::new();
    for name in ["access_token", "token_type", "refresh_token", "scope"] {
        given.extend(text(name).map(|value| (name.to_owned(), value)));
    }
    given.extend(members.get::<i64>("expires_in").map(|seconds| ("expires_in".to_owned(), json!(seconds))));
    if let Some(former) = former {
        given.entry("refresh_token").or_insert_with(|| json!(former));
    }
    let form = Form::of("access_token").ok_or_else(|| response.malformed("no form for tokens"))?;
    Credentials::check(form, &given).map_err(|_| response.malformed("the answer holds no token"))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::{HttpResponse, accounts};

    fn server(source_name: &str) -> &'static OAuth {
        accounts(source_name).unwrap().oauth().unwrap()
    }

    fn answer(status: u16, body: &str) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap();
        HttpResponse { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()), elapsed: Duration::ZERO }
    }

    #[test]
    fn pages_are_at_the_providers_own_address() {
        let page = |source: &str, base: &str| {
            server(source).page(&Url::parse(base).unwrap(), "id", ("https://us.example/back?a", "s&t"), "ch").to_string()
        };
        let rest = "client_id=id&response_type=code&redirect_uri=https%3A%2F%2Fus.example%2Fback%3Fa&state=s%26t&code_challenge=ch&code_challenge_method=S256";
        let cases = [
            ("samsara", "https://api.samsara.com/", "https://api.samsara.com/oauth2/authorize"),
            ("samsara", "https://api.eu.samsara.com", "https://api.eu.samsara.com/oauth2/authorize"),
            ("samsara", "http://127.0.0.1:4600/samsara", "http://127.0.0.1:4600/samsara/oauth2/authorize"),
            ("motive", "https://api.gomotive.com/", "https://gomotive.com/oauth/authorize"),
            ("motive", "http://127.0.0.1:4600/motive", "http://127.0.0.1:4600/motive/oauth/authorize"),
        ];
        for (source, base, expected) in cases {
            let page = page(source, base);
            assert!(page.starts_with(&format!("{expected}?{rest}")), "{page}");
        }
        assert!(accounts("geotab").unwrap().oauth().is_none());
    }

    #[test]
    fn only_a_dead_grant_is_the_customers() {
        let of =
            |status: u16, body: &str| meaning(classify(answer(status, body), &["s3cret"], "error_description").err().unwrap());
        let dead = of(400, r#"{"error":"invalid_grant","error_description":"s3cret was used"}"#);
        assert!(matches!(&dead, ProviderError::Refused { message, .. } if message == "***** was used"), "{dead:?}");
        assert!(!format!("{dead:?}").contains("s3cret"));
        assert!(matches!(of(401, r#"{"error":"invalid_client"}"#), ProviderError::Unavailable { status: Some(401), .. }));
        assert!(matches!(of(401, "nonsense"), ProviderError::Rejected { status: 401, .. }));
        assert!(matches!(of(400, r#"{"error":"invalid_request"}"#), ProviderError::Rejected { .. }));
        assert!(matches!(of(500, "oh"), ProviderError::Unavailable { .. }));
        assert!(matches!(of(429, "{}"), ProviderError::RateLimited { .. }));
    }

    #[test]
    fn tokens_become_credentials_that_show_nothing() {
        let read = |body: &str, former: Option<&str>| {
            tokens(&classify(answer(200, body), &[], "error_description").ok().unwrap(), former)
        };
        let body =
            r#"{"access_token":"a1","token_type":"bearer","expires_in":3600,"refresh_token":"r2","scope":"x","created_at":1}"#;
        let given = read(body, Some("r1")).unwrap();
        assert_eq!(
            (given.get("access_token"), given.get("refresh_token"), given.number("expires_in")),
            (Some("a1"), Some("r2"), Some(3600))
        );
        assert_eq!(format!("{given:?} {:?}", OAuthClient { id: "id", secret: "s3cret" }), "*** OAuthClient { id: \"id\", .. }");
        let kept = read(r#"{"access_token":"a2"}"#, Some("r1")).unwrap();
        assert_eq!((kept.get("refresh_token"), kept.number("expires_in")), (Some("r1"), None));
        let cut = read(r#"{"access_token":"a3","refresh"#, None).map_err(meaning);
        assert!(matches!(&cut, Err(ProviderError::Malformed { response: None, .. })), "{cut:?}");
        assert!(!format!("{cut:?} {:?}", read(r#"{"access_token":["a3"]}"#, None).map_err(meaning)).contains("a3"));
    }
}
