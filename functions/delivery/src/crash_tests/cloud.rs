//! SQS and KMS, as far as delivery uses them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use model::Timestamp;
use serde_json::{Value, json};
use testing::Random;

use super::clock;

/// The names of the queues, which are their addresses, too.
pub(super) const DELIVERIES: &str = "https://sqs.test/deliveries";
pub(super) const ASIDE: &str = "https://sqs.test/aside";

/// A message in the deliveries queue.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) id: String,
    pub(super) body: String,
    /// From when on it is visible.
    pub(super) due: Timestamp,
    pub(super) receives: u32,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) deliveries: Vec<Queued>,
    /// Bodies of the stream records that were set aside.
    pub(super) aside: Vec<Value>,
    sent: u64,
    /// Whether it refuses a message of a batch now and then.
    pub(super) is_moody: bool,
    random: Random,
}

/// What outlives every process.
#[derive(Clone, Debug)]
pub(super) struct Cloud(Arc<Mutex<State>>);

impl Cloud {
    pub(super) fn new(random: Random) -> Self {
        Self(Arc::new(Mutex::new(State { deliveries: Vec::new(), aside: Vec::new(), sent: 0, is_moody: true, random })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What makes requests to it.
    pub(super) fn http(&self) -> SharedHttpClient {
        let cloud = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(cloud.clone()))
    }
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap();
            let input: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let answer = match target.rsplit('.').next().unwrap() {
                "SendMessageBatch" => cloud.state().send(&input),
                "GenerateDataKey" | "Decrypt" => json!({ "Plaintext": KEY, "CiphertextBlob": KEY, "KeyId": "key" }),
                other => panic!("nothing here does {other}"),
            };
            Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer.to_string())))
        })
    }
}

/// 32 bytes in base64.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

impl State {
    fn send(&mut self, input: &Value) -> Value {
        let is_aside = input["QueueUrl"] == ASIDE;
        let (mut taken, mut failed) = (Vec::new(), Vec::new());
        for entry in input["Entries"].as_array().unwrap() {
            let (name, body) = (&entry["Id"], entry["MessageBody"].as_str().unwrap());
            if self.is_moody && self.random.is_one_in(40) {
                failed.push(json!({ "Id": name, "SenderFault": false, "Code": "InternalError" }));
                continue;
            }
            self.sent += 1;
            let id = self.sent.to_string();
            taken.push(json!({ "Id": name, "MessageId": id, "MD5OfMessageBody": "" }));
            if is_aside {
                self.aside.push(serde_json::from_str(body).unwrap());
            } else {
                let due = clock::now().plus_seconds(entry["DelaySeconds"].as_i64().unwrap_or(0));
                self.deliveries.push(Queued { id, body: body.to_owned(), due, receives: 0 });
            }
        }
        json!({ "Successful": taken, "Failed": failed })
    }
}
