//! A small client of our own API, for the demo and the check: what a partner's program would do.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Speaks to the API as one partner.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// Where the API answers.
    pub url: String,
    token: Option<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON body; null where there is none.
    pub body: Value,
}

impl Answer {
    /// The body, if the status is one of these.
    ///
    /// # Errors
    /// Says what came instead.
    pub fn expect(self, wanted: &[u16]) -> anyhow::Result<Value> {
        let fits = wanted.contains(&self.status.as_u16());
        fits.then_some(()).ok_or_else(|| anyhow!("answered {} instead of {wanted:?}: {}", self.status, cut(&self.body)))?;
        Ok(self.body)
    }

    /// A text member of the body.
    ///
    /// # Errors
    /// If it is not there.
    pub fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
        let found = body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("no text at {pointer} in {}", cut(body)))
    }
}

fn cut(body: &Value) -> String {
    body.to_string().chars().take(300).collect()
}

impl Api {
    /// A client without a token.
    ///
    /// # Errors
    /// If TLS cannot start.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(35))
            .redirect(reqwest::redirect::Policy::none())
            .cookie_provider(std::sync::Arc::new(reqwest::cookie::Jar::default()))
            .build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token: None })
    }

    /// The same client, acting with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A client that has signed in with machine credentials.
    ///
    /// # Errors
    /// If the token is refused.
    pub async fn sign_in(url: &str, client_id: &str, client_secret: &str) -> anyhow::Result<Self> {
        let api = Self::new(url)?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("scope", "organization"),
        ];
        let path = "/realms/catena/protocol/openid-connect/token";
        let answer = api.http.post(format!("{url}{path}")).form(&form).send().await?;
        let status = answer.status();
        let body = answer.json().await.unwrap_or(Value::Null);
        let body = Answer { status, body }.expect(&[200]).context("the token endpoint")?;
        Ok(api.with_token(&Answer::text(&body, "/access_token")?))
    }

    /// A request without a body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn ask(&self, method: Method, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(method, path)).await
    }

    /// `GET` that must answer 200.
    ///
    /// # Errors
    /// If it does not.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path).await?.expect(&[200]).with_context(|| format!("GET {path}"))
    }

    /// A request with a JSON body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn tell(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(self.request(method, path).json(body)).await
    }

    /// A `POST` that may be sent again: the same key does the same thing once.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn tell_once(&self, path: &str, body: &Value, key: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// A request with this body as it is.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn raw(&self, method: Method, path: &str, body: Option<&str>) -> anyhow::Result<Answer> {
        let request = self.request(method, path);
        let Some(body) = body else { return self.send(request).await };
        self.send(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    /// Ends this client's token.
    ///
    /// # Errors
    /// If the endpoint refuses.
    pub async fn revoke(&self, client_id: &str, client_secret: &str) -> anyhow::Result<()> {
        let token = self.token.as_deref().unwrap_or_default();
        let form = [("token", token), ("client_id", client_id), ("client_secret", client_secret)];
        let path = "/realms/catena/protocol/openid-connect/revoke";
        let answer = self.http.post(format!("{}{path}", self.url)).form(&form).send().await?;
        answer.error_for_status()?;
        Ok(())
    }

    /// A page as this browser sees it, redirects followed and cookies kept.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn page(&self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut answer = self.http.get(&url).send().await?;
        for _ in 0..5 {
            let Some(target) = answer.headers().get("location").and_then(|value| value.to_str().ok()) else { break };
            let target = answer.url().join(target)?;
            answer = self.http.get(target).send().await?;
        }
        Ok((answer.status(), answer.text().await?))
    }

    /// Makes or refreshes an invitation; answers it.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn invite(&self, fleet_ref: &str, name: &str) -> anyhow::Result<Value> {
        let body = json!({ "fleet_ref": fleet_ref, "fleet_name": name, "expires_in_hours": 24 });
        self.tell(Method::POST, "/v2/orgs/invitations", &body).await?.expect(&[200, 201])
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
        let answer = request.send().await.context("the platform does not answer")?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }
}
