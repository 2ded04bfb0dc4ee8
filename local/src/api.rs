//! A small client of the platform's own API for the demo and the check, like that of a partner.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A client of the API.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// The base URL of the API.
    pub url: String,
    token: Option<String>,
}

/// A response.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON body; null if there is none.
    pub body: Value,
}

impl ApiResponse {
    /// The body, if the status is one of these.
    ///
    /// # Errors
    /// The unexpected response.
    pub fn expect(self, expected: &[u16]) -> anyhow::Result<Value> {
        let is_expected = expected.contains(&self.status.as_u16());
        is_expected
            .then_some(())
            .ok_or_else(|| anyhow!("expected {expected:?}, got {}: {}", self.status, truncated(&self.body)))?;
        Ok(self.body)
    }

    /// A string member of the body.
    ///
    /// # Errors
    /// If it is missing.
    pub fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
        let found = body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("no string at {pointer} in {}", truncated(body)))
    }
}

fn truncated(body: &Value) -> String {
    body.to_string().chars().take(300).collect()
}

impl Api {
    /// A client without a token.
    ///
    /// # Errors
    /// If the HTTP client cannot be built.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(35))
            .redirect(reqwest::redirect::Policy::none())
            .cookie_provider(std::sync::Arc::new(reqwest::cookie::Jar::default()))
            .build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token: None })
    }

    /// The same client with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A client that has signed in with machine credentials.
    ///
    /// # Errors
    /// If the token endpoint rejects the credentials.
    pub async fn sign_in(url: &str, client_id: &str, client_secret: &str) -> anyhow::Result<Self> {
        let api = Self::new(url)?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("scope", "organization"),
        ];
        let path = "/realms/catena/protocol/openid-connect/token";
        let response = api.http.post(format!("{url}{path}")).form(&form).send().await?;
        let status = response.status();
        let body = response.json().await.unwrap_or(Value::Null);
        let body = ApiResponse { status, body }.expect(&[200]).context("the token endpoint")?;
        Ok(api.with_token(&ApiResponse::text(&body, "/access_token")?))
    }

    /// A request without a body.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn send(&self, method: Method, path: &str) -> anyhow::Result<ApiResponse> {
        self.execute(self.request(method, path)).await
    }

    /// A `GET` that must return 200.
    ///
    /// # Errors
    /// If it returns another status.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path).await?.expect(&[200]).with_context(|| format!("GET {path}"))
    }

    /// A request with a JSON body.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<ApiResponse> {
        self.execute(self.request(method, path).json(body)).await
    }

    /// A `POST` with an idempotency key.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn send_json_once(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<ApiResponse> {
        self.execute(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// A request with this raw body.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn raw(&self, method: Method, path: &str, body: Option<&str>) -> anyhow::Result<ApiResponse> {
        let request = self.request(method, path);
        let Some(body) = body else { return self.execute(request).await };
        self.execute(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    /// Revokes this client's token.
    ///
    /// # Errors
    /// If the endpoint rejects the request.
    pub async fn revoke(&self, client_id: &str, client_secret: &str) -> anyhow::Result<()> {
        let token = self.token.as_deref().unwrap_or_default();
        let form = [("token", token), ("client_id", client_id), ("client_secret", client_secret)];
        let path = "/realms/catena/protocol/openid-connect/revoke";
        let response = self.http.post(format!("{}{path}", self.url)).form(&form).send().await?;
        response.error_for_status()?;
        Ok(())
    }

    /// A page as in a browser: follows redirects and keeps cookies.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn page(&self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut response = self.http.get(&url).send().await?;
        for _ in 0..5 {
            let Some(target) = response.headers().get("location").and_then(|value| value.to_str().ok()) else { break };
            let target = response.url().join(target)?;
            response = self.http.get(target).send().await?;
        }
        Ok((response.status(), response.text().await?))
    }

    /// Creates or refreshes an invitation and returns it.
    ///
    /// # Errors
    /// If it is rejected.
    pub async fn invite(&self, fleet_ref: &str, name: &str) -> anyhow::Result<Value> {
        let body = json!({ "fleet_ref": fleet_ref, "fleet_name": name, "expires_in_hours": 24 });
        self.send_json(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[200, 201])
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn execute(&self, request: reqwest::RequestBuilder) -> anyhow::Result<ApiResponse> {
        let response = request.send().await.context("the platform does not respond")?;
        let status = response.status();
        let text = response.text().await?;
        Ok(ApiResponse { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}
