//! The vault against a minimal fake of KMS, which wraps a data key by reversing it.

use std::sync::Mutex;

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::claims::{Claims, Issue, MACHINE_LIFETIME};
use crate::jwt::test_keys;

const DATA_KEY: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";

type Calls = Arc<Mutex<Vec<String>>>;

async fn vault() -> (Vault, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Calls::default();
    let seen = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&seen)));
        }
    });
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .build();
    let ids = KeyIds { credentials: "sealing".into(), signing: vec!["0".into(), "1".into()] };
    (Vault::new(Client::from_conf(config), ids), calls)
}

async fn serve(mut stream: TcpStream, calls: Calls) {
    let mut bytes = Vec::new();
    let (operation, input) = loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "request is cut");
        if let Some(request) = parse(&bytes) {
            break request;
        }
    };
    let (status, body) = answer(&operation, &input);
    calls.lock().unwrap().push(operation);
    let head = "content-type: application/x-amz-json-1.1\r\nconnection: close";
    let answer = format!("HTTP/1.1 {status} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn parse(bytes: &[u8]) -> Option<(String, Value)> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target: TrentService."))?;
    Some((target.to_owned(), serde_json::from_str(body).ok()?))
}

fn answer(operation: &str, input: &Value) -> (u16, String) {
    let key = || input["KeyId"].as_str().unwrap().parse::<usize>().unwrap();
    let wrapped = STANDARD.encode(DATA_KEY.iter().rev().copied().collect::<Vec<_>>());
    let body = match operation {
        "GenerateDataKey" => {
            assert!(is_known(&input["EncryptionContext"]), "{input}");
            json!({ "Plaintext": STANDARD.encode(DATA_KEY), "CiphertextBlob": wrapped })
        }
        "Decrypt" if is_known(&input["EncryptionContext"]) => {
            json!({ "Plaintext": STANDARD.encode(DATA_KEY) })
        }
        "Decrypt" => return (400, json!({ "__type": "InvalidCiphertextException" }).to_string()),
        "GetPublicKey" => json!({ "PublicKey": STANDARD.encode(test_keys::public(key())) }),
        "Sign" => {
            // The test key signs texts, not digests, so this fake knows the text and checks the digest.
            let unsigned = jwt::encode_unsigned(&test_keys::set().keys[key()].kid, &claims()).unwrap();
            assert_eq!(input["Message"], STANDARD.encode(Sha256::digest(&unsigned)));
            assert_eq!(input["MessageType"], "DIGEST");
            assert_eq!(input["SigningAlgorithm"], "RSASSA_PKCS1_V1_5_SHA_256");
            let signature = URL_SAFE_NO_PAD.decode(test_keys::sign(key(), &unsigned)).unwrap();
            json!({ "Signature": STANDARD.encode(signature) })
        }
        // The second key is an hour old.
        "DescribeKey" => {
            let made = now().seconds() - if key() == 0 { 864_000 } else { 3_600 };
            json!({ "KeyMetadata": { "KeyId": input["KeyId"], "CreationDate": made } })
        }
        other => panic!("{other}"),
    };
    (200, body.to_string())
}

/// Values of connection `a`, and root keys.
fn is_known(context: &Value) -> bool {
    *context == json!({ "connection": "a" }) || (context["purpose"] == "root" && context["tsp"] != "nobody")
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T05:00:00Z").unwrap()
}

fn claims() -> Claims {
    let issue = Issue { issuer: "https://auth.example", now: now(), lifetime: MACHINE_LIFETIME, id: uuid::Uuid::nil() };
    let partner = model::PartnerId::from_uuid(uuid::Uuid::nil());
    Claims::machine(&issue, "acme-1", ("Acme", partner), "fleet:read")
}

fn taken(calls: &Calls) -> String {
    std::mem::take(&mut *calls.lock().unwrap()).join(" ")
}

#[tokio::test]
async fn data_keys_are_opened_once_in_minutes() {
    let (vault, calls) = vault().await;
    let sealed = vault.seal(&[("connection", "a")], b"secret").await.unwrap();
    assert_eq!(vault.open(&[("connection", "a")], &sealed).await.unwrap(), Secret::from("secret"));
    assert_eq!(taken(&calls), "GenerateDataKey");
    let cold = Vault::new(vault.client.clone(), vault.ids.clone());
    for _ in 0..3 {
        assert_eq!(cold.open(&[("connection", "a")], &sealed).await.unwrap(), Secret::from("secret"));
    }
    assert_eq!(taken(&calls), "Decrypt");
    assert!(matches!(vault.open(&[("connection", "b")], &sealed).await, Err(VaultError::Unreadable)));
}

