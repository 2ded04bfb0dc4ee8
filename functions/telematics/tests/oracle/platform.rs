//! The endpoints of the Telematics API in this process, over an embedded database: requests with tokens, and a clock that is set.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Aws, Config, Context, Endpoint, Incoming};
use http::{HeaderMap, Method, StatusCode};
use model::{PartnerId, Timestamp};
use serde_json::{Value, json};
use testing::{CONTROL, Database, TELEMATICS, connect};
use vault::{Jwk, jwt};

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_790_000_000_000_000) };
}

/// The time, which moves when it is told to.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(NOW.get())
}

/// Lets time pass.
pub(crate) fn pass(seconds: i64) {
    NOW.set(now().plus_seconds(seconds).micros());
}

/// Lets time pass until an instant.
pub(crate) fn reach(at: Timestamp) {
    NOW.set(now().max(at).micros());
}

/// The endpoints and what they work with.
pub(crate) struct Platform {
    pub(crate) context: Context,
    pub(crate) endpoints: BTreeMap<&'static str, Endpoint>,
    key: KeyPair,
    _database: Database,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Something to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) handler: &'static str,
    pub(crate) path: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(&'static str, String)>,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let database = Database::open().await;
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let dynamodb = database.config(Database::http());
        let kms = connect("http://kms.test", KeyService { public: public(&key) }.http());
        let many = NonZeroU32::new(1_000_000).unwrap();
        let config = Config {
            control_table: CONTROL.into(),
            telematics_table: TELEMATICS.into(),
            credentials_key: "credentials".into(),
            token_keys: vec!["tokens".into()],
            public_url: "https://api.test".into(),
            requests_per_second: many,
            requests_burst: many,
            ..Config::default()
        };
        let aws = Aws { dynamodb: dynamodb.clone(), sqs: dynamodb.clone(), kms, scheduler: dynamodb };
        let endpoints = (telematics::SERVICE.endpoints)().into_iter().map(|endpoint| (endpoint.handler, endpoint)).collect();
        Self { context: Context::new(config, aws, now), endpoints, key, _database: database }
    }

    /// A token of a partner with these scopes.
    pub(crate) fn token(&self, partner: PartnerId, scope: &str) -> String {
        let claims = json!({
            "iss": self.context.config().issuer(), "sub": "client", "azp": "client", "jti": uuid::Uuid::now_v7(), "scope": scope,
            "iat": now().seconds(), "exp": now().seconds() + 1_000_000_000,
            "org": { "partner": { "id": partner, "org_type": ["partner"] } },
        });
        let unsigned = jwt::encode_unsigned(&Jwk::from_spki(&public(&self.key)).unwrap().kid, &claims).unwrap();
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), unsigned.as_bytes(), &mut signature).unwrap();
        jwt::assemble(&unsigned, &signature)
    }

    /// The answer to a request.
    pub(crate) async fn ask(&self, token: &str, ask: &Ask) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let incoming = Incoming {
            method: Method::GET,
            raw_path: ask.path.iter().fold(self.endpoints[ask.handler].path.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            }),
            raw_query: ask.query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&"),
            headers,
            path: ask.path.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: Default::default(),
            address: None,
        };
        let response = gateway::dispatch(&self.context, &self.endpoints[ask.handler], &incoming).await;
        Answer { status: response.status, body: serde_json::from_slice(&response.body).unwrap_or_default() }
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn public(key: &KeyPair) -> Vec<u8> {
    AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()).unwrap().as_ref().to_vec()
}

/// KMS, as far as reads use it.
#[derive(Clone, Debug)]
struct KeyService {
    public: Vec<u8>,
}

impl KeyService {
    fn http(self) -> SharedHttpClient {
        http_client_fn(move |_, _| SharedHttpConnector::new(self.clone()))
    }
}

/// 32 bytes in base64.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

impl HttpConnector for KeyService {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = match request.headers().get("x-amz-target").unwrap().rsplit('.').next().unwrap() {
            "GetPublicKey" => json!({ "KeyId": "tokens", "PublicKey": STANDARD.encode(&self.public) }),
            "GenerateDataKey" | "Decrypt" => json!({ "Plaintext": KEY, "CiphertextBlob": KEY, "KeyId": "key" }),
            other => panic!("nothing here does {other}"),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer.to_string()))))
    }
}