/// A sandbox of Lambda has a vault. Hundreds of them meet all connections, each connection rarely the same sandbox again.
#[tokio::test]
async fn a_sandbox_decrypts_one_root_key_per_tsp_however_many_connections_it_serves() {
    const TSPS: [&str; 2] = ["samsara", "motive"];
    const SANDBOXES: usize = 300;
    let (vault, calls) = vault().await;
    let mut sealed = Vec::new();
    for tsp in TSPS {
        let root = vault.new_root(tsp).await.unwrap();
        for connection in 0..75 {
            let id = format!("{tsp} {connection}");
            let value = vault.seal_under(&root, &[("connection_id", &id), ("tsp", tsp)], id.as_bytes()).await.unwrap();
            sealed.push((tsp, id, value));
        }
    }
    assert_eq!(taken(&calls), "GenerateDataKey GenerateDataKey");
    for _ in 0..SANDBOXES {
        let sandbox = Vault::new(vault.client.clone(), vault.ids.clone());
        for (tsp, id, value) in &sealed {
            let opened = sandbox.open(&[("connection_id", id), ("tsp", tsp)], value).await.unwrap();
            assert_eq!(opened.expose(), id.as_bytes());
        }
    }
    let (runs, decrypts) = (SANDBOXES * sealed.len(), taken(&calls).split(' ').filter(|call| *call == "Decrypt").count());
    println!("{decrypts} Decrypts in {runs} runs of {} connections in {SANDBOXES} sandboxes", sealed.len());
    assert_eq!(decrypts, SANDBOXES * TSPS.len());
    assert!(decrypts * 50 <= runs, "{decrypts} Decrypts in {runs} runs");
    let (_, id, value) = &sealed[0];
    for foreign in [&[("connection_id", id.as_str()), ("tsp", "nobody")][..], &[("connection_id", "b"), ("tsp", "samsara")], &[]]
    {
        assert!(matches!(vault.open(foreign, value).await, Err(VaultError::Unreadable)), "{foreign:?}");
    }
}

#[tokio::test]
async fn signed_tokens_verify() {
    let (vault, calls) = vault().await;
    let (now, claims) = (now(), claims());
    let token = vault.sign(&claims, now).await.unwrap();
    assert_eq!(vault.verify::<Claims>(&token, now).await.unwrap(), claims);
    assert!(matches!(vault.verify::<Claims>(&token, now.plus_seconds(900)).await, Err(TokenError::Expired)));
    assert_eq!(*vault.keys().await.unwrap(), test_keys::set());
    assert_eq!(taken(&calls), "GetPublicKey GetPublicKey DescribeKey DescribeKey Sign");
    let kid = &test_keys::set().keys[0].kid;
    assert_eq!(header(&token), json!({ "alg": "RS256", "typ": "JWT", "kid": kid }));
}

fn header(token: &str) -> Value {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[tokio::test]
async fn a_new_key_is_published_at_once_and_signs_hours_later() {
    let (vault, calls) = vault().await;
    let kids: Vec<String> = vault.keys().await.unwrap().keys.iter().map(|key| key.kid.clone()).collect();
    assert_eq!(kids.len(), 2);
    for (hours, signs) in [(0, 0), (1, 0), (2, 1), (300, 1)] {
        let later = now().plus_seconds(hours * 3_600);
        let token = vault.sign(&claims(), later).await.unwrap();
        assert_eq!(header(&token)["kid"], kids[signs], "{hours} hours later");
        // Tokens of either key hold as long as both are published.
        assert_eq!(vault.verify::<Claims>(&token, now()).await.unwrap(), claims());
    }
    assert_eq!(taken(&calls), "GetPublicKey GetPublicKey DescribeKey DescribeKey Sign Sign Sign Sign");
}

#[tokio::test]
async fn a_sole_key_signs_whatever_its_age() {
    let (vault, calls) = vault().await;
    let sole = Vault::new(vault.client.clone(), KeyIds { signing: vec!["1".into()], ..vault.ids.clone() });
    sole.sign(&claims(), now()).await.unwrap();
    assert_eq!(taken(&calls), "GetPublicKey Sign");
}

#[tokio::test]
async fn no_signing_key_is_an_error_not_an_empty_set() {
    let (vault, _) = vault().await;
    let ids = KeyIds { signing: vec![], ..vault.ids.clone() };
    assert!(matches!(Vault::new(vault.client.clone(), ids).keys().await, Err(VaultError::NoSigningKey)));
}
